using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Core.Telemetry;

/// <summary>
/// Writes protobuf's wire format into memory of its own, which grows and is kept. Lengths of messages are written when their
/// end is known, in four bytes each, which the format allows (varints may be padded). Used by one thread at a time.
/// </summary>
public sealed class ProtobufWriter
{
    private const int LengthBytes = 4;
    private const int WireVarint = 0;
    private const int WireFixed64 = 1;
    private const int WireBytes = 2;

    private byte[] _bytes = new byte[16 * 1024];
    private int _length;

    /// <summary>What has been written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Starts anew; the memory stays.</summary>
    public void Clear() => _length = 0;

    /// <summary>Begins a message within this one.</summary>
    /// <returns>What <see cref="End"/> wants.</returns>
    public int Begin(int field)
    {
        PutTag(field, WireBytes);
        Room(LengthBytes);
        _length += LengthBytes;
        return _length;
    }

    /// <summary>Ends the message that began there.</summary>
    public void End(int start)
    {
        var length = _length - start;
        var at = _bytes.AsSpan(start - LengthBytes, LengthBytes);
        for (var i = 0; i < LengthBytes; i++)
        {
            at[i] = (byte)((length & 0x7F) | (i < LengthBytes - 1 ? 0x80 : 0));
            length >>= 7;
        }
    }

    /// <summary>A whole number.</summary>
    public void Varint(int field, long value)
    {
        PutTag(field, WireVarint);
        PutVarint((ulong)value);
    }

    /// <summary>Eight bytes.</summary>
    public void Fixed64(int field, long value)
    {
        PutTag(field, WireFixed64);
        Room(8);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_length), value);
        _length += 8;
    }

    /// <summary>A floating-point number.</summary>
    public void Double(int field, double value) => Fixed64(field, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Text.</summary>
    public void Text(int field, string value)
    {
        PutTag(field, WireBytes);
        PutVarint((ulong)Encoding.UTF8.GetByteCount(value));
        Room(Encoding.UTF8.GetMaxByteCount(value.Length));
        _length += Encoding.UTF8.GetBytes(value, _bytes.AsSpan(_length));
    }

    /// <summary>Bytes.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        PutTag(field, WireBytes);
        PutVarint((ulong)value.Length);
        Room(value.Length);
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Fields that another has written.</summary>
    public void Fields(ReadOnlySpan<byte> written)
    {
        Room(written.Length);
        written.CopyTo(_bytes.AsSpan(_length));
        _length += written.Length;
    }

    /// <summary>Numbers of eight bytes, packed.</summary>
    public void Packed(int field, ReadOnlySpan<long> values)
    {
        PutTag(field, WireBytes);
        PutVarint((ulong)values.Length * 8);
        Room(values.Length * 8);
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_length), value);
            _length += 8;
        }
    }

    /// <summary>Floating-point numbers, packed.</summary>
    public void Packed(int field, ReadOnlySpan<double> values) => Packed(field, MemoryMarshal.Cast<double, long>(values));

    private void PutTag(int field, int wireType) => PutVarint((ulong)((field << 3) | wireType));

    private void PutVarint(ulong value)
    {
        Room(10);
        while (value >= 0x80)
        {
            _bytes[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _bytes[_length++] = (byte)value;
    }

    private void Room(int bytes)
    {
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        }
    }
}
