using System.Net;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The whole file as written. A null is a key that is not there, or whose value was refused.</summary>
internal sealed class EdgeOptions
{
    /// <summary>Most listeners.</summary>
    public const int ListenersMax = 64;

    /// <summary>Most upstreams.</summary>
    public const int UpstreamsMax = 10_000;

    /// <summary>Most routes.</summary>
    public const int RoutesMax = 20_000;

    /// <summary>Most trusted networks.</summary>
    public const int TrustedProxiesMax = 256;

    /// <summary>Most tiers.</summary>
    public const int TiersMax = 256;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<EdgeOptions> Shape = new(
        "edge", "a configuration", "The configuration of the gateway: one file.",
        new Key<EdgeOptions, List<Located<ListenerOptions>>>(
            "listeners", new ListShape<ListenerOptions>(ListenerOptions.Shape, "listeners", 1, ListenersMax),
            (o, v) => o.Listeners = v, "Where callers connect.", isRequired: true),
        new Key<EdgeOptions, AdminOptions>(
            "admin", AdminOptions.Shape, (o, v) => o.Admin = v, "Where health and readiness are asked for. Left out: nowhere."),
        new Key<EdgeOptions, List<Located<IPNetwork>>>(
            "trustedProxies", new ListShape<IPNetwork>(Scalars.Network, "networks", 0, TrustedProxiesMax),
            (o, v) => o.TrustedProxies = v,
            "Peers whose `X-Forwarded-*` and `Forwarded` headers are believed and extended. Those of all others are replaced.",
            defaultText: "[]"),
        new Key<EdgeOptions, TimeSpan>(
            "drainTimeout", Scalars.Duration(), (o, v) => o.DrainTimeout = v,
            "How long running requests and streams may go on after SIGTERM.", defaultText: "30s"),
        new Key<EdgeOptions, MemoryOptions>(
            "memory", MemoryOptions.Shape, (o, v) => o.Memory = v,
            "From how much memory on new requests are turned away. See [protection.md](protection.md).", defaultText: "{}"),
        new Key<EdgeOptions, TelemetryOptions>(
            "telemetry", TelemetryOptions.Shape, (o, v) => o.Telemetry = v, "What the gateway tells of what it does.",
            defaultText: "{}"),
        new Key<EdgeOptions, IdentityOptions>(
            "identity", IdentityOptions.Shape, (o, v) => o.Identity = v, "Who may call.", defaultText: "{}"),
        new Key<EdgeOptions, List<Named<TierOptions>>>(
            "tiers",
            new MapShape<TierOptions>(
                Scalars.Name, TierOptions.Shape, "a mapping of names to tiers", 1, TiersMax, StringComparer.Ordinal),
            (o, v) => o.Tiers = v,
            "The tiers of callers, by name. Left out: any name is a tier. Where it is there, every tier that the file names " +
            "has to be in it, and a tier that only a token names counts as none."),
        new Key<EdgeOptions, RedisOptions>(
            "redis", RedisOptions.Shape, (o, v) => o.Redis = v,
            "The Redis or Valkey through which replicas share limits. Left out: each process counts by itself."),
        new Key<EdgeOptions, LimitStateOptions>(
            "limitState", LimitStateOptions.Shape, (o, v) => o.LimitState = v,
            "The file that keeps quotas and budgets over a restart; not together with `redis`, which keeps them itself. Left " +
            "out: each start begins anew. Takes effect at the start."),
        new Key<EdgeOptions, OverloadOptions>(
            "overload", OverloadOptions.Shape, (o, v) => o.Overload = v,
            "How many requests may wait for an upstream at once, and who is turned away first. Left out: any number."),
        new Key<EdgeOptions, CacheStoreOptions>(
            "cacheStore", CacheStoreOptions.Shape, (o, v) => o.CacheStore = v,
            "The memory in which answers are kept; taken when a route has `cache`.", defaultText: "{}"),
        new Key<EdgeOptions, string>(
            "prices", Scalars.File, (o, v) => o.Prices = v,
            "A file that says what models cost, for limits in `usd`. See [limits.md](limits.md#prices)."),
        new Key<EdgeOptions, string>(
            "calibration", Scalars.File, (o, v) => o.Calibration = v,
            "A file in which what `estimate: calibrated` has learned is kept. Left out: it is learned anew after each start."),
        new Key<EdgeOptions, List<Named<UpstreamOptions>>>(
            "upstreams",
            new MapShape<UpstreamOptions>(
                Scalars.Name, UpstreamOptions.Shape, "a mapping of names to upstreams", 1, UpstreamsMax, StringComparer.Ordinal),
            (o, v) => o.Upstreams = v, "The services behind the gateway, by name.", isRequired: true),
        new Key<EdgeOptions, RouteSettingsOptions>(
            "defaults", RouteSettingsOptions.Shape, (o, v) => o.Defaults = v,
            "What holds for every route. A route's own key replaces the key here as a whole.", defaultText: "{}"),
        new Key<EdgeOptions, List<Located<RouteOptions>>>(
            "routes", new ListShape<RouteOptions>(RouteOptions.Shape, "routes", 1, RoutesMax), (o, v) => o.Routes = v,
            "Which requests go where. The order matters only between equally specific routes.", isRequired: true));

    /// <summary>Where callers connect.</summary>
    public Located<List<Located<ListenerOptions>>>? Listeners { get; set; }

    /// <summary>The administrative listener.</summary>
    public Located<AdminOptions>? Admin { get; set; }

    /// <summary>Believed peers.</summary>
    public Located<List<Located<IPNetwork>>>? TrustedProxies { get; set; }

    /// <summary>Time to finish after SIGTERM.</summary>
    public Located<TimeSpan>? DrainTimeout { get; set; }

    /// <summary>The mark of memory.</summary>
    public Located<MemoryOptions>? Memory { get; set; }

    /// <summary>Logs.</summary>
    public Located<TelemetryOptions>? Telemetry { get; set; }

    /// <summary>Who may call.</summary>
    public Located<IdentityOptions>? Identity { get; set; }

    /// <summary>The common store.</summary>
    public Located<RedisOptions>? Redis { get; set; }

    /// <summary>The file of counts.</summary>
    public Located<LimitStateOptions>? LimitState { get; set; }

    /// <summary>Overload.</summary>
    public Located<OverloadOptions>? Overload { get; set; }

    /// <summary>Memory for answers.</summary>
    public Located<CacheStoreOptions>? CacheStore { get; set; }

    /// <summary>The file of prices.</summary>
    public Located<string>? Prices { get; set; }

    /// <summary>The file of what was learned of estimates.</summary>
    public Located<string>? Calibration { get; set; }

    /// <summary>The tiers.</summary>
    public Located<List<Named<TierOptions>>>? Tiers { get; set; }

    /// <summary>The services.</summary>
    public Located<List<Named<UpstreamOptions>>>? Upstreams { get; set; }

    /// <summary>What holds for every route.</summary>
    public Located<RouteSettingsOptions>? Defaults { get; set; }

    /// <summary>The routes.</summary>
    public Located<List<Located<RouteOptions>>>? Routes { get; set; }
}
