using Edge.Core.Identity;

namespace Edge.Issuers;

/// <summary>Counts of one issuer since it began to run. Written under the issuer's lock, read by anyone.</summary>
internal sealed class IssuerCounters
{
    private readonly long[] _ended = new long[Enum.GetValues<FetchFault>().Length];
    private long _fetches;
    private long _asked;
    private long _coolingDown;
    private long _unavailable;

    /// <summary>Documents asked for.</summary>
    public long Fetches => Volatile.Read(ref _fetches);

    /// <summary>Times that an unknown key made the issuer be asked.</summary>
    public long AskedForKey => Volatile.Read(ref _asked);

    /// <summary>Tokens with an unknown key for which it was not asked again yet.</summary>
    public long RefusedInCoolDown => Volatile.Read(ref _coolingDown);

    /// <summary>Tokens with an unknown key while it could not be asked.</summary>
    public long RefusedUnavailable => Volatile.Read(ref _unavailable);

    /// <summary>What the last failure was, for people; null where there was none since the last success.</summary>
    public string? LastDetail { get; private set; }

    /// <summary>How often fetching ended so.</summary>
    public long Ended(FetchFault fault) => Volatile.Read(ref _ended[(int)fault]);

    /// <summary>A document is asked for.</summary>
    public void Fetched() => Interlocked.Increment(ref _fetches);

    /// <summary>An unknown key has the issuer asked.</summary>
    public void Asked() => Interlocked.Increment(ref _asked);

    /// <summary>An unknown key does not.</summary>
    public void CoolingDown() => Interlocked.Increment(ref _coolingDown);

    /// <summary>Nobody can say whether there is such a key.</summary>
    public void Unavailable() => Interlocked.Increment(ref _unavailable);

    /// <summary>Fetching has ended.</summary>
    public void Ended(FetchFault fault, string? detail)
    {
        Interlocked.Increment(ref _ended[(int)fault]);
        LastDetail = detail;
    }
}
