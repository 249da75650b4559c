using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An item of <c>routes</c> as written.</summary>
internal sealed class RouteOptions : RouteSettingsOptions
{
    /// <summary>Its description.</summary>
    public static new readonly ObjectShape<RouteOptions> Shape = new(
        "route", "a route", "Which requests go where, and what is done to them on the way.",
        [
            new Key<RouteOptions, string>(
                "name", Scalars.Name, (o, v) => o.Name = v, "Its name in logs and messages; no two routes have the same.",
                isRequired: true),
            new Key<RouteOptions, MatchOptions>(
                "match", MatchOptions.Shape, (o, v) => o.Match = v, "Which requests. Left out: all.", defaultText: "{}"),
            new Key<RouteOptions, string>(
                "upstream", Scalars.Name, (o, v) => o.Upstream = v, "The name of the upstream that answers.", isRequired: true),
            new Key<RouteOptions, List<Located<FallbackOptions>>>(
                "fallback", new ListShape<FallbackOptions>(FallbackOptions.Shape, "fallbacks", 0, FallbackOptions.ItemsMax),
                (o, v) => o.Fallback = v,
                "What is done where the upstream fails, in this order. See [retries.md](retries.md#fallback).",
                defaultText: "[]"),
            new Key<RouteOptions, CanaryOptions>(
                "canary", CanaryOptions.Shape, (o, v) => o.Canary = v,
                "Another upstream that a share of the requests goes to. Left out: none."),
            new Key<RouteOptions, ShadowOptions>(
                "shadow", ShadowOptions.Shape, (o, v) => o.Shadow = v,
                "Another upstream that is sent copies of requests, and whose answers are dropped. Left out: none."),
            new Key<RouteOptions, bool>(
                "stripPath", Scalars.Boolean, (o, v) => o.StripPath = v,
                "Take the literal part of the matched path off before forwarding.", defaultText: "false"),
            new Key<RouteOptions, bool>(
                "preserveHost", Scalars.Boolean, (o, v) => o.PreserveHost = v,
                "Forward the caller's Host instead of the target's own.", defaultText: "false"),
            new Key<RouteOptions, UpgradeOptions>(
                "upgrade", UpgradeOptions.Shape, (o, v) => o.Upgrade = v,
                "Other protocols that callers may switch to, such as WebSocket. See [upgrades.md](upgrades.md). Left out: " +
                "none; a request that asks for one is served as if it did not."),
            .. Keys<RouteOptions>(isDefaults: false),
        ]);

    /// <summary>Its name.</summary>
    public Located<string>? Name { get; set; }

    /// <summary>Which requests.</summary>
    public Located<MatchOptions>? Match { get; set; }

    /// <summary>Who answers.</summary>
    public Located<string>? Upstream { get; set; }

    /// <summary>Who answers else.</summary>
    public Located<List<Located<FallbackOptions>>>? Fallback { get; set; }

    /// <summary>Who answers some.</summary>
    public Located<CanaryOptions>? Canary { get; set; }

    /// <summary>Who gets copies.</summary>
    public Located<ShadowOptions>? Shadow { get; set; }

    /// <summary>Path made shorter.</summary>
    public Located<bool>? StripPath { get; set; }

    /// <summary>Caller's Host.</summary>
    public Located<bool>? PreserveHost { get; set; }

    /// <summary>Other protocols.</summary>
    public Located<UpgradeOptions>? Upgrade { get; set; }
}

/// <summary>A route's <c>match</c> as written.</summary>
internal sealed class MatchOptions
{
    /// <summary>Most hosts of a route.</summary>
    public const int HostsMax = 256;

    /// <summary>Most methods of a route.</summary>
    public const int MethodsMax = 32;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<MatchOptions> Shape = new(
        "match", "a match", "Which requests a route takes: those that fit all of its keys.",
        new Key<MatchOptions, List<Located<string>>>(
            "hosts", new ListShape<string>(Scalars.Host, "hosts", 1, HostsMax), (o, v) => o.Hosts = v,
            "Host names without port, in lower case: `api.example.com`, or `\"*.example.com\"` for all below. Left out: any."),
        new Key<MatchOptions, PathPattern>(
            "path", Scalars.Path, (o, v) => o.Path = v,
            "`/v1/models` is that path alone; `/v1/*` is `/v1` and all below; `/users/{id}/posts` has a segment that may be " +
            "anything. Text with braces stands in quotes inside `{ }`.", defaultText: "/*"),
        new Key<MatchOptions, List<Located<string>>>(
            "methods", new ListShape<string>(Scalars.Method, "methods", 1, MethodsMax), (o, v) => o.Methods = v,
            "Methods in upper case. Left out: any."));

    /// <summary>Hosts.</summary>
    public Located<List<Located<string>>>? Hosts { get; set; }

    /// <summary>Paths.</summary>
    public Located<PathPattern>? Path { get; set; }

    /// <summary>Methods.</summary>
    public Located<List<Located<string>>>? Methods { get; set; }
}
