using System.Text;

namespace Edge.Hosting;

/// <summary>
/// Reads the value of Content-Length as digits and nothing else. Kestrel parses it as an integer of .NET, for which "+1" is one;
/// RFC 9112, section 6.3, wants such a message refused, and another hop may have taken it for no length at all. The one place
/// where Kestrel shows the value as it came is the decoding of its bytes: here whatever is no digit becomes what no integer has.
/// Stateless; safe from any thread.
/// </summary>
internal sealed class ContentLengthEncoding : Encoding
{
    /// <summary>The only one.</summary>
    public static readonly ContentLengthEncoding Instance = new();

    private const char NoDigit = '?';

    private ContentLengthEncoding()
    {
    }

    /// <inheritdoc/>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        // Kestrel's room is one char larger than the longest number: a value that does not fit is too long, whatever it says.
        var count = Math.Min(bytes.Length, chars.Length);
        for (var i = 0; i < count; i++)
        {
            chars[i] = char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : NoDigit;
        }

        return count;
    }

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;
}
