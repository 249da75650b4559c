using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Telemetry;

namespace Edge.Upstream;

/// <summary>
/// A service behind the gateway as it runs: one pool for each of its targets, and the choice among them. It owns the
/// pools. Thread-safe.
/// </summary>
internal sealed class UpstreamCluster : IDisposable
{
    private readonly UpstreamPool[] _pools;
    private uint _turn;

    /// <summary>Pools for a plan; nothing is connected yet.</summary>
    /// <param name="plan">What the file says.</param>
    /// <param name="sweeper">Looks after what takes too long.</param>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="metrics">Where attempts are counted; null: nowhere.</param>
    public UpstreamCluster(
        UpstreamPlan plan, UpstreamSweeper sweeper, IHostResolver resolver, GatewayMetrics? metrics = null)
    {
        Plan = plan;
        RetryBudget = plan.Retries is { } retries ? new RetryBudget(retries.Budget, retries.BudgetMin, sweeper.Time) : null;
        _pools = new UpstreamPool[plan.Targets.Length];
        for (var i = 0; i < _pools.Length; i++)
        {
            var dialer = new UpstreamDialer(plan, plan.Targets[i], resolver, sweeper.Time);
            _pools[i] = new UpstreamPool(plan, plan.Targets[i], sweeper, dialer)
            {
                Metrics = metrics?.Of(plan, plan.Targets[i]),
            };
        }
    }

    /// <summary>What the file says of it.</summary>
    public UpstreamPlan Plan { get; }

    /// <summary>Bounds its retries; null: there are none.</summary>
    public RetryBudget? RetryBudget { get; }

    /// <summary>The pools, one for each target, in the file's order.</summary>
    public IReadOnlyList<UpstreamPool> Pools => _pools;

    /// <summary>
    /// Picks the target of one attempt. Where it succeeds, <see cref="TargetPick.End"/> must follow; where not,
    /// <see cref="TargetPick.RetryAfter"/> may say when to ask again.
    /// </summary>
    /// <param name="pick">Where the choice goes; not open.</param>
    /// <param name="query">What the request wants.</param>
    /// <param name="tried">
    /// Targets that the request has been at: the others go first. The one that is picked is added to them.
    /// </param>
    /// <returns>
    /// None, or why there is no target: <see cref="Failure.UpstreamUnavailable"/> where none is left that may be used.
    /// </returns>
    public Failure Pick(TargetPick pick, in TargetQuery query, ref TargetSet tried)
    {
        var count = (uint)_pools.Length;
        var turn = count == 1 ? 0 : Interlocked.Increment(ref _turn);
        for (var i = 0u; i < count; i++)
        {
            var target = (int)((turn + i) % count);
            if (!tried.Contains(target) || (tried.Count == count && !query.OnlyUntried))
            {
                tried.Add(target);
                pick.Begin(this, _pools[target], target);
                return Failure.None;
            }
        }

        return Failure.UpstreamUnavailable;
    }

    /// <summary>Closes idle connections; those in use are closed when their exchange ends.</summary>
    public void Dispose()
    {
        foreach (var pool in _pools)
        {
            pool.Dispose();
        }
    }
}
