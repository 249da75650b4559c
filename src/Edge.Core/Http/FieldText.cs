using System.Buffers;

namespace Edge.Core.Http;

/// <summary>
/// The characters of header names and values (RFC 9110, sections 5.1 and 5.5), for what is about to be written.
/// </summary>
public static class FieldText
{
    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Everything that could end a line or a string somewhere behind us, and what Latin-1 cannot carry.
    private static readonly SearchValues<char> ValueChars = SearchValues.Create(MakeValueChars());

    /// <summary>True for a non-empty token.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(TokenChars);

    /// <summary>True for a field value: visible characters, space, tab and obs-text (0x80 to 0xFF).</summary>
    public static bool IsValue(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(ValueChars);

    private static char[] MakeValueChars()
    {
        var chars = new List<char> { '\t' };
        for (var c = ' '; c <= 0xFF; c++)
        {
            if (c != 0x7F)
            {
                chars.Add(c);
            }
        }

        return [.. chars];
    }
}
