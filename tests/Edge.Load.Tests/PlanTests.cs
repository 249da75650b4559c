using Edge.Load.Plan;

namespace Edge.Load.Tests;

public sealed class PlanTests
{
    private const long SecondNs = 1_000_000_000;
    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_constant_rate_has_equal_spaces_and_ends_with_its_duration()
    {
        var plan = RatePlan.Parse("500", TenSeconds);
        Assert.Equal(0, plan.DueNs(0));
        Assert.Equal(2_000_000, plan.DueNs(1)!.Value, 1.0);
        Assert.Equal(4999 * 2_000_000L, plan.DueNs(4999)!.Value, 10.0);
        Assert.Null(plan.DueNs(5000));
        Assert.Equal(5000, plan.Arrivals);
    }

    [Fact]
    public void Steps_share_the_duration_equally()
    {
        var plan = RatePlan.Parse("100,200", TenSeconds);
        Assert.Equal(1500, plan.Arrivals);
        Assert.Equal(4.99 * SecondNs, plan.DueNs(499)!.Value, 1000.0);
        Assert.Equal(5.0 * SecondNs, plan.DueNs(500)!.Value, 1000.0);
        Assert.Equal(5.005 * SecondNs, plan.DueNs(501)!.Value, 1000.0);
        Assert.Equal(0, plan.StepAt(0));
        Assert.Equal(0, plan.StepAt((5 * SecondNs) - 1));
        Assert.Equal(1, plan.StepAt(5 * SecondNs));
        Assert.Equal(1, plan.StepAt(11 * SecondNs));
    }

    [Theory]
    [InlineData("100-300")]
    [InlineData("300-100")]
    public void A_ramp_makes_as_many_arrivals_as_its_mean_rate(string ramp)
    {
        var plan = RatePlan.Parse(ramp, TenSeconds);
        Assert.Equal(2000, plan.Arrivals);
        Assert.True(plan.IsRamp);
        var last = -1L;
        for (var i = 0; i < 2000; i++)
        {
            var due = plan.DueNs(i)!.Value;
            Assert.True(due > last);
            last = due;
        }

        Assert.InRange(last, 9.9 * SecondNs, 10.0 * SecondNs);
        Assert.Null(plan.DueNs(2000));
    }

    [Fact]
    public void A_ramp_gets_faster_by_the_second()
    {
        var plan = RatePlan.Parse("100-300", TenSeconds);

        // After five seconds at a mean of 150 a second there have been 750.
        Assert.Equal(5.0 * SecondNs, plan.DueNs(750)!.Value, 1000.0);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("")]
    [InlineData("many")]
    [InlineData("100,")]
    [InlineData("100-200-300")]
    [InlineData("1000001")]
    [InlineData("NaN")]
    public void What_is_no_rate_is_refused(string text) =>
        Assert.Throws<FormatException>(() => RatePlan.Parse(text, TenSeconds));

    [Fact]
    public void The_highest_rate_is_taken() => Assert.Equal(1_000_000, RatePlan.Parse("1000000", TenSeconds).FirstRate);

    [Fact]
    public void A_run_without_duration_is_refused() =>
        Assert.Throws<FormatException>(static () => RatePlan.Parse("1", TimeSpan.Zero));

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("20s", 20)]
    [InlineData("1.5m", 90)]
    [InlineData("24h", 86_400)]
    public void Durations_have_a_unit(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Durations.Parse(text));

    [Theory]
    [InlineData("20")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("25h")]
    [InlineData("1d")]
    public void What_is_no_duration_is_refused(string text) => Assert.Throws<FormatException>(() => Durations.Parse(text));

    [Fact]
    public void Lengths_are_those_of_the_trace_at_its_percentiles_and_between_them()
    {
        var prompt = Trace.Conversation.PromptTokens;
        Assert.Equal(2, prompt.At(0));
        Assert.Equal(1020, prompt.At(0.5));
        Assert.Equal(4142, prompt.At(0.99));
        Assert.Equal(14_050, prompt.At(1));
        Assert.Equal((1020 + 1189) / 2.0, prompt.At(0.625), 0.01);
    }

    [Fact]
    public void Spaces_have_the_traces_median_99th_percentile_and_mean()
    {
        var gaps = Trace.Conversation.Gaps;
        Assert.Equal(118, gaps.At(0.5), 0.001);
        Assert.Equal(891, gaps.At(0.99), 0.001);
        var dice = new Dice(7);
        var sum = 0.0;
        const int Draws = 200_000;
        for (var i = 0; i < Draws; i++)
        {
            sum += gaps.At(dice.NextUnit());
        }

        Assert.Equal(gaps.MeanMs, sum / Draws, gaps.MeanMs * 0.02);

        // An hour held 19,366 requests.
        Assert.Equal(3_600_000.0 / 19_366, gaps.MeanMs, 3.0);
    }

    [Fact]
    public void Traces_laid_over_each_other_keep_the_mean_space_and_their_shares()
    {
        var arrivals = new TraceArrivals(Trace.Conversation, Trace.Code);
        var dice = new Dice(3);
        const int Draws = 200_000;
        var last = 0.0;
        var code = 0;
        for (var i = 0; i < Draws; i++)
        {
            var (at, kind) = arrivals.Next(ref dice);
            Assert.True(at >= last);
            last = at;
            code += kind;
        }

        Assert.Equal(1, last / Draws, 0.02);
        Assert.Equal(8_819.0 / (8_819 + 19_366), (double)code / Draws, 0.02);
    }

    [Fact]
    public void Chance_repeats_by_its_seed()
    {
        var (one, two, other) = (new Dice(5), new Dice(5), new Dice(6));
        for (var i = 0; i < 1000; i++)
        {
            var bits = one.NextBits();
            Assert.Equal(bits, two.NextBits());
            Assert.NotEqual(bits, other.NextBits());
            Assert.InRange(one.NextUnit(), 0, 0.999_999_999_999_999_9);
            Assert.InRange(two.Next(6), 0, 5);
        }
    }
}
