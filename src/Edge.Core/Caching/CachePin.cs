namespace Edge.Core.Caching;

/// <summary>
/// An answer that was found, held so that its bytes stay where they are, whatever is evicted or purged meanwhile. It belongs to
/// whoever found it, may be held over a wait, and has to be released once (<see cref="Release"/>).
/// </summary>
public readonly struct CachePin
{
    private readonly CacheStore _store;
    private readonly int _entry;

    internal CachePin(CacheStore store, int entry)
    {
        _store = store;
        _entry = entry;
    }

    /// <summary>What is known of it.</summary>
    public CacheInfo Info
    {
        get
        {
            ref readonly var entry = ref _store.EntryAt(_entry);
            return new CacheInfo
            {
                StoredMs = entry.StoredMs,
                FreshUntilMs = entry.FreshUntilMs,
                ExpiresMs = entry.ExpiresMs,
                Owner = entry.Owner,
                Route = entry.Route,
                TagBits = entry.TagBits,
                InputTokens = entry.InputTokens,
                OutputTokens = entry.OutputTokens,
            };
        }
    }

    /// <summary>Bytes of the head.</summary>
    public int HeadLength => _store.EntryAt(_entry).HeadLength;

    /// <summary>Bytes of the body.</summary>
    public int BodyLength => _store.EntryAt(_entry).BodyLength;

    /// <summary>Bytes of the key.</summary>
    public int KeyLength => _store.EntryAt(_entry).KeyLength;

    /// <summary>A place before the first byte of the key.</summary>
    public CacheCursor Key
    {
        get
        {
            ref readonly var entry = ref _store.EntryAt(_entry);
            return _store.CursorAt(entry.FirstBlock, 0, entry.KeyLength);
        }
    }

    /// <summary>A place before the first byte of the key, which head and body follow.</summary>
    public CacheCursor Whole
    {
        get
        {
            ref readonly var entry = ref _store.EntryAt(_entry);
            return _store.CursorAt(entry.FirstBlock, 0, entry.KeyLength + entry.HeadLength + entry.BodyLength);
        }
    }

    /// <summary>A place before the first byte of the head.</summary>
    public CacheCursor Head
    {
        get
        {
            ref readonly var entry = ref _store.EntryAt(_entry);
            return _store.CursorAt(entry.FirstBlock, entry.KeyLength, entry.HeadLength);
        }
    }

    /// <summary>A place before the first byte of the body.</summary>
    public CacheCursor Body
    {
        get
        {
            ref readonly var entry = ref _store.EntryAt(_entry);
            return _store.CursorAt(entry.FirstBlock, entry.KeyLength + entry.HeadLength, entry.BodyLength);
        }
    }

    /// <summary>A place before some bytes of the body, which it has, and no others.</summary>
    /// <param name="offset">The first one's.</param>
    /// <param name="length">How many, at least one.</param>
    public CacheCursor PartOfBody(int offset, int length)
    {
        ref readonly var entry = ref _store.EntryAt(_entry);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset, (uint)entry.BodyLength, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(entry.BodyLength - offset), nameof(length));
        return _store.CursorAt(entry.FirstBlock, entry.KeyLength + entry.HeadLength + offset, length);
    }

    /// <summary>The next bytes, in place.</summary>
    /// <param name="cursor">The place, which moves behind them.</param>
    /// <param name="run">They; valid until the release.</param>
    /// <returns>False at the end.</returns>
    public bool TryRead(ref CacheCursor cursor, out ReadOnlySpan<byte> run) => _store.TryRead(ref cursor, out run);

    /// <summary>True where there is something behind a place.</summary>
    public static bool HasMore(in CacheCursor cursor) => cursor.Left > 0;

    /// <summary>Moves a place back, by some of the bytes that were read last.</summary>
    public static void Unread(ref CacheCursor cursor, int count)
    {
        cursor.Offset -= count;
        cursor.Left += count;
    }

    /// <summary>It is what was asked for: counts as found by what decides which answers leave.</summary>
    public void CountUse() => _store.CountUse(_entry);

    /// <summary>Holds it once more: what this returns is released for itself.</summary>
    public CachePin HoldAgain()
    {
        _store.PinAgain(_entry);
        return this;
    }

    /// <summary>Lets go of it. Its bytes must not be looked at any more.</summary>
    public void Release() => _store.Unpin(_entry);
}

/// <summary>A place in the bytes of an answer that is held.</summary>
public struct CacheCursor
{
    internal int Block;
    internal int Offset;
    internal int Left;
}
