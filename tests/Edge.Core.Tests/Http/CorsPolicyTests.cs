using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class CorsPolicyTests
{
    [Theory]
    [InlineData("https://yourapp.com")]
    [InlineData("http://localhost:3000")]
    [InlineData("https://a.example.com")]
    [InlineData("https://a.b.example.com")]
    [InlineData("https://xn--bcher-kva.example.com")]
    [InlineData("https://a_b.example.com")]
    [InlineData("https://x.ported.com:8443")]
    public void A_listed_origin_is_answered_with_itself(string origin) => Assert.Equal(origin, Listed.AllowOrigin(origin));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("*")]
    [InlineData("https://yourapp.com.evil.com")]
    [InlineData("https://evilyourapp.com")]
    [InlineData("https://yourapp.com:443")]
    [InlineData("https://yourapp.com:8443")]
    [InlineData("https://yourapp.com.")]
    [InlineData("https://yourapp.com/")]
    [InlineData("https://yourapp.com ")]
    [InlineData(" https://yourapp.com")]
    [InlineData("https://YourApp.com")]
    [InlineData("HTTPS://yourapp.com")]
    [InlineData("http://yourapp.com")]
    [InlineData("https://yourapp.com@evil.com")]
    [InlineData("https://evil.com@yourapp.com")]
    [InlineData("https://yourapp.com, https://evil.com")]
    [InlineData("https://yourapp.com https://evil.com")]
    [InlineData("https://evil.com https://yourapp.com")]
    [InlineData("https://example.com")]
    [InlineData("https://.example.com")]
    [InlineData("https://..example.com")]
    [InlineData("https://a..example.com")]
    [InlineData("https://.a.example.com")]
    [InlineData("https://evilexample.com")]
    [InlineData("https://a.example.com.evil.com")]
    [InlineData("https://a.example.com.")]
    [InlineData("https://A.example.com")]
    [InlineData("http://a.example.com")]
    [InlineData("https://a.example.com:443")]
    [InlineData("https://evil.com/.example.com")]
    [InlineData("https://evil.com?.example.com")]
    [InlineData("https://evil.com#.example.com")]
    [InlineData("https://evil.com\\.example.com")]
    [InlineData("https://evil.com:80.example.com")]
    [InlineData("https://me@a.example.com")]
    [InlineData("https://evil.com@.example.com")]
    [InlineData("https://evil.com%2f.example.com")]
    [InlineData("https://evil.com\t.example.com")]
    [InlineData("https://evil.com\0.example.com")]
    [InlineData("https://evil.com\r\n.example.com")]
    [InlineData("https://\u00e9.example.com")]
    [InlineData("https://x.ported.com")]
    [InlineData("https://x.ported.com:8444")]
    [InlineData("https://x.ported.com:18443")]
    public void Nothing_that_only_looks_like_a_listed_origin_is_one(string? origin) => Assert.Null(Listed.AllowOrigin(origin));

    [Fact]
    public void An_origin_is_looked_at_up_to_its_longest()
    {
        const string suffix = ".example.com";
        var longest = "https://" + new string('a', CorsPolicy.OriginCharsMax - 8 - suffix.Length) + suffix;
        Assert.Equal(longest, Listed.AllowOrigin(longest));
        Assert.Null(Listed.AllowOrigin("https://a" + longest[8..]));
    }

    [Fact]
    public void A_page_without_origin_may_read_only_where_that_is_listed()
    {
        Assert.Equal("null", Of(["null"]).AllowOrigin("null"));
        Assert.Null(Of(["https://a.example"]).AllowOrigin("null"));
    }

    [Fact]
    public void Any_origin_is_answered_with_a_star_and_does_not_vary()
    {
        var any = Of(["*"]);
        Assert.Equal("*", any.AllowOrigin("https://whoever.example"));
        Assert.Equal("*", any.AllowOrigin("null"));
        Assert.Null(any.AllowOrigin(null));
        Assert.False(any.VariesByOrigin);
        Assert.True(Listed.VariesByOrigin);
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("POST", true)]
    [InlineData("DELETE", false)]
    [InlineData("get", false)]
    [InlineData("GET, DELETE", false)]
    [InlineData("", false)]
    public void A_method_is_listed_or_not(string method, bool allowed) => Assert.Equal(allowed, Listed.AllowsMethod(method));

    [Theory]
    [InlineData("", true)]
    [InlineData("authorization", true)]
    [InlineData("authorization,content-type", true)]
    [InlineData(" Authorization ,\tCONTENT-TYPE , ", true)]
    [InlineData("authorization,x-other", false)]
    [InlineData("x-other", false)]
    [InlineData("authorization content-type", false)]
    public void Each_header_of_the_list_has_to_be_listed(string list, bool allowed) =>
        Assert.Equal(allowed, Listed.AllowsHeaders(list));

    [Theory]
    [InlineData("x-anything, x-else", true)]
    [InlineData("authorization", false)]
    [InlineData("x-anything,AUTHORIZATION", false)]
    public void A_star_is_every_header_but_the_one_with_the_credential(string list, bool allowed) =>
        Assert.Equal(allowed, Of(["*"], ["*"]).AllowsHeaders(list));

    [Fact]
    public void Nothing_is_allocated_for_an_answer()
    {
        var policy = Listed;
        Ask(policy);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Ask(policy);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Ask(CorsPolicy policy)
    {
        policy.AllowOrigin("https://a.example.com");
        policy.AllowOrigin("https://yourapp.com");
        policy.AllowOrigin("https://evil.example");
        policy.AllowsMethod("POST");
        policy.AllowsHeaders("authorization, content-type, x-other");
    }

    private static CorsPolicy Listed => Of(
        ["https://yourapp.com", "http://localhost:3000", "https://*.example.com", "https://*.ported.com:8443"]);

    private static CorsPolicy Of(string[] origins, string[]? headers = null) => new(new CorsPlan
    {
        Origins = [.. origins],
        Methods = ["GET", "POST"],
        Headers = [.. headers ?? ["Authorization", "Content-Type"]],
        Expose = [],
        Credentials = false,
        MaxAge = TimeSpan.FromMinutes(10),
    });
}
