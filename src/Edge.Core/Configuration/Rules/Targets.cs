using System.Linq;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>
/// URLs of services. Read by hand, since <see cref="Uri"/> mends what it does not like (dot segments, odd IP addresses,
/// backslashes) where an operator should be told.
/// </summary>
internal static class Targets
{
    /// <summary>What JSON Schema can say of a target.</summary>
    public const string Pattern = "^https?://[^/?#@\\\\\\s]+(/[^?#\\\\\\s]*)?$";

    private const int HttpPort = 80;
    private const int HttpsPort = 443;
    private const string HttpScheme = "http://";
    private const string HttpsScheme = "https://";

    /// <summary>Reads a URL with scheme, host, and perhaps a port and a path.</summary>
    public static Parsed<TargetPlan> Parse(string text)
    {
        var tls = text.StartsWith(HttpsScheme, StringComparison.Ordinal);
        if (!tls && !text.StartsWith(HttpScheme, StringComparison.Ordinal))
            return new Problem("is not a URL; write https:// or http:// and a host, such as https://api.openai.com");
        var rest = text[(tls ? HttpsScheme.Length : HttpScheme.Length)..];
        var end = rest.AsSpan().IndexOfAny('/', '?', '#');
        var authority = end < 0 ? rest : rest[..end];
        var path = end < 0 ? "" : rest[end..];
        if (authority.Contains('@', StringComparison.Ordinal))
            return new Problem("holds a user or a password; use credential or headers instead", HidesText: true);
        if (path.Contains('?', StringComparison.Ordinal))
            return new Problem("has a query; a target is scheme, host, port and path", HidesText: true);
        if (path.Contains('#', StringComparison.Ordinal))
            return new Problem("has a fragment; a target is scheme, host, port and path");
        if (path.Length > 0 && Paths.CheckLiteral(path) is { } problem) return problem;
        if (!TrySplit(authority, tls ? HttpsPort : HttpPort, out var host, out var port))
            return new Problem("has no host, or no port from 1 to 65535 after the host's ':'");
        var basePath = path.EndsWith('/') ? path[..^1] : path;
        return Resolve(tls, host, port, basePath);
    }

    private static Parsed<TargetPlan> Resolve(bool tls, string host, int port, string basePath)
    {
        var name = host.ToLowerInvariant();
        if (host.StartsWith('['))
        {
            if (!host.EndsWith(']') || !Addresses.TryParseIPv6(host[1..^1], out var address))
                return new Problem("has no IPv6 address between its brackets");
            name = address.ToString();
        }
        else if (host.Any(c => c > '~'))
        {
            return new Problem("has a host that is not ASCII; write an international name in its 'xn--' form");
        }
        else if (!Addresses.TryParseIPv4(name, out _) && !Hosts.IsName(name))
        {
            return new Problem("has no valid host; write a name such as api.example.com or an IP address");
        }

        var shown = name.Contains(':', StringComparison.Ordinal) ? $"[{name}]" : name;
        var authority = port == (tls ? HttpsPort : HttpPort) ? shown : $"{shown}:{port}";
        return new TargetPlan(tls, name, port, authority, basePath);
    }

    private static bool TrySplit(string authority, int defaultPort, out string host, out int port)
    {
        host = authority;
        port = defaultPort;
        var colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOf(']'))
        {
            host = authority[..colon];
            if (!Addresses.TryParsePort(authority.AsSpan(colon + 1), out port) || port == 0) return false;
        }

        return host.Length > 0;
    }
}
