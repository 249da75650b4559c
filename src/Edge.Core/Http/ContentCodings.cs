using System.Text;

namespace Edge.Core.Http;

/// <summary>How a body is coded for its transport (RFC 9110, section 8.4.1).</summary>
public enum ContentCoding
{
    /// <summary>Not at all.</summary>
    Identity,

    /// <summary>gzip (RFC 1952).</summary>
    Gzip,

    /// <summary>Brotli (RFC 7932).</summary>
    Brotli,

    /// <summary>In another way, or several times.</summary>
    Other,
}

/// <summary>Names of content codings, and what a request says of them. Stateless.</summary>
public static class ContentCodings
{
    /// <summary>The coding of a name, in any case.</summary>
    public static ContentCoding Of(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "identity"u8) ? ContentCoding.Identity
        : Ascii.EqualsIgnoreCase(name, "gzip"u8) || Ascii.EqualsIgnoreCase(name, "x-gzip"u8) ? ContentCoding.Gzip
        : Ascii.EqualsIgnoreCase(name, "br"u8) ? ContentCoding.Brotli
        : ContentCoding.Other;

    /// <summary>
    /// True where an Accept-Encoding takes no uncoded answer: <c>identity;q=0</c>, or <c>*;q=0</c> without a word about
    /// <c>identity</c> (RFC 9110, section 12.5.3).
    /// </summary>
    public static bool RefusesIdentity(ReadOnlySpan<char> acceptEncoding)
    {
        if (acceptEncoding.IndexOf("=0") < 0)
        {
            return false;
        }

        var refusesAll = false;
        while (!acceptEncoding.IsEmpty)
        {
            var end = acceptEncoding.IndexOf(',');
            var item = end < 0 ? acceptEncoding : acceptEncoding[..end];
            acceptEncoding = end < 0 ? default : acceptEncoding[(end + 1)..];
            var weight = item.IndexOf(';');
            var name = (weight < 0 ? item : item[..weight]).Trim();
            var isRefused = weight >= 0 && IsZero(item[(weight + 1)..].Trim());
            if (name.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                return isRefused;
            }

            refusesAll |= isRefused && name is "*";
        }

        return refusesAll;
    }

    private static bool IsZero(ReadOnlySpan<char> weight) =>
        weight.StartsWith("q=0", StringComparison.OrdinalIgnoreCase) && weight[3..].TrimStart('.').TrimStart('0').IsEmpty;
}
