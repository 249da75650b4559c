using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class IssuerUrlTests
{
    [Theory]
    [InlineData("https://id.example.com", "id.example.com", 443, "/")]
    [InlineData("https://id.example.com/", "id.example.com", 443, "/")]
    [InlineData("https://id.example.com:8443/keys", "id.example.com:8443", 8443, "/keys")]
    [InlineData("http://[::1]:80/a/b?p=policy&x=%20", "[::1]", 80, "/a/b?p=policy&x=%20")]
    [InlineData("https://ID.example.com?p=1", "id.example.com", 443, "/?p=1")]
    public void A_url_tells_where_to_connect_and_what_to_ask_for(string text, string authority, int port, string path)
    {
        Assert.True(IssuerUrl.TryParse(text, out var url));
        Assert.Equal((authority, port, path, text), (url.Target.Authority, url.Target.Port, url.PathAndQuery, url.Text));
        Assert.Equal(text.StartsWith("https", StringComparison.Ordinal), url.Target.Tls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("://")]
    [InlineData("id.example.com/keys")]
    [InlineData("//id.example.com/keys")]
    [InlineData("ftp://id.example.com/keys")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1:6379/_FLUSHALL")]
    [InlineData("https://")]
    [InlineData("https:///keys")]
    [InlineData("https://user@id.example.com/keys")]
    [InlineData("https://user:pass@id.example.com/keys")]
    [InlineData("https://id.example.com/keys#fragment")]
    [InlineData("https://id.example.com\\@evil.example.com/")]
    [InlineData("https://id.example.com/a b")]
    [InlineData("https://id.example.com/a\r\nX: y")]
    [InlineData("https://id.example.com/\u00e9")]
    [InlineData("https://id.example.com/a\\b")]
    [InlineData("https://id.example.com:0/")]
    [InlineData("https://id.example.com:65536/")]
    [InlineData("https://0x7f.1/")]
    [InlineData("https://2130706433/")]
    public void What_another_reader_could_take_for_something_else_is_no_url(string text) =>
        Assert.False(IssuerUrl.TryParse(text, out _));

    [Fact]
    public void A_url_has_at_most_so_many_characters()
    {
        const string start = "https://id.example.com/";
        Assert.True(IssuerUrl.TryParse(start + new string('a', IssuerUrl.CharsMax - start.Length), out _));
        Assert.False(IssuerUrl.TryParse(start + new string('a', IssuerUrl.CharsMax - start.Length + 1), out _));
    }

    [Theory]
    [InlineData("https://id.example.com", "/.well-known/openid-configuration")]
    [InlineData("https://id.example.com/", "/.well-known/openid-configuration")]
    [InlineData("https://id.example.com/tenant", "/tenant/.well-known/openid-configuration")]
    [InlineData("https://id.example.com/tenant/", "/tenant/.well-known/openid-configuration")]
    public void Discovery_is_below_the_issuers_path(string issuer, string path)
    {
        Assert.True(IssuerUrl.TryDiscovery(issuer, out var url));
        Assert.Equal(path, url.PathAndQuery);
    }

    [Theory]
    [InlineData("https://id.example.com?tenant=1")]
    [InlineData("urn:example:issuer")]
    public void There_is_no_discovery_for_an_issuer_that_is_no_plain_url(string issuer) =>
        Assert.False(IssuerUrl.TryDiscovery(issuer, out _));

    [Theory]
    [InlineData("https://id.example.com/", "https://id.example.com/keys", true)]
    [InlineData("https://id.example.com/", "https://keys.example.net/keys", true)]
    [InlineData("https://id.example.com/", "http://id.example.com/keys", false)]
    [InlineData("http://127.0.0.1:9000/", "http://127.0.0.1:9000/keys", true)]
    [InlineData("http://127.0.0.1:9000/", "https://id.example.com/keys", true)]
    [InlineData("http://127.0.0.1:9000/", "http://127.0.0.1:9001/keys", false)]
    [InlineData("http://127.0.0.1:9000/", "http://169.254.169.254/latest/meta-data", false)]
    public void A_document_leads_to_https_or_over_http_to_its_own_authority(string from, string to, bool may)
    {
        Assert.True(IssuerUrl.TryParse(from, out var source));
        Assert.True(IssuerUrl.TryParse(to, out var target));
        Assert.Equal(may, source.MayLeadTo(target));
    }
}
