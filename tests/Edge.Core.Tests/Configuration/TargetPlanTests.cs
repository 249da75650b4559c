using Edge.Core.Configuration;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Configuration;

public sealed class TargetPlanTests
{
    [Fact]
    public void What_the_file_says_of_targets_is_what_the_plan_says()
    {
        var plan = Samples.Plan(Samples.Full).Upstreams[0];
        Assert.Equal([1, 3], plan.Weights);
        Assert.Equal(
            new BalancePlan { By = BalanceKind.Hash, Header = "X-User", SlowStart = TimeSpan.FromSeconds(20), PanicBelow = 0.4 },
            plan.Balance);
        Assert.Equal(
            new BreakerPlan
            {
                Failures = 7,
                Ratio = 0.125,
                Volume = 30,
                Within = TimeSpan.FromSeconds(5),
                OpenFor = TimeSpan.FromSeconds(20),
                Successes = 3,
                Trials = 2,
                On = FailureCauses.Connect | FailureCauses.TooManyRequests,
            },
            plan.Breaker);
        Assert.True(plan.Health!.IsSameAs(new HealthPlan
        {
            Path = "/health?deep=1",
            Every = TimeSpan.FromSeconds(3),
            Timeout = TimeSpan.FromSeconds(1),
            Unhealthy = 4,
            Healthy = 5,
            Status = [new StatusRange(200, 200), new StatusRange(300, 399)],
        }));
        Assert.Equal(
            new OutlierPlan
            {
                Failures = 8,
                Margin = 0.3,
                Volume = 40,
                Within = TimeSpan.FromSeconds(6),
                EjectFor = TimeSpan.FromSeconds(7),
                EjectForMax = TimeSpan.FromMinutes(8),
                EjectedMax = 0.25,
                On = FailureCauses.ServerError,
            },
            plan.Outlier);
        Assert.Equal(2, Samples.Plan(Samples.Full).Upstreams[1].Credentials.Length);
    }

    [Fact]
    public void What_blocks_leave_out_is_what_the_plan_types_say_by_themselves()
    {
        const string Blocks = "\n    breaker: {}\n    health: { path: / }\n    outlier: {}\nroutes:";
        var text = Samples.WithTargets("https://a.example, https://b.example");
        var plan = Samples.Plan(text.Replace("\nroutes:", Blocks, StringComparison.Ordinal)).Upstreams[0];
        Assert.Equal(new BreakerPlan(), plan.Breaker);
        Assert.Equal(new OutlierPlan(), plan.Outlier);
        Assert.Equal(new BalancePlan(), plan.Balance);
        Assert.True(plan.Health!.IsSameAs(new HealthPlan { Path = "/", Status = [new StatusRange(200, 299)] }));
    }

    [Fact]
    public void A_ratio_alone_is_not_joined_by_a_number_that_nobody_wrote() =>
        Assert.Equal(0, Samples.Plan(Samples.WithUpstreamKey("breaker: { ratio: 50% }")).Upstreams[0].Breaker!.Failures);

    [Fact]
    public void Plans_that_differ_in_one_list_are_not_the_same()
    {
        var plan = Samples.Plan(Samples.Full).Upstreams[0];
        Assert.True(plan.IsSameAs(Samples.Plan(Samples.Full).Upstreams[0]));
        Assert.False(plan.IsSameAs(plan with { Weights = [1, 2] }));
        Assert.False(plan.IsSameAs(plan with { Credentials = [new Secret("a")] }));
        Assert.False(plan.IsSameAs(plan with { Health = null }));
        Assert.False(plan.IsSameAs(plan with { Health = plan.Health! with { Status = [] } }));
        Assert.False(plan.IsSameAs(plan with { Breaker = plan.Breaker! with { Trials = 9 } }));
    }
}
