namespace Edge.Demo;

/// <summary>
/// The mock's tokenizer: four Unicode code points are a token, and so is what is left at the end. So usage can be checked
/// with a pencil: a text of n code points has ceil(n / 4) tokens.
/// </summary>
internal static class TokenRule
{
    /// <summary>Code points in a token.</summary>
    public const int CodePointsPerToken = 4;

    /// <summary>How many code points a valid UTF-8 text has: each byte that does not continue another.</summary>
    public static int CodePoints(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var value in utf8)
        {
            count += IsContinuation(value) ? 0 : 1;
        }

        return count;
    }

    /// <summary>How many tokens so many code points are.</summary>
    public static int Tokens(int codePoints) => (codePoints + CodePointsPerToken - 1) / CodePointsPerToken;

    /// <summary>How many tokens a valid UTF-8 text has.</summary>
    public static int Tokens(ReadOnlySpan<byte> utf8) => Tokens(CodePoints(utf8));

    /// <summary>How many bytes the first so many code points of a text take, or the whole of it where it has fewer.</summary>
    public static int Bytes(ReadOnlySpan<byte> utf8, int codePoints)
    {
        for (var i = 0; i < utf8.Length; i++)
        {
            if (!IsContinuation(utf8[i]) && codePoints-- == 0)
            {
                return i;
            }
        }

        return utf8.Length;
    }

    // Bytes 10xxxxxx continue a code point (RFC 3629, section 3).
    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
