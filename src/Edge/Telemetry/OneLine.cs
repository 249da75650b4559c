using System.Text;

namespace Edge.Telemetry;

/// <summary>
/// Makes one line of any text, so that nobody's text can forge a line of the log, or play tricks on the terminal of who reads
/// it. Stateless.
/// </summary>
internal static class OneLine
{
    /// <summary>Most chars of a line.</summary>
    public const int CharsMax = 4096;

    /// <summary>
    /// The text with a bar for each end of a line, a space for a tab, and U+FFFD for other control characters and for those that
    /// change the direction of writing; cut at the most chars.
    /// </summary>
    public static string Of(string text, int charsMax = CharsMax)
    {
        var plain = 0;
        while (plain < text.Length && plain < charsMax && !IsSpecial(text[plain]))
        {
            plain++;
        }

        if (plain == text.Length)
        {
            return text;
        }

        var line = new StringBuilder(text, 0, plain, Math.Min(text.Length + 16, charsMax + 3));
        for (var i = plain; i < text.Length && line.Length < charsMax; i++)
        {
            var c = text[i];
            if (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                continue;
            }

            _ = IsEnd(c) ? line.Append(" | ") : line.Append(c == '\t' ? ' ' : IsSpecial(c) ? '\uFFFD' : c);
        }

        return line.ToString(0, Math.Min(line.Length, charsMax));
    }

    private static bool IsEnd(char c) => c is '\r' or '\n' or '\v' or '\f' or '\x85' or '\u2028' or '\u2029';

    private static bool IsSpecial(char c) =>
        c < ' ' || (c >= '\x7F' && (c <= '\x9F' || c == '\u061C' || (c >= '\u200E' && IsFarSpecial(c))));

    // Ends of lines, and what changes the direction of writing.
    private static bool IsFarSpecial(char c) =>
        c is '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
