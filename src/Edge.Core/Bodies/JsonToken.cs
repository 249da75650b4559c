namespace Edge.Core.Bodies;

/// <summary>What a JSON value is. A member's name is a <see cref="String"/>.</summary>
public enum JsonKind
{
    /// <summary><c>null</c></summary>
    Null,

    /// <summary><c>false</c></summary>
    False,

    /// <summary><c>true</c></summary>
    True,

    /// <summary>A number, as spelled.</summary>
    Number,

    /// <summary>A string.</summary>
    String,

    /// <summary>An array.</summary>
    Array,

    /// <summary>An object.</summary>
    Object,
}

/// <summary>
/// Where one value of a text lies, and what is known of it. Tokens stand in the text's order: an object's token is followed by
/// name, value, name, value, an array's by its items; <see cref="Next"/> leads past all of them. Sixteen bytes.
/// </summary>
public struct JsonToken
{
    private const int KindBits = 4;
    private const int EscapedBit = 1 << KindBits;
    private const int NextShift = 8;

    private uint _bits;
    private int _start;
    private int _end;
    private int _count;

    /// <summary>Offset of the value's first byte; of a string, its quote.</summary>
    public readonly int Start => _start;

    /// <summary>Offset behind the value's last byte.</summary>
    public readonly int End => _end;

    /// <summary>Of a string, its characters (Unicode code points); of an array its items, of an object its members.</summary>
    public readonly int Count => _count;

    /// <summary>What it is.</summary>
    public readonly JsonKind Kind => (JsonKind)(_bits & ((1 << KindBits) - 1));

    /// <summary>The string has escapes, so that its text is not the bytes between the quotes.</summary>
    public readonly bool IsEscaped => (_bits & EscapedBit) != 0;

    /// <summary>Number of the token behind this value.</summary>
    public readonly int Next => (int)(_bits >> NextShift);

    /// <summary>The value's bytes, as spelled.</summary>
    /// <param name="text">The text that was read.</param>
    public readonly ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> text) => text[Start..End];

    /// <summary>Of a string, the bytes between the quotes.</summary>
    /// <param name="text">The text that was read.</param>
    public readonly ReadOnlySpan<byte> Inner(ReadOnlySpan<byte> text) => text.Slice(Start + 1, End - Start - 2);

    // Written where it lies: one that is made elsewhere and moved there is written in four parts and read in one, for which a
    // processor waits.
    internal void Set(JsonKind kind, int start, int end, int count, bool escaped, int next)
    {
        _bits = ((uint)next << NextShift) | (escaped ? EscapedBit : 0u) | (uint)kind;
        _start = start;
        _end = end;
        _count = count;
    }

    /// <summary>Of an array or object, says where it ends and what is behind it.</summary>
    internal void Close(int end, int count, int next)
    {
        _bits = ((uint)next << NextShift) | (uint)Kind;
        _end = end;
        _count = count;
    }

    /// <summary>Of an array or object that is being read: behind what was read there is something else.</summary>
    /// <returns>Which of the two it is.</returns>
    internal JsonKind CountOneMore()
    {
        _count++;
        return Kind;
    }
}
