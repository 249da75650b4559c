using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <content>Storing and evicting, all under the lock.</content>
public sealed unsafe partial class CacheStore
{
    /// <summary>The small queue has one part in so many of the blocks.</summary>
    private const int SmallPart = 10;

    /// <summary>Answers that are not whole yet have one part in so many of the blocks at most.</summary>
    private const int FillingPart = 4;

    /// <summary>Blocks that a fill is given at a time at most.</summary>
    private const int BlocksAtOnceMax = 64;

    private readonly int _smallBlocksMax;
    private readonly int _fillingBlocksMax;
    private Queue _small = new();
    private Queue _main = new();
    private int _usedBlocks;
    private int _freeBlock = -1;
    private int _freeBlocks;
    private int _usedEntries;
    private int _freeEntry = -1;
    private int _fillingBlocks;
    private uint _ghostTurn;
    private long _evictions;
    private RouteUse[] _uses = [];

    /// <summary>Answers that can be found, those that have expired included.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _small.Count + _main.Count;
            }
        }
    }

    /// <summary>Bytes of the blocks that are in use.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate)
            {
                TakeReleased();
                return (long)(_usedBlocks - _freeBlocks) * BlockBytes;
            }
        }
    }

    /// <summary>What the answers of a route take.</summary>
    public RouteUse UseOf(int route)
    {
        lock (_gate)
        {
            return route < _uses.Length ? _uses[route] : default;
        }
    }

    /// <summary>Answers that had to leave for others.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    internal bool TryWrite(CacheFill fill, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var count = Math.Min(fill.Room, bytes.Length);
            if (count > 0)
            {
                bytes[..count].CopyTo(BlockAt(fill.Last)[(BlockBytes - fill.Room)..]);
                fill.Room -= count;
                bytes = bytes[count..];
            }

            if (bytes.IsEmpty)
            {
                return true;
            }

            if (NextOf(fill) >= 0)
            {
                fill.Last = _nextBlock[fill.Last];
                fill.Room = BlockBytes;
            }
            else if (!TryGrow(fill, Math.Min(BlocksAtOnceMax, (bytes.Length + BlockBytes - 1) / BlockBytes)))
            {
                return false;
            }
        }
    }

    /// <summary>Makes an entry of what was filled.</summary>
    /// <returns>Its number; -1: it may not be stored, and nothing has changed.</returns>
    internal int Commit(CacheFill fill, in CacheInfo info, bool isPinned)
    {
        lock (_gate)
        {
            TakeReleased();
            var at = _purges == fill.Purges ? TakeEntry() : -1;
            if (at < 0)
            {
                return -1;
            }

            _fillingBlocks -= fill.BlockCount;
            Replace(fill.Hash);
            ref var entry = ref _entries[at];
            entry.High = fill.Hash.High;
            entry.Low = fill.Hash.Low;
            entry.StoredMs = info.StoredMs;
            entry.FreshUntilMs = info.FreshUntilMs;
            entry.ExpiresMs = info.ExpiresMs;
            entry.Owner = info.Owner;
            entry.Route = info.Route;
            entry.TagBits = info.TagBits;
            entry.InputTokens = info.InputTokens;
            entry.OutputTokens = info.OutputTokens;
            entry.FirstBlock = fill.First;
            entry.BlockCount = fill.BlockCount;
            entry.KeyLength = fill.KeyLength;
            entry.HeadLength = fill.HeadLength;
            entry.BodyLength = fill.BodyLength;
            entry.Uses = 0;
            entry.IsMain = IsGhost(fill.Hash);
            Push(ref entry.IsMain ? ref _main : ref _small, at);
            ref var use = ref UseBy(info.Route);
            use.Answers++;
            use.Blocks += fill.BlockCount;
            ref var chain = ref _chains[fill.Hash.Low & _chainMask];
            Volatile.Write(ref entry.NextInChain, chain);
            Volatile.Write(ref entry.State, isPinned ? CacheEntry.Live + 1 : CacheEntry.Live);
            Volatile.Write(ref chain, at);
            Forget(fill);
            return at;
        }
    }

    internal void GiveBack(CacheFill fill)
    {
        lock (_gate)
        {
            _fillingBlocks -= fill.BlockCount;
            FreeBlocks(fill.First, fill.BlockCount);
            Forget(fill);
        }
    }

    private static void Forget(CacheFill fill)
    {
        fill.First = -1;
        fill.Last = -1;
        fill.BlockCount = 0;
        fill.Room = 0;
    }

    private int NextOf(CacheFill fill) => fill.Last < 0 ? -1 : _nextBlock[fill.Last];

    private bool TryGrow(CacheFill fill, int count)
    {
        lock (_gate)
        {
            TakeReleased();
            if (_fillingBlocks + count > _fillingBlocksMax)
            {
                return false;
            }

            while (_freeBlocks + (BlockCount - _usedBlocks) < count)
            {
                if (!TryEvict())
                {
                    return false;
                }
            }

            _fillingBlocks += count;
            fill.BlockCount += count;
            var first = -1;
            for (var i = 0; i < count; i++)
            {
                var block = TakeBlock();
                _nextBlock[block] = first;
                first = block;
            }

            if (fill.Last < 0)
            {
                fill.First = first;
            }
            else
            {
                _nextBlock[fill.Last] = first;
            }

            fill.Last = first;
            fill.Room = BlockBytes;
            return true;
        }
    }

    /// <summary>One answer leaves, though its blocks may be free only when its last reader is done.</summary>
    private bool TryEvict()
    {
        while (_small.Count + _main.Count > 0)
        {
            if (_main.Count == 0 || (_small.Count > 0 && _small.Blocks >= _smallBlocksMax))
            {
                var at = _small.Oldest;
                if (_entries[at].Uses == 0)
                {
                    Remember(_entries[at]);
                    Evict(at);
                    return true;
                }

                MoveToMain(at, ref _small);
                _entries[at].Uses = 0;
            }
            else
            {
                var at = _main.Oldest;
                if (_entries[at].Uses == 0)
                {
                    Evict(at);
                    return true;
                }

                MoveToMain(at, ref _main);
                _entries[at].Uses--;
            }
        }

        return false;
    }

    private void Evict(int at)
    {
        UseBy(_entries[at].Route).Evictions++;
        _evictions++;
        Remove(at);
    }

    private ref RouteUse UseBy(int route)
    {
        if (route >= _uses.Length)
        {
            Array.Resize(ref _uses, Math.Max(route + 1, 2 * _uses.Length));
        }

        return ref _uses[route];
    }

    private void MoveToMain(int at, ref Queue from)
    {
        Unlink(ref from, at);
        _entries[at].IsMain = true;
        Push(ref _main, at);
    }

    private void Replace(KeyHash hash)
    {
        for (var at = _chains[hash.Low & _chainMask]; at >= 0;)
        {
            ref readonly var entry = ref _entries[at];
            var next = entry.NextInChain;
            if (entry.High == hash.High && entry.Low == hash.Low)
            {
                Remove(at);
            }

            at = next;
        }
    }

    /// <summary>Takes an entry out, so that it is not found any more.</summary>
    private void Remove(int at)
    {
        ref var entry = ref _entries[at];
        Unlink(ref entry.IsMain ? ref _main : ref _small, at);
        ref var use = ref UseBy(entry.Route);
        use.Answers--;
        use.Blocks -= entry.BlockCount;
        ref var link = ref _chains[entry.Low & _chainMask];
        while (link != at)
        {
            link = ref _entries[link].NextInChain;
        }

        Volatile.Write(ref link, entry.NextInChain);
        if (Interlocked.And(ref entry.State, ~CacheEntry.Live) == CacheEntry.Live)
        {
            FreeEntry(at);
        }
    }

    /// <summary>What readers let go of last, after it was taken out.</summary>
    private void TakeReleased()
    {
        for (var at = Interlocked.Exchange(ref _released, -1); at >= 0;)
        {
            var next = _entries[at].Newer;
            FreeEntry(at);
            at = next;
        }
    }

    private void FreeEntry(int at)
    {
        ref var entry = ref _entries[at];
        FreeBlocks(entry.FirstBlock, entry.BlockCount);
        entry.Older = _freeEntry;
        _freeEntry = at;
    }

    private int TakeEntry()
    {
        while (true)
        {
            if (_freeEntry >= 0)
            {
                var at = _freeEntry;
                _freeEntry = _entries[at].Older;
                return at;
            }

            if (_usedEntries < _entryCount)
            {
                return _usedEntries++;
            }

            if (!TryEvict())
            {
                return -1;
            }
        }
    }

    private int TakeBlock()
    {
        if (_freeBlock < 0)
        {
            return _usedBlocks++;
        }

        var block = _freeBlock;
        _freeBlock = _nextBlock[block];
        _freeBlocks--;
        return block;
    }

    private void FreeBlocks(int first, int count)
    {
        for (var block = first; block >= 0;)
        {
            var next = _nextBlock[block];
            _nextBlock[block] = _freeBlock;
            _freeBlock = block;
            block = next;
        }

        _freeBlocks += count;
    }

    /// <summary>What left the small queue unasked for is remembered: should it come again, it was worth keeping.</summary>
    private void Remember(in CacheEntry entry) =>
        _ghosts[entry.Low & _chainMask] = (entry.High & 0xFFFF_FFFF_0000_0000) | ++_ghostTurn;

    private bool IsGhost(KeyHash hash)
    {
        var ghost = _ghosts[hash.Low & _chainMask];
        return ghost >> 32 == hash.High >> 32 && _ghostTurn - (uint)ghost < (uint)Math.Max(1, _main.Count) && (uint)ghost != 0;
    }

    private void Push(ref Queue queue, int at)
    {
        ref var entry = ref _entries[at];
        entry.Older = queue.Newest;
        entry.Newer = -1;
        if (queue.Newest >= 0)
        {
            _entries[queue.Newest].Newer = at;
        }
        else
        {
            queue.Oldest = at;
        }

        queue.Newest = at;
        queue.Count++;
        queue.Blocks += entry.BlockCount;
    }

    private void Unlink(ref Queue queue, int at)
    {
        ref readonly var entry = ref _entries[at];
        if (entry.Newer >= 0)
        {
            _entries[entry.Newer].Older = entry.Older;
        }
        else
        {
            queue.Newest = entry.Older;
        }

        if (entry.Older >= 0)
        {
            _entries[entry.Older].Newer = entry.Newer;
        }
        else
        {
            queue.Oldest = entry.Newer;
        }

        queue.Count--;
        queue.Blocks -= entry.BlockCount;
    }

    /// <summary>Answers in the order in which they came in.</summary>
    private struct Queue()
    {
        public int Newest = -1;
        public int Oldest = -1;
        public int Count;
        public int Blocks;
    }
}
