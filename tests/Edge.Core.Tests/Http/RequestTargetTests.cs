using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/models/gemini:generate?alt=sse&x=%zz|{}\"<>^`?/../%2e")]
    [InlineData("//a//b/")]
    [InlineData("/a%2Fb/%5C/%20%25")]
    [InlineData("/.well-known/jwks.json")]
    [InlineData("/.../..a/a../.b")]
    [InlineData("/a;x/b;..")]
    [InlineData("/|{}\"<>^`")]
    [InlineData("/?")]
    public void A_canonical_target_is_kept_as_the_same_string(string raw)
    {
        Assert.True(RequestTarget.TryParse(raw, out var target));
        Assert.Same(raw, target.Value);
        Assert.Equal(raw, string.Concat(target.Path, target.Query));
        Assert.Equal(raw.Split('?')[0], target.Path.ToString());
        Assert.Null(target.Authority);
        Assert.False(target.IsAsterisk);
    }

    [Theory]
    [InlineData("/%61%2d%2E%5f%7e%30", "/a-._~0")]
    [InlineData("/%c3%a9%2f%3a", "/%C3%A9%2F%3A")]
    [InlineData("/%252e%252e/", "/%252e%252e/")]
    [InlineData("/%25%32%65", "/%252e")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/.%2e/b?q=/../", "/b?q=/../")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/.", "/a/b/")]
    [InlineData("/.", "/")]
    [InlineData("/a/..", "/")]
    [InlineData("/a//../b", "/a/b")]
    [InlineData("//..", "/")]
    [InlineData("/a/..//b", "//b")]
    [InlineData("/a/b/c/./../../g", "/a/g")]
    public void A_path_is_brought_into_its_canonical_form(string raw, string canonical)
    {
        Assert.True(RequestTarget.TryParse(raw, out var target));
        Assert.Equal(canonical, target.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("example.com:443")]
    [InlineData("ftp://a/b")]
    [InlineData("http:/a")]
    [InlineData("**")]
    [InlineData("/a b")]
    [InlineData("/a\tb")]
    [InlineData("/a\u00e9")]
    [InlineData("/a\u007f")]
    [InlineData("/a?b\u0000")]
    [InlineData("/a?b c")]
    [InlineData("/a#b")]
    [InlineData("/a?b#c")]
    [InlineData("/a\\b")]
    [InlineData("/a?b\\c")]
    [InlineData("/%")]
    [InlineData("/%4")]
    [InlineData("/%4?1")]
    [InlineData("/%4g")]
    [InlineData("/%u0041")]
    [InlineData("/a%00b")]
    [InlineData("/..")]
    [InlineData("/../a")]
    [InlineData("/%2e%2e/a")]
    [InlineData("/a/../../b")]
    [InlineData("/a/./../..")]
    [InlineData("/a%2f..%2fb")]
    [InlineData("/a/..%2f")]
    [InlineData("/a/..%2F..")]
    [InlineData("/a/%5c..")]
    [InlineData("/a/.%5Cb")]
    [InlineData("/a/%2e%2e%2fb")]
    [InlineData("/a/b%2f.")]
    [InlineData("/a/..;/b")]
    [InlineData("/a/.;x=1/b")]
    [InlineData("/a/b%2f..;x")]
    [InlineData("http://")]
    [InlineData("http:///a")]
    [InlineData("http://:80/a")]
    [InlineData("http://user@host/a")]
    [InlineData("http://a b/c")]
    [InlineData("http://a\\b/c")]
    [InlineData("http://a#b")]
    [InlineData("http://a/../b")]
    public void A_target_that_could_be_understood_differently_is_refused(string raw)
    {
        Assert.False(RequestTarget.TryParse(raw, out var target));
        Assert.Equal(string.Empty, target.Value);
        Assert.True(target.Path.IsEmpty);
        Assert.True(target.Query.IsEmpty);
        Assert.False(target.IsAsterisk);
    }

    [Theory]
    [InlineData("http://Example.com:8080/a/../b?q", "Example.com:8080", "/b?q")]
    [InlineData("HTTPS://[::1]:443/a", "[::1]:443", "/a")]
    [InlineData("http://a", "a", "/")]
    [InlineData("http://a?q=1", "a", "/?q=1")]
    [InlineData("http://a//b", "a", "//b")]
    public void The_absolute_form_gives_its_authority_and_its_path(string raw, string authority, string value)
    {
        Assert.True(RequestTarget.TryParse(raw, out var target));
        Assert.Equal(authority, target.Authority);
        Assert.Equal(value, target.Value);
    }

    [Fact]
    public void The_asterisk_is_marked()
    {
        Assert.True(RequestTarget.TryParse("*", out var target));
        Assert.True(target.IsAsterisk);
        Assert.Equal("*", target.Value);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(40_000)]
    public void A_long_path_is_brought_into_its_canonical_form(int length)
    {
        var raw = "/%61" + new string('b', length - 4);
        Assert.True(RequestTarget.TryParse(raw, out var target));
        Assert.Equal("/a" + new string('b', length - 4), target.Value);
    }

    [Fact]
    public void Parsing_a_result_gives_the_result_itself()
    {
        var piece = Gen.OneOf("/", "//", ".", "..", "%2e", "%2E", "%2f", "%5c", "%25", "%61", "%c3", "%00", "a", "b", ";", "?",
            "%", "2e", "2f", "\\", "http://", "*");
        piece.Array[0, 12].Sample(
            pieces =>
            {
                var raw = "/" + string.Concat(pieces);
                if (!RequestTarget.TryParse(raw, out var target))
                {
                    return;
                }

                Assert.StartsWith("/", target.Value, StringComparison.Ordinal);
                Assert.DoesNotContain(target.Path.ToString().Split('/'), segment => segment is "." or "..");
                Assert.True(RequestTarget.TryParse(target.Value, out var again));
                Assert.Same(target.Value, again.Value);
                Assert.Equal(target.Path, again.Path);
            },
            iter: 20_000);
    }

    [Fact]
    public void Where_nothing_is_encoded_dot_segments_go_as_in_dotnets_own_parser()
    {
        var piece = Gen.OneOf("/", ".", "..", "a", "bc", "/../", "/./", "/x/");
        piece.Array[0, 10].Sample(pieces =>
        {
            var raw = "/" + string.Concat(pieces);
            if (RequestTarget.TryParse(raw, out var target))
            {
                Assert.Equal(new Uri("http://host" + raw).AbsolutePath, target.Value);
            }
        });
    }

    [Fact]
    public void Random_characters_never_throw() =>
        Gen.String[Gen.Char['\0', '\u0100'], 0, 30].Sample(text =>
        {
            _ = RequestTarget.TryParse(text, out _);
            _ = RequestTarget.TryParse("/" + text, out _);
            _ = RequestTarget.TryParse("http://" + text, out _);
        });

    [Fact]
    public void A_canonical_target_costs_no_allocation()
    {
        _ = RequestTarget.TryParse("/v1/chat/completions?a=b", out _);
        _ = RequestTarget.TryParse("/.well-known/a%2Fb", out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = RequestTarget.TryParse("/v1/chat/completions?a=b", out _);
        _ = RequestTarget.TryParse("/.well-known/a%2Fb", out _);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
