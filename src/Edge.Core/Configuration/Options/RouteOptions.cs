using System.Collections.Immutable;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>What <c>defaults</c> and a route have in common, as written.</summary>
internal class RouteSettingsOptions
{
    /// <summary>The description of <c>defaults</c>.</summary>
    public static readonly ObjectShape<RouteSettingsOptions> Shape = new(
        "defaults", "defaults", "What holds for every route that does not say otherwise.",
        Keys<RouteSettingsOptions>(isDefaults: true));

    /// <summary>The identifier of requests.</summary>
    public Located<Optional<RequestIdOptions>>? RequestId { get; set; }

    /// <summary>Changes to requests.</summary>
    public Located<MessageOptions>? Request { get; set; }

    /// <summary>Changes to answers.</summary>
    public Located<MessageOptions>? Response { get; set; }

    /// <summary>Headers about the caller.</summary>
    public Located<ForwardedHeaders>? Forwarded { get; set; }

    /// <summary>Quiet time before a comment.</summary>
    public Located<Optional<TimeSpan>>? Heartbeat { get; set; }

    /// <summary>Bytes of a body.</summary>
    public Located<long>? RequestBodyMax { get; set; }

    /// <summary>The keys, whose absence means a fixed value in <c>defaults</c>, and in a route what the defaults say.</summary>
    protected static ImmutableArray<Key<T>> Keys<T>(bool isDefaults)
        where T : RouteSettingsOptions =>
    [
        new Key<T, Optional<RequestIdOptions>>(
            "requestId", new OrNoneShape<RequestIdOptions>(RequestIdOptions.Shape), (o, v) => o.RequestId = v,
            "How requests are identified.", defaultText: isDefaults ? "none" : null),
        new Key<T, MessageOptions>(
            "request", MessageOptions.Request, (o, v) => o.Request = v,
            "Changes to requests on their way to the upstream.", defaultText: isDefaults ? "{}" : null),
        new Key<T, MessageOptions>(
            "response", MessageOptions.Response, (o, v) => o.Response = v,
            "Changes to answers on their way to the caller.", defaultText: isDefaults ? "{}" : null),
        new Key<T, ForwardedHeaders>(
            "forwarded", Scalars.Forwarded, (o, v) => o.Forwarded = v,
            "Which headers tell the upstream who called: `X-Forwarded-*`, `Forwarded` (RFC 7239), both or none.",
            defaultText: isDefaults ? "both" : null),
        new Key<T, Optional<TimeSpan>>(
            "heartbeat", new OrNoneShape<TimeSpan>(Scalars.Duration()),
            (o, v) => o.Heartbeat = v, "After this long without a byte, an event stream gets a comment line.",
            defaultText: isDefaults ? "none" : null),
        new Key<T, long>(
            "requestBodyMax", Scalars.Size(0, ListenerOptions.RequestBodyBytesMax), (o, v) => o.RequestBodyMax = v,
            "Most bytes of a request's body. Left out everywhere: what the listener says."),
    ];
}

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
            new Key<RouteOptions, bool>(
                "stripPath", Scalars.Boolean, (o, v) => o.StripPath = v,
                "Take the literal part of the matched path off before forwarding.", defaultText: "false"),
            new Key<RouteOptions, bool>(
                "preserveHost", Scalars.Boolean, (o, v) => o.PreserveHost = v,
                "Forward the caller's Host instead of the target's own.", defaultText: "false"),
            .. Keys<RouteOptions>(isDefaults: false),
        ]);

    /// <summary>Its name.</summary>
    public Located<string>? Name { get; set; }

    /// <summary>Which requests.</summary>
    public Located<MatchOptions>? Match { get; set; }

    /// <summary>Who answers.</summary>
    public Located<string>? Upstream { get; set; }

    /// <summary>Path made shorter.</summary>
    public Located<bool>? StripPath { get; set; }

    /// <summary>Caller's Host.</summary>
    public Located<bool>? PreserveHost { get; set; }
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
