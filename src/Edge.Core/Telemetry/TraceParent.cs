using System.Buffers;
using System.Globalization;
using System.Text;

namespace Edge.Core.Telemetry;

/// <summary>
/// The <c>traceparent</c> of W3C Trace Context (Recommendation of 2021, section 3.2): a trace, the span that asked, and whether
/// whoever asked keeps it.
/// </summary>
/// <param name="High">First half of the trace's id.</param>
/// <param name="Low">Second half; never both zero.</param>
/// <param name="Span">Id of the span; never zero.</param>
/// <param name="IsSampled">The trace is kept.</param>
public readonly record struct TraceParent(ulong High, ulong Low, ulong Span, bool IsSampled)
{
    /// <summary>Chars of the value, version 00.</summary>
    public const int Chars = 55;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>The trace's id as text: 32 hexadecimal digits.</summary>
    public string TraceId => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");

    /// <summary>The span's id as text: 16 hexadecimal digits.</summary>
    public string SpanId => string.Create(CultureInfo.InvariantCulture, $"{Span:x16}");

    /// <summary>
    /// Reads a value. One of a version that is not known is read as far as 00 goes, as the recommendation asks; what is not
    /// well-formed is no value at all.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> value, out TraceParent parent)
    {
        parent = default;
        if (value.Length < Chars || value[2] != '-' || value[35] != '-' || value[52] != '-'
            || !IsHex(value[..2]) || !IsHex(value[3..35]) || !IsHex(value[36..52]) || !IsHex(value[53..55]))
        {
            return false;
        }

        var version = Number(value[..2]);
        var isWhole = value.Length == Chars || (version != 0 && value[Chars] == '-');
        var read = new TraceParent(
            Number(value[3..19]), Number(value[19..35]), Number(value[36..52]), (Number(value[53..55]) & 1) != 0);
        if (version == 0xFF || !isWhole || (read.High | read.Low) == 0 || read.Span == 0)
        {
            return false;
        }

        parent = read;
        return true;
    }

    /// <summary>Writes the value, version 00: <see cref="Chars"/> bytes.</summary>
    public void WriteTo(Span<byte> to)
    {
        "00-"u8.CopyTo(to);
        WriteHex(to[3..], High);
        WriteHex(to[19..], Low);
        to[35] = (byte)'-';
        WriteHex(to[36..], Span);
        (IsSampled ? "-01"u8 : "-00"u8).CopyTo(to[52..]);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[Chars];
        WriteTo(text);
        return Encoding.ASCII.GetString(text);
    }

    private static bool IsHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(LowerHex) < 0;

    private static ulong Number(ReadOnlySpan<char> hex)
    {
        var number = 0UL;
        foreach (var c in hex)
        {
            number = (number << 4) | (uint)(c <= '9' ? c - '0' : c - 'a' + 10);
        }

        return number;
    }

    private static void WriteHex(Span<byte> to, ulong value)
    {
        for (var i = 15; i >= 0; i--)
        {
            to[i] = "0123456789abcdef"u8[(int)(value & 15)];
            value >>= 4;
        }
    }
}
