using System.Buffers;

namespace Edge.Core.Http;

/// <summary>The grammar of field lines (RFC 9110, section 5; RFC 9112, section 5), shared by heads and trailers.</summary>
internal static class FieldSyntax
{
    /// <summary>CR.</summary>
    internal const byte CarriageReturn = (byte)'\r';
    /// <summary>LF.</summary>
    internal const byte LineFeed = (byte)'\n';
    /// <summary>SP.</summary>
    internal const byte Space = (byte)' ';
    /// <summary>HTAB.</summary>
    internal const byte Tab = (byte)'\t';

    /// <summary>
    /// Bytes that may not stand inside a line: every control but the tab. Since CR and LF are among them, one search finds the
    /// line's end and refuses everything else.
    /// </summary>
    internal static readonly SearchValues<byte> Controls = SearchValues.Create(
    [
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10,
        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x7F,
    ]);

    /// <summary>The bytes of a token (RFC 9110, section 5.6.2).</summary>
    internal static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Says what is wrong with a byte of <see cref="Controls"/> that does not end a line.</summary>
    internal static string FaultOf(byte control) => control switch
    {
        LineFeed => "bare line feed",
        CarriageReturn => "bare carriage return",
        _ => "control character",
    };

    /// <summary>
    /// Splits a line, of which <see cref="Controls"/> are already known to be absent, into name and value.
    /// </summary>
    /// <returns>null, or what is wrong.</returns>
    internal static string? Split(ReadOnlySpan<byte> line, out int nameLength, out int valueStart, out int valueLength)
    {
        valueStart = valueLength = 0;

        // The first byte that cannot be part of a name has to be the colon: search and check in one.
        nameLength = line.IndexOfAnyExcept(TokenBytes);
        if (nameLength < 0)
        {
            return "field line without a colon";
        }

        if (line[nameLength] != (byte)':')
        {
            return line[nameLength] is not (Space or Tab) ? "field name is not a token"
                : nameLength == 0 ? "folded line, or white space before the first field"
                : "white space between field name and colon";
        }

        if (nameLength == 0)
        {
            return "empty field name";
        }

        valueStart = nameLength + 1;
        var end = line.Length;
        while (valueStart < end && line[valueStart] is Space or Tab)
        {
            valueStart++;
        }

        while (end > valueStart && line[end - 1] is Space or Tab)
        {
            end--;
        }

        valueLength = end - valueStart;
        return null;
    }

    /// <summary>Takes the next non-empty element off a comma-separated list (RFC 9110, section 5.6.1).</summary>
    /// <param name="list">What is left of the list.</param>
    /// <param name="element">The element, without white space around it.</param>
    /// <returns>False when there is none left.</returns>
    internal static bool TryTakeElement(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        while (!list.IsEmpty)
        {
            var comma = list.IndexOf((byte)',');
            element = Trim(comma < 0 ? list : list[..comma]);
            list = comma < 0 ? default : list[(comma + 1)..];
            if (!element.IsEmpty)
            {
                return true;
            }
        }

        element = default;
        return false;
    }

    /// <summary>Without the optional white space (OWS) at both ends.</summary>
    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);
}
