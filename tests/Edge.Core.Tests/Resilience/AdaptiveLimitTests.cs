using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

/// <summary>The limit in a simulated overload, beside other ways to find one: the reason why it is what it is.</summary>
public sealed class AdaptiveLimitTests
{
    private const int Min = 8;
    private const int Max = 1000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void At_twice_the_load_the_upstream_stays_busy_and_gold_hardly_notices(int seed)
    {
        var calm = new OverloadSimulation(New(), seed) { Load = static _ => 0.6 }.Run(50, 200);
        var result = new OverloadSimulation(New(), seed).Run(50, 200);
        Assert.InRange(result.Use, 0.97, 1.05);
        Assert.InRange(result.GoldAt(0.99), 0, 1.6 * calm.GoldAt(0.99));
        Assert.InRange(result.GoldShed, 0, result.Gold.Count / 100);
        Assert.InRange((double)result.FreeShed / (result.FreeShed + result.FreeServed), 0.5, 0.65);
        Assert.Equal(0, calm.GoldShed + calm.FreeShed);
    }

    [Fact]
    public void After_an_hour_of_overload_it_still_knows_what_calm_was()
    {
        var result = new OverloadSimulation(New(), 4).Run(3000, 3600);
        Assert.InRange(result.Use, 0.96, 1.05);
        Assert.InRange(result.GoldAt(0.99), 0, 1.5);
    }

    [Fact]
    public void It_follows_an_upstream_that_loses_half_of_its_servers_and_gets_them_back()
    {
        OverloadSimulation Simulation() =>
            new(New(), 5) { Load = static _ => 1.2, Capacity = static t => t is > 100 and < 300 ? 0.5 : 1 };
        var half = Simulation().Run(120, 300);
        Assert.InRange(half.Use, 0.46, 0.54);
        Assert.InRange(half.GoldAt(0.99), 0, 1.6);
        var whole = Simulation().Run(340, 500);
        Assert.InRange(whole.Use, 0.96, 1.05);
        Assert.InRange(whole.GoldAt(0.99), 0, 1.6);
    }

    [Fact]
    public void An_upstream_that_becomes_slower_without_pressure_is_not_mistaken_for_one_under_pressure_for_long()
    {
        var result = new OverloadSimulation(New(), 6)
        {
            Load = static t => t < 100 ? 0.5 : 0.25,
            Slowness = static t => t < 100 ? 1 : 3,
        }.Run(200, 900);
        Assert.InRange(result.Use, 0.24, 0.26);
        Assert.InRange((double)result.FreeShed / (result.FreeShed + result.FreeServed), 0, 0.03);
    }

    [Fact]
    public void Answers_of_very_different_length_are_not_pressure()
    {
        var result = new OverloadSimulation(New(), 7) { Spread = 1.4, Load = static _ => 0.7 }.Run(60, 600);
        Assert.InRange(result.Use, 0.66, 0.74);
        Assert.InRange((double)result.FreeShed / (result.FreeShed + result.FreeServed), 0, 0.01);
    }

    [Fact]
    public void Upstreams_that_turn_requests_away_get_fewer()
    {
        var limit = new AdaptiveLimit(Min, Max);
        for (var i = 0; i < 10_000; i++)
        {
            limit.Note(limit.Current);
            if (i % 5 == 0) limit.Refused(1 + i);
            else limit.Answered(1_000_000, 1 + i);
        }

        Assert.Equal(Min, limit.Current);
    }

    [Fact]
    public void A_limit_that_nobody_uses_stays_and_one_that_is_used_grows_to_its_bound()
    {
        var limit = new AdaptiveLimit(Min, Max);
        for (var i = 0; i < 10_000; i++)
        {
            limit.Note(1);
            limit.Answered(1_000_000 + (i % 2), 1 + i);
        }

        Assert.Equal(AdaptiveLimit.Start, limit.Current);
        for (var i = 0; i < 10_000; i++)
        {
            limit.Note(limit.Current);
            limit.Answered(1_000_000, 1 + i);
        }

        Assert.Equal(Max, limit.Current);
        Assert.InRange(limit.BaseNs, 900_000, 1_100_000);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 5)]
    [InlineData(500, 1000)]
    public void It_begins_within_its_bounds(int min, int max) =>
        Assert.Equal(Math.Clamp(AdaptiveLimit.Start, min, max), new AdaptiveLimit(min, max).Current);

    [Fact]
    public void Other_ways_either_forget_what_calm_was_or_take_slowness_for_pressure()
    {
        // The table of docs/overload.md: run with --show-live-output on.
        var none = Row("none", static () => new NoStrategy());
        var aimd = Row("AIMD, against the least time seen", static () => new AimdStrategy(Min, Max));
        var average = Row("gradient, against a moving average", static () => new MovingAverageStrategy(Min, Max));
        var product = Row("gradient, against a time that is measured anew", static () => New());
        Assert.InRange(none.Late, 1000, double.MaxValue);
        Assert.InRange(average.Late, 2 * product.Late, double.MaxValue);
        Assert.True(aimd.Slow > 0.2 || aimd.Late > 2 * product.Late);
        Assert.InRange(product.Late, 0, 1.5);
        Assert.InRange(product.Slow, 0, 0.03);
    }

    private static (double Late, double Slow) Row(string name, Func<IStrategy> make)
    {
        var early = new OverloadSimulation(make(), 1).Run(50, 200);
        var late = new OverloadSimulation(make(), 1).Run(3000, 3600);
        var slower = new OverloadSimulation(make(), 6)
        {
            Load = static t => t < 100 ? 0.5 : 0.25,
            Slowness = static t => t < 100 ? 1 : 3,
        }.Run(200, 900);
        var shed = (double)slower.FreeShed / (slower.FreeShed + slower.FreeServed);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"| {name} | {early.Use:0%} | {early.GoldAt(0.99):0.0} s | {late.GoldAt(0.99):0.0} s | {shed:0%} |"));
        return (late.GoldAt(0.99), shed);
    }

    private static ProductStrategy New() => new(Min, Max);
}
