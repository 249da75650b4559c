using CsCheck;
using Edge.Core.Configuration;
using Edge.Core.Routing;

namespace Edge.Core.Tests.Routing;

/// <summary>Holds the router against a reader of the rules that looks at every route, one after the other.</summary>
public sealed class RouterModelTests
{
    private static readonly Gen<string> Segment = Gen.OneOf("a", "b", "{x}", "");
    private static readonly Gen<string[]> Hosts = Gen.OneOf("a.com", "b.a.com", "*.a.com", "*.b.a.com", "*.com").Array[0, 2];
    private static readonly Gen<string[]> Methods = Gen.OneOf("GET", "HEAD", "POST").Array[0, 2];

    private static readonly Gen<string> Pattern = Gen.Select(Segment.Array[0, 4], Gen.Bool, (segments, isSubtree) =>
        string.Concat(segments.Select(segment => "/" + segment)) + (isSubtree ? "/*" : segments.Length == 0 ? "/" : ""));

    private static readonly Gen<(string Host, string Path, string Method)> Request = Gen.Select(
        Gen.OneOf("a.com", "b.a.com", "c.b.a.com", "B.A.com:80", "x.com", "com", ""),
        Gen.OneOf("a", "b", "c", "").Array[1, 5].Select(segments => "/" + string.Join('/', segments)),
        Gen.OneOf("GET", "HEAD", "POST", "PUT"));

    [Fact]
    public void The_router_agrees_with_the_rules_read_slowly() =>
        Gen.Select(Gen.Select(Pattern, Hosts, Methods).Array[0, 12], Request.Array[1, 8]).Sample(
            (shapes, requests) =>
            {
                var routes = shapes.Select((s, i) => RouterTests.Route($"r{i}", s.Item1, s.Item2, s.Item3)).ToArray();
                var router = new Router<string>(routes);
                foreach (var (host, path, method) in requests)
                {
                    var match = router.Match(host, path, method);
                    var (outcome, name, allow) = Expect(routes, host, path, method);
                    Assert.Equal((outcome, name), (match.Outcome, match.Value));
                    Assert.Equal(allow, match.Allow?.Split(", ").Order());
                }
            },
            iter: 5_000);

    private static (RouteOutcome, string?, IEnumerable<string>?) Expect(
        (RoutePlan Plan, string Name)[] routes, string rawHost, string path, string method)
    {
        var host = rawHost.Split(':')[0].ToLowerInvariant();
        var candidates = routes
            .Select((route, order) => (
                route.Plan, route.Name, Host: HostRank(route.Plan, host), Path: PathRank(route.Plan.Path, path), order))
            .Where(candidate => candidate.Host >= 0 && candidate.Path is not null)
            .OrderByDescending(candidate => candidate.Host)
            .ThenByDescending(candidate => candidate.Path, StringComparer.Ordinal)
            .ThenBy(candidate => candidate.order)
            .ToArray();
        var found = candidates.FirstOrDefault(candidate => Takes(candidate.Plan, method));
        return found.Name is not null ? (RouteOutcome.Found, found.Name, null)
            : candidates.Length == 0 ? (RouteOutcome.NotFound, null, null)
            : (RouteOutcome.MethodNotAllowed, null,
                candidates.SelectMany(candidate => candidate.Plan.Methods).Distinct().Order());
    }

    private static bool Takes(RoutePlan plan, string method) =>
        plan.Methods.IsEmpty || plan.Methods.Contains(method) || (method == "HEAD" && plan.Methods.Contains("GET"));

    /// <summary>How specific the best of a route's hosts is; -1 where none matches.</summary>
    private static int HostRank(RoutePlan plan, string host)
    {
        if (plan.Hosts.IsEmpty)
        {
            return 0;
        }

        return plan.Hosts.Max(name =>
            name == host ? int.MaxValue
            : name.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(name[1..], StringComparison.Ordinal)
                && host.Length > name.Length - 1 ? name.Length
            : -1);
    }

    /// <summary>How specific a pattern is, as a text that sorts, one letter a segment; null where it does not match.</summary>
    private static string? PathRank(PathPattern pattern, string path)
    {
        if (pattern.Kind == PathPatternKind.Exact)
        {
            return pattern.Text == path ? "z" : null;
        }

        var isSubtree = pattern.Text.EndsWith("/*", StringComparison.Ordinal);
        var wanted = (isSubtree ? pattern.Text[..^2] : pattern.Text).Split('/');
        var given = path.Split('/');
        if (isSubtree ? given.Length < wanted.Length : given.Length != wanted.Length)
        {
            return null;
        }

        var rank = "";
        for (var i = 1; i < wanted.Length; i++)
        {
            var isParameter = wanted[i] == "{x}";
            if (isParameter ? given[i].Length == 0 : given[i] != wanted[i])
            {
                return null;
            }

            rank += isParameter ? "p" : "q";
        }

        // The end of a pattern beats its subtree.
        return rank + (isSubtree ? "b" : "c");
    }
}
