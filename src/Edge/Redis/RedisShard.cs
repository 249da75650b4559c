using Edge.Core.Limits;
using StackExchange.Redis;

namespace Edge.Redis;

/// <summary>One primary of a cluster, as seen from here. Safe from any thread.</summary>
internal sealed class RedisShard(string name)
{
    private RedisKey _probe;

    /// <summary>Its address, for the log.</summary>
    public string Name => name;

    /// <summary>Whether it answers, for the buckets that it has.</summary>
    public LeaseShard Lease { get; } = new();

    /// <summary>A key in a slot that failed: when it can be written, whoever has the slot by then, all is well again.</summary>
    public RedisKey Probe => _probe;

    /// <summary>It does not answer.</summary>
    /// <returns>True where that is news.</returns>
    public bool MarkDown(RedisKey probe)
    {
        if (Lease.IsDown)
        {
            return false;
        }

        _probe = probe;
        return Lease.IsDown = true;
    }
}
