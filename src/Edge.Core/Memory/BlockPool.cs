using System.Buffers;
using System.Runtime.CompilerServices;

namespace Edge.Core.Memory;

/// <summary>
/// Memory of the request path, in blocks of a few sizes. Held only while there is something in it. Thread-safe; a thread gets
/// back what it last returned, which is still in the processor's cache. Of the sizes that each request needs a thread keeps some
/// for itself, and all threads some together: the shared array pool keeps one a thread, takes a lock for the next, and lets go of
/// what comes back after a burst, so that the next burst is garbage. They lie where the collector never moves anything: of what
/// a burst of new connections gave a collection to move, their blocks were half.
/// </summary>
public static class BlockPool
{
    /// <summary>Holds a key, or a few fields.</summary>
    public const int TinyBytes = 1024;

    /// <summary>Holds a head, or an event of a stream.</summary>
    public const int SmallBytes = 4 * 1024;

    /// <summary>Holds the head and body of most requests to an LLM.</summary>
    public const int MessageBytes = 8 * 1024;

    /// <summary>The size after <see cref="SmallBytes"/> of what is received and sent.</summary>
    public const int MediumBytes = 16 * 1024;

    /// <summary>The largest of what is received and sent.</summary>
    public const int LargeBytes = 64 * 1024;

    // As many as requests of one thread are under way while it is busy: more wait for it than that only when it falls behind.
    private const int KeptByThreadMax = 32;

    // Of each size: as many as four busy threads had to spare.
    private const int KeptTogetherMax = 128;

    private static readonly SharedShelf[] Together = [new(TinyBytes), new(SmallBytes), new(MessageBytes)];

    [ThreadStatic]
    private static Shelves? Own;

    /// <summary>A block of at least so many bytes; the caller's until it is returned.</summary>
    public static byte[] Rent(int bytesMin)
    {
        if (bytesMin > MessageBytes)
        {
            return ArrayPool<byte>.Shared.Rent(bytesMin);
        }

        ref var shelf = ref (Own ??= new Shelves()).For(bytesMin);
        if (shelf.Count == 0)
        {
            return Together[SizeOf(bytesMin)].Take();
        }

        ref var slot = ref shelf.Slots[--shelf.Count];
        var block = slot.Block!;
        slot.Block = null;
        return block;
    }

    /// <summary>Takes back, once, a block that <see cref="Rent"/> gave, and no other array: the next one gets it.</summary>
    public static void Return(byte[] block)
    {
        if (block.Length > MessageBytes)
        {
            ArrayPool<byte>.Shared.Return(block);
            return;
        }

        ref var shelf = ref (Own ??= new Shelves()).For(block.Length);
        if (shelf.Count < KeptByThreadMax)
        {
            shelf.Slots[shelf.Count++].Block = block;
        }
        else
        {
            Together[SizeOf(block.Length)].Put(block);
        }
    }

    /// <summary>The size to follow a block that was filled.</summary>
    public static int After(int bytes) => bytes < MediumBytes ? MediumBytes : LargeBytes;

    private static int SizeOf(int bytes)
    {
        if (bytes > SmallBytes)
        {
            return 2;
        }

        return bytes > TinyBytes ? 1 : 0;
    }

    // A struct: an array of arrays would ask at each store whether it is one of something narrower.
    private struct Slot
    {
        public byte[]? Block;
    }

    private struct Shelf()
    {
        public readonly Slot[] Slots = new Slot[KeptByThreadMax];
        public int Count;
    }

    private sealed class Shelves
    {
        private Shelf _tiny = new();
        private Shelf _small = new();
        private Shelf _message = new();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref Shelf For(int bytes)
        {
            if (bytes > SmallBytes)
            {
                return ref _message;
            }

            if (bytes > TinyBytes)
            {
                return ref _small;
            }

            return ref _tiny;
        }
    }

    /// <summary>What threads had to spare of one size.</summary>
    private sealed class SharedShelf(int bytes)
    {
        private readonly Slot[] _slots = new Slot[KeptTogetherMax];
        private readonly Lock _gate = new();
        private int _count;

        public byte[] Take()
        {
            // A guess is enough: who asks too early makes a block of its own.
            if (Volatile.Read(ref _count) > 0)
            {
                lock (_gate)
                {
                    if (_count > 0)
                    {
                        ref var slot = ref _slots[--_count];
                        var block = slot.Block!;
                        slot.Block = null;
                        return block;
                    }
                }
            }

            return GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        }

        public void Put(byte[] block)
        {
            lock (_gate)
            {
                if (_count < KeptTogetherMax)
                {
                    _slots[_count++].Block = block;
                }
            }
        }
    }
}
