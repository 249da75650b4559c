namespace Edge.Redis;

/// <summary>
/// What is counted of the answers that replicas share, whichever stores have had them since the start. Safe from any thread.
/// </summary>
internal sealed class SharedCounters
{
    private readonly long[] _failures = new long[(int)RedisFault.Refused + 1];

    /// <summary>Answers that were found and taken into memory.</summary>
    public long Found;

    /// <summary>Looked for and not there, or too old.</summary>
    public long Missed;

    /// <summary>Looked for, and the call failed or was not answered in time.</summary>
    public long Failed;

    /// <summary>Not looked for, because the store is away.</summary>
    public long Away;

    /// <summary>Bytes that were found.</summary>
    public long FoundBytes;

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

    /// <summary>Calls of any kind that failed, or were not answered in time.</summary>
    public long Failures
    {
        get
        {
            var sum = 0L;
            foreach (ref var one in _failures.AsSpan())
            {
                sum += Volatile.Read(ref one);
            }

            return sum;
        }
    }

    /// <summary>Those of one kind.</summary>
    public long FailuresOf(RedisFault fault) => Volatile.Read(ref _failures[(int)fault]);

    /// <summary>A call has failed.</summary>
    public void Fail(RedisFault fault) => Interlocked.Increment(ref _failures[(int)fault]);
}
