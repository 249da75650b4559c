using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <summary>
/// An answer that is being stored while it passes. Nobody finds it before <see cref="Commit"/>; whatever ends otherwise is
/// given up (<see cref="Abandon"/>). It owns the blocks that it has filled. For one answer after another; not thread-safe.
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
    /// <returns>False where there is no room: nothing is stored.</returns>
    public bool Begin(CacheStore store, KeyHash hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> head)
    {
        Abandon();
        _store = store;
        Hash = hash;
        KeyLength = key.Length;
        HeadLength = head.Length;
        BodyLength = 0;
        Purges = store.Purges;
        return Put(key) && Put(head);
    }

    /// <summary>Takes the next bytes of the body.</summary>
    /// <returns>False where there is no room any more: the answer is given up.</returns>
    public bool Append(ReadOnlySpan<byte> run)
    {
        BodyLength += run.Length;
        return Put(run);
    }

    /// <summary>The answer is whole: it can be found from now on, in the place of an older one.</summary>
    /// <returns>False where something was purged since it began: it is given up, since it may be what was meant.</returns>
    public bool Commit(in CacheInfo info)
    {
        var isStored = _store is { } store && store.Commit(this, info);
        _store = null;
        return isStored;
    }

    /// <summary>The answer will not be stored. Called again, it does nothing.</summary>
    public void Abandon()
    {
        _store?.GiveBack(this);
        _store = null;
    }

    private bool Put(ReadOnlySpan<byte> run)
    {
        if (_store is null)
        {
            return false;
        }

        if (!_store.TryWrite(this, run))
        {
            Abandon();
            return false;
        }

        return true;
    }
}
