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

    [Fact]
    public void No_count_is_lost_between_threads_that_have_a_stripe_alone_and_others()
    {
        const int Times = 20_000;
        var counter = new StripedCounter();
        var histogram = new StripedHistogram([1, 2]);
        var threads = new Thread[6];
        for (var i = 0; i < threads.Length; i++)
        {
            var owns = i % 2 == 0;
            threads[i] = new Thread(() =>
            {
                if (owns)
                {
                    Stripes.Own();
                }

                for (var n = 0; n < Times; n++)
                {
                    counter.Add(3);
                    counter.Decrement();
                    histogram.Record(2);
                }
            });
            threads[i].Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        Span<long> counts = stackalloc long[3];
        histogram.Read(counts, out var sum);
        Assert.Equal(2L * Times * threads.Length, counter.Value);
        Assert.Equal([0, (long)Times * threads.Length, 0], counts.ToArray());
        Assert.Equal(2L * Times * threads.Length, sum);
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

    [Fact]
    public void What_lies_side_by_side_is_counted_apart() =>
        Gen.Select(Gen.Int[1, 700], Gen.Int[-50, 50]).Array[1, 30].Sample(runs =>
        {
            var cells = runs.Select(run => StripedCells.Make(run.Item1)).ToArray();
            for (var i = 0; i < runs.Length; i++)
            {
                var (count, amount) = runs[i];
                cells[i].Add(0, amount);
                cells[i].Add(0, 1, count - 1, amount);
            }

            for (var i = 0; i < runs.Length; i++)
            {
                var (count, amount) = runs[i];
                Assert.Equal(count == 1 ? 1 + (2 * amount) : 1 + amount, cells[i].Sum(0));
                Assert.Equal(count == 1 ? 1 + (2 * amount) : amount, cells[i].Sum(count - 1));
                Assert.Equal(0, count > 2 ? cells[i].Sum(1) : 0);
            }
        });
}
