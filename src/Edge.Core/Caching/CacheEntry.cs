namespace Edge.Core.Caching;

/// <summary>
/// What the store knows of one answer, in memory that the collector does not look at. Numbers stand for other entries and for
/// blocks; -1 is none. Only <see cref="State"/> and <see cref="Uses"/> are written without the store's lock once it is found.
/// </summary>
internal struct CacheEntry
{
    /// <summary>Bit of <see cref="State"/>: the entry can be found. The bits below count who reads it.</summary>
    public const int Live = 1 << 30;

    /// <summary>The key's hash.</summary>
    public ulong High;

    /// <summary>Its other half, whose low bits choose the chain.</summary>
    public ulong Low;

    /// <summary>When it was stored, on the clock of who stored it.</summary>
    public long StoredMs;

    /// <summary>Until when it is fresh.</summary>
    public long FreshUntilMs;

    /// <summary>From when on it is not found.</summary>
    public long ExpiresMs;

    /// <summary>A number for whose answer it is.</summary>
    public ulong Owner;

    /// <summary>Bits of its tags.</summary>
    public ulong TagBits;

    /// <summary>Tokens of the prompt that making it took.</summary>
    public long InputTokens;

    /// <summary>Tokens of the answer.</summary>
    public long OutputTokens;

    /// <summary><see cref="Live"/> and how many read it. 0: it and its blocks are free, or are about to be.</summary>
    public int State;

    /// <summary>The next entry of the same chain.</summary>
    public int NextInChain;

    /// <summary>The entry that was stored later, in the same queue; in the list of released ones the next.</summary>
    public int Newer;

    /// <summary>The entry that was stored earlier, in the same queue; in the list of free ones the next.</summary>
    public int Older;

    /// <summary>Its first block.</summary>
    public int FirstBlock;

    /// <summary>How many blocks it has.</summary>
    public int BlockCount;

    /// <summary>Bytes of the key, which come first.</summary>
    public int KeyLength;

    /// <summary>Bytes of the head, which come next.</summary>
    public int HeadLength;

    /// <summary>Bytes of the body, which come last.</summary>
    public int BodyLength;

    /// <summary>The number of its route.</summary>
    public int Route;

    /// <summary>How often it was found, up to 3.</summary>
    public byte Uses;

    /// <summary>True in the main queue, false in the small one.</summary>
    public bool IsMain;
}
