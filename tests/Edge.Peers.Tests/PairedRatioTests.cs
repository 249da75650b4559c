using Edge.Peers.Compare;

namespace Edge.Peers.Tests;

public sealed class PairedRatioTests
{
    // The 97.5th percentiles as tables of Student's distribution have them.
    [Theory]
    [InlineData(4, 2.776)]
    [InlineData(5, 2.571)]
    [InlineData(7, 2.365)]
    [InlineData(10, 2.228)]
    [InlineData(19, 2.093)]
    [InlineData(60, 2.000)]
    public void Students_t_is_that_of_the_tables(int degrees, double expected) =>
        Assert.InRange(PairedRatio.StudentT(degrees), expected * 0.995, expected * 1.005);

    [Fact]
    public void A_cost_that_is_always_a_tenth_more_is_a_tenth_more_for_sure()
    {
        double[] before = [20, 40, 25, 90, 31, 22];
        var ratio = PairedRatio.Of(before, Array.ConvertAll(before, static value => value * 1.1));

        Assert.Equal(1.1, ratio.Ratio, 6);
        Assert.Equal(1.1, ratio.Low, 6);
        Assert.Equal(1.1, ratio.High, 6);
    }

    [Fact]
    public void The_interval_is_that_of_a_textbook()
    {
        // Logarithms of the ratios: -2, -1, 0, 1, 2. Mean 0, standard deviation 1.5811, of the mean 0.7071, times t(4) = 2.776.
        double[] after = [Math.Exp(-2), Math.Exp(-1), 1, Math.E, Math.Exp(2)];
        var ratio = PairedRatio.Of([1, 1, 1, 1, 1], after);

        Assert.Equal(1, ratio.Ratio, 6);
        Assert.InRange(Math.Log(ratio.High), 1.95, 1.97);
        Assert.InRange(Math.Log(ratio.Low), -1.97, -1.95);
    }

    [Fact]
    public void Turned_around_it_is_the_inverse()
    {
        double[] one = [20, 21, 25, 19, 31];
        double[] other = [30, 18, 26, 22, 33];
        var there = PairedRatio.Of(one, other);
        var back = PairedRatio.Of(other, one);

        Assert.Equal(1 / there.Ratio, back.Ratio, 9);
        Assert.Equal(1 / there.High, back.Low, 9);
    }

    [Fact]
    public void The_intervals_of_equals_hold_one_in_95_of_100_runs()
    {
        var random = new Random(7);
        var holds = 0;
        const int Runs = 4_000;
        for (var run = 0; run < Runs; run++)
        {
            var before = Noisy(random, 8);
            var ratio = PairedRatio.Of(before, Noisy(random, 8));
            holds += ratio.Low <= 1 && ratio.High >= 1 ? 1 : 0;
        }

        Assert.InRange(holds / (double)Runs, 0.94, 0.96);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(6, 5)]
    public void Too_few_or_broken_pairs_are_refused(int before, int after) =>
        Assert.Throws<ArgumentException>(() => PairedRatio.Of(new double[before], new double[after]));

    // Lognormal, by the method of Box and Muller.
    private static double[] Noisy(Random random, int count)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            values[i] = Math.Exp(3 + (0.2 * normal));
        }

        return values;
    }
}
