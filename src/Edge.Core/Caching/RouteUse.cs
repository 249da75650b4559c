namespace Edge.Core.Caching;

/// <summary>What the answers of one route take of a <see cref="CacheStore"/>.</summary>
public record struct RouteUse
{
    /// <summary>Answers that are kept.</summary>
    public long Answers { get; internal set; }

    /// <summary>Their blocks.</summary>
    public long Blocks { get; internal set; }

    /// <summary>Answers that had to leave for others.</summary>
    public long Evictions { get; internal set; }
}
