namespace Edge.Core.Http;

/// <summary>Compares names that may be percent-encoded with names that are not, without making text of them.</summary>
internal static class EncodedName
{
    /// <summary>True where a reader that decodes <c>%xx</c> would find this name.</summary>
    /// <param name="encoded">As it came.</param>
    /// <param name="name">ASCII without <c>%</c>.</param>
    public static bool Is(ReadOnlySpan<char> encoded, ReadOnlySpan<char> name)
    {
        if (!encoded.Contains('%'))
        {
            return encoded.SequenceEqual(name);
        }

        var at = 0;
        foreach (var expected in name)
        {
            if (at == encoded.Length)
            {
                return false;
            }

            var c = encoded[at];
            if (c == '%' && at + 2 < encoded.Length
                && char.IsAsciiHexDigit(encoded[at + 1]) && char.IsAsciiHexDigit(encoded[at + 2]))
            {
                c = (char)((Digit(encoded[at + 1]) << 4) | Digit(encoded[at + 2]));
                at += 2;
            }

            if (c != expected)
            {
                return false;
            }

            at++;
        }

        return at == encoded.Length;
    }

    private static int Digit(char hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
