using System.Buffers.Binary;
using BitFaster.Caching.Lfu;
using BitFaster.Caching.Scheduler;
using Edge.Core.Caching;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Caching;

/// <summary>How often what is asked for is there, beside a well-kept W-TinyLFU with room for as many.</summary>
public sealed class CacheHitRatioTests
{
    private const int Requests = 200_000;
    private const int BodyBytes = 1400;
    private const int BlocksPerAnswer = 3;

    [Theory]
    [InlineData(0.8, 0)]
    [InlineData(1.0, 0)]
    [InlineData(1.2, 0)]
    [InlineData(1.0, 2)]
    public void Hits_are_within_one_percent_of_those_of_W_TinyLFU(double skew, int neverAgainOneIn)
    {
        using var store = new CacheStore(4 * 1024 * 1024);
        var other = new ConcurrentLfu<int, int>(
            1, store.BlockCount / BlocksPerAnswer, new ForegroundScheduler(), EqualityComparer<int>.Default);
        var hasher = new KeyHasher(1, 2);
        var fill = new CacheFill();
        var body = new byte[BodyBytes];
        var key = new byte[sizeof(int)];
        var (ours, theirs) = (0, 0);
        foreach (var number in Trace(skew, neverAgainOneIn))
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, number);
            var hash = hasher.Hash(key);
            if (store.TryPin(hash, key, 0, out var pin))
            {
                ours++;
                pin.Release();
            }
            else
            {
                Assert.True(fill.Begin(store, hash, key, "h"u8) && fill.Append(body));
                Assert.True(fill.Commit(new CacheInfo { ExpiresMs = long.MaxValue }));
            }

            if (other.TryGet(number, out _)) theirs++;
            else other.AddOrUpdate(number, 0);
        }

        Assert.True(ours >= theirs - (Requests / 100), $"{ours} hits of ours, {theirs} of W-TinyLFU");
        Assert.True(ours > Requests / 10);
    }

    private static IEnumerable<int> Trace(double skew, int neverAgainOneIn)
    {
        const int Items = 100_000;
        var sums = new double[Items];
        var sum = 0.0;
        for (var i = 0; i < Items; i++) sums[i] = sum += 1 / Math.Pow(i + 1, skew);
        var random = new Random(1);
        for (var i = 0; i < Requests; i++)
        {
            var at = Array.BinarySearch(sums, random.NextDouble() * sum);
            var isNew = neverAgainOneIn > 0 && random.Next(neverAgainOneIn) == 0;
            yield return isNew ? Items + i : at < 0 ? ~at : at;
        }
    }
}
