using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Resilience;
using Edge.Telemetry;

namespace Edge.Upstream;

/// <summary>
/// A service behind the gateway as it runs: one pool for each of its targets, and the choice among them. It owns the pools, and
/// who checks the targets' health. Thread-safe.
/// </summary>
internal sealed class UpstreamCluster : IDisposable, ITargetObserver
{
    private readonly UpstreamPool[] _pools;
    private readonly TargetChanges _changes;
    private readonly LimitClock _clock;
    private readonly ImmutableArray<TargetState> _states;
    private readonly byte[][] _credentialLines;
    private readonly HealthChecker? _checker;
    private readonly ProgramLog? _log;
    private long _refusedOpen;
    private long _refusedUnavailable;
    private long _refusedCredentials;

    /// <summary>Pools for a plan; nothing is connected yet.</summary>
    /// <param name="plan">What the file says.</param>
    /// <param name="sweeper">Looks after what takes too long.</param>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="metrics">Where attempts are counted; null: nowhere.</param>
    /// <param name="log">Where it is told what happens to targets; null: nowhere.</param>
    /// <param name="previous">The same service as it ran before a reload; null: it did not. What is known of targets and
    /// credentials that stay what they were is kept.</param>
    public UpstreamCluster(
        UpstreamPlan plan, UpstreamSweeper sweeper, IHostResolver resolver, GatewayMetrics? metrics = null,
        ProgramLog? log = null, UpstreamCluster? previous = null)
    {
        Plan = plan;
        _log = log;
        _changes = previous?._changes ?? new TargetChanges();
        _clock = previous?._clock ?? new LimitClock(sweeper.Time);
        RetryBudget = plan.Retries is { } retries ? new RetryBudget(retries.Budget, retries.BudgetMin, sweeper.Time) : null;
        Latencies = LatenciesFor(plan, previous);
        _pools = new UpstreamPool[plan.Targets.Length];
        for (var i = 0; i < _pools.Length; i++)
        {
            var dialer = new UpstreamDialer(plan, plan.Targets[i], resolver, sweeper.Time);
            _pools[i] = new UpstreamPool(plan, plan.Targets[i], sweeper, dialer)
            {
                Metrics = metrics?.Of(plan, plan.Targets[i]),
            };
        }

        _states = StatesFor(plan, previous);
        _credentialLines = new byte[plan.Credentials.Length][];
        Credentials = CredentialsFor(plan, previous);
        if (plan.Targets.Length > 1 || plan.Breaker is not null || plan.Health is not null || Credentials is not null)
        {
            Balancer = BalancerFor(plan);
        }

        if (plan.Health is { } health)
        {
            _checker = new HealthChecker(plan, health, _states.AsSpan(), sweeper, resolver, _clock);
        }
    }

    /// <summary>What the file says of it.</summary>
    public UpstreamPlan Plan { get; }

    /// <summary>Bounds its retries; null: there are none.</summary>
    public RetryBudget? RetryBudget { get; }

    /// <summary>How long its answers take to begin; null: nobody wants to know.</summary>
    public LatencyQuantile? Latencies { get; }

    /// <summary>The pools, one for each target, in the file's order.</summary>
    public IReadOnlyList<UpstreamPool> Pools => _pools;

    /// <summary>Who chooses among the targets; null where there is one, and nobody keeps an eye on it.</summary>
    public Balancer? Balancer { get; }

    /// <summary>Who chooses among several credentials; null: there are not.</summary>
    public CredentialPool? Credentials { get; }

    /// <summary>True where <see cref="TargetQuery.Affinity"/> matters.</summary>
    public bool WantsAffinity => Plan.Balance.By == BalanceKind.Hash && _pools.Length > 1;

    /// <summary>The time of all that is known of targets.</summary>
    public long NowNs => _clock.NowNs;

    /// <summary>What is known of the targets, in the file's order.</summary>
    public ImmutableArray<TargetState> States => _states;

    /// <summary>Picks that were refused, by why: circuits open, targets unhealthy, credentials at their limits.</summary>
    public (long CircuitOpen, long Unavailable, long RateLimited) Refused => (
        Volatile.Read(ref _refusedOpen), Volatile.Read(ref _refusedUnavailable), Volatile.Read(ref _refusedCredentials));

    /// <summary>
    /// Picks the target of one attempt, and a credential where there are several. Where it succeeds, <see cref="TargetPick.End"/>
    /// must follow; where not, <see cref="TargetPick.RetryAfter"/> may say when to ask again.
    /// </summary>
    /// <param name="pick">Where the choice goes; not open. After another attempt of the same request, the same object.</param>
    /// <param name="query">What the request wants.</param>
    /// <param name="tried">
    /// Targets that the request has been at: the others go first. The one that is picked is added to them.
    /// </param>
    /// <returns>
    /// None, or why there is no target: <see cref="Failure.UpstreamCircuitOpen"/>, <see cref="Failure.UpstreamRateLimited"/>, or
    /// <see cref="Failure.UpstreamUnavailable"/> where none is left that may be used.
    /// </returns>
    public Failure Pick(TargetPick pick, in TargetQuery query, ref TargetSet tried)
    {
        if (Balancer is null)
        {
            if (query.OnlyUntried && tried.Contains(0))
            {
                return Failure.UpstreamUnavailable;
            }

            tried.Add(0);
            pick.Begin(this, _pools[0], 0, CircuitBreaker.NoPass, 0, -1, 0);
            return Failure.None;
        }

        if (pick.IsCredentialAtFault)
        {
            tried.Remove(pick.Target);
        }

        return PickAmong(Balancer, pick, query, ref tried);
    }

