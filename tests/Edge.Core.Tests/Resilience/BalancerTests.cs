using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Configuration;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

public sealed class BalancerTests
{
    private const long Second = 1_000_000_000;
    private const long Ms = 1_000_000;
    private long _now = 1000 * Second;

    [Fact]
    public void Round_robin_goes_round()
    {
        var (balancer, _) = New(BalanceKind.RoundRobin, 3);
        var picks = Enumerable.Range(0, 300).Select(_ => Use(balancer)).ToArray();
        Assert.Equal([0, 1, 2], picks[..3].Order());
        for (var i = 3; i < picks.Length; i++) Assert.Equal(picks[i - 3], picks[i]);
    }

    [Fact]
    public void In_each_round_each_target_comes_as_often_as_its_weight_says_and_evenly() =>
        Gen.Int[1, 20].Array[1, 12].Sample(
            weights =>
            {
                var targets = Enumerable.Range(0, weights.Length).ToArray();
                var turns = TurnSchedule.Make(targets, [.. weights.Select(static w => (double)w)]);
                var divisor = weights.Aggregate(static (a, b) => (int)System.Numerics.BigInteger.GreatestCommonDivisor(a, b));
                Assert.Equal(weights.Sum() / divisor, turns.Length);
                for (var target = 0; target < weights.Length; target++)
                {
                    var at = turns.Index().Where(turn => turn.Item == target).Select(static turn => turn.Index).ToArray();
                    Assert.Equal(weights[target] / divisor, at.Length);
                    var even = (double)turns.Length / at.Length;
                    for (var i = 0; i < at.Length; i++)
                    {
                        var gap = i + 1 < at.Length ? at[i + 1] - at[i] : at[0] + turns.Length - at[i];
                        Assert.InRange(gap, even - weights.Length, even + weights.Length);
                    }
                }
            },
            iter: 500);

    [Fact]
    public void Weights_that_need_too_many_turns_are_rounded_and_each_target_keeps_one()
    {
        var turns = TurnSchedule.Make([0, 1, 2], [1000, 999, 0.001]);
        Assert.InRange(turns.Length, 2, TurnSchedule.TurnsMax);
        Assert.InRange(turns.Count(static t => t == 0) - turns.Count(static t => t == 1), -2, 4);
        Assert.Equal(1, turns.Count(static t => t == 2));
    }

    [Fact]
    public void Of_two_the_faster_gets_more_and_the_slower_is_not_forgotten()
    {
        var (balancer, _) = New(BalanceKind.TwoChoices, 2);
        var counts = new int[2];
        var busyUntil = new List<(long Until, int Target, long Took)>();
        for (var i = 0; i < 20_000; i++)
        {
            _now += Ms;
            foreach (var (until, target, took) in busyUntil.FindAll(b => b.Until <= _now))
            {
                balancer.Succeeded(target, took, until);
                balancer.End(target, 1);
            }

            busyUntil.RemoveAll(b => b.Until <= _now);
            var chosen = balancer.Pick(0, 1, default, _now, out _);
            counts[chosen]++;
            var time = chosen == 0 ? 5 * Ms : 50 * Ms;
            busyUntil.Add((_now + time, chosen, time));
        }

        Assert.InRange(counts[1], 2, 2000);
    }

    [Fact]
    public void Targets_that_are_equally_fast_get_the_same()
    {
        var (balancer, _) = New(BalanceKind.TwoChoices, 5);
        var counts = new int[5];
        var running = new Queue<int>();
        for (var i = 0; i < 20_000; i++)
        {
            _now += Ms;
            var chosen = balancer.Pick(0, 1, default, _now, out _);
            counts[chosen]++;
            running.Enqueue(chosen);
            if (running.Count < 20) continue;
            balancer.Succeeded(running.Peek(), 20 * Ms, _now);
            balancer.End(running.Dequeue(), 1);
        }

        Assert.All(counts, static count => Assert.InRange(count, 3600, 4400));
    }

    [Fact]
    public void A_target_that_fails_gets_hardly_any_even_without_a_breaker_and_gets_its_share_again_later()
    {
        var (balancer, _) = New(BalanceKind.TwoChoices, 2);
        var failed = 0;
        for (var i = 0; i < 10_000; i++)
        {
            _now += Ms;
            var chosen = balancer.Pick(0, 1, default, _now, out _);
            if (chosen == 0) balancer.Failed(0, FailureCauses.Connect, 1000, _now);
            else balancer.Succeeded(1, 5 * Ms, _now);
            balancer.End(chosen, 1);
            failed += chosen == 0 ? 1 : 0;
        }

        Assert.InRange(failed, 1, 20);
        var back = 0;
        for (var i = 0; i < 100_000; i++)
        {
            _now += Ms;
            var chosen = balancer.Pick(0, 1, default, _now, out _);
            balancer.Succeeded(chosen, 5 * Ms, _now);
            balancer.End(chosen, 1);
            back += chosen == 0 && i >= 90_000 ? 1 : 0;
        }

        Assert.InRange(back, 1000, 9000);
    }

