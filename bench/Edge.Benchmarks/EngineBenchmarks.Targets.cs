using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Edge.Core.Configuration;
using Edge.Core.Resilience;

namespace Edge.Benchmarks;

/// <summary>What the choice of a target costs, among a hundred, and the breaker before it.</summary>
public partial class EngineBenchmarks
{
    private const int TargetCount = 100;
    private const long TargetNowNs = 1_000_000_000;

    private readonly CircuitBreaker _breaker = new(new BreakerPlan());
    private readonly Balancer _twoChoices = MakeBalancer(BalanceKind.TwoChoices);
    private readonly Balancer _weighted = MakeBalancer(BalanceKind.Weighted);
    private readonly Balancer _byHash = MakeBalancer(BalanceKind.Hash);
    private readonly Balancer _leastTokens = MakeBalancer(BalanceKind.LeastTokens);
    private readonly CredentialPool _credentials = new(4);
    private ulong _affinity;

    [Benchmark]
    public bool AskBreaker() => _breaker.TryEnter(TargetNowNs) != CircuitBreaker.NoPass;

    [Benchmark]
    public int PickOfTwoChoices() => PickAndEnd(_twoChoices);

    [Benchmark]
    public int PickByWeight() => PickAndEnd(_weighted);

    [Benchmark]
    public int PickByHash() => PickAndEnd(_byHash);

    [Benchmark]
    public int PickOfFewestTokens() => PickAndEnd(_leastTokens);

    [Benchmark]
    public int PickCredential()
    {
        var number = _credentials.Pick(100, TargetNowNs, out _);
        _credentials.End(number, 100);
        return number;
    }

    private static Balancer MakeBalancer(BalanceKind by)
    {
        var changes = new TargetChanges();
        var states = ImmutableArray.CreateBuilder<TargetState>(TargetCount);
        var names = new string[TargetCount];
        var weights = new int[TargetCount];
        for (var i = 0; i < TargetCount; i++)
        {
            states.Add(new TargetState(changes, new BreakerPlan()));
            states[i].Latency.Observe(1_000_000 + i, TargetNowNs - 1);
            names[i] = $"target-{i}:443";
            weights[i] = 1 + (i % 5);
        }

        return new Balancer(new BalancePlan { By = by }, null, states.ToImmutable(), names, weights, changes, 1);
    }

    private int PickAndEnd(Balancer balancer)
    {
        var target = balancer.Pick(++_affinity, 100, default, TargetNowNs, out _);
        balancer.End(target, 100);
        return target;
    }
}
