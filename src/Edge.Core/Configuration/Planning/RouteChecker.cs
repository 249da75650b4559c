using System.Globalization;
using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks for routes that clash and for names that lead nowhere, in time that grows with the number of routes.</summary>
internal sealed class RouteChecker(DiagnosticBag diagnostics)
{
    /// <summary>Stands for the host of a route that takes any; no host has this text.</summary>
    private const string AnyHost = "";

    private readonly Dictionary<string, Located<string>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Host, string Path), Claim> _claims = [];

    /// <summary>Tells every error in the routes.</summary>
    public void Check(EdgeOptions options)
    {
        HashSet<string> upstreams = [.. options.Upstreams.Items().Select(u => u.Name.Value)];
        var upstreamsAreKnown = options.Upstreams is not null;
        foreach (var route in options.Routes.Items())
        {
            CheckName(route.Value);
            if (upstreamsAreKnown) CheckUpstream(route.Value, upstreams);
            CheckRepeats(route.Value.Match?.Value.Hosts, "host");
            CheckRepeats(route.Value.Match?.Value.Methods, "method");
            CheckMatch(route);
        }
    }

    private void CheckName(RouteOptions route)
    {
        if (route.Name is not { } name || _names.TryAdd(name.Value, name)) return;
        diagnostics.Add(name.Place, $"the route on line {Line(_names[name.Value].Place)} has this name already; choose another");
    }

    private void CheckUpstream(RouteOptions route, HashSet<string> upstreams)
    {
        if (route.Upstream is not { } name || upstreams.Contains(name.Value)) return;
        var suggestion = diagnostics.IsFull ? "" : Nearest.Suggest(name.Hidden ? "" : name.Value, upstreams);
        diagnostics.Add(name.Place, $"{name.Text()} is not an upstream; {suggestion}");
    }

    private void CheckRepeats(Located<List<Located<string>>>? list, string noun)
    {
        if (list is null) return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list.Items())
        {
            if (!seen.Add(item.Value)) diagnostics.Add(item.Place, $"this {noun} is in the list already; keep one");
        }
    }

    private void CheckMatch(Located<RouteOptions> route)
    {
        if (route.Value.Match is not { Value: { Path: { } path } match }) return;
        var key = Paths.Anonymous(path.Value);
        Located<RouteOptions>? clash = null;
        if (match.Hosts is null) clash = ClaimFor(AnyHost, key, route, match);
        foreach (var host in match.Hosts.Items()) clash = ClaimFor(host.Value, key, route, match) ?? clash;
        if (clash is not { } other) return;
        var subject = other.Value.Name is { Hidden: false } name ? $"route {name.Text()}" : "the route";
        var message = $"{subject} on line {Line(PlaceOf(other))} takes the same host, path and method; this one never would";
        diagnostics.Add(PlaceOf(route), message);
    }

    /// <summary>Takes a host and path for a route.</summary>
    /// <returns>The other route that has it already for one of the methods, or null.</returns>
    private Located<RouteOptions>? ClaimFor(string host, string path, Located<RouteOptions> route, MatchOptions match)
    {
        if (!_claims.TryGetValue((host, path), out var claim)) _claims[(host, path)] = claim = new Claim(route);
        else if (claim.AnyMethod is { } any && any.Value != route.Value) return any;
        if (match.Methods is null)
        {
            if (claim.First.Value != route.Value) return claim.First;
            claim.AnyMethod = route;
            return null;
        }

        foreach (var method in match.Methods.Items())
        {
            if (!claim.ByMethod.TryAdd(method.Value, route) && claim.ByMethod[method.Value].Value != route.Value)
                return claim.ByMethod[method.Value];
        }

        return null;
    }

    /// <summary>A route is shown where its name stands, since that is where one looks for it.</summary>
    private static Place PlaceOf(Located<RouteOptions> route) => route.Value.Name?.Place ?? route.Place;

    private static string Line(Place place) => place.Line.ToString(CultureInfo.InvariantCulture);

    /// <summary>Who has a host and a path.</summary>
    private sealed class Claim(Located<RouteOptions> first)
    {
        /// <summary>The first route with it.</summary>
        public Located<RouteOptions> First { get; } = first;

        /// <summary>The route that takes it with every method.</summary>
        public Located<RouteOptions>? AnyMethod { get; set; }

        /// <summary>The routes that take it with some methods.</summary>
        public Dictionary<string, Located<RouteOptions>> ByMethod { get; } = new(StringComparer.Ordinal);
    }
}
