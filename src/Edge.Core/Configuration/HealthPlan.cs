using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>How targets are asked whether they are well.</summary>
public sealed record HealthPlan
{
    /// <summary>Path and query of the question, put after the target's own path.</summary>
    public required string Path { get; init; }

    /// <summary>Time from the end of one check to the next.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A check that takes longer has failed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>So many good answers in a row take a target in again.</summary>
    public int Healthy { get; init; } = 2;

    /// <summary>So many bad ones in a row take it out.</summary>
    public int Unhealthy { get; init; } = 3;

    /// <summary>Which answers are good; at least one.</summary>
    public required ImmutableArray<StatusRange> Status { get; init; }

    /// <summary>True where another plan says the same.</summary>
    public bool IsSameAs(HealthPlan? other) =>
        other is not null && Status.AsSpan().SequenceEqual(other.Status.AsSpan()) && this == other with { Status = Status };
}

/// <summary>Statuses from one to another, both included.</summary>
public readonly record struct StatusRange(int From, int To);
