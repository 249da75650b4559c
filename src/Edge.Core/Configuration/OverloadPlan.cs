using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>How much may wait for an upstream at once, and who is turned away first where that is too little.</summary>
public sealed record OverloadPlan
{
    /// <summary>The tiers that are turned away first, in this order; all others are after them.</summary>
    public required ImmutableArray<string> ShedFirst { get; init; }

    /// <summary>As many may always wait for an upstream.</summary>
    public required int ConcurrentMin { get; init; }

    /// <summary>Never more.</summary>
    public required int ConcurrentMax { get; init; }

    /// <summary>Most requests that stand in line for an upstream.</summary>
    public required int QueueMax { get; init; }

    /// <summary>The longest that one does.</summary>
    public required TimeSpan QueueTimeout { get; init; }

    /// <summary>True where another plan says the same.</summary>
    public bool IsSameAs(OverloadPlan? other) =>
        other is not null && ShedFirst.AsSpan().SequenceEqual(other.ShedFirst.AsSpan())
        && this == other with { ShedFirst = ShedFirst };
}
