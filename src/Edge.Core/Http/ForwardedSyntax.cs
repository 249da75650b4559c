using System.Buffers;
using System.Net;

namespace Edge.Core.Http;

/// <summary>
/// The grammar of what proxies write about callers, read strictly: whatever passes here is copied into a request, so nothing
/// passes that could end a line or a field. Stateless, allocates nothing but the addresses it returns.
/// </summary>
internal static class ForwardedSyntax
{
    private const int PortDigitsMax = 5;
    private const int PortMax = 65535;
    private const int OctetsInIPv4 = 4;

    private static readonly SearchValues<char> HostChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    private static readonly SearchValues<char> IPv6Chars = SearchValues.Create("0123456789ABCDEFabcdef:.");

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>True for a host, or an IPv6 literal in brackets, and an optional port.</summary>
    public static bool IsAuthority(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > Forwarding.HostCharsMax)
        {
            return false;
        }

        int end;
        if (text[0] == '[')
        {
            end = text.IndexOf(']');
            if (end < 0 || !IsIPv6(text[1..end]))
            {
                return false;
            }

            end++;
        }
        else
        {
            end = text.IndexOfAnyExcept(HostChars);
            end = end < 0 ? text.Length : end;
        }

        return end > 0 && (end == text.Length || IsPort(text[end..]));
    }

    /// <summary>True for an address as X-Forwarded-For lists it, with or without a port, or <c>unknown</c>.</summary>
    public static bool IsNode(ReadOnlySpan<char> text) =>
        text is "unknown" || (TrySplitNode(text, out var address) && (IsIPv4(address) || IsIPv6(address)));

    /// <summary>Reads an address as X-Forwarded-For lists it, or the value of Forwarded's <c>for</c>.</summary>
    public static bool TryReadNode(ReadOnlySpan<char> text, out IPAddress? address)
    {
        address = null;
        if (!TrySplitNode(text, out var host) || !(IsIPv4(host) || IsIPv6(host)) || !IPAddress.TryParse(host, out address))
        {
            return false;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return true;
    }

    /// <summary>
    /// Reads a whole Forwarded value (RFC 7239, section 4). All of it must be well-formed: the quotes of a broken element may
    /// swallow those after it.
    /// </summary>
    /// <param name="text">The value, all of its lines joined by commas.</param>
    /// <param name="nodes">Receives where each element's <c>for</c> stands, without quotes; empty where it has none.</param>
    /// <param name="count">How many elements there are.</param>
    public static bool TryReadForwarded(ReadOnlySpan<char> text, Span<Range> nodes, out int count)
    {
        count = 0;
        var at = 0;
        while (true)
        {
            if (count == nodes.Length || !TryReadElement(text, ref at, out nodes[count]))
            {
                return false;
            }

            count++;
            SkipSpace(text, ref at);
            if (at == text.Length)
            {
                return true;
            }

            if (text[at++] != ',')
            {
                return false;
            }
        }
    }

    private static bool TryReadElement(ReadOnlySpan<char> text, ref int at, out Range node)
    {
        node = default;
        var hasNode = false;
        SkipSpace(text, ref at);
        while (true)
        {
            var name = at;
            SkipToken(text, ref at);
            var nameEnd = at;
            if (nameEnd == name || at == text.Length || text[at++] != '=' || !TryReadValue(text, ref at, out var value))
            {
                return false;
            }

            if (text[name..nameEnd].Equals("for", StringComparison.OrdinalIgnoreCase))
            {
                // A parameter stands once per element at most.
                if (hasNode)
                {
                    return false;
                }

                hasNode = true;
                node = value;
            }

            if (at == text.Length || text[at] != ';')
            {
                return true;
            }

            at++;
        }
    }

    private static bool TryReadValue(ReadOnlySpan<char> text, ref int at, out Range value)
    {
        value = default;
        var start = at;
        if (at == text.Length || text[at] != '"')
        {
            SkipToken(text, ref at);
            value = start..at;
            return at > start;
        }

        start++;
        for (at = start; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '"')
            {
                value = start..at++;
                return true;
            }

            if (c == '\\')
            {
                at++;
                if (at == text.Length)
                {
                    return false;
                }

                c = text[at];
            }

            if (c is < ' ' or > '~')
            {
                return false;
            }
        }

        return false;
    }

    private static void SkipSpace(ReadOnlySpan<char> text, ref int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }
    }

    private static void SkipToken(ReadOnlySpan<char> text, ref int at)
    {
        var length = text[at..].IndexOfAnyExcept(TokenChars);
        at = length < 0 ? text.Length : at + length;
    }

    /// <summary>Takes brackets and port off: <c>192.0.2.1:80</c>, <c>[2001:db8::1]:80</c>, <c>2001:db8::1</c>.</summary>
    private static bool TrySplitNode(ReadOnlySpan<char> text, out ReadOnlySpan<char> address)
    {
        address = text;
        if (text.Length > 0 && text[0] == '[')
        {
            var end = text.IndexOf(']');
            if (end < 0 || !IsIPv6(text[1..end]))
            {
                return false;
            }

            address = text[1..end];
            return end + 1 == text.Length || IsPort(text[(end + 1)..]);
        }

        var colon = text.IndexOf(':');
        if (colon < 0 || colon != text.LastIndexOf(':'))
        {
            return true;
        }

        address = text[..colon];
        return IsPort(text[colon..]);
    }

    // Four decimal numbers without leading zeros. The system's parser also takes 10.1 and 0x7f.1, which others read differently.
    private static bool IsIPv4(ReadOnlySpan<char> text)
    {
        var octets = 0;
        foreach (var range in text.Split('.'))
        {
            var octet = text[range];
            octets++;
            if (octets > OctetsInIPv4 || octet.Length is 0 or > 3 || (octet[0] == '0' && octet.Length > 1))
            {
                return false;
            }

            var value = 0;
            foreach (var c in octet)
            {
                if (!char.IsAsciiDigit(c))
                {
                    return false;
                }

                value = (value * 10) + (c - '0');
            }

            if (value > byte.MaxValue)
            {
                return false;
            }
        }

        return octets == OctetsInIPv4;
    }

    private static bool IsIPv6(ReadOnlySpan<char> text) =>
        text.Contains(':') && !text.ContainsAnyExcept(IPv6Chars) && IPAddress.IsValid(text);

    private static bool IsPort(ReadOnlySpan<char> text)
    {
        if (text.Length is < 2 or > 1 + PortDigitsMax || text[0] != ':')
        {
            return false;
        }

        var port = 0;
        foreach (var c in text[1..])
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            port = (port * 10) + (c - '0');
        }

        return port is > 0 and <= PortMax;
    }
}
