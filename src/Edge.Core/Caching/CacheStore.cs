using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <summary>
/// Answers in a fixed amount of memory that the collector does not look at. An answer is a chain of blocks of one size, so that
/// memory never falls into pieces that nothing fits into; what is in it (key, head, body) is found through a table of entries.
/// <para>
/// Finding takes no lock: the chain of the key's hash is walked, and what looks right is <i>pinned</i> by one compare-and-swap.
/// Only then are hash and whole key compared, so an entry that became another's meanwhile is merely not found. A pinned entry
/// keeps its blocks; who lets go of it last after it was removed gives them back. Storing, evicting and purging share one lock,
/// which is held for a few blocks at a time.
/// </para>
/// <para>
/// What leaves is chosen by S3-FIFO: a newcomer has to be found again while it crosses a small queue, to be let into the main
/// one; what crosses the main one is let in again as often as it was found, three times at most.
/// </para>
/// </summary>
public sealed unsafe partial class CacheStore : IDisposable
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 512;

    /// <summary>Least memory.</summary>
    public const long BytesMin = 1024 * 1024;

    /// <summary>Most memory: blocks are counted in 31 bits.</summary>
    public const long BytesMax = 1L << 40;

    /// <summary>Most entries of a chain that are looked at. By chance none is ever that long.</summary>
    private const int ChainMax = 64;

    /// <summary>An answer takes three blocks or more: its key alone has seldom less than one.</summary>
    private const int BlocksPerEntry = 2;

    private const int UsesMax = 3;

    private readonly byte* _blocks;
    private readonly int* _nextBlock;
    private readonly CacheEntry* _entries;
    private readonly int* _chains;
    private readonly ulong* _ghosts;
    private readonly int _entryCount;
    private readonly uint _chainMask;
    private readonly Lock _gate = new();
    private int _released = -1;
    private bool _isDisposed;

    /// <summary>A store that is empty.</summary>
    /// <param name="bytes">All memory that it takes, tables included; none is taken later.</param>
    public CacheStore(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, BytesMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, BytesMax);

        // A chain head and a place for a ghost for each entry, at least, and up to twice as many.
        var entryBytes = sizeof(CacheEntry) + (2 * (sizeof(int) + sizeof(ulong)));
        var blockCost = BlockBytes + sizeof(int) + (entryBytes / BlocksPerEntry);
        BlockCount = (int)Math.Min(int.MaxValue / 2, bytes / blockCost);
        _entryCount = BlockCount / BlocksPerEntry;
        var chainCount = (int)BitOperations.RoundUpToPowerOf2((uint)_entryCount);
        _chainMask = (uint)chainCount - 1;
        _blocks = (byte*)NativeMemory.Alloc((nuint)BlockCount, BlockBytes);
        _nextBlock = (int*)NativeMemory.Alloc((nuint)BlockCount, sizeof(int));
        _entries = (CacheEntry*)NativeMemory.AllocZeroed((nuint)_entryCount, (nuint)sizeof(CacheEntry));
        _chains = (int*)NativeMemory.Alloc((nuint)chainCount, sizeof(int));
        _ghosts = (ulong*)NativeMemory.AllocZeroed((nuint)chainCount, sizeof(ulong));
        new Span<int>(_chains, chainCount).Fill(-1);
        _smallBlocksMax = Math.Max(1, BlockCount / SmallPart);
        _fillingBlocksMax = Math.Max(1, BlockCount / FillingPart);
    }

    /// <summary>Frees the memory of a store that was forgotten.</summary>
    ~CacheStore() => Free();

    /// <summary>How many blocks there are.</summary>
    public int BlockCount { get; }

    /// <summary>How often something was purged.</summary>
    public long Purges => Volatile.Read(ref _purges);

    /// <summary>Finds an answer and holds it.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key, all of which is compared.</param>
    /// <param name="nowMs">The time; what has expired is not found.</param>
    /// <param name="pin">It, to be released.</param>
    public bool TryPin(KeyHash hash, ReadOnlySpan<byte> key, long nowMs, out CachePin pin)
    {
        var at = Volatile.Read(ref _chains[hash.Low & _chainMask]);
        for (var step = 0; at >= 0 && step < ChainMax; step++)
        {
            ref var entry = ref _entries[at];
            if (entry.High == hash.High && entry.Low == hash.Low && TryPin(ref entry))
            {
                if (entry.High == hash.High && entry.Low == hash.Low && nowMs < entry.ExpiresMs && HasKey(entry, key))
                {
                    CountUse(at);
                    pin = new CachePin(this, at);
                    return true;
                }

                Unpin(at);
            }

            at = Volatile.Read(ref entry.NextInChain);
        }

        pin = default;
        return false;
    }

    /// <summary>Finds an answer by the hash of its key alone and holds it: whoever finds it so has to look at its key.</summary>
    /// <inheritdoc cref="TryPin(KeyHash, ReadOnlySpan{byte}, long, out CachePin)"/>
    public bool TryPin(KeyHash hash, long nowMs, out CachePin pin)
    {
        var at = Volatile.Read(ref _chains[hash.Low & _chainMask]);
        for (var step = 0; at >= 0 && step < ChainMax; step++)
        {
            ref var entry = ref _entries[at];
            if (entry.High == hash.High && entry.Low == hash.Low && TryPin(ref entry))
            {
                if (entry.High == hash.High && entry.Low == hash.Low && nowMs < entry.ExpiresMs)
                {
                    pin = new CachePin(this, at);
                    return true;
                }

                Unpin(at);
            }

            at = Volatile.Read(ref entry.NextInChain);
        }

        pin = default;
        return false;
    }

    /// <summary>Frees the memory. Nobody may use the store any more.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    internal ref readonly CacheEntry EntryAt(int entry) => ref _entries[entry];

    internal CacheCursor CursorAt(int block, int offset, int length)
    {
        while (offset >= BlockBytes)
        {
            block = _nextBlock[block];
            offset -= BlockBytes;
        }

        return new CacheCursor { Block = block, Offset = offset, Left = length };
    }

    internal bool TryRead(ref CacheCursor cursor, out ReadOnlySpan<byte> run)
    {
        if (cursor.Left == 0)
        {
            run = default;
            return false;
        }

        if (cursor.Offset == BlockBytes)
        {
            cursor.Block = _nextBlock[cursor.Block];
            cursor.Offset = 0;
        }

        var length = Math.Min(cursor.Left, BlockBytes - cursor.Offset);
        run = BlockAt(cursor.Block).Slice(cursor.Offset, length);
        cursor.Offset += length;
        cursor.Left -= length;
        return true;
    }

    // Two that count at once count once, which is nobody's loss.
    internal void CountUse(int at)
    {
        if (_entries[at].Uses < UsesMax)
        {
            _entries[at].Uses++;
        }
    }

    /// <summary>Pins once more what is pinned.</summary>
    internal void PinAgain(int at) => Interlocked.Increment(ref _entries[at].State);

    internal void Unpin(int at)
    {
        // Not found any more, and this was the last one to read it: nobody else will look at it.
        if (Interlocked.Decrement(ref _entries[at].State) == 0)
        {
            int first;
            do
            {
                first = Volatile.Read(ref _released);
                _entries[at].Newer = first;
            }
            while (Interlocked.CompareExchange(ref _released, at, first) != first);
        }
    }

    private static bool TryPin(ref CacheEntry entry)
    {
        var state = Volatile.Read(ref entry.State);
        while ((state & CacheEntry.Live) != 0)
        {
            var seen = Interlocked.CompareExchange(ref entry.State, state + 1, state);
            if (seen == state)
            {
                return true;
            }

            state = seen;
        }

        return false;
    }

    private bool HasKey(in CacheEntry entry, ReadOnlySpan<byte> key)
    {
        if (entry.KeyLength != key.Length)
        {
            return false;
        }

        var cursor = CursorAt(entry.FirstBlock, 0, key.Length);
        while (TryRead(ref cursor, out var run))
        {
            if (!key.StartsWith(run))
            {
                return false;
            }

            key = key[run.Length..];
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> BlockAt(int block) => new(_blocks + ((long)block * BlockBytes), BlockBytes);

    private void Free()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        NativeMemory.Free(_blocks);
        NativeMemory.Free(_nextBlock);
        NativeMemory.Free(_entries);
        NativeMemory.Free(_chains);
        NativeMemory.Free(_ghosts);
    }
}
