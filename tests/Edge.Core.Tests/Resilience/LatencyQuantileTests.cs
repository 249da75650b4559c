using CsCheck;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

/// <summary>How long all but the slowest answers take, against what sorting them says.</summary>
public sealed class LatencyQuantileTests
{
    [Fact]
    public void Before_enough_was_seen_nothing_is_known()
    {
        var quantile = new LatencyQuantile(95);
        for (var i = 1; i < LatencyQuantile.SamplesMin; i++)
        {
            quantile.Observe(1_000_000);
            Assert.Equal(0, quantile.ValueNs);
        }

        quantile.Observe(1_000_000);
        Assert.InRange(quantile.ValueNs, 1_000_000, 1_125_000);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(95)]
    [InlineData(99)]
    public void It_is_that_of_the_sorted_times_or_a_ninth_more(int percentile) =>
        Gen.Int[100_000, 2_000_000_000].Array[LatencyQuantile.SamplesMin * 16].Sample(times =>
        {
            var quantile = new LatencyQuantile(percentile);
            foreach (var time in times)
            {
                quantile.Observe(time);
            }

            Array.Sort(times);
            var exact = times[(((times.Length * percentile) + 99) / 100) - 1];
            Assert.InRange(quantile.ValueNs, exact, exact * 1.13);
        }, iter: 50);

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(long.MaxValue)]
    public void Times_beyond_all_classes_are_in_the_first_and_the_last(long time)
    {
        var quantile = new LatencyQuantile(95);
        for (var i = 0; i < LatencyQuantile.SamplesMin; i++)
        {
            quantile.Observe(time);
        }

        Assert.InRange(quantile.ValueNs, 1, 1L << 41);
    }

    [Fact]
    public void What_is_old_fades()
    {
        var quantile = new LatencyQuantile(95);
        for (var i = 0; i < LatencyQuantile.SamplesMax; i++) quantile.Observe(1_000_000_000);
        for (var i = 0; i < 8 * LatencyQuantile.SamplesMax; i++) quantile.Observe(1_000_000);
        Assert.InRange(quantile.ValueNs, 1_000_000, 1_125_000);
    }

    [Fact]
    public void Many_threads_lose_hardly_anything()
    {
        var quantile = new LatencyQuantile(95);
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 20_000; i++) quantile.Observe(i % 100 < 90 ? 1_000_000 : 8_000_000);
        });
        Assert.InRange(quantile.ValueNs, 8_000_000, 9_000_000);
    }
}
