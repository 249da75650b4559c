namespace Edge.Redis;

/// <summary>What is counted of the store that replicas share. Safe from any thread.</summary>
internal sealed class SharedCounters
{
    /// <summary>Answers that were found and taken into memory.</summary>
    public long Found;

    /// <summary>Looked for and not there, or not in time.</summary>
    public long Missed;

    /// <summary>Bytes that no gateway of the fleet has written, or not so.</summary>
    public long Foreign;

    /// <summary>Answers that were purged, or whose resource was changed.</summary>
    public long Purged;

    /// <summary>Not looked for, because too many were.</summary>
    public long Crowded;

    /// <summary>Answers that were sent.</summary>
    public long Kept;

    /// <summary>Bytes of them, as they lie there.</summary>
    public long KeptBytes;

    /// <summary>Answers that were not.</summary>
    public long NotKept;
}
