using System.Buffers;
using System.Net;
using System.Text;
using CsCheck;
using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class ForwardedWriterTests
{
    private const string Ours = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.com\r\n";

    private static readonly string[] Plausible =
        ["for=1.1.1.1", "1.1.1.1", "example.com", "for=\"[::1]\"", "[::1]:80", "1.1.1.1, ::1"];

    [Fact]
    public void Both_families_of_headers_are_written() => Assert.Equal(
        Ours + "Forwarded: for=192.0.2.1;host=example.com;proto=https\r\n", Written(new Given()));

    [Theory]
    [InlineData(ForwardedHeaders.XForwarded, Ours)]
    [InlineData(ForwardedHeaders.Rfc7239, "Forwarded: for=192.0.2.1;host=example.com;proto=https\r\n")]
    [InlineData(ForwardedHeaders.None, "")]
    public void The_mode_chooses_the_headers(ForwardedHeaders mode, string lines) =>
        Assert.Equal(lines, Written(new Given(), mode));

    [Fact]
    public void What_a_stranger_says_is_discarded() => Assert.Equal(
        Written(new Given()),
        Written(new Given { For = "1.1.1.1", Proto = "http", ForwardedHost = "evil.example", Forwarded = "for=1.1.1.1" }));

    [Fact]
    public void What_a_trusted_proxy_says_is_kept_and_extended() => Assert.Equal(
        "X-Forwarded-For: 203.0.113.7,10.0.0.9, 192.0.2.1\r\n"
            + "X-Forwarded-Proto: http\r\n"
            + "X-Forwarded-Host: shop.example:8080\r\n"
            + "Forwarded: for=203.0.113.7;proto=http, for=192.0.2.1;host=example.com;proto=https\r\n",
        Written(new Given
        {
            Trusted = true,
            For = " 203.0.113.7,10.0.0.9",
            Proto = "HTTP",
            ForwardedHost = "shop.example:8080",
            Forwarded = "for=203.0.113.7;proto=http ",
        }));

    [Fact]
    public void A_trusted_proxy_that_says_nothing_changes_nothing() =>
        Assert.Equal(Written(new Given()), Written(new Given { Trusted = true }));

    [Theory]
    [InlineData("2001:db8::1", "for=\"[2001:db8::1]\"")]
    [InlineData("::ffff:192.0.2.1", "for=192.0.2.1")]
    [InlineData(null, "for=unknown")]
    public void RFC_7239_brackets_and_quotes_IPv6(string? peer, string node) => Assert.StartsWith(
        "Forwarded: " + node + ";host=", Written(new Given { Peer = peer }, ForwardedHeaders.Rfc7239), StringComparison.Ordinal);

    [Fact]
    public void A_connection_without_addresses_has_no_X_Forwarded_For()
    {
        Assert.DoesNotContain("-For:", Written(new Given { Peer = null }), StringComparison.Ordinal);
        Assert.StartsWith(
            "X-Forwarded-For: 203.0.113.7\r\n",
            Written(new Given { Peer = null, Trusted = true, For = "203.0.113.7" }),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example.com:8080", "host=\"example.com:8080\"")]
    [InlineData("[2001:db8::1]", "host=\"[2001:db8::1]\"")]
    [InlineData("[2001:db8::1]:443", "host=\"[2001:db8::1]:443\"")]
    [InlineData("192.0.2.9", "host=192.0.2.9")]
    public void A_host_with_a_colon_is_quoted(string host, string pair) =>
        Assert.Contains(";" + pair + ";proto", Written(new Given { Host = host }), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\"")]
    [InlineData("a,b")]
    [InlineData("a;b")]
    [InlineData("a/b")]
    [InlineData("user@a")]
    [InlineData("a:")]
    [InlineData("a:0")]
    [InlineData("a:65536")]
    [InlineData("a:123456")]
    [InlineData("a:8x")]
    [InlineData(":80")]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("[::1")]
    [InlineData("[::1]80")]
    [InlineData("[zz]")]
    [InlineData("[1.2.3.4]")]
    [InlineData("caf\u00E9")]
    [InlineData("a\u010D\u010A")]
    public void A_host_that_is_none_is_left_out(string host)
    {
        Assert.Equal(
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nForwarded: for=192.0.2.1;proto=https\r\n",
            Written(new Given { Host = host }));
        Assert.Equal(Written(new Given()), Written(new Given { Trusted = true, ForwardedHost = host }));
    }

    [Fact]
    public void The_length_of_a_host_is_limited()
    {
        var longest = new string('a', Forwarding.HostCharsMax);
        Assert.Contains($"-Host: {longest}\r\n", Written(new Given { Host = longest }), StringComparison.Ordinal);
        Assert.DoesNotContain("-Host", Written(new Given { Host = longest + "a" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp")]
    [InlineData("https,http")]
    [InlineData(" https")]
    [InlineData("https\r\nX-Evil: 1")]
    public void A_scheme_that_is_none_gives_way_to_ours(string proto) => Assert.Contains(
        "X-Forwarded-Proto: https\r\n", Written(new Given { Trusted = true, Proto = proto }), StringComparison.Ordinal);

    [Theory]
    [InlineData("garbage", "")]
    [InlineData("garbage, 203.0.113.7", "203.0.113.7, ")]
    [InlineData("1.1.1.1, x y, 203.0.113.7 , unknown", "203.0.113.7 , unknown, ")]
    [InlineData("1.1.1.1\r\nX-Evil: 1", "")]
    [InlineData("1.1.1.1\r\n, 203.0.113.7", "203.0.113.7, ")]
    [InlineData("203.0.113.7,", "")]
    [InlineData(",203.0.113.7", "203.0.113.7, ")]
    [InlineData("\u0131.1.1.1", "")]
    [InlineData("[2001:db8::1]:80, 2001:db8::2", "[2001:db8::1]:80, 2001:db8::2, ")]
    public void Of_a_list_that_is_malformed_the_end_that_is_not_remains(string list, string kept) => Assert.StartsWith(
        $"X-Forwarded-For: {kept}192.0.2.1\r\n", Written(new Given { Trusted = true, For = list }), StringComparison.Ordinal);

    [Fact]
    public void The_list_is_limited_in_count()
    {
        var most = "203.0.113.7" + ForwardingTests.Repeat(", 10.0.0.2", Forwarding.ChainCountMax - 1);
        var lines = Written(new Given { Trusted = true, For = most });
        Assert.Contains($": {most}, 192.0.2.1\r\n", lines, StringComparison.Ordinal);
        Assert.Equal(lines, Written(new Given { Trusted = true, For = "1.1.1.1," + most }));
    }

    [Fact]
    public void The_list_is_limited_in_length()
    {
        var padding = new string(' ', Forwarding.ChainCharsMax - "203.0.113.7,10.0.0.2".Length);
        var most = $"203.0.113.7,{padding}10.0.0.2";
        Assert.Contains($": {most}, 192.0.2.1\r\n", Written(new Given { Trusted = true, For = most }), StringComparison.Ordinal);
        Assert.Contains(
            ": 10.0.0.2, 192.0.2.1\r\n", Written(new Given { Trusted = true, For = "1" + most }), StringComparison.Ordinal);

        most = "for=1.1.1.1;x=\"" + new string('a', Forwarding.ChainCharsMax - 16) + "\"";
        Assert.Contains($"{most}, for=192", Written(new Given { Trusted = true, Forwarded = most }), StringComparison.Ordinal);
        Assert.Contains(
            "Forwarded: for=192", Written(new Given { Trusted = true, Forwarded = most + " " }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("for=1.1.1.1\r\nX-Evil: 1")]
    [InlineData("for=\"1.1.1.1\r\nX-Evil: 1\"")]
    [InlineData("for=\"\\\r\n\"")]
    [InlineData("for=\"")]
    [InlineData("for=\"\\")]
    [InlineData("for=")]
    [InlineData("=1")]
    [InlineData("for=1.1.1.1;")]
    [InlineData("for =1.1.1.1")]
    [InlineData("for=1.1.1.1 proto=http")]
    [InlineData("for=caf\u00E9")]
    public void A_malformed_Forwarded_is_discarded_whole(string forwarded) =>
        Assert.Equal(Written(new Given()), Written(new Given { Trusted = true, Forwarded = forwarded }));

    [Fact]
    public void Nothing_that_is_given_can_add_a_line() =>
        Gen.Select(Hostile, Hostile, Hostile, Hostile).Sample(static (a, b, c, d) =>
        {
            var lines = Written(new Given { Trusted = true, Host = a, For = b, ForwardedHost = c, Forwarded = d });
            Assert.All(lines, static ch => Assert.True(ch is (>= ' ' and <= '~') or '\r' or '\n' or '\t'));
            Assert.EndsWith("\r\n", lines, StringComparison.Ordinal);
            foreach (var line in lines[..^2].Split("\r\n"))
            {
                Assert.DoesNotContain('\r', line);
                Assert.DoesNotContain('\n', line);
                Assert.Matches("^(X-Forwarded-(For|Proto|Host)|Forwarded): [^ ]", line);
            }
        });

    [Fact]
    public void The_longest_lines_fit_the_length_announced()
    {
        var host = new string('a', Forwarding.HostCharsMax - 6) + ":65535";
        var request = new ForwardedRequest
        {
            Peer = Forwarding.PeerText(IPAddress.Parse("2001:db8:1111:2222:3333:4444:5555:6666")),
            Https = true,
            Host = host,
            Trusted = true,
            ForwardedFor = "203.0.113.7",
            ForwardedHost = host,
            Forwarded = "for=203.0.113.7",
        };
        var max = ForwardedWriter.LengthMax(request);
        var length = ForwardedWriter.Write(new byte[max], ForwardedHeaders.Both, request);
        Assert.InRange(max - length, 0, host.Length + 18);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var peer = Forwarding.PeerText(IPAddress.Parse("2001:db8::1"));
        var buffer = new byte[4096];
        WriteTwice(peer, buffer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        WriteTwice(peer, buffer);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void WriteTwice(byte[] peer, byte[] buffer)
        {
            ForwardedWriter.Write(
                buffer, ForwardedHeaders.Both, new ForwardedRequest { Peer = peer, Https = true, Host = "example.com:8080" });
            ForwardedWriter.Write(
                buffer,
                ForwardedHeaders.Both,
                new ForwardedRequest
                {
                    Peer = peer,
                    Https = true,
                    Host = "[2001:db8::1]:80",
                    Trusted = true,
                    ForwardedFor = "203.0.113.7, 2001:db8::1",
                    Forwarded = "for=\"[2001:db8::1]\"",
                });
        }
    }

    private static Gen<string> Hostile => Gen.OneOf(
        Gen.String[Gen.Char["afor=1.:;,\"\\[] \t\r\n\u010A\u010D"], 0, 40],
        Gen.Int[0, Plausible.Length - 1].Select(static i => Plausible[i]));

    private static string Written(Given given, ForwardedHeaders mode = ForwardedHeaders.Both)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ForwardedWriter.Write(buffer, mode, new ForwardedRequest
        {
            Peer = Forwarding.PeerText(given.Peer is null ? null : IPAddress.Parse(given.Peer)),
            Https = true,
            Host = given.Host,
            Trusted = given.Trusted,
            ForwardedFor = given.For,
            ForwardedProto = given.Proto,
            ForwardedHost = given.ForwardedHost,
            Forwarded = given.Forwarded,
        });
        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    private sealed record Given
    {
        public string? Peer { get; init; } = "192.0.2.1";

        public string? Host { get; init; } = "example.com";

        public bool Trusted { get; init; }

        public string? For { get; init; }

        public string? Proto { get; init; }

        public string? ForwardedHost { get; init; }

        public string? Forwarded { get; init; }
    }
}
