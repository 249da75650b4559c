using System.Buffers;

namespace Edge.Transport;

/// <summary>
/// Memory of the transport, in blocks of three sizes: a head or an event fits the smallest, and who fills one gets a larger one
/// next. Held only while there is something in it. Thread-safe; a thread gets back what it last returned, which is still in the
/// processor's cache.
/// </summary>
internal static class BlockPool
{
    /// <summary>The smallest block.</summary>
    public const int SmallBytes = 4 * 1024;

    /// <summary>The next.</summary>
    public const int MediumBytes = 16 * 1024;

    /// <summary>The largest.</summary>
    public const int LargeBytes = 64 * 1024;

    /// <summary>A block of at least so many bytes; the caller's until it is returned.</summary>
    public static byte[] Rent(int bytesMin) => ArrayPool<byte>.Shared.Rent(Math.Max(bytesMin, SmallBytes));

    /// <summary>Takes a block back.</summary>
    public static void Return(byte[] block) => ArrayPool<byte>.Shared.Return(block);

    /// <summary>The size to follow a block that was filled.</summary>
    public static int After(int bytes) => bytes < MediumBytes ? MediumBytes : LargeBytes;
}
