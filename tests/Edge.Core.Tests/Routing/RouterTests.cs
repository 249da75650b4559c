using System.Collections.Immutable;
using Edge.Core.Configuration;
using Edge.Core.Routing;

namespace Edge.Core.Tests.Routing;

public sealed class RouterTests
{
    [Theory]
    [InlineData("/v1/models", "/v1/models", true)]
    [InlineData("/v1/models", "/v1/models/", false)]
    [InlineData("/v1/models", "/V1/models", false)]
    [InlineData("/v1/*", "/v1", true)]
    [InlineData("/v1/*", "/v1/", true)]
    [InlineData("/v1/*", "/v1/x/y", true)]
    [InlineData("/v1/*", "/v1x", false)]
    [InlineData("/v1/*", "//v1/x", false)]
    [InlineData("/v1/*", "/", false)]
    [InlineData("/*", "/", true)]
    [InlineData("/*", "//x", true)]
    [InlineData("/*", "*", false)]
    [InlineData("/*", "", false)]
    [InlineData("/users/{id}", "/users/5", true)]
    [InlineData("/users/{id}", "/users/", false)]
    [InlineData("/users/{id}", "/users", false)]
    [InlineData("/users/{id}", "/users/5/", false)]
    [InlineData("/users/{id}/posts", "/users/5/posts", true)]
    [InlineData("/users/{id}/posts", "/users//posts", false)]
    [InlineData("/users/{id}/*", "/users/5", true)]
    [InlineData("/users/{id}/*", "/users/5/a/b", true)]
    [InlineData("/users/{id}/*", "/users", false)]
    [InlineData("/{a}/{b}", "/x/y", true)]
    public void A_pattern_matches_its_paths(string pattern, string path, bool matches)
    {
        var router = Of(Route("only", pattern));
        Assert.Equal(matches ? RouteOutcome.Found : RouteOutcome.NotFound, router.Match("", path, "GET").Outcome);
    }

    [Theory]
    [InlineData("/users/me", "exact")]
    [InlineData("/users/you", "literal-subtree")]
    [InlineData("/users/5", "parameter")]
    [InlineData("/users/5/posts", "parameter-literal")]
    [InlineData("/users/5/likes", "parameter-subtree")]
    [InlineData("/users/you/posts", "literal-subtree")]
    [InlineData("/users", "users")]
    [InlineData("/users/", "users")]
    [InlineData("/other", "all")]
    public void The_most_specific_path_wins_whatever_the_order(string path, string name)
    {
        (RoutePlan, string)[] routes =
        [
            Route("all", "/*"), Route("users", "/users/*"), Route("parameter-subtree", "/users/{id}/*"),
            Route("parameter", "/users/{id}"), Route("parameter-literal", "/users/{id}/posts"),
            Route("literal-subtree", "/users/you/*"), Route("exact", "/users/me"),
        ];
        Assert.Equal(name, Of(routes).Match("", path, "GET").Value);
        Array.Reverse(routes);
        Assert.Equal(name, Of(routes).Match("", path, "GET").Value);
    }

    [Theory]
    [InlineData("api.example.com", "exact")]
    [InlineData("API.Example.COM:8080", "exact")]
    [InlineData("api.example.com.", "exact")]
    [InlineData("api.example.com.:80", "exact")]
    [InlineData("x.example.com", "wildcard")]
    [InlineData("x.y.example.com", "wildcard")]
    [InlineData("a.deep.example.com", "deep")]
    [InlineData("deep.example.com", "wildcard")]
    [InlineData("example.com", "any")]
    [InlineData(".example.com", "any")]
    [InlineData("notexample.com", "any")]
    [InlineData("[::1]:8080", "v6")]
    [InlineData("[::1]", "v6")]
    [InlineData("[::2]:8080", "any")]
    [InlineData("[::1", "any")]
    [InlineData("", "any")]
    [InlineData(":80", "any")]
    [InlineData("\u212a.example.com", "any")]
    public void The_most_specific_host_wins(string host, string name)
    {
        var router = Of(
            Route("any", "/*"), Route("wildcard", "/*", ["*.example.com"]), Route("deep", "/*", ["*.deep.example.com"]),
            Route("exact", "/*", ["api.example.com"]), Route("v6", "/*", ["[::1]"]));
        Assert.Equal(name, router.Match(host, "/", "GET").Value);
    }

    [Theory]
    [InlineData(255, "wildcard")]
    [InlineData(256, "any")]
    public void A_host_is_measured(int length, string name)
    {
        var router = Of(Route("any", "/*"), Route("wildcard", "/*", ["*.example.com"]));
        Assert.Equal(255, Router<string>.HostCharsMax);
        Assert.Equal(name, router.Match(new string('a', length - 12) + ".example.com", "/", "GET").Value);
    }

    [Fact]
    public void A_specific_host_goes_before_a_specific_path_and_falls_through_where_it_has_none()
    {
        var router = Of(Route("any", "/v1/chat"), Route("host", "/*", ["a.com"]), Route("narrow", "/only", ["b.com"]));
        Assert.Equal("host", router.Match("a.com", "/v1/chat", "GET").Value);
        Assert.Equal("any", router.Match("b.com", "/v1/chat", "GET").Value);
    }

