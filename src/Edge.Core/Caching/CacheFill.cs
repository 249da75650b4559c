using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <summary>
/// An answer that is being stored while it passes. Nobody finds it before <see cref="Commit(in CacheInfo)"/>; whatever ends
/// otherwise is given up (<see cref="Abandon"/>). It owns the blocks that it has filled. For one answer after another;
/// not thread-safe.
/// </summary>
public sealed class CacheFill
{
    private CacheStore? _store;

    internal int First { get; set; } = -1;

    internal int Last { get; set; } = -1;

    internal int BlockCount { get; set; }

    internal int Room { get; set; }

    internal KeyHash Hash { get; private set; }

    internal int KeyLength { get; private set; }

    internal int HeadLength { get; private set; }

    internal long Purges { get; private set; }

    /// <summary>True from <see cref="Begin"/> to the end.</summary>
    public bool IsOpen => _store is not null;

    /// <summary>Bytes of the body so far.</summary>
    public int BodyLength { get; private set; }

    /// <summary>Begins with an answer.</summary>
    /// <param name="store">Where it is stored.</param>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="head">The head.</param>
    /// <param name="purges">
    /// What <see cref="CacheStore.Purges"/> was when the answer was asked for; null: it is asked for now.
    /// </param>
    /// <returns>False where there is no room: nothing is stored.</returns>
    public bool Begin(
        CacheStore store, KeyHash hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> head, long? purges = null)
    {
        Abandon();
        _store = store;
        Hash = hash;
        KeyLength = key.Length;
        HeadLength = head.Length;
        BodyLength = 0;
        Purges = purges ?? store.Purges;
        if (Put(key) && Put(head))
        {
            return true;
        }

        Abandon();
        return false;
    }

    /// <summary>Takes the next bytes of the body.</summary>
    /// <returns>False where there is no room any more: it is to be given up, which is left to the owner.</returns>
    public bool Append(ReadOnlySpan<byte> run)
    {
        if (!Put(run))
        {
            return false;
        }

        BodyLength += run.Length;
        return true;
    }

    /// <summary>The answer is whole: it can be found from now on, in the place of an older one.</summary>
    /// <returns>False where something was purged since it began: it is given up, since it may be what was meant.</returns>
    public bool Commit(in CacheInfo info)
    {
        if (_store is not { } store || store.Commit(this, info, isPinned: false) < 0)
        {
            Abandon();
            return false;
        }

        _store = null;
        return true;
    }

    /// <summary>The same, and whoever is reading what has been filled goes on with what is stored.</summary>
    /// <param name="info">What is kept of it.</param>
    /// <param name="pin">The stored answer, to be released.</param>
    /// <returns>False where it may not be stored. It stays what it is, and its owner's to give up.</returns>
    public bool Commit(in CacheInfo info, out CachePin pin)
    {
        var at = _store is { } store ? store.Commit(this, info, isPinned: true) : -1;
        if (at < 0)
        {
            pin = default;
            return false;
        }

        pin = new CachePin(_store!, at);
        _store = null;
        return true;
    }

    /// <summary>The answer will not be stored. Called again, it does nothing.</summary>
    public void Abandon()
    {
        _store?.GiveBack(this);
        _store = null;
    }

    private bool Put(ReadOnlySpan<byte> run) => _store is not null && _store.TryWrite(this, run);
}
