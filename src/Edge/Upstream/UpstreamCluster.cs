using Edge.Core.Configuration;
using Edge.Telemetry;

namespace Edge.Upstream;

/// <summary>
/// A service behind the gateway as it runs: one pool for each of its targets, taken in turn. It owns the pools. Thread-safe.
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

    /// <summary>The pools, one for each target, in the file's order.</summary>
    public IReadOnlyList<UpstreamPool> Pools => _pools;

    /// <summary>How many targets there are.</summary>
    public int TargetCount => _pools.Length;

    /// <summary>Where the next request begins to try; later attempts add one each.</summary>
    public uint NextTurn() => _pools.Length == 1 ? 0 : Interlocked.Increment(ref _turn);

    /// <summary>The pool for a turn.</summary>
    public UpstreamPool PoolFor(uint turn) => _pools[turn % (uint)_pools.Length];

    /// <summary>Closes idle connections; those in use are closed when their exchange ends.</summary>
    public void Dispose()
    {
        foreach (var pool in _pools)
        {
            pool.Dispose();
        }
    }
}