    [Fact]
    public void Between_equals_the_file_order_decides()
    {
        var router = Of(Route("first", "/a/{x}"), Route("second", "/a/{y}"));
        Assert.Equal("first", router.Match("", "/a/b", "GET").Value);
    }

    [Fact]
    public void A_route_that_does_not_take_the_method_is_passed_over()
    {
        var router = Of(
            Route("all", "/*", [], "DELETE"), Route("exact", "/a", [], "POST", "PUT"), Route("parameter", "/{x}", [], "GET"));
        Assert.Equal("exact", router.Match("", "/a", "PUT").Value);
        Assert.Equal("parameter", router.Match("", "/a", "GET").Value);
        Assert.Equal("parameter", router.Match("", "/a", "HEAD").Value);
        Assert.Equal("all", router.Match("", "/a", "DELETE").Value);
        var refused = router.Match("", "/a", "OPTIONS");
        Assert.Equal(RouteOutcome.MethodNotAllowed, refused.Outcome);
        Assert.Equal("POST, PUT, GET, DELETE", refused.Allow);
        Assert.Null(refused.Value);
        Assert.Equal(RouteOutcome.MethodNotAllowed, router.Match("", "/a", "get").Outcome);
        Assert.Equal("DELETE", router.Match("", "/x/y", "GET").Allow);
    }

    [Fact]
    public void A_HEAD_goes_to_the_first_route_that_takes_HEAD_or_GET()
    {
        var router = Of(Route("post", "/a", [], "POST"), Route("get", "/a", [], "GET"), Route("head", "/a", [], "HEAD"));
        Assert.Equal("get", router.Match("", "/a", "HEAD").Value);
        var any = Of(Route("post", "/a", [], "POST"), Route("any", "/a"), Route("get", "/a", [], "GET"));
        Assert.Equal("post", any.Match("", "/a", "POST").Value);
        Assert.Equal("any", any.Match("", "/a", "GET").Value);
    }

    [Theory]
    [InlineData("/v1/models", "/v1/models", "/v1/models")]
    [InlineData("/v1/*", "/v1/x", "/v1")]
    [InlineData("/v1/*", "/v1", "/v1")]
    [InlineData("/*", "/x", "")]
    [InlineData("/users/{id}/posts", "/users/5/posts", "/users")]
    [InlineData("/a/b/{id}/*", "/a/b/5/c", "/a/b")]
    [InlineData("/{id}", "/5", "")]
    public void The_literal_part_can_be_stripped(string pattern, string path, string stripped)
    {
        var match = Of(Route("only", pattern)).Match("", path, "GET");
        Assert.Equal(stripped, path[..match.StripLength]);
    }

    [Theory]
    [InlineData(Router<string>.PatternSegmentCountMax, true)]
    [InlineData(Router<string>.PatternSegmentCountMax + 1, false)]
    public void The_segments_of_a_pattern_are_counted(int count, bool fits)
    {
        var path = string.Concat(Enumerable.Repeat("/a", count));
        if (fits)
        {
            Assert.Equal("deep", Of(Route("deep", path + "/*")).Match("", path, "GET").Value);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => Of(Route("deep", path + "/*")));
        }
    }

    [Fact]
    public void A_pattern_without_a_slash_at_its_start_is_refused() =>
        Assert.Throws<ArgumentException>(() => Of(Route("bad", "a")));

    [Fact]
    public void Ten_thousand_routes_are_searched_without_allocation()
    {
        var routes = Enumerable.Range(0, 10_000).Select(i => Route($"r{i}", (i % 3) switch
        {
            0 => $"/api/{i}",
            1 => $"/api/{i}/*",
            _ => $"/api/{i}/{{id}}/x",
        }, [$"h{i % 100}.example.com"])).ToArray();
        var router = Of(routes);
        Assert.Equal("r9998", router.Match("H98.example.com:80", "/api/9998/5/x", "GET").Value);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var match = router.Match("H98.example.com:80", "/api/9998/5/x", "GET");
        router.Match("H0.example.com", "/api/none", "GET");
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal("r9998", match.Value);
    }

    internal static Router<string> Of(params (RoutePlan, string)[] routes) => new(routes);

    internal static (RoutePlan, string) Route(string name, string pattern, string[]? hosts = null, params string[] methods) =>
        (new RoutePlan
        {
            Name = name,
            Hosts = [.. hosts ?? []],
            Path = new PathPattern(
                pattern.Contains('{', StringComparison.Ordinal) ? PathPatternKind.Parameters
                    : pattern.EndsWith("/*", StringComparison.Ordinal) ? PathPatternKind.Prefix
                    : PathPatternKind.Exact,
                pattern),
            Methods = [.. methods],
            Upstream = Upstream,
        }, name);

    private static readonly UpstreamPlan Upstream =
        new() { Name = "u", Dialect = Dialect.Http, Targets = ImmutableArray<TargetPlan>.Empty };
}
