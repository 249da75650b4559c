using System.Buffers;
using System.Runtime.CompilerServices;
using Edge.Core.Memory;

namespace Edge.Core.Http;

/// <summary>
/// A growable run of bytes in which a message head, and a small body behind it, is put together before it is sent in one call.
/// It owns its array, which comes from <see cref="BlockPool"/>; <see cref="ReturnMemory"/> gives it back and empties the buffer,
/// which may then be used again. Not thread-safe.
/// </summary>
/// <param name="initialBytes">First size: as much as is mostly needed.</param>
public sealed class HeadBuffer(int initialBytes = BlockPool.MessageBytes) : IBufferWriter<byte>
{
    /// <summary>
    /// Largest run of memory that comes from the shared pool. The pool keeps what it is given for half a minute and longer, also
    /// while memory is short; what is larger is made when it is needed, which is seldom, and is garbage afterwards.
    /// </summary>
    public const int PooledBytesMax = 1024 * 1024;

    // Colon, space and CRLF.
    private const int FieldBytes = 4;

    private byte[] _array = [];

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => new(_array, 0, Length);

    /// <summary>Forgets what was written and keeps the memory.</summary>
    public void Clear() => Length = 0;

    /// <summary>Forgets what was written, and gives the memory back where it is more than so many bytes.</summary>
    public void Clear(int keptBytes)
    {
        Length = 0;
        if (_array.Length > keptBytes)
        {
            ReturnMemory();
        }
    }

    /// <summary>Takes back what was written after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    /// <summary>Takes what another buffer has written, and gives it its own.</summary>
    public void Exchange(HeadBuffer other)
    {
        (_array, other._array) = (other._array, _array);
        (Length, other.Length) = (other.Length, Length);
    }

    /// <summary>Forgets what was written and gives the memory back to its pool.</summary>
    public void ReturnMemory()
    {
        Length = 0;
        if (_array.Length > 0)
        {
            Return(_array);
            _array = [];
        }
    }

    /// <summary>Keeps the least block that holds what was written, for a wait.</summary>
    public void Trim()
    {
        if (_array.Length > BlockPool.TinyBytes && Length <= BlockPool.SmallBytes)
        {
            var kept = Length > 0 ? BlockPool.Rent(Length) : [];
            Written.Span.CopyTo(kept);
            Return(_array);
            _array = kept;
        }
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_array.Length - Length));
        Length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsSpan(Length);
    }

    /// <summary>Appends bytes. Not inlined: of its many places each would be code to fetch for every request.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        var length = Length;
        bytes.CopyTo(_array.AsSpan(length, bytes.Length));
        Length = length + bytes.Length;
    }

    /// <summary>
    /// Appends text whose chars are all Latin-1, one byte each; the caller has made sure of that. Any other becomes 0xFF, and so
    /// nothing that could end a line.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void WriteLatin1(ReadOnlySpan<char> text)
    {
        Reserve(text.Length);
        var length = Length;
        Latin1Text.Narrow(text, _array.AsSpan(length, text.Length));
        Length = length + text.Length;
    }

    /// <summary>Appends the line of a field: name, colon, space, value and CRLF. Name and value are Latin-1, likewise.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void WriteField(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        Reserve(name.Length + value.Length + FieldBytes);
        var line = _array.AsSpan(Length, name.Length + value.Length + FieldBytes);
        Latin1Text.Narrow(name, line);
        ": "u8.CopyTo(line[name.Length..]);
        Latin1Text.Narrow(value, line[(name.Length + 2)..]);
        "\r\n"u8.CopyTo(line[^2..]);
        Length += line.Length;
    }

    /// <summary>Appends a number in decimal digits.</summary>
    public void WriteDecimal(long value)
    {
        Reserve(20);
        System.Buffers.Text.Utf8Formatter.TryFormat(value, _array.AsSpan(Length), out var written);
        Length += written;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int count)
    {
        if (_array.Length - Length < count)
        {
            Grow(count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var bytes = Math.Max(initialBytes, Math.Max(_array.Length * 2, checked(Length + count)));
        var grown = bytes <= PooledBytesMax
            ? BlockPool.Rent(bytes)
            : GC.AllocateUninitializedArray<byte>(bytes);
        _array.AsSpan(0, Length).CopyTo(grown);
        if (_array.Length > 0)
        {
            Return(_array);
        }

        _array = grown;
    }

    private static void Return(byte[] array)
    {
        if (array.Length <= PooledBytesMax)
        {
            BlockPool.Return(array);
        }
    }
}
