using System.Buffers;

namespace Edge.Core.Http;

/// <summary>
/// A request target (RFC 9112, section 3.2) made safe to route on and to forward, which are the same characters: the gateway
/// and the service behind it cannot see different paths. Parsing a target's <see cref="Value"/> gives the same target.
/// <para>
/// The path's unreserved characters are decoded, its other percent-encodings keep their place with upper-case digits, dot
/// segments are removed (RFC 3986, sections 6.2.2 and 5.2.4). Empty segments stay. The query is left as it is.
/// </para>
/// </summary>
public readonly struct RequestTarget
{
    private const int CharsOnStackMax = 512;

    /// <summary>Visible ASCII but for the number sign, which has no place in a target, and the backslash, which some take for
    /// a slash. The characters that RFC 3986 forbids beside these are sent by real clients and mislead no one.</summary>
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// What an authority may consist of; no user information, which is deprecated and deceives (RFC 9110, 4.2.4).
    /// </summary>
    private static readonly SearchValues<char> AuthorityChars = SearchValues.Create(
        "!$%&'()*+,-.0123456789:;=ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~");

    private readonly string? _value;
    private readonly int _pathLength;

    private RequestTarget(string value, int pathLength, string? authority)
    {
        _value = value;
        _pathLength = pathLength;
        Authority = authority;
    }

    /// <summary>The path: starts with a slash, unless <see cref="IsAsterisk"/>.</summary>
    public ReadOnlySpan<char> Path => _value.AsSpan(0, _pathLength);

    /// <summary>The query with its question mark, or nothing.</summary>
    public ReadOnlySpan<char> Query => _value.AsSpan(_pathLength);

    /// <summary>Path and query; the very string that was parsed where nothing had to change.</summary>
    public string Value => _value ?? string.Empty;

    /// <summary>
    /// The authority of a target in absolute form, which takes the place of Host (RFC 9112, section 3.2.2), else null.
    /// </summary>
    public string? Authority { get; }

    /// <summary>True for <c>*</c>, which is a target of OPTIONS only: the caller has to check that.</summary>
    public bool IsAsterisk => _pathLength == 1 && _value![0] == '*';

    /// <summary>Reads a target in origin form, absolute form (http, https) or asterisk form.</summary>
    /// <param name="rawTarget">As it stands in the request line.</param>
    /// <param name="target">What it means.</param>
    /// <returns>
    /// False: refuse the request. It has characters that may not stand there, a broken percent-encoding or a zero byte in its
    /// path, climbs above the root, hides a dot segment behind an encoded slash, or is in authority form (CONNECT).
    /// </returns>
    public static bool TryParse(string rawTarget, out RequestTarget target)
    {
        target = default;
        if (rawTarget == "*")
        {
            target = new RequestTarget(rawTarget, 1, null);
            return true;
        }

        var rest = rawTarget.AsSpan();
        string? authority = null;
        if (!rest.StartsWith('/') && !TryTakeAuthority(ref rest, out authority))
        {
            return false;
        }

        if (rest.ContainsAnyExcept(Allowed))
        {
            return false;
        }

        var question = rest.IndexOf('?');
        var path = question < 0 ? rest : rest[..question];
        if (authority is null && !path.Contains('%') && !path.Contains("/.", StringComparison.Ordinal))
        {
            target = new RequestTarget(rawTarget, path.Length, null);
            return true;
        }

        return TryNormalize(rawTarget, path, rest[path.Length..], authority, out target);
    }

    /// <summary>Takes scheme and authority off a target in absolute form.</summary>
    private static bool TryTakeAuthority(ref ReadOnlySpan<char> rest, out string? authority)
    {
        authority = null;
        var scheme = rest.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http://".Length
            : rest.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https://".Length
            : 0;
        if (scheme == 0)
        {
            return false;
        }

        rest = rest[scheme..];
        var end = rest.IndexOfAny('/', '?');
        var text = end < 0 ? rest : rest[..end];
        if (text.IsEmpty || text[0] == ':' || text.ContainsAnyExcept(AuthorityChars))
        {
            return false;
        }

        authority = text.ToString();
        rest = rest[text.Length..];
        return true;
    }

    private static bool TryNormalize(
        string rawTarget, ReadOnlySpan<char> path, ReadOnlySpan<char> query, string? authority, out RequestTarget target)
    {
        target = default;
        if (path.IsEmpty)
        {
            path = "/";
        }

        char[]? rented = null;
        var buffer = path.Length <= CharsOnStackMax
            ? stackalloc char[CharsOnStackMax]
            : rented = ArrayPool<char>.Shared.Rent(path.Length);
        try
        {
            if (!TryDecode(path, buffer, out var length) || !TryRemoveDotSegments(buffer[..length], out length))
            {
                return false;
            }

            var normal = buffer[..length];
            var value = authority is null && normal.SequenceEqual(path) ? rawTarget : string.Concat(normal, query);
            target = new RequestTarget(value, length, authority);
            return true;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }
    }

    /// <summary>
    /// Decodes what needs no encoding and writes the digits of the rest in upper case; never longer than before.
    /// </summary>
    private static bool TryDecode(ReadOnlySpan<char> path, Span<char> output, out int length)
    {
        length = 0;
        while (true)
        {
            var percent = path.IndexOf('%');
            var plain = percent < 0 ? path : path[..percent];
            plain.CopyTo(output[length..]);
            length += plain.Length;
            if (percent < 0)
            {
                return true;
            }

            if (percent + 2 >= path.Length || !char.IsAsciiHexDigit(path[percent + 1])
                || !char.IsAsciiHexDigit(path[percent + 2]))
            {
                return false;
            }

            var value = (char)((Digit(path[percent + 1]) << 4) | Digit(path[percent + 2]));
            if (value == '\0')
            {
                return false;
            }

            if (char.IsAsciiLetterOrDigit(value) || value is '-' or '.' or '_' or '~')
            {
                output[length++] = value;
            }
            else
            {
                output[length] = '%';
                output[length + 1] = char.ToUpperInvariant(path[percent + 1]);
                output[length + 2] = char.ToUpperInvariant(path[percent + 2]);
                length += 3;
            }

            path = path[(percent + 3)..];
        }
    }

    private static int Digit(char hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;

    /// <summary>
    /// Removes dot segments in place (RFC 3986, section 5.2.4); what climbs above the root is refused instead of cut.
    /// </summary>
    private static bool TryRemoveDotSegments(Span<char> path, out int length)
    {
        length = 0;
        var read = 0;
        while (read < path.Length)
        {
            var next = path[(read + 1)..].IndexOf('/');
            var end = next < 0 ? path.Length : read + 1 + next;
            var segment = path[(read + 1)..end];
            if (segment is ".." && length == 0)
            {
                return false;
            }

            if (segment is "." or "..")
            {
                // The parent goes with its slash; as the last segment, a dot segment leaves a slash behind.
                length = segment.Length == 1 ? length : path[..length].LastIndexOf('/');
                if (end == path.Length)
                {
                    path[length++] = '/';
                }
            }
            else if (HidesDotSegment(segment))
            {
                return false;
            }
            else
            {
                path[read..end].CopyTo(path[length..]);
                length += end - read;
            }

            read = end;
        }

        return true;
    }

    /// <summary>
    /// True where a reader that decodes <c>%2F</c> or <c>%5C</c>, or that takes parameters off a segment
    /// (<c>/..;x/</c>), would find a dot segment that we do not see.
    /// </summary>
    private static bool HidesDotSegment(ReadOnlySpan<char> segment)
    {
        if (!segment.Contains('.'))
        {
            return false;
        }

        while (true)
        {
            var slash = IndexOfEncodedSlash(segment);
            var piece = slash < 0 ? segment : segment[..slash];
            var parameters = piece.IndexOf(';');
            if ((parameters < 0 ? piece : piece[..parameters]) is "." or "..")
            {
                return true;
            }

            if (slash < 0)
            {
                return false;
            }

            segment = segment[(slash + "%2F".Length)..];
        }
    }

    private static int IndexOfEncodedSlash(ReadOnlySpan<char> segment)
    {
        var slash = segment.IndexOf("%2F", StringComparison.Ordinal);
        var backslash = segment.IndexOf("%5C", StringComparison.Ordinal);
        return slash < 0 ? backslash : backslash < 0 ? slash : Math.Min(slash, backslash);
    }
}
