namespace Edge.Core.Configuration;

/// <summary>How a target is chosen among several.</summary>
public enum BalanceKind
{
    /// <summary>The better of two that are drawn: by the time that answers take, and what is under way.</summary>
    TwoChoices,

    /// <summary>One after the other.</summary>
    RoundRobin,

    /// <summary>One after the other, as often as their weights say.</summary>
    Weighted,

    /// <summary>The same for the same caller, or the same value of a header.</summary>
    Hash,

    /// <summary>The one with the fewest tokens under way.</summary>
    LeastTokens,
}

/// <summary>How targets are balanced, and how those that were away come back.</summary>
public sealed record BalancePlan
{
    /// <summary>How one is chosen.</summary>
    public BalanceKind By { get; init; }

    /// <summary>For <see cref="BalanceKind.Hash"/>: the header whose value counts; null: who calls.</summary>
    public string? Header { get; init; }

    /// <summary>A target that comes back gets its whole share only after this time.</summary>
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Where a smaller share of the targets than this is in, by health checks and ejection, these are not believed, and all are
    /// used; from 0 to 1.
    /// </summary>
    public double PanicBelow { get; init; } = 0.5;
}