    [Theory]
    [InlineData(BalanceKind.TwoChoices)]
    [InlineData(BalanceKind.RoundRobin)]
    [InlineData(BalanceKind.Weighted)]
    [InlineData(BalanceKind.Hash)]
    [InlineData(BalanceKind.LeastTokens)]
    public void Whichever_way_one_that_was_tried_or_is_not_well_is_not_chosen(BalanceKind by)
    {
        var (balancer, states) = New(by, 8, breaker: new BreakerPlan { Failures = 1 });
        var health = new HealthPlan { Path = "/", Unhealthy = 1, Status = [] };
        states[3].Checked(false, health, _now);
        var open = states[5].Breaker!;
        open.Fail(open.TryEnter(_now), _now);
        var tried = default(TargetSet);
        tried.Add(0);
        tried.Add(7);
        var seen = new HashSet<int>();
        for (var i = 0; i < 2000; i++) seen.Add(Use(balancer, (ulong)i, tried));
        Assert.Equal([1, 2, 4, 6], seen.Order());
        foreach (var target in (int[])[1, 2, 4, 6]) tried.Add(target);
        Assert.Equal(-1, balancer.Pick(1, 1, tried, _now, out _));
    }

    [Fact]
    public void Where_all_circuits_are_open_it_says_when_the_first_of_them_lets_a_trial_through()
    {
        var (balancer, states) = New(BalanceKind.TwoChoices, 2, breaker: new BreakerPlan { Failures = 1 });
        Open(states[0]);
        _now += 10 * Second;
        Open(states[1]);
        Assert.Equal(-1, balancer.Pick(0, 1, default, _now, out _));
        Assert.Equal(20 * Second, balancer.WaitNs(_now));
        _now += 20 * Second;
        Assert.Equal(0, balancer.Pick(0, 1, default, _now, out var pass));
        Assert.Equal(-1, balancer.Pick(0, 1, default, _now, out _));
        balancer.Targets[0].Breaker!.Succeed(pass, _now);
        Assert.Equal(0, balancer.Pick(0, 1, default, _now, out _));
    }

    [Fact]
    public void A_target_is_ejected_after_failures_in_a_row_and_longer_each_time()
    {
        var plan = new OutlierPlan();
        var (balancer, states) = New(BalanceKind.RoundRobin, 4, outlier: plan);
        foreach (var seconds in (int[])[30, 60, 120, 240, 300, 300])
        {
            for (var i = 0; i < 4; i++) balancer.Failed(1, FailureCauses.ServerError, Ms, _now);
            Assert.True(states[1].EjectedUntilNs <= _now);
            balancer.Failed(1, FailureCauses.ServerError, Ms, _now);
            Assert.Equal(_now + (seconds * Second), states[1].EjectedUntilNs);
            Assert.DoesNotContain(1, Enumerable.Range(0, 20).Select(_ => Use(balancer)));
            _now = states[1].EjectedUntilNs;
            Assert.Contains(1, Enumerable.Range(0, 40).Select(_ => Use(balancer)));
        }

        _now += 601 * Second;
        for (var i = 0; i < 5; i++) balancer.Failed(1, FailureCauses.ServerError, Ms, _now);
        Assert.Equal(_now + (30 * Second), states[1].EjectedUntilNs);
    }

    [Fact]
    public void A_success_between_failures_forgives_them_and_what_does_not_count_is_no_failure()
    {
        var (balancer, states) = New(BalanceKind.RoundRobin, 2, outlier: new OutlierPlan());
        for (var i = 0; i < 20; i++)
        {
            balancer.Failed(0, i % 4 == 3 ? FailureCauses.TooManyRequests : FailureCauses.Connect, Ms, _now);
            if (i % 4 == 3) balancer.Succeeded(0, Ms, _now);
        }

        Assert.Equal(0, states[0].Ejections);
    }

    [Theory]
    [InlineData(2, 0.5, 1)]
    [InlineData(5, 0.5, 2)]
    [InlineData(5, 0, 1)]
    [InlineData(5, 1, 4)]
    [InlineData(10, 0.3, 3)]
    public void Never_more_are_ejected_than_may_be_and_one_stays(int count, double most, int expected)
    {
        var (balancer, states) = New(BalanceKind.RoundRobin, count, outlier: new OutlierPlan { EjectedMax = most });
        for (var i = 0; i < 100; i++)
        {
            for (var target = 0; target < count; target++) balancer.Failed(target, FailureCauses.ServerError, Ms, _now);
        }

        Assert.Equal(expected, states.Count(state => state.EjectedUntilNs > _now));
    }

