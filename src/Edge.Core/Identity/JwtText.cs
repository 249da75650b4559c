using System.Globalization;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>The insides of JSON strings (RFC 8259, section 7).</summary>
internal static class JwtText
{
    private const int StackBytes = 256;

    /// <summary>
    /// Checks the escape that begins at a backslash. A surrogate must have its other half beside it: without, the string is no
    /// text, and two readers would make two different things of it.
    /// </summary>
    /// <returns>Its length, that of both halves for a pair; 0 if it is wrong.</returns>
    internal static int EscapeLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
        {
            return 0;
        }

        switch (text[1])
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                return 2;
            case (byte)'u':
                break;
            default:
                return 0;
        }

        if (!TryReadUnit(text, out var unit) || char.IsLowSurrogate(unit))
        {
            return 0;
        }

        return !char.IsHighSurrogate(unit) ? 6 : TryReadUnit(text[6..], out var low) && char.IsLowSurrogate(low) ? 12 : 0;
    }

    /// <summary>
    /// Writes what a checked string stands for, in UTF-8. The destination needs no more room than the string has.
    /// </summary>
    internal static int Unescape(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var backslash = raw.IndexOf((byte)'\\');
            if (backslash < 0)
            {
                raw.CopyTo(destination[written..]);
                return written + raw.Length;
            }

            raw[..backslash].CopyTo(destination[written..]);
            written += backslash;
            raw = raw[backslash..];
            var length = EscapeLength(raw);
            written += RuneOf(raw[..length]).EncodeToUtf8(destination[written..]);
            raw = raw[length..];
        }
    }

    /// <summary>Whether a checked string with escapes stands for this text.</summary>
    internal static bool EqualsUnescaped(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        var buffer = raw.Length <= StackBytes ? stackalloc byte[StackBytes] : new byte[raw.Length];
        return buffer[..Unescape(raw, buffer)].SequenceEqual(text);
    }

    private static Rune RuneOf(ReadOnlySpan<byte> escape)
    {
        TryReadUnit(escape, out var unit);
        if (escape.Length == 12)
        {
            TryReadUnit(escape[6..], out var low);
            return new Rune(unit, low);
        }

        return escape[1] switch
        {
            (byte)'u' => new Rune(unit),
            (byte)'b' => new Rune('\b'),
            (byte)'f' => new Rune('\f'),
            (byte)'n' => new Rune('\n'),
            (byte)'r' => new Rune('\r'),
            (byte)'t' => new Rune('\t'),
            var other => new Rune(other),
        };
    }

    // A UTF-16 unit: backslash, u, four hexadecimal digits.
    private static bool TryReadUnit(ReadOnlySpan<byte> text, out char unit)
    {
        unit = '\0';
        if (text.Length < 6 || text[0] != (byte)'\\' || text[1] != (byte)'u'
            || !ushort.TryParse(text.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        unit = (char)value;
        return true;
    }
}
