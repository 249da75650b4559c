namespace Edge.Pipeline;

/// <summary>How a switched connection has ended.</summary>
internal enum TunnelEnd
{
    /// <summary>It runs.</summary>
    None,

    /// <summary>The caller has ended it, or left.</summary>
    Caller,

    /// <summary>The upstream has ended it, or broke it off.</summary>
    Upstream,

    /// <summary>No byte had passed for the route's <c>idle</c>.</summary>
    Idle,

    /// <summary>It had lasted for the route's <c>total</c>.</summary>
    Total,

    /// <summary>The gateway drains, and has said goodbye.</summary>
    Drain,
}
