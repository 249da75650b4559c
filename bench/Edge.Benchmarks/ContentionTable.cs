using System.Diagnostics;
using System.Globalization;
using System.Threading.RateLimiting;
using Edge.Core.Limits;

namespace Edge.Benchmarks;

/// <summary>
/// What taking costs one thread, and threads that all take of one key: the bucket beside a lock and the framework's limiter.
/// </summary>
internal static class ContentionTable
{
    private const int Runs = 20;

    private static readonly TimeSpan RunLength = TimeSpan.FromMilliseconds(25);

    /// <summary>Measures and prints: nanoseconds of a processor for a taking, the least of some short runs.</summary>
    public static void Print(TextWriter to)
    {
        var scene = new LimitScene();
        Say(to, "bucket at hand", scene.TakeOfBucket);
        Say(to, "hash of the key, look-up, bucket", scene.TakeByKey);
        Say(to, "four limits of a request", scene.TakeFourLimits);
        Say(to, "slice of a fleet's limit, and back", scene.TakeOfSlice);
        to.WriteLine("| threads on one key | bucket | the same under a lock | TokenBucketRateLimiter |");
        to.WriteLine("|---|---|---|---|");
        foreach (var threads in (int[])[1, 2, 4, 8])
        {
            var rule = LimitRule.Bucket("r", "r", 10_000_000, TimeSpan.FromSeconds(1), 1_000_000_000);
            var bucket = new Bucket(default, rule);
            var clock = new LimitClock(TimeProvider.System);
            var locked = new LockedBucket(rule);
            using var limiter = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
            {
                TokenLimit = 1_000_000_000,
                TokensPerPeriod = 10_000_000,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                AutoReplenishment = true,
                QueueLimit = 0,
            });
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {threads} | {Measure(threads, () => Take(bucket, rule, clock)):0} ns | " +
                $"{Measure(threads, () => locked.Take(clock.NowNs)):0} ns | {Measure(threads, () => Take(limiter)):0} ns |"));
        }
    }

    private static void Say(TextWriter to, string what, Func<bool> take) =>
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {Measure(1, take):0.0} ns"));

    private static bool Take(Bucket bucket, LimitRule rule, LimitClock clock)
    {
        var take = new LimitTake(bucket, rule, 1);
        return Buckets.TryTake(ref take, clock.NowNs) == TakeStatus.Taken;
    }

    private static bool Take(TokenBucketRateLimiter limiter)
    {
        using var lease = limiter.AttemptAcquire();
        return lease.IsAcquired;
    }

    private static double Measure(int threads, Func<bool> take)
    {
        for (var i = 0; i < 100_000; i++)
        {
            take();
        }

        var least = double.MaxValue;
        for (var run = 0; run < Runs; run++)
        {
            least = Math.Min(least, MeasureOnce(threads, take));
        }

        return least;
    }

    private static double MeasureOnce(int threads, Func<bool> take)
    {
        long total = 0;
        var workers = new Thread[threads];
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < threads; i++)
        {
            workers[i] = new Thread(() =>
            {
                long count = 0;
                while (watch.Elapsed < RunLength)
                {
                    for (var n = 0; n < 1000; n++)
                    {
                        take();
                    }

                    count += 1000;
                }

                Interlocked.Add(ref total, count);
            });
            workers[i].Start();
        }

        foreach (var worker in workers)
        {
            worker.Join();
        }

        // On fewer processors than threads, what counts is the time of a processor.
        return watch.Elapsed.TotalNanoseconds * Math.Min(threads, Environment.ProcessorCount) / total;
    }

    private sealed class LockedBucket(LimitRule rule)
    {
        private readonly Lock _lock = new();
        private long _tat;

        public bool Take(long nowNs)
        {
            lock (_lock)
            {
                var next = Math.Max(_tat, nowNs) + rule.IntervalNs;
                if (next - nowNs > rule.CapacityNs)
                {
                    return false;
                }

                _tat = next;
                return true;
            }
        }
    }
}
