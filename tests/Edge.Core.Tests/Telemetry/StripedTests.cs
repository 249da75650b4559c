using CsCheck;
using Edge.Core.Telemetry;

namespace Edge.Core.Tests.Telemetry;

public sealed class StripedTests
{
    [Fact]
    public async Task No_addition_of_many_threads_is_lost()
    {
        var counter = new StripedCounter();
        var histogram = new StripedHistogram([10, 100]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                counter.Increment();
                counter.Add(2);
                counter.Decrement();
                histogram.Record((i % 3) switch { 0 => 5, 1 => 50, _ => 500 });
            }
        })));
        Assert.Equal(8 * 20_000 * 2, counter.Value);
        var counts = new long[3];
        histogram.Read(counts, out var sum);
        Assert.Equal([8 * 6667, 8 * 6667, 8 * 6666], counts);
        Assert.Equal(8 * ((6667L * 55) + (6666L * 500)), sum);
    }

    [Theory]
    [InlineData(long.MinValue, 0)]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(11, 1)]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(long.MaxValue, 2)]
    public void Bounds_are_inclusive(long value, int bucket) =>
        Assert.Equal(bucket, new StripedHistogram([10, 100]).IndexOf(value));

    [Fact]
    public void The_bucket_is_the_first_whose_bound_is_not_below_the_value() =>
        Gen.Select(Gen.Long[-1000, 1000].Array[0, 20], Gen.Long[-1100, 1100]).Sample((some, value) =>
        {
            long[] bounds = [.. some.Distinct().Order()];
            var expected = Array.FindIndex(bounds, bound => value <= bound);
            Assert.Equal(expected < 0 ? bounds.Length : expected, new StripedHistogram(bounds).IndexOf(value));
        });

    [Fact]
    public void Nothing_is_allocated()
    {
        var counter = new StripedCounter();
        var histogram = new StripedHistogram([10, 100]);
        counter.Increment();
        histogram.Record(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            counter.Add(i);
            histogram.Record(i);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
