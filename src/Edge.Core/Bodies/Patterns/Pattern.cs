namespace Edge.Core.Bodies.Patterns;

/// <summary>
/// A regular expression (ECMA-262, Unicode, as JSON Schema has it) that is matched by one look at a table for each byte: in
/// linear time whatever the text, without memory of its own, on any thread.
/// </summary>
/// <remarks>
/// It is a deterministic machine over the bytes of UTF-8, built whole when it is made; one that would grow beyond
/// <see cref="StatesMax"/> is refused then. Not supported, and refused: look-ahead, look-behind, back references, Unicode
/// properties other than general categories.
/// </remarks>
public sealed class Pattern
{
    /// <summary>Most states of the machine.</summary>
    public const int StatesMax = 4096;

    /// <summary>State from which no match can follow.</summary>
    internal const int Rejected = 0;

    /// <summary>State of a text that has matched.</summary>
    internal const int Accepted = 1;

    private readonly byte[] _classes;
    private readonly ushort[] _table;
    private readonly bool[] _atEnd;
    private readonly int _width;
    private readonly int _start;

    internal Pattern(byte[] classes, int width, ushort[] table, bool[] atEnd, int start)
    {
        _classes = classes;
        _width = width;
        _table = table;
        _atEnd = atEnd;
        _start = start;
    }

    /// <summary>Makes the machine of a pattern.</summary>
    /// <exception cref="PatternException">The pattern is not one, is not supported, or is too large.</exception>
    public static Pattern Parse(string pattern) => new PatternBuilder(PatternProgram.Of(PatternParser.Parse(pattern))).Build();

    /// <summary>Whether the pattern matches somewhere in a text, which is valid UTF-8.</summary>
    public bool IsMatch(ReadOnlySpan<byte> text)
    {
        var state = _start;
        foreach (var next in text)
        {
            if (state <= Accepted)
            {
                return state == Accepted;
            }

            state = _table[(state * _width) + _classes[next]];
        }

        return _atEnd[state];
    }
}
