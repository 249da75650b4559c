using System.Buffers;
using System.Buffers.Text;

namespace Edge.Core.Identity;

/// <summary>
/// base64url as RFC 7515, section 2, has it: no padding, no white space, no other characters, and one text only for the same
/// bytes. The framework's decoder forgives some of that, so the text is checked before it decodes.
/// </summary>
internal static class JwtBase64Url
{
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>
    /// The last characters of a text of 4n+2 (two bits over their four) and of 4n+3 characters that leave no bits.
    /// </summary>
    private static readonly SearchValues<byte> EndsOfTwo = SearchValues.Create("AQgw"u8);
    private static readonly SearchValues<byte> EndsOfThree = SearchValues.Create("AEIMQUYcgkosw048"u8);

    /// <summary>The bytes that a text of this length stands for.</summary>
    internal static int DecodedLength(int length) => (int)((long)length * 3 / 4);

    /// <summary>Decodes; false if the text is not strict base64url, or the destination too small.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        if (text.ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        var isCanonical = (text.Length & 3) switch
        {
            0 => true,
            2 => EndsOfTwo.Contains(text[^1]),
            3 => EndsOfThree.Contains(text[^1]),
            _ => false,
        };
        return isCanonical
            && Base64Url.DecodeFromUtf8(text, destination, out _, out written) == OperationStatus.Done;
    }
}
