namespace Edge.Redis;

/// <summary>
/// What is counted of the stores that limits are shared through, whichever there have been since the start: a counter that goes
/// back is taken for a new process. Safe from any thread.
/// </summary>
internal sealed class LeaseCounters
{
    /// <summary>Draws sent.</summary>
    public long Draws;

    /// <summary>Calls that were not answered, or not in time.</summary>
    public long Failures;
}
