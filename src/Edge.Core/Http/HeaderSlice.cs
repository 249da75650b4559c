namespace Edge.Core.Http;

/// <summary>
/// Where one field lies in a received head: offsets from the head's first byte, name and value without the white space around
/// them. Sixteen bytes, because each connection keeps an array of them.
/// </summary>
public readonly struct HeaderSlice
{
    private readonly int _nameStart;
    private readonly int _valueStart;
    private readonly int _valueLength;
    private readonly ushort _nameLength;
    private readonly ResponseHeaderKind _kind;
    private readonly byte _known;

    /// <summary>Notes where a field lies.</summary>
    /// <param name="nameStart">Offset of the name.</param>
    /// <param name="nameLength">Bytes of the name, at most <see cref="ResponseHead.HeaderNameBytesMax"/>.</param>
    /// <param name="valueStart">Offset of the value.</param>
    /// <param name="valueLength">Bytes of the value; may be 0.</param>
    /// <param name="known">The name's number in <see cref="KnownResponseHeaders"/>, 0 for none.</param>
    internal HeaderSlice(int nameStart, int nameLength, int valueStart, int valueLength, int known)
    {
        _nameStart = nameStart;
        _nameLength = (ushort)nameLength;
        _valueStart = valueStart;
        _valueLength = valueLength;
        _known = (byte)known;
        _kind = KnownResponseHeaders.KindOf(known);
    }

    /// <summary>Offset of the name's first byte.</summary>
    public int NameStart => _nameStart;

    /// <summary>Bytes of the name; at least 1.</summary>
    public int NameLength => _nameLength;

    /// <summary>Offset of the value's first byte.</summary>
    public int ValueStart => _valueStart;

    /// <summary>Bytes of the value; 0 for an empty one.</summary>
    public int ValueLength => _valueLength;

    /// <summary>What the field means to whoever copies it.</summary>
    public ResponseHeaderKind Kind => _kind;

    /// <summary>The name's number in <see cref="KnownResponseHeaders"/>; 0 where it is not a known one.</summary>
    public int Number => _known;

    /// <summary>The name's bytes, as sent.</summary>
    /// <param name="received">The bytes that were parsed, from the head's first byte on.</param>
    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> received) => received.Slice(_nameStart, _nameLength);

    /// <summary>The value's bytes, as sent: Latin-1 where they are not ASCII.</summary>
    /// <param name="received">The bytes that were parsed, from the head's first byte on.</param>
    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> received) => received.Slice(_valueStart, _valueLength);
}
