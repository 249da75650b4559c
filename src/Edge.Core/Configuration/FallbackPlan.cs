using System.Collections.Immutable;
using Edge.Core.Resilience;

namespace Edge.Core.Configuration;

/// <summary>What is done in the place of a route's own upstream where that fails.</summary>
public enum FallbackKind
{
    /// <summary>Another upstream is asked, or the same for another model.</summary>
    Upstream,

    /// <summary>An answer from memory that is too old.</summary>
    Stale,

    /// <summary>An answer that stands in the file.</summary>
    Fixed,
}

/// <summary>One of the fallbacks of a route.</summary>
public sealed record FallbackPlan
{
    /// <summary>What is done.</summary>
    public required FallbackKind Kind { get; init; }

    /// <summary>After what.</summary>
    public required AttemptCauses On { get; init; }

    /// <summary>The other upstream; null for other kinds.</summary>
    public UpstreamPlan? Upstream { get; init; }

    /// <summary>The model that it is asked for; null: the one that the request names.</summary>
    public string? Model { get; init; }

    /// <summary>Status of a fixed answer.</summary>
    public int Status { get; init; }

    /// <summary>Body of a fixed answer.</summary>
    public ImmutableArray<byte> Body { get; init; } = [];

    /// <summary>What its body is; null: it has none.</summary>
    public string? ContentType { get; init; }
}
