using System.Buffers;

namespace Edge.Transport;

/// <summary>
/// Memory of the transport, in blocks of three sizes: a head or an event fits the smallest, and who fills one gets a larger one
/// next. Held only while there is something in it. Thread-safe; a thread gets back what it last returned, which is still in the
/// processor's cache. Of the smallest a thread keeps a few for itself, since the shared pool keeps one a thread and takes a lock
/// for the next.
/// </summary>
internal static class BlockPool
{
    /// <summary>The smallest block.</summary>
    public const int SmallBytes = 4 * 1024;

    /// <summary>The next.</summary>
    public const int MediumBytes = 16 * 1024;

    /// <summary>The largest.</summary>
    public const int LargeBytes = 64 * 1024;

    // A request holds no more than this many at once: the caller's, the upstream's, and what is being sent.
    private const int KeptByThreadMax = 8;

    [ThreadStatic]
    private static byte[]?[]? Kept;

    [ThreadStatic]
    private static int KeptCount;

    /// <summary>A block of at least so many bytes; the caller's until it is returned.</summary>
    public static byte[] Rent(int bytesMin)
    {
        if (bytesMin > SmallBytes)
        {
            return ArrayPool<byte>.Shared.Rent(bytesMin);
        }

        if (KeptCount == 0)
        {
            return ArrayPool<byte>.Shared.Rent(SmallBytes);
        }

        var kept = Kept!;
        var block = kept[--KeptCount]!;
        kept[KeptCount] = null;
        return block;
    }

    /// <summary>Takes a block back.</summary>
    public static void Return(byte[] block)
    {
        if (block.Length != SmallBytes || KeptCount == KeptByThreadMax)
        {
            ArrayPool<byte>.Shared.Return(block);
            return;
        }

        Kept ??= new byte[]?[KeptByThreadMax];
        Kept[KeptCount++] = block;
    }

    /// <summary>The size to follow a block that was filled.</summary>
    public static int After(int bytes) => bytes < MediumBytes ? MediumBytes : LargeBytes;
}
