using System.Security.Cryptography.X509Certificates;
using Edge.Tests.Support;
using Edge.Tests.Upstream;
using Door = Edge.Tests.Callers.Door;

namespace Edge.Tests.Browsers;

/// <summary>Security headers on every answer of a route, whoever made it.</summary>
public sealed class SecurityHeadersTests
{
    private const string Theirs =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Frame-Options: ALLOWALL\r\nContent-Security-Policy: default-src *\r\n" +
        "Strict-Transport-Security: max-age=0\r\n\r\nok";

    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task Strict_is_sent_in_the_place_of_what_the_upstream_says()
    {
        await using var door = await Door.OpenAsync(route: "securityHeaders: strict", scripts: Door.Answering(Theirs));
        var headers = (await RawHttpClient.ExchangeAsync(door.Endpoint, Request)).Headers;
        Assert.Equal(["DENY"], headers.All("X-Frame-Options"));
        Assert.Equal(["nosniff"], headers.All("X-Content-Type-Options"));
        Assert.Equal(["no-referrer"], headers.All("Referrer-Policy"));
        Assert.Equal(["same-origin"], headers.All("Cross-Origin-Opener-Policy"));
        Assert.Equal(["same-origin"], headers.All("Cross-Origin-Resource-Policy"));
        var policy = Assert.Single(headers.All("Content-Security-Policy"));
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("microphone=()", headers["Permissions-Policy"]!, StringComparison.Ordinal);

        // Over plain text it means nothing, and the upstream's word does not get through either.
        Assert.False(headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Over_TLS_the_caller_is_told_to_stay_there()
    {
        var folder = Directory.CreateTempSubdirectory("edge-hsts-");
        try
        {
            using var authority = new TestAuthority();
            using var certificate = authority.Issue("localhost");
            using var privateKey = certificate.GetECDsaPrivateKey()!;
            var (crt, key) = (Path.Combine(folder.FullName, "tls.crt"), Path.Combine(folder.FullName, "tls.key"));
            File.WriteAllText(crt, certificate.ExportCertificatePem());
            File.WriteAllText(key, privateKey.ExportPkcs8PrivateKeyPem());
            await using var door = await Door.OpenAsync(
                $"tls: {{ certificate: {crt}, key: {key} }}", route: "securityHeaders: api", scripts: Door.Answering(Theirs));
            await using var client = await RawHttpClient.ConnectAsync(door.Endpoint, tls: RawHttpClient.TrustingTls());
            await client.SendAsync(Request);
            var headers = (await client.ReadResponseAsync()).Headers;
            Assert.Equal(["max-age=63072000; includeSubDomains"], headers.All("Strict-Transport-Security"));
            Assert.Equal(["default-src 'none'; frame-ancestors 'none'"], headers.All("Content-Security-Policy"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("trustedProxies: [127.0.0.1]", "https", true)]
    [InlineData("trustedProxies: [127.0.0.1]", "HTTPS", true)]
    [InlineData("trustedProxies: [127.0.0.1]", "http", false)]
    [InlineData("trustedProxies: [127.0.0.1]", "https, http", false)]
    [InlineData("trustedProxies: [10.0.0.0/8]", "https", false)]
    [InlineData("", "https", false)]
    public async Task Behind_a_proxy_that_ends_TLS_its_word_counts_if_it_is_trusted(string top, string proto, bool told)
    {
        await using var door = await Door.OpenAsync(route: "securityHeaders: strict", top: top);
        var answer = await RawHttpClient.ExchangeAsync(
            door.Endpoint, $"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: {proto}\r\n\r\n");
        Assert.Equal(told, answer.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Errors_of_ours_and_preflights_have_them_too()
    {
        await using var door = await Door.OpenAsync(
            route: "securityHeaders: strict, cors: { origins: [\"*\"] }, match: { path: /x }", scripts: static connection =>
            {
                connection.Reset();
                return Task.CompletedTask;
            });
        var failed = await RawHttpClient.ExchangeAsync(door.Endpoint, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(502, failed.Status);
        Assert.Equal("DENY", failed.Headers["X-Frame-Options"]);
        var preflight = await RawHttpClient.ExchangeAsync(
            door.Endpoint,
            "OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n");
        Assert.Equal(204, preflight.Status);
        Assert.Equal("nosniff", preflight.Headers["X-Content-Type-Options"]);
    }

    [Theory]
    [InlineData("defaults: { securityHeaders: api }", "DENY")]
    [InlineData("", null)]
    public async Task What_belongs_to_no_route_has_those_of_the_defaults(string top, string? frameOptions)
    {
        await using var door = await Door.OpenAsync(route: "securityHeaders: none, match: { path: /x }", top: top);
        foreach (var target in new[] { "/nowhere", "/%zz" })
        {
            var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.InRange(answer.Status, 400, 404);
            Assert.Equal(frameOptions, answer.Headers["X-Frame-Options"]);
        }

        var own = await RawHttpClient.ExchangeAsync(door.Endpoint, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.False(own.Headers.Contains("X-Frame-Options"));
    }

    [Fact]
    public async Task The_routes_own_header_rules_have_the_last_word()
    {
        await using var door = await Door.OpenAsync(
            route: "securityHeaders: api, " +
                "response: { headers: { set: { X-Frame-Options: SAMEORIGIN }, remove: [Referrer-Policy] } }",
            scripts: Door.Answering(Theirs));
        var headers = (await RawHttpClient.ExchangeAsync(door.Endpoint, Request)).Headers;
        Assert.Equal(["SAMEORIGIN"], headers.All("X-Frame-Options"));
        Assert.False(headers.Contains("Referrer-Policy"));
    }

    [Fact]
    public async Task Without_them_the_upstreams_own_go_through()
    {
        await using var door = await Door.OpenAsync(scripts: Door.Answering(Theirs));
        var headers = (await RawHttpClient.ExchangeAsync(door.Endpoint, Request)).Headers;
        Assert.Equal("ALLOWALL", headers["X-Frame-Options"]);
        Assert.Equal("max-age=0", headers["Strict-Transport-Security"]);
        Assert.False(headers.Contains("X-Content-Type-Options"));
    }
}
