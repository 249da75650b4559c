namespace Edge.Core.Caching;

/// <summary>What is kept of an answer beside its bytes.</summary>
public readonly record struct CacheInfo
{
    /// <summary>When it is stored, in milliseconds of a clock that never jumps.</summary>
    public long StoredMs { get; init; }

    /// <summary>
    /// Until when it is fresh, on the same clock. Who finds it later may use it only if nothing better is to be had.
    /// </summary>
    public long FreshUntilMs { get; init; }

    /// <summary>From when on it is not found, on the same clock.</summary>
    public long ExpiresMs { get; init; }

    /// <summary>A number for whose answer it is: see <see cref="CacheKey.Owner"/>.</summary>
    public ulong Owner { get; init; }

    /// <summary>The number of its route.</summary>
    public int Route { get; init; }

    /// <summary>Bits of its tags: see <see cref="CacheTags"/>.</summary>
    public ulong TagBits { get; init; }

    /// <summary>Tokens of the prompt that making it took.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public long OutputTokens { get; init; }
}
