using System.Buffers;

namespace Edge.Demo;

/// <summary>
/// A growing byte buffer whose memory comes from the shared pool. It has one owner, which calls <see cref="Release"/> when the
/// bytes are no longer wanted; writing again rents again. Not safe for use from two threads at once.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int FirstRentBytes = 1024;

    private byte[] _bytes = [];

    /// <summary>How many bytes are written.</summary>
    public int Length { get; private set; }

    /// <summary>What is written. Valid until the next write, <see cref="Clear"/> or <see cref="Release"/>.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>What is written, for an asynchronous write. Valid as long as <see cref="Span"/>.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(Length);
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Appends one byte.</summary>
    public void Append(byte value)
    {
        Reserve(1);
        _bytes[Length++] = value;
    }

    /// <summary>Keeps only the first bytes.</summary>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    /// <summary>Forgets what is written and keeps the memory.</summary>
    public void Clear() => Length = 0;

    /// <summary>Forgets what is written and gives the memory back to the pool.</summary>
    public void Release()
    {
        Length = 0;
        if (_bytes.Length == 0)
        {
            return;
        }

        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - Length >= more)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstRentBytes, Math.Max(_bytes.Length * 2, checked(Length + more))));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length != 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