    [Fact]
    public void Of_many_threads_that_eject_at_once_none_breaks_the_cap()
    {
        for (var round = 0; round < 50; round++)
        {
            var (balancer, states) = New(BalanceKind.RoundRobin, 8, outlier: new OutlierPlan { Failures = 1 });
            Parallel.For(0, 8, target => balancer.Failed(target, FailureCauses.ServerError, Ms, _now));
            Assert.Equal(4, states.Count(state => state.EjectedUntilNs > _now));
        }
    }

    [Fact]
    public void A_margin_ejects_who_does_worse_than_the_others_and_nobody_where_all_do_badly()
    {
        var plan = new OutlierPlan { Failures = 1000, Margin = 0.3, Volume = 10 };
        var (balancer, states) = New(BalanceKind.RoundRobin, 3, outlier: plan);
        for (var i = 0; i < 20; i++)
        {
            for (var target = 0; target < 3; target++) Outcome(balancer, target, isFailure: i % 2 == 0);
        }

        Assert.All(states, static state => Assert.Equal(0, state.Ejections));
        _now += 10 * Second;
        for (var i = 0; i < 20; i++)
        {
            for (var target = 0; target < 3; target++) Outcome(balancer, target, isFailure: target == 2 && i % 2 == 0);
        }

        Assert.Equal([0, 0, 1], states.Select(static state => state.Ejections));
    }

    [Fact]
    public void Where_too_few_are_well_all_are_used()
    {
        var (balancer, states) = New(BalanceKind.RoundRobin, 4);
        var health = new HealthPlan { Path = "/", Unhealthy = 2, Healthy = 2, Status = [] };
        states[0].Checked(false, health, _now);
        Assert.True(states[0].IsHealthy);
        for (var i = 0; i < 2; i++)
        {
            for (var target = 0; target < 2; target++) states[target].Checked(false, health, _now);
        }

        Assert.False(balancer.IsPanicking(_now));
        Assert.Equal([2, 3], Enumerable.Range(0, 20).Select(_ => Use(balancer)).Distinct().Order());
        states[2].Checked(false, health, _now);
        states[2].Checked(false, health, _now);
        Assert.True(balancer.IsPanicking(_now));
        Assert.Equal([0, 1, 2, 3], Enumerable.Range(0, 20).Select(_ => Use(balancer)).Distinct().Order());
    }

    [Fact]
    public void Who_comes_back_begins_with_a_tenth_of_its_share()
    {
        var (balancer, states) = New(BalanceKind.RoundRobin, 2);
        var health = new HealthPlan { Path = "/", Unhealthy = 1, Healthy = 1, Status = [] };
        states[0].Checked(false, health, _now);
        states[0].Checked(true, health, _now);
        var shares = new List<double>();
        foreach (var second in (int[])[0, 5, 10])
        {
            var at = _now + (second * Second);
            var count = 0;
            for (var i = 0; i < 1100; i++)
            {
                var chosen = balancer.Pick(0, 1, default, at, out _);
                count += chosen == 0 ? 1 : 0;
                balancer.End(chosen, 1);
            }

            shares.Add(count / 1100.0);
        }

        Assert.InRange(shares[0], 0.08, 0.10);
        Assert.InRange(shares[1], 0.30, 0.36);
        Assert.InRange(shares[2], 0.49, 0.51);
    }

    [Fact]
    public void The_fewest_tokens_win_and_weights_count()
    {
        var (balancer, _) = New(BalanceKind.LeastTokens, 2, weights: [3, 1]);
        var tokens = new long[2];
        for (var i = 0; i < 400; i++)
        {
            var size = 100 + (i % 7 * 50);
            tokens[balancer.Pick(0, size, default, _now, out _)] += size;
        }

        Assert.InRange((double)tokens[0] / tokens[1], 2.8, 3.2);
    }

    private static (Balancer Balancer, ImmutableArray<TargetState> States) New(
        BalanceKind by, int count, OutlierPlan? outlier = null, BreakerPlan? breaker = null, int[]? weights = null)
    {
        var changes = new TargetChanges();
        var states = Enumerable.Range(0, count).Select(_ => new TargetState(changes, breaker)).ToImmutableArray();
        var names = Enumerable.Range(0, count).Select(static i => $"target-{i}:443").ToArray();
        weights ??= [.. Enumerable.Repeat(1, count)];
        return (new Balancer(new BalancePlan { By = by }, outlier, states, names, weights, changes, 7), states);
    }

    private int Use(Balancer balancer, ulong affinity = 0, TargetSet tried = default)
    {
        var chosen = balancer.Pick(affinity, 1, tried, _now, out var pass);
        if (chosen >= 0)
        {
            balancer.Targets[chosen].Breaker?.Succeed(pass, _now);
            balancer.End(chosen, 1);
        }

        return chosen;
    }

    private void Open(TargetState state) => state.Breaker!.Fail(state.Breaker.TryEnter(_now), _now);

    private void Outcome(Balancer balancer, int target, bool isFailure)
    {
        if (isFailure) balancer.Failed(target, FailureCauses.ServerError, Ms, _now);
        else balancer.Succeeded(target, Ms, _now);
    }
}
