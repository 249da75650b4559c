namespace Edge.Core.Http;

/// <summary>Whose fault a <see cref="Failure"/> is.</summary>
public enum FailureSide
{
    /// <summary>Nothing failed.</summary>
    None,

    /// <summary>The caller's: its request, or its connection.</summary>
    Caller,

    /// <summary>The gateway's own.</summary>
    Edge,

    /// <summary>The service behind the gateway, or the way to it.</summary>
    Upstream,
}
