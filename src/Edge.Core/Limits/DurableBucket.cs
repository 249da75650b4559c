namespace Edge.Core.Limits;

/// <summary>A bucket whose state is kept over a restart: it stands in a <see cref="LimitJournal"/> once it has changed.</summary>
public sealed class DurableBucket : Bucket
{
    /// <summary>1 while it stands in the journal.</summary>
    internal int IsNoted;

    /// <summary>The one that was noted before it.</summary>
    internal DurableBucket? NotedBefore;

    /// <summary>A bucket that is full.</summary>
    public DurableBucket(KeyHash key, LimitRule rule) : base(key, rule)
    {
    }
}
