namespace Edge.Core.Resilience;

/// <summary>What a <see cref="CircuitBreaker"/> lets through.</summary>
public enum CircuitState
{
    /// <summary>Everything.</summary>
    Closed,

    /// <summary>A few trials.</summary>
    HalfOpen,

    /// <summary>Nothing.</summary>
    Open,
}
