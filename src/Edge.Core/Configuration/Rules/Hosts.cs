using System.Linq;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>Host names: those that routes match and those of targets.</summary>
internal static class Hosts
{
    /// <summary>Most characters in a host name (RFC 1035, section 2.3.4, as text).</summary>
    public const int HostCharsMax = 253;

    /// <summary>Most characters between two dots of a host name (RFC 1035, section 2.3.4).</summary>
    public const int LabelCharsMax = 63;

    /// <summary>What JSON Schema can say of a route's host.</summary>
    public const string Pattern = "^(\\*\\.)?[a-z0-9_-]+(\\.[a-z0-9_-]+)*$|^\\[[0-9a-f:.]+\\]$";

    /// <summary>What JSON Schema can say of a host with a port.</summary>
    public const string EndpointPattern = "^([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$";

    private const string Wildcard = "*.";

    /// <summary>Reads the host of a route: a name, <c>*.</c> and a name, or an IP address (IPv6 in brackets).</summary>
    public static Parsed<string> ParsePattern(string text)
    {
        if (text == "*") return new Problem("is every host; leave hosts out for that");
        if (text.Any(c => c > '~')) return new Problem("is not ASCII; write an international name in its 'xn--' form");
        if (text.Any(char.IsAsciiLetterUpper))
            return new Problem("is not in lower case, in which hosts are compared", $"write {text.ToLowerInvariant()}");
        if (text.StartsWith('[')) return ParseBracketed(text);
        if (text.Contains(':', StringComparison.Ordinal)) return new Problem("has a port; hosts are matched without");
        if (text.EndsWith('.')) return new Problem("ends with a dot; leave it out");
        var isWildcard = text.StartsWith(Wildcard, StringComparison.Ordinal);
        var name = isWildcard ? text[Wildcard.Length..] : text;
        if (!isWildcard && Addresses.TryParseIPv4(name, out _)) return text;
        if (name.Contains('*', StringComparison.Ordinal)) return new Problem("has a '*' elsewhere than as its whole first label");
        return IsName(name) ? text : new Problem("is not a host name such as api.example.com or \"*.example.com\"");
    }

    /// <summary>Reads where another server is: a name or an address, and a port.</summary>
    public static Parsed<string> ParseEndpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var isHost = host.StartsWith('[')
            ? host.EndsWith(']') && Addresses.TryParseIPv6(host[1..^1], out _)
            : IsName(host) || Addresses.TryParseIPv4(host, out _);
        if (isHost && Addresses.TryParsePort(text.AsSpan(colon + 1), out var port) && port > 0) return text;
        return new Problem("is not a host with a port, such as redis.internal:6379 or 10.0.0.1:6379");
    }

    /// <summary>
    /// True for a name whose labels are letters, digits, '-' and '_'. One whose last label is a number is no name but a
    /// mistaken IPv4 address (WHATWG URL, "ends in a number").
    /// </summary>
    public static bool IsName(string text)
    {
        if (text.Length is 0 or > HostCharsMax) return false;
        var labels = text.Split('.');
        return labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit)
            && !labels[^1].StartsWith("0x", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LabelCharsMax && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static Parsed<string> ParseBracketed(string text)
    {
        if (!text.EndsWith(']') || !Addresses.TryParseIPv6(text[1..^1], out var address))
            return new Problem("is not an IPv6 address in brackets, without a port");
        var canonical = $"[{address}]";
        return canonical == text ? text : new Problem("is not in the usual form of an IPv6 address", $"write {canonical}");
    }
}
