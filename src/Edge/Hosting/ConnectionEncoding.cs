using System.Text;

namespace Edge.Hosting;

/// <summary>
/// Reads the value of Connection so that Kestrel leaves the names in it alone. Where Kestrel finds "close", "keep-alive" or
/// "upgrade" in the list, it puts that one word in the place of the whole list, and the headers named beside it would travel on
/// though the caller said that they are for this hop only (RFC 9110, section 7.6.1). So in a list that names anything else, these
/// words are disguised, and the Admit stage acts on them. Stateless; safe from any thread.
/// </summary>
internal sealed class ConnectionEncoding : Encoding
{
    /// <summary>The only one.</summary>
    public static readonly ConnectionEncoding Instance = new();

    /// <summary>"close" as it reads where headers are named beside it.</summary>
    public const string DisguisedClose = "\u0100lose";

    // No byte decodes to it, so no caller can send it.
    private const char Disguise = '\u0100';

    private ConnectionEncoding()
    {
    }

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        Decode(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    // The base class copies to and from arrays here, and this is what makes the strings of headers.

    /// <inheritdoc/>
    public override unsafe int GetChars(byte* bytes, int byteCount, char* chars, int charCount) =>
        Decode(new ReadOnlySpan<byte>(bytes, byteCount), new Span<char>(chars, charCount));

    /// <inheritdoc/>
    public override unsafe int GetCharCount(byte* bytes, int count) => count;

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

    private static int Decode(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        var count = Latin1.GetChars(bytes, chars);
        if (NamesHeaders(chars[..count]))
        {
            DisguiseOptions(chars[..count]);
        }

        return count;
    }

    private static bool NamesHeaders(ReadOnlySpan<char> list)
    {
        foreach (var range in list.Split(','))
        {
            var element = list[range].Trim();
            if (!element.IsEmpty && !IsOption(element))
            {
                return true;
            }
        }

        return false;
    }

    private static void DisguiseOptions(Span<char> list)
    {
        foreach (var range in ((ReadOnlySpan<char>)list).Split(','))
        {
            var element = list[range].Trim();
            if (IsOption(element))
            {
                element[0] = Disguise;
            }
        }
    }

    private static bool IsOption(ReadOnlySpan<char> element) =>
        element.Equals("close", StringComparison.OrdinalIgnoreCase)
        || element.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
        || element.Equals("upgrade", StringComparison.OrdinalIgnoreCase);
}
