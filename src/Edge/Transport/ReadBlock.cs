using System.Buffers;
using Edge.Core.Memory;

namespace Edge.Transport;

/// <summary>
/// A block of received bytes in a <see cref="SocketReader"/>'s sequence. It owns its memory while it has any. The threads keep
/// those that are not in use: a quiet connection has none.
/// </summary>
internal sealed class ReadBlock : ReadOnlySequenceSegment<byte>
{
    private const int KeptByThreadMax = 32;

    [ThreadStatic]
    private static ReadBlock? OfThread;

    [ThreadStatic]
    private static int OfThreadCount;

    private byte[]? _bytes;
    private ReadBlock? _following;

    private ReadBlock()
    {
    }

    /// <summary>Where the bytes not yet consumed begin.</summary>
    public int Start { get; set; }

    /// <summary>Where the received bytes end.</summary>
    public int End { get; private set; }

    /// <summary>Bytes of the block as a whole.</summary>
    public int Capacity => _bytes?.Length ?? 0;

    /// <summary>The block after this one, or null.</summary>
    public ReadBlock? Following
    {
        get => _following;
        set
        {
            _following = value;
            Next = value;
            value?.RunningIndex = RunningIndex + Memory.Length;
        }
    }

    /// <summary>Where the next bytes go.</summary>
    public Span<byte> Room => _bytes.AsSpan(End);

    /// <summary>One with memory, the caller's until <see cref="Return"/>.</summary>
    public static ReadBlock Rent(int bytesMin)
    {
        var block = OfThread;
        if (block is null)
        {
            block = new ReadBlock();
        }
        else
        {
            OfThread = block._following;
            OfThreadCount--;
            block._following = null;
        }

        block._bytes = BlockPool.Rent(bytesMin);
        return block;
    }

    /// <summary>So many bytes were received into <see cref="Room"/>.</summary>
    public void Received(int count)
    {
        End += count;
        Memory = _bytes.AsMemory(0, End);
    }

    /// <summary>Gives the memory and itself back; not to be used any more.</summary>
    public void Return()
    {
        if (_bytes is not null)
        {
            BlockPool.Return(_bytes);
            _bytes = null;
        }

        Memory = default;
        Start = 0;
        End = 0;
        Following = null;
        RunningIndex = 0;
        if (OfThreadCount < KeptByThreadMax)
        {
            _following = OfThread;
            OfThread = this;
            OfThreadCount++;
        }
    }
}
