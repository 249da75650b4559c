using CsCheck;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits;

/// <summary>The bucket that fills evenly, against a model that counts exactly.</summary>
public sealed class BucketTests
{
    private readonly TestTime _time = new();
    private readonly LimitClock _clock;

    public BucketTests() => _clock = new LimitClock(_time);

    [Fact]
    public void A_full_bucket_gives_its_burst_and_then_one_for_each_interval()
    {
        var rule = LimitRule.Bucket("r", "r", 7, TimeSpan.FromSeconds(1), 7);
        var bucket = new Bucket(default, rule);
        for (var i = 0; i < 7; i++)
        {
            Assert.Equal(TakeStatus.Taken, Take(bucket, rule, 1, out var taken));
            Assert.Equal(6 - i, taken.Remaining);
        }

        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 1, out var refused));
        Assert.Equal(rule.IntervalNs, refused.WaitNs);
        _time.Advance(TimeSpan.FromTicks((rule.IntervalNs / 100) - 1));
        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 1, out _));
        _time.Advance(TimeSpan.FromTicks(2));
        Assert.Equal(TakeStatus.Taken, Take(bucket, rule, 1, out _));
        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 1, out _));
    }

    [Fact]
    public void What_is_dearer_than_a_full_bucket_is_refused_for_ever()
    {
        var rule = LimitRule.Bucket("r", "r", 100, TimeSpan.FromMinutes(1), 20);
        var bucket = new Bucket(default, rule);
        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 21, out var refused));
        Assert.Equal(long.MaxValue, refused.WaitNs);
        Assert.Equal(TakeStatus.Taken, Take(bucket, rule, 20, out _));
    }

    [Fact]
    public void What_time_has_given_back_is_not_given_back_again()
    {
        var rule = LimitRule.Bucket("r", "r", 1, TimeSpan.FromSeconds(1), 1);
        var bucket = new Bucket(default, rule);
        Take(bucket, rule, 1, out var first);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TakeStatus.Taken, Take(bucket, rule, 1, out _));
        Buckets.Refund(ref first, _clock);
        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 1, out _));
    }

    [Fact]
    public void A_refund_at_once_leaves_the_bucket_as_it_was_and_works_once()
    {
        var rule = LimitRule.Bucket("r", "r", 2, TimeSpan.FromSeconds(1), 2);
        var bucket = new Bucket(default, rule);
        Take(bucket, rule, 1, out _);
        Take(bucket, rule, 1, out var second);
        Buckets.Refund(ref second, _clock);
        Buckets.Refund(ref second, _clock);
        Assert.Equal(TakeStatus.Taken, Take(bucket, rule, 1, out _));
        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 1, out _));
    }

    [Fact]
    public void Whatever_is_taken_and_given_back_no_stretch_of_time_has_more_than_burst_and_rate() =>
        Gen.Int[0, int.MaxValue].Sample(seed => RunRandomly(seed), iter: 3000);

    [Fact]
    public async Task Threads_that_take_at_once_get_the_burst_and_no_more()
    {
        var rule = LimitRule.Bucket("r", "r", 1000, TimeSpan.FromDays(1), 1000);
        var bucket = new Bucket(default, rule);
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    if (Take(bucket, rule, 1, out var take) == TakeStatus.Taken)
                    {
                        if (i % 3 == 0) Buckets.Refund(ref take, _clock);
                        else Interlocked.Increment(ref taken);
                    }
                }
            },
            TestContext.Current.CancellationToken)));

        // What is given back last nobody takes any more, and of what is given back at once some may count as served.
        Assert.InRange(taken, 900, 1000);
    }

    [Fact]
    public void The_limit_of_what_runs_at_once_frees_a_place_when_one_ends()
    {
        var rule = LimitRule.Concurrent("r", "r", 2);
        var bucket = new Bucket(default, rule);
        Take(bucket, rule, 1, out var first);
        Take(bucket, rule, 1, out _);
        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 1, out _));
        Buckets.Refund(ref first, _clock);
        Buckets.Refund(ref first, _clock);
        Assert.Equal(TakeStatus.Taken, Take(bucket, rule, 1, out _));
        Assert.Equal(TakeStatus.Refused, Take(bucket, rule, 1, out _));
    }

    /// <summary>Takings that stand in the end are held to an ideal bucket that never saw those that were given back.</summary>
    private static void RunRandomly(int seed)
    {
        var random = new Random(seed);
        var time = new TestTime();
        var clock = new LimitClock(time);
        var limit = random.Next(1, 50);
        var rule = LimitRule.Bucket("r", "r", limit, TimeSpan.FromSeconds(1), random.Next(1, 60));
        var bucket = new Bucket(default, rule);
        var taken = new List<(LimitTake Take, long At, bool Kept)>();
        for (var i = 0; i < 200; i++)
        {
            if (random.Next(3) == 0) time.Advance(TimeSpan.FromTicks(random.Next(1, 3 * 10_000_000 / limit)));
            if (random.Next(4) == 0 && taken.Count > 0)
            {
                var index = random.Next(taken.Count);
                var (take, at, _) = taken[index];
                if (take.IsHeld)
                {
                    Buckets.Refund(ref take, clock);
                    taken[index] = (take, at, false);
                }
            }
            else if (Take(bucket, rule, random.Next(1, 4), clock.NowNs, out var take) == TakeStatus.Taken)
            {
                taken.Add((take, clock.NowNs, true));
            }
        }

        long tat = 0;
        foreach (var (take, at, kept) in taken)
        {
            if (!kept) continue;
            tat = Math.Max(tat, at) + (take.Cost * rule.IntervalNs);
            Assert.True(tat - at <= rule.CapacityNs, $"seed {seed}: at {at} more than the burst");
        }
    }

    private TakeStatus Take(Bucket bucket, LimitRule rule, long cost, out LimitTake take) =>
        Take(bucket, rule, cost, _clock.NowNs, out take);

    private static TakeStatus Take(Bucket bucket, LimitRule rule, long cost, long nowNs, out LimitTake take)
    {
        take = new LimitTake(bucket, rule, cost);
        return Buckets.TryTake(ref take, nowNs);
    }
}
