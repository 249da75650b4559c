using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Rules;

/// <summary>Addresses, ports and networks.</summary>
internal static class Addresses
{
    private const string Says = "is not an address; write an IP address with a port, such as 0.0.0.0:8080, \"[::1]:8080\", " +
        "localhost:8080 or \"*:8080\" for every address";

    private static readonly SearchValues<char> IPv6Chars = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Reads <c>address:port</c> to listen on.</summary>
    public static Parsed<IPEndPoint> ParseEndpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0) return new Problem(Says);
        if (!TryParsePort(text.AsSpan(colon + 1), out var port))
            return new Problem("has no port from 0 to 65535 after the last ':'");
        var host = text[..colon];
        switch (host)
        {
            case "" or "*":
                return new IPEndPoint(IPAddress.IPv6Any, port);
            case "localhost":
                return new IPEndPoint(IPAddress.Loopback, port);
        }

        if (host.StartsWith('[') && host.EndsWith(']') && host.Length > 2)
            return TryParseIPv6(host[1..^1], out var v6) ? new IPEndPoint(v6, port) : new Problem(Says);
        return TryParseIPv4(host, out var v4) ? new IPEndPoint(v4, port) : new Problem(Says);
    }

    /// <summary>Reads an address, or a network as <c>address/bits</c>.</summary>
    public static Parsed<IPNetwork> ParseNetwork(string text)
    {
        const string says = "is neither an IP address nor a network such as 10.0.0.0/8";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var addressText = slash < 0 ? text : text[..slash];
        if (!TryParseIPv4(addressText, out var address) && !TryParseIPv6(addressText, out address)) return new Problem(says);
        var bitsMax = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (slash < 0) return new IPNetwork(address, bitsMax);
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            || bits > bitsMax)
        {
            return new Problem(says);
        }

        var network = new IPNetwork(Mask(address, bits), bits);
        if (network.BaseAddress.Equals(address)) return network;
        return new Problem("is not the first address of its network", $"write {network}");
    }

    /// <summary>Reads the digits of a port.</summary>
    public static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;

    /// <summary>
    /// Reads four decimal numbers with dots and nothing else: the short, octal and hexadecimal forms that the system's
    /// parser knows make 010.0.0.1 and 10.0.0.1 look alike.
    /// </summary>
    public static bool TryParseIPv4(string text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetwork) return false;
        address = parsed;
        return parsed.ToString() == text;
    }

    /// <summary>Reads an IPv6 address without brackets and without a zone.</summary>
    public static bool TryParseIPv6(string text, out IPAddress address)
    {
        address = IPAddress.IPv6None;
        if (text.AsSpan().ContainsAnyExcept(IPv6Chars)) return false;
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6) return false;
        address = parsed;
        return true;
    }

    /// <summary>True where no two sockets could listen on both.</summary>
    public static bool Overlap(IPEndPoint left, IPEndPoint right)
    {
        if (left.Port != right.Port || left.Port == 0) return false;
        return left.Address.Equals(right.Address) || Covers(left.Address, right.Address) || Covers(right.Address, left.Address);
    }

    /// <summary>"Every IPv6 address" listens on IPv4 too.</summary>
    private static bool Covers(IPAddress any, IPAddress other) =>
        any.Equals(IPAddress.IPv6Any) || (any.Equals(IPAddress.Any) && other.AddressFamily == AddressFamily.InterNetwork);

    private static IPAddress Mask(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(bits - i * 8, 0, 8);
            bytes[i] &= (byte)(0xff << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
