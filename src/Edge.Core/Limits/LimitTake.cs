namespace Edge.Core.Limits;

/// <summary>
/// Units of one limit that a request holds, or is about to take: the receipt by which they can be given back. Used by one
/// thread at a time.
/// </summary>
public struct LimitTake
{
    /// <summary>Where from.</summary>
    public Bucket Bucket { get; internal set; }

    /// <summary>By which rule.</summary>
    public LimitRule Rule { get; internal set; }

    /// <summary>How many units.</summary>
    public long Cost { get; internal set; }

    /// <summary>What the bucket's word said after the taking: its arrival time, or its window's number.</summary>
    internal long Stamp;

    /// <summary>What had been given back to the bucket before the taking.</summary>
    internal long RefundedBefore;

    /// <summary>The slice of the fleet's allowance that they came from; 0 where they did not.</summary>
    internal long Slice;

    /// <summary>The draw that this slice came from; null where it is not known, and then nothing can come back late.</summary>
    internal LeaseStamp? Draw;

    /// <summary>True while the units are held.</summary>
    public bool IsHeld { get; internal set; }

    /// <summary>Units left after the taking, or now.</summary>
    public long Remaining { get; internal set; }

    /// <summary>Nanoseconds until all units are there again, if nobody takes any.</summary>
    public long ResetNs { get; internal set; }

    /// <summary>Where refused: nanoseconds until the same may succeed. <see cref="long.MaxValue"/>: never.</summary>
    public long WaitNs { get; internal set; }

    /// <summary>An intended taking.</summary>
    public LimitTake(Bucket bucket, LimitRule rule, long cost)
    {
        Bucket = bucket;
        Rule = rule;
        Cost = cost;
    }
}
