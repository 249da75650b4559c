using System.Net;
using System.Text;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class ForwardingTests
{
    private static readonly TrustedProxies Inside = TrustedProxiesTests.Trusting("10.0.0.0/8", "fd00::/8");

    [Theory]
    [InlineData("203.0.113.7", "1.1.1.1", "203.0.113.7")]                      // not trusted: the peer, whatever it says
    [InlineData("10.0.0.1", null, "10.0.0.1")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("10.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.1", "203.0.113.7,10.0.0.2 ,\t10.0.0.3", "203.0.113.7")] // past the trusted ones
    [InlineData("10.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.2", "203.0.113.7")]  // what the caller made up is not reached
    [InlineData("10.0.0.1", "garbage, 203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.1", "10.0.0.9, 10.0.0.8", "10.0.0.9")]                 // all inside: the farthest
    [InlineData("10.0.0.1", "203.0.113.7, garbage, 10.0.0.2", "10.0.0.2")]     // a trusted proxy that wrote nonsense ends it
    [InlineData("10.0.0.1", "203.0.113.7,", "10.0.0.1")]
    [InlineData("10.0.0.1", "unknown", "10.0.0.1")]
    [InlineData("10.0.0.1", "203.0.113.7:4711", "203.0.113.7")]
    [InlineData("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("10.0.0.1", "[2001:db8::1]", "2001:db8::1")]
    [InlineData("10.0.0.1", "2001:db8::1", "2001:db8::1")]
    [InlineData("10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "1.1.1.1", "203.0.113.7")]
    [InlineData("fd00::1", "203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.1", "010.0.0.5", "10.0.0.1")]                          // octal, to some
    [InlineData("10.0.0.1", "1.1", "10.0.0.1")]
    [InlineData("10.0.0.1", "0x7f.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.1", "256.1.1.1", "10.0.0.1")]
    [InlineData("10.0.0.1", "fe80::1%eth0", "10.0.0.1")]
    public void The_caller_is_found_behind_trusted_proxies_only(string peer, string? chain, string caller) =>
        Assert.Equal(IPAddress.Parse(caller), Forwarding.ClientAddress(IPAddress.Parse(peer), chain, null, Inside));

    [Theory]
    [InlineData("203.0.113.7", "for=1.1.1.1", "203.0.113.7")]
    [InlineData("10.0.0.1", "for=203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.1", "For=\"203.0.113.7:80\";proto=http;by=10.0.0.1", "203.0.113.7")]
    [InlineData("10.0.0.1", "proto=https;for=\"[2001:db8::1]:80\"", "2001:db8::1")]
    [InlineData("10.0.0.1", "for=1.1.1.1, for=203.0.113.7, for=10.0.0.2", "203.0.113.7")]
    [InlineData("10.0.0.1", "for=_hidden, for=10.0.0.2", "10.0.0.2")]
    [InlineData("10.0.0.1", "for=203.0.113.7, proto=https", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=203.0.113.7;for=1.1.1.1", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=\"203.0.113.7", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=\"x, for=203.0.113.7", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=a,,for=203.0.113.7", "10.0.0.1")]
    [InlineData("10.0.0.1", "for", "10.0.0.1")]
    [InlineData("10.0.0.1", ",", "10.0.0.1")]
    public void RFC_7239_is_read_likewise(string peer, string chain, string caller) =>
        Assert.Equal(IPAddress.Parse(caller), Forwarding.ClientAddress(IPAddress.Parse(peer), null, chain, Inside));

    [Fact]
    public void X_Forwarded_For_decides_where_both_are_there() => Assert.Equal(
        IPAddress.Parse("203.0.113.7"),
        Forwarding.ClientAddress(IPAddress.Parse("10.0.0.1"), "203.0.113.7", "for=1.1.1.1", Inside));

    [Fact]
    public void The_walk_ends_at_its_limit()
    {
        var within = "203.0.113.7" + Repeat(", 10.0.0.2", Forwarding.ChainCountMax - 1);
        var beyond = "203.0.113.7" + Repeat(", 10.0.0.2", Forwarding.ChainCountMax);
        var peer = IPAddress.Parse("10.0.0.1");
        Assert.Equal("203.0.113.7", Forwarding.ClientAddress(peer, within, null, Inside).ToString());
        Assert.Equal("10.0.0.2", Forwarding.ClientAddress(peer, beyond, null, Inside).ToString());

        within = "for=203.0.113.7" + Repeat(", for=10.0.0.2", Forwarding.ChainCountMax - 1);
        beyond = "for=203.0.113.7" + Repeat(", for=10.0.0.2", Forwarding.ChainCountMax);
        Assert.Equal("203.0.113.7", Forwarding.ClientAddress(peer, null, within, Inside).ToString());
        Assert.Equal("10.0.0.1", Forwarding.ClientAddress(peer, null, beyond, Inside).ToString());
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("fe80::1%3", "fe80::1")]
    public void A_peers_text_is_canonical_and_without_a_zone(string peer, string text) =>
        Assert.Equal(text, Encoding.ASCII.GetString(Forwarding.PeerText(IPAddress.Parse(peer))));

    [Fact]
    public void No_peer_gives_no_text() => Assert.Empty(Forwarding.PeerText(null));

    internal static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();
}
