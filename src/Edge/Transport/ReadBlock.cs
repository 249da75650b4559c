using System.Buffers;
using Edge.Core.Memory;

namespace Edge.Transport;

/// <summary>A block of received bytes in a <see cref="SocketReader"/>'s sequence. It owns its memory while it has any.</summary>
internal sealed class ReadBlock : ReadOnlySequenceSegment<byte>
{
    private byte[]? _bytes;

    /// <summary>Where the bytes not yet consumed begin.</summary>
    public int Start { get; set; }

    /// <summary>Where the received bytes end.</summary>
    public int End { get; private set; }

    /// <summary>Bytes of the block as a whole.</summary>
    public int Capacity => _bytes?.Length ?? 0;

    /// <summary>The block after this one, or null.</summary>
    public ReadBlock? Following
    {
        get;
        set
        {
            field = value;
            Next = value;
            value?.RunningIndex = RunningIndex + Memory.Length;
        }
    }

    /// <summary>Where the next bytes go.</summary>
    public Span<byte> Room => _bytes.AsSpan(End);

    /// <summary>Takes memory.</summary>
    public void Rent(int bytesMin) => _bytes = BlockPool.Rent(bytesMin);

    /// <summary>So many bytes were received into <see cref="Room"/>.</summary>
    public void Received(int count)
    {
        End += count;
        Memory = _bytes.AsMemory(0, End);
    }

    /// <summary>Gives the memory back and forgets the rest.</summary>
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
    }
}
