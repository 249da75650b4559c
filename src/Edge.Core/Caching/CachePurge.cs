using System.Globalization;
using System.Text;

namespace Edge.Core.Caching;

/// <summary>
/// What is to be removed from the cache: what fits everything that it names. It is written as a query (<see cref="Text"/>),
/// which is how operators say it and how replicas tell each other. Immutable.
/// </summary>
public sealed class CachePurge
{
    /// <summary>Longest text of one.</summary>
    public const int TextCharsMax = 4096;

    private byte[]? _tag;
    private ulong _tagBits;

    private CachePurge(string text) => Text = text;

    /// <summary>It, as it was written.</summary>
    public string Text { get; }

    /// <summary>Everything.</summary>
    public static CachePurge Everything { get; } = new("all=true");

    /// <summary>The first half of a key's hash, as <c>X-Cache-Key</c> tells it; null: any.</summary>
    public ulong? Key { get; private set; }

    /// <summary>The name of a route; null: any.</summary>
    public string? Route { get; private set; }

    /// <summary>The name of a consumer, whose answers were kept for it alone; null: anybody's.</summary>
    public string? Consumer { get; private set; }

    /// <summary>Who vouches for the consumer; null: the file.</summary>
    public string? Source { get; private set; }

    /// <summary>A tag, of the answer or of its route; null: any.</summary>
    public string? Tag { get; private set; }

    /// <summary>What the path begins with, as it goes upstream; null: any.</summary>
    public string? Prefix { get; private set; }

    /// <summary>True where the bytes of an answer have to be looked at.</summary>
    public bool LooksInside => Tag is not null || Prefix is not null;

    /// <summary>Reads one.</summary>
    /// <param name="text">The query, without its question mark.</param>
    /// <param name="purge">It.</param>
    /// <param name="problem">What is wrong with it.</param>
    public static bool TryParse(string text, out CachePurge purge, out string problem)
    {
        purge = new CachePurge(text);
        problem = "say what: all=true, or route=NAME, key=HASH of X-Cache-Key, consumer=NAME (and source=ISSUER), tag=TAG, " +
            "prefix=PATH, or several";
        var isAll = false;
        foreach (var range in text.AsSpan().Split('&'))
        {
            var pair = text.AsSpan()[range];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..].ToString().Replace('+', ' '));
            if (name.SequenceEqual("all") && value == "true")
            {
                isAll = true;
            }
            else if (!pair.IsEmpty && !purge.TryTake(name, value))
            {
                problem = $"{name} is not known, or has no such value";
                return false;
            }
        }

        var isPart = purge.Route is not null || purge.Key is not null || purge.Consumer is not null || purge.LooksInside;
        return text.Length <= TextCharsMax && isAll != isPart && (purge.Source is null || purge.Consumer is not null);
    }

    /// <summary>Whether an answer may be meant, by what is known of it without its bytes.</summary>
    /// <param name="high">The first half of its key's hash.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="tagBits">Bits of its tags, see <see cref="CacheTags"/>.</param>
    /// <param name="ownerMeant">Whose answers are meant; null: anybody's.</param>
    /// <param name="isRouteTagged">Its route has the tag.</param>
    public bool MayCover(ulong high, ulong owner, ulong tagBits, ulong? ownerMeant, bool isRouteTagged) =>
        (Key is null || Key == high) && (ownerMeant is null || ownerMeant == owner)
        && (Tag is null || isRouteTagged || (tagBits & _tagBits) == _tagBits);

    /// <summary>Whether one that may be meant is.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="head">Its head.</param>
    /// <param name="isRouteTagged">Its route has the tag.</param>
    public bool Covers(ReadOnlySpan<byte> key, ReadOnlySpan<byte> head, bool isRouteTagged) =>
        (Prefix is null || CacheKey.PathOf(key).StartsWith(Prefix, StringComparison.Ordinal))
        && (Tag is null || isRouteTagged || CacheTags.Has(new StoredHead(head), _tag));

    private bool TryTake(ReadOnlySpan<char> name, string value)
    {
        if (value.Length == 0)
        {
            return false;
        }

        switch (name)
        {
            case "route":
                Route = value;
                return true;
            case "consumer":
                Consumer = value;
                return true;
            case "source":
                Source = value;
                return true;
            case "prefix" when value[0] == '/':
                Prefix = value;
                return true;
            case "tag" when value.Length <= CacheTags.TagCharsMax && Ascii.IsValid(value) && !value.AsSpan().ContainsAny(" \t,"):
                Tag = value;
                _tag = Encoding.ASCII.GetBytes(value);
                _tagBits = CacheTags.BitsOf(_tag);
                return true;
            case "key" when ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash):
                Key = hash;
                return true;
            default:
                return false;
        }
    }
}
