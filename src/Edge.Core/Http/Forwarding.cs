using System.Net;
using System.Text;

namespace Edge.Core.Http;

/// <summary>Who called, seen through proxies that are trusted. Stateless; safe from any thread.</summary>
public static class Forwarding
{
    /// <summary>Most elements of a chain of proxies that are read or passed on, counted from the nearest.</summary>
    public const int ChainCountMax = 32;

    /// <summary>Most characters of an X-Forwarded-For or Forwarded value that are read or passed on.</summary>
    public const int ChainCharsMax = 2048;

    /// <summary>Most characters of a host with its port: 253 of a DNS name, a colon and five digits.</summary>
    public const int HostCharsMax = 259;

    /// <summary>
    /// The address of the caller. From a peer that is not trusted it is the peer's own, whatever the headers say. Else the
    /// chain is walked from the nearest proxy outwards, past those that are trusted; the first that is not is the caller. The
    /// walk ends at anything that is not an address: only what trusted proxies wrote counts, and they write addresses.
    /// </summary>
    /// <remarks>
    /// With both headers present X-Forwarded-For decides and Forwarded is not looked at: proxies that extend one commonly let
    /// the other pass as the caller made it up, and X-Forwarded-For is by far the one that is extended.
    /// </remarks>
    /// <param name="peer">The other end of the connection.</param>
    /// <param name="xForwardedFor">The X-Forwarded-For value, all of its lines joined by commas, or null.</param>
    /// <param name="forwarded">The Forwarded value (RFC 7239), likewise.</param>
    /// <param name="trusted">Whom to believe.</param>
    /// <returns>The address; an IPv4-mapped one as IPv4.</returns>
    public static IPAddress ClientAddress(IPAddress peer, string? xForwardedFor, string? forwarded, TrustedProxies trusted)
    {
        var client = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        if (!trusted.Contains(client))
        {
            return client;
        }

        if (!string.IsNullOrEmpty(xForwardedFor))
        {
            return WalkXForwardedFor(client, xForwardedFor, trusted);
        }

        return string.IsNullOrEmpty(forwarded) ? client : WalkForwarded(client, forwarded, trusted);
    }

    /// <summary>
    /// The text of a peer's address as it goes into headers: computed once per connection and passed to
    /// <see cref="ForwardedWriter"/> with every request. IPv4-mapped addresses become IPv4, and zones (<c>%eth0</c>), which mean
    /// nothing elsewhere, are left out. Null (a connection without addresses) gives no bytes.
    /// </summary>
    public static byte[] PeerText(IPAddress? peer)
    {
        if (peer is null)
        {
            return [];
        }

        var address = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        return Encoding.ASCII.GetBytes(new IPAddress(address.GetAddressBytes()).ToString());
    }

    private static IPAddress WalkXForwardedFor(IPAddress client, ReadOnlySpan<char> chain, TrustedProxies trusted)
    {
        for (var count = 0; count < ChainCountMax; count++)
        {
            var comma = chain.LastIndexOf(',');
            if (!ForwardedSyntax.TryReadNode(chain[(comma + 1)..].Trim(" \t"), out var address))
            {
                break;
            }

            client = address!;
            if (comma < 0 || !trusted.Contains(client))
            {
                break;
            }

            chain = chain[..comma];
        }

        return client;
    }

    private static IPAddress WalkForwarded(IPAddress client, ReadOnlySpan<char> chain, TrustedProxies trusted)
    {
        Span<Range> nodes = stackalloc Range[ChainCountMax];
        if (chain.Length > ChainCharsMax || !ForwardedSyntax.TryReadForwarded(chain, nodes, out var count))
        {
            return client;
        }

        while (count-- > 0)
        {
            if (!ForwardedSyntax.TryReadNode(chain[nodes[count]], out var address))
            {
                break;
            }

            client = address!;
            if (!trusted.Contains(client))
            {
                break;
            }
        }

        return client;
    }
}
