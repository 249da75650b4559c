namespace Edge.Core.Tests.Limits.Simulation;

/// <summary>
/// A fleet never lets in more than one bucket in one process would, whatever happens to its messages, its members and their
/// clocks. A failure prints the seed, and the same seed makes the same run.
/// </summary>
public sealed class FleetSimulationTests
{
    private const int Schedules = 2000;

    [Fact]
    public void A_fleet_lets_in_no_more_than_one_bucket_would_in_any_stretch_of_time()
    {
        for (var seed = 1; seed <= Schedules; seed++)
        {
            var plan = Hostile(seed, isWindow: false);
            var fleet = new SimulatedFleet(plan);
            fleet.Run();

            // A bucket that is full again within 400 ms asks the store for each request.
            var asksEachTime = plan.Window * plan.Burst / plan.Limit < TimeSpan.FromMilliseconds(400);
            HoldToOneBucket(plan, fleet, asksEachTime ? SimulatedFleet.TimeoutNs : 0);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_reserved_and_not_used_comes_back_late_and_lets_in_no_more(bool isWindow)
    {
        for (var seed = 1; seed <= Schedules; seed++)
        {
            var random = new Random(-seed);
            var plan = Hostile(seed, isWindow) with
            {
                CostMax = random.Next(2, 30),
                TakesMax = TimeSpan.FromSeconds(random.Next(1, 10)),
                UsedMax = random.NextDouble(),
            };
            plan = plan with { Rates = [.. plan.Rates.Select(r => r * 2 / plan.CostMax + 0.5)] };
            var fleet = new SimulatedFleet(plan);
            fleet.Run();
            var asksEachTime = plan.Window * plan.Burst / plan.Limit < TimeSpan.FromMilliseconds(400);
            if (isWindow) HoldToWindows(plan, fleet);
            else HoldToOneBucket(plan, fleet, asksEachTime ? SimulatedFleet.TimeoutNs : 0);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_fleet_whose_requests_use_a_tenth_of_what_they_reserve_lets_in_nearly_what_one_process_would(bool isWindow)
    {
        // As an LLM's do: a thousand tokens asked for, a hundred used, up to half a minute later.
        var plan = new SimulationPlan
        {
            Seed = 1,
            IsWindow = isWindow,
            Keys = 1,
            Limit = 100_000,
            Burst = 100_000,
            Window = TimeSpan.FromMinutes(1),
            Length = TimeSpan.FromMinutes(10),
            Rates = [40, 20, 5],
            CostMax = 2000,
            UsedMax = 0.2,
            TakesMax = TimeSpan.FromSeconds(30),
            IsSteady = true,
        };
        var fleet = new SimulatedFleet(plan);
        fleet.Run();
        var used = fleet.Admitted[0].Sum(t => t.Units);
        var alone = OneProcess.Run(plan);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{used} against {alone}; {fleet.Messages} messages, {fleet.Requests} requests");
        Assert.True(used >= alone * 0.9, $"{used} of {alone}");
        if (!isWindow) HoldToOneBucket(plan, fleet, 0);
    }

    [Fact]
    public void A_fleet_that_asks_for_each_request_is_late_by_no_more_than_the_timeout()
    {
        for (var seed = 1; seed <= Schedules / 2; seed++)
        {
            var plan = Hostile(seed, isWindow: false) with { Burst = 1 + (seed % 19) };
            var fleet = new SimulatedFleet(plan);
            fleet.Run();
            HoldToOneBucket(plan, fleet, SimulatedFleet.TimeoutNs);
        }
    }

    [Fact]
    public void A_fleet_lets_in_no_more_than_the_limit_in_each_window()
    {
        for (var seed = 1; seed <= Schedules; seed++)
        {
            var plan = Hostile(seed, isWindow: true);
            var fleet = new SimulatedFleet(plan);
            fleet.Run();
            HoldToWindows(plan, fleet);
        }
    }

    [Fact]
    public void The_check_finds_a_fleet_that_has_a_tenth_more_than_it_may()
    {
        // What the simulation cannot find, it does not prove.
        var caught = 0;
        for (var seed = 1; seed <= 200; seed++)
        {
            // Lost messages and slow ones keep a fleet well below its limit; here nothing does.
            var plan = Hostile(seed, isWindow: false) with
            {
                Lost = 0,
                Crash = 0,
                Storms = true,
                DelayMax = TimeSpan.FromMilliseconds(5),
            };
            var fleet = new SimulatedFleet(plan);
            fleet.Run();
            caught += Exceeds(plan with { Burst = plan.Burst * 10 / 11 }, fleet, 0) ? 1 : 0;
        }

        Assert.InRange(caught, 20, 200);
    }

    [Fact]
    public void The_same_seed_makes_the_same_run()
    {
        var runs = Enumerable.Range(0, 2).Select(_ =>
        {
            var fleet = new SimulatedFleet(Hostile(7, isWindow: false));
            fleet.Run();
            return fleet.Admitted[0];
        }).ToList();
        Assert.Equal(runs[0], runs[1]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_uneven_fleet_uses_at_least_95_percent_of_the_limit(bool isWindow)
    {
        var plan = new SimulationPlan
        {
            Seed = 1,
            IsWindow = isWindow,
            Keys = 1,
            Limit = 1000,
            Burst = 1000,
            Window = TimeSpan.FromSeconds(10),
            Length = TimeSpan.FromSeconds(60),
            Rates = [140, 50, 10],
            IsSteady = true,
        };
        var fleet = new SimulatedFleet(plan);
        fleet.Run();
        var ideal = isWindow ? 6000.0 : 7000.0;
        Assert.InRange(fleet.Admitted[0].Count, ideal * 0.95, ideal * (isWindow ? 7.0 / 6 : 1));
    }

    [Fact]
    public void At_steady_load_five_messages_or_fewer_are_sent_for_1000_requests()
    {
        var plan = new SimulationPlan
        {
            Seed = 1,
            Keys = 1,
            Limit = 300_000,
            Burst = 300_000,
            Window = TimeSpan.FromMinutes(1),
            Length = TimeSpan.FromSeconds(30),
            Rates = [2000, 900, 500],
            IsSteady = true,
        };
        var fleet = new SimulatedFleet(plan);
        fleet.Run();
        Assert.Equal(fleet.Requests, fleet.Admitted[0].Count, fleet.Requests * 0.03);
        Assert.InRange(fleet.Messages * 1000.0 / fleet.Requests, 0.01, 5);
    }

    [Fact]
    public void A_store_that_forgets_everything_is_told_what_the_replicas_saw()
    {
        var plan = new SimulationPlan
        {
            Seed = 3,
            Replicas = 1,
            Keys = 1,
            Limit = 600,
            Burst = 600,
            Window = TimeSpan.FromMinutes(1),
            Length = TimeSpan.FromSeconds(20),
            Rates = [300],
            Flush = 0.01,
        };
        var fleet = new SimulatedFleet(plan);
        fleet.Run();
        HoldToOneBucket(plan, fleet, 0);
    }

    private static SimulationPlan Hostile(int seed, bool isWindow)
    {
        var random = new Random(seed);
        var replicas = random.Next(1, 6);
        long limit = random.Next(20, 400);
        return new SimulationPlan
        {
            Seed = seed,
            IsWindow = isWindow,
            Replicas = replicas,
            Keys = random.Next(1, 3),
            Limit = limit,
            Burst = random.Next(20, 500),
            Window = TimeSpan.FromSeconds(random.Next(2, 12)),
            Rates = [.. Enumerable.Range(0, replicas).Select(_ => limit * Math.Pow(random.NextDouble(), 3) / 2 + 1)],
            Lost = random.Next(2) * random.NextDouble() * 0.2,
            Twice = random.Next(2) * random.NextDouble() * 0.3,
            Crash = random.Next(2) * random.NextDouble() * 0.02,
            DelayMax = TimeSpan.FromMilliseconds(random.Next(1, 400)),
            Drift = random.Next(2) * 0.005,
            GiveBack = random.Next(2) * 0.01,
            Refund = random.Next(2) * 0.05,
            Storms = random.Next(3) > 0,
        };
    }

    private static void HoldToOneBucket(SimulationPlan plan, SimulatedFleet fleet, long slackNs) =>
        Assert.False(Exceeds(plan, fleet, slackNs), $"seed {plan.Seed}: more than one bucket would have let in; {plan}");

    /// <summary>One ideal bucket, with exact fractions, that sees every request that was let in.</summary>
    private static bool Exceeds(SimulationPlan plan, SimulatedFleet fleet, long slackNs)
    {
        var interval = plan.Window.Ticks * 100m / plan.Limit;
        foreach (var times in fleet.Admitted.Values)
        {
            var tat = 0m;
            foreach (var (at, units) in times)
            {
                tat = Math.Max(tat, at) + (units * interval);
                if (units > 0 && tat - at > (plan.Burst * interval) + slackNs) return true;
            }
        }

        return false;
    }

    private static void HoldToWindows(SimulationPlan plan, SimulatedFleet fleet)
    {
        var offset = fleet.StoreMicros - (fleet.Now / 1000);
        foreach (var times in fleet.Admitted.Values)
        {
            var windows = times.GroupBy(t => (offset + (t.At / 1000)) / (plan.Window.Ticks / 10), t => t.Units);
            Assert.All(windows, w => Assert.True(w.Sum() <= plan.Limit, $"seed {plan.Seed}: {w.Sum()} in a window; {plan}"));
        }
    }
}