    /// <summary>The line of a credential's header. Secret.</summary>
    public ReadOnlySpan<byte> CredentialLine(int credential) => credential < 0 ? default : _credentialLines[credential];

    /// <inheritdoc/>
    public void Told(TargetState target, TargetEvent what)
    {
        var index = _states.IndexOf(target);
        if (_log is null || index < 0)
        {
            return;
        }

        var said = what switch
        {
            TargetEvent.Opened => "the circuit is open: it has failed too often",
            TargetEvent.HalfOpened => "the circuit is half-open: a trial is let through",
            TargetEvent.Closed => "the circuit is closed",
            TargetEvent.Ejected => "ejected for failing",
            TargetEvent.Unhealthy => "health checks fail",
            _ => "health checks are good again",
        };
        _log.TargetChanged(Plan.Name, Plan.Targets[index].Authority, said);
    }

    /// <summary>Closes idle connections; those in use are closed when their exchange ends.</summary>
    public void Dispose()
    {
        _checker?.Dispose();
        foreach (var pool in _pools)
        {
            pool.Dispose();
        }
    }

    private Failure PickAmong(Balancer balancer, TargetPick pick, in TargetQuery query, ref TargetSet tried)
    {
        var nowNs = _clock.NowNs;
        var tokens = Math.Max(1, query.Tokens);
        var credential = -1;
        if (Credentials is not null && (credential = Credentials.Pick(tokens, nowNs, out var restNs)) < 0)
        {
            Interlocked.Increment(ref _refusedCredentials);
            pick.Refuse(TimeSpan.FromMicroseconds(restNs / 1000));
            return Failure.UpstreamRateLimited;
        }

        var target = balancer.Pick(query.Affinity, tokens, tried, nowNs, out var pass);
        if (target < 0 && tried.Count > 0 && !query.OnlyUntried)
        {
            target = balancer.Pick(query.Affinity, tokens, default, nowNs, out pass);
        }

        if (target >= 0)
        {
            tried.Add(target);
            pick.Begin(this, _pools[target], target, pass, tokens, credential, nowNs);
            return Failure.None;
        }

        Credentials?.End(credential, tokens);
        var waitNs = balancer.WaitNs(nowNs);
        pick.Refuse(waitNs is { } wait ? TimeSpan.FromMicroseconds(wait / 1000) : null);
        if (tried.Count == 0)
        {
            Interlocked.Increment(ref waitNs is null ? ref _refusedUnavailable : ref _refusedOpen);
        }

        return waitNs is null ? Failure.UpstreamUnavailable : Failure.UpstreamCircuitOpen;
    }

    private static LatencyQuantile? LatenciesFor(UpstreamPlan plan, UpstreamCluster? previous) =>
        plan.Retries?.Hedge is not { Percentile: > 0 and var percentile } ? null
            : previous?.Plan.Retries?.Hedge?.Percentile == percentile ? previous.Latencies
            : new LatencyQuantile(percentile);

    private ImmutableArray<TargetState> StatesFor(UpstreamPlan plan, UpstreamCluster? previous)
    {
        var states = new TargetState[plan.Targets.Length];
        for (var i = 0; i < states.Length; i++)
        {
            var before = previous is null ? -1 : previous.Plan.Targets.IndexOf(plan.Targets[i]);
            if (before >= 0 && previous!.Plan.Breaker == plan.Breaker)
            {
                states[i] = previous._states[before];
                if (plan.Health is null)
                {
                    states[i].ForgetHealth();
                }
            }
            else
            {
                states[i] = new TargetState(_changes, plan.Breaker);
            }

            states[i].Observe(this);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(states);
    }

    private Balancer BalancerFor(UpstreamPlan plan)
    {
        var names = new string[plan.Targets.Length];
        var weights = new int[plan.Targets.Length];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = plan.Targets[i].Authority + plan.Targets[i].BasePath;
            weights[i] = plan.Weights.IsEmpty ? 1 : plan.Weights[i];
        }

        return new Balancer(
            plan.Balance, plan.Outlier, _states, names, weights, _changes, (ulong)Random.Shared.NextInt64());
    }

    private CredentialPool? CredentialsFor(UpstreamPlan plan, UpstreamCluster? previous)
    {
        if (plan.Credentials.IsEmpty)
        {
            return null;
        }

        var pool = new CredentialPool(plan.Credentials.Length);
        for (var i = 0; i < plan.Credentials.Length; i++)
        {
            _credentialLines[i] = CredentialHeader.LineOf(plan, plan.Credentials[i]);
            var before = previous?.Plan.Credentials.IndexOf(plan.Credentials[i]) ?? -1;
            if (before >= 0)
            {
                pool.Inherit(i, previous!.Credentials!, before);
            }
        }

        return pool;
    }
}
