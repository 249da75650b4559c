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
public readonly struct JsonToken
{
    private const int KindBits = 4;
    private const int EscapedBit = 1 << KindBits;
    private const int NextShift = 8;

    private readonly uint _bits;

    internal JsonToken(JsonKind kind, int start, int end, int count, bool escaped, int next)
    {
        Start = start;
        End = end;
        Count = count;
        _bits = ((uint)next << NextShift) | (escaped ? EscapedBit : 0u) | (uint)kind;
    }

    /// <summary>Offset of the value's first byte; of a string, its quote.</summary>
    public int Start { get; }

    /// <summary>Offset behind the value's last byte.</summary>
    public int End { get; }

    /// <summary>Of a string, its characters (Unicode code points); of an array its items, of an object its members.</summary>
    public int Count { get; }

    /// <summary>What it is.</summary>
    public JsonKind Kind => (JsonKind)(_bits & ((1 << KindBits) - 1));

    /// <summary>The string has escapes, so that its text is not the bytes between the quotes.</summary>
    public bool IsEscaped => (_bits & EscapedBit) != 0;

    /// <summary>Number of the token behind this value.</summary>
    public int Next => (int)(_bits >> NextShift);

    /// <summary>The value's bytes, as spelled.</summary>
    /// <param name="text">The text that was read.</param>
    public ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> text) => text[Start..End];

    /// <summary>Of a string, the bytes between the quotes.</summary>
    /// <param name="text">The text that was read.</param>
    public ReadOnlySpan<byte> Inner(ReadOnlySpan<byte> text) => text.Slice(Start + 1, End - Start - 2);
}
