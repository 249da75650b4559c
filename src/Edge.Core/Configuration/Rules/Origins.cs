using System.Linq;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>Origins of web pages. They are compared as text, so that they have to be in the one form that browsers
/// write.</summary>
internal static class Origins
{
    /// <summary>Any origin.</summary>
    public const string Any = "*";

    /// <summary>What pages without an origin say: files, sandboxed frames.</summary>
    public const string Opaque = "null";

    /// <summary>What JSON Schema can say of an origin.</summary>
    public const string Pattern = "^(\\*|null|[a-z][a-z0-9+.-]*://[^/?#@\\\\\\s]+)$";

    private const string SchemeEnd = "://";
    private const string Wildcard = "*.";
    private const string Says =
        "is not an origin; write a scheme and a host, such as https://app.example.com or \"https://*.example.com\"";

    /// <summary>Reads an origin, <c>null</c> or <c>*</c>.</summary>
    public static Parsed<string> Parse(string text)
    {
        if (text is Any or Opaque) return text;
        if (text.Any(c => c > '~')) return new Problem("is not ASCII; write an international name in its 'xn--' form");
        if (text.Any(char.IsAsciiLetterUpper))
            return new Problem("is not in lower case, in which browsers write origins", $"write {text.ToLowerInvariant()}");
        var schemeEnd = text.IndexOf(SchemeEnd, StringComparison.Ordinal);
        if (schemeEnd <= 0 || !IsScheme(text.AsSpan(0, schemeEnd))) return new Problem(Says);
        var scheme = text[..schemeEnd];
        var authority = text[(schemeEnd + SchemeEnd.Length)..];
        if (authority.Contains('@', StringComparison.Ordinal))
            return new Problem("holds a user or a password, which no origin does; leave it out", HidesText: true);
        if (authority.AsSpan().ContainsAny('/', '?', '#'))
            return new Problem("goes on behind its host, which no origin does; leave the slash and what follows out");
        return ParseAuthority(scheme, authority) is { } problem ? problem : text;
    }

    private static Problem? ParseAuthority(string scheme, string authority)
    {
        var host = authority;
        var colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOf(']'))
        {
            host = authority[..colon];
            var digits = authority[(colon + 1)..];
            if (!Addresses.TryParsePort(digits, out var port) || port == 0 || digits[0] == '0')
                return new Problem("has no port from 1 to 65535 after the host's ':'");
            if (port == DefaultPort(scheme))
                return new Problem("has its scheme's own port, which browsers leave out", $"write {scheme}{SchemeEnd}{host}");
        }

        return CheckHost(scheme, host);
    }

    private static Problem? CheckHost(string scheme, string host)
    {
        if (host.StartsWith('['))
        {
            if (!host.EndsWith(']') || !Addresses.TryParseIPv6(host[1..^1], out var address)) return new Problem(Says);
            return $"[{address}]" == host ? null : new Problem("is not in the usual form of an IPv6 address");
        }

        if (host.StartsWith(Wildcard, StringComparison.Ordinal))
        {
            var name = host[Wildcard.Length..];
            if (DefaultPort(scheme) == 0) return new Problem("has a wildcard, which only origins of https and http may have");
            if (!Hosts.IsName(name)) return new Problem(Says);
            return name.Contains('.', StringComparison.Ordinal) || name == "localhost"
                ? null
                : new Problem("covers a whole top-level domain, on which anybody can have a page; name one below it");
        }

        if (host.Contains('*', StringComparison.Ordinal))
            return new Problem("has a '*' elsewhere than as its host's whole first label");
        return Addresses.TryParseIPv4(host, out _) || Hosts.IsName(host) ? null : new Problem(Says);
    }

    private static int DefaultPort(string scheme) => scheme switch
    {
        "https" => 443,
        "http" => 80,
        _ => 0,
    };

    private static bool IsScheme(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('+' or '-' or '.')) return false;
        }

        return char.IsAsciiLetterLower(text[0]);
    }
}
