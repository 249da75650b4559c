using System.Numerics;
using System.Text;

namespace Edge.Core.Caching;

/// <summary>
/// The tags that an upstream gives an answer, by which it is found when it is to be purged: <c>Cache-Tag</c>, or
/// <c>Surrogate-Key</c>. Blanks and commas end one, upper and lower case are the same. Stateless.
/// </summary>
public static class CacheTags
{
    /// <summary>Longest tag that can be purged.</summary>
    public const int TagCharsMax = 256;

    private const uint HashSeed = 2_166_136_261;
    private const uint HashPrime = 16_777_619;

    private static ReadOnlySpan<byte> Ends => " \t,"u8;

    /// <summary>True for the fields that have tags.</summary>
    public static bool IsField(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "Cache-Tag"u8) || Ascii.EqualsIgnoreCase(name, "Surrogate-Key"u8);

    /// <summary>
    /// Two bits for each tag of a field line: where they are not all among those of an answer, it does not have the tag.
    /// </summary>
    public static ulong BitsOf(ReadOnlySpan<byte> line)
    {
        var bits = 0UL;
        while (TryNext(ref line, out var tag))
        {
            bits |= BitsOfTag(tag);
        }

        return bits;
    }

    /// <summary>True where a field line has the tag.</summary>
    public static bool Has(ReadOnlySpan<byte> line, ReadOnlySpan<byte> tag)
    {
        while (TryNext(ref line, out var one))
        {
            if (Ascii.EqualsIgnoreCase(one, tag))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True where a head that is kept has the tag.</summary>
    public static bool Has(StoredHead head, ReadOnlySpan<byte> tag)
    {
        for (var at = 0; head.TryNext(ref at, out var name, out var value);)
        {
            if (IsField(name) && Has(value, tag))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The bits of all tags of a head.</summary>
    public static ulong BitsOf(StoredHead head)
    {
        var bits = 0UL;
        for (var at = 0; head.TryNext(ref at, out var name, out var value);)
        {
            bits |= IsField(name) ? BitsOf(value) : 0;
        }

        return bits;
    }

    private static ulong BitsOfTag(ReadOnlySpan<byte> tag)
    {
        var hash = HashSeed;
        foreach (var letter in tag)
        {
            hash = (hash ^ (letter is >= (byte)'A' and <= (byte)'Z' ? letter | 0x20u : letter)) * HashPrime;
        }

        return (1UL << (int)(hash & 63)) | (1UL << (int)(BitOperations.RotateLeft(hash, 11) & 63));
    }

    private static bool TryNext(ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> tag)
    {
        line = line.TrimStart(Ends);
        var end = line.IndexOfAny(Ends);
        tag = end < 0 ? line : line[..end];
        line = end < 0 ? default : line[end..];
        return !tag.IsEmpty;
    }
}
