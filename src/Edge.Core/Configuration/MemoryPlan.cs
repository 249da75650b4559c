namespace Edge.Core.Configuration;

/// <summary>From how much memory on new requests are turned away, so that those which run can end.</summary>
/// <param name="LimitBytes">What the process may use; null: what the system allows it.</param>
/// <param name="ShedAt">The share of it, from 0 to 1, from which on requests are turned away.</param>
public sealed record MemoryPlan(long? LimitBytes, double ShedAt)
{
    /// <summary>What holds where the file says nothing.</summary>
    public static MemoryPlan Default { get; } = new(null, 0.85);
}
