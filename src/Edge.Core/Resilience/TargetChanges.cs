namespace Edge.Core.Resilience;

/// <summary>
/// Counts changes in what the targets of an upstream are fit for, so that whoever has worked something out of it knows when to
/// do so anew. One for all that ever ran under an upstream's name, so that a reload misses none. Thread-safe.
/// </summary>
public sealed class TargetChanges
{
    private long _version = 1;

    /// <summary>Grows with each change.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Held while targets are ejected: how many are out is counted then.</summary>
    internal Lock Ejecting { get; } = new();

    /// <summary>Something has changed.</summary>
    public void Add() => Interlocked.Increment(ref _version);
}
