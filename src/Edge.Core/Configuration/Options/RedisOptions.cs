using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Limits;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>redis</c> as written.</summary>
internal sealed class RedisOptions
{
    /// <summary>Most endpoints.</summary>
    public const int EndpointsMax = 64;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<RedisOptions> Shape = new(
        "redis", "Redis settings", "The Redis or Valkey through which replicas share limits.",
        new Key<RedisOptions, List<Located<string>>>(
            "endpoints", new ListShape<string>(Scalars.HostAndPort, "hosts with ports", 1, EndpointsMax),
            (o, v) => o.Endpoints = v,
            "Host and port of one server, of some of a cluster, or of the sentinels.", isRequired: true),
        new Key<RedisOptions, string>("user", Scalars.Name, (o, v) => o.User = v, "The ACL user. Left out: the default one."),
        new Key<RedisOptions, Secret?>(
            "password", Scalars.SecretOrNone, (o, v) => o.Password = v, "The password. Left out or empty: none."),
        new Key<RedisOptions, string>(
            "sentinelPrimary", Scalars.Name, (o, v) => o.SentinelPrimary = v,
            "The name of the primary that the sentinels at the endpoints watch. Left out: the endpoints are the servers."),
        new Key<RedisOptions, bool>("tls", Scalars.Boolean, (o, v) => o.Tls = v, "Speak TLS with it.", defaultText: "false"),
        new Key<RedisOptions, string>(
            "ca", Scalars.File, (o, v) => o.Ca = v,
            "PEM file of the only authorities to trust; speaks TLS. Left out: the system's."),
        new Key<RedisOptions, TimeSpan>(
            "timeout", Scalars.Duration(), (o, v) => o.Timeout = v,
            "The longest that a request waits for it.", defaultText: "50ms"),
        new Key<RedisOptions, WhenDown>(
            "whenDown", LimitRules.WhenDown, (o, v) => o.WhenDown = v,
            "What limited requests get while it is away. `open`: each replica goes on with its share, the limit divided by the " +
            "replicas last seen. `closed`: 503.", defaultText: "open"),
        new Key<RedisOptions, string>(
            "prefix", Scalars.Name, (o, v) => o.Prefix = v, "What the names of all keys in it begin with.", defaultText: "edge"));

    /// <summary>Where it is.</summary>
    public Located<List<Located<string>>>? Endpoints { get; set; }

    /// <summary>The user.</summary>
    public Located<string>? User { get; set; }

    /// <summary>The password.</summary>
    public Located<Secret?>? Password { get; set; }

    /// <summary>The primary.</summary>
    public Located<string>? SentinelPrimary { get; set; }

    /// <summary>TLS.</summary>
    public Located<bool>? Tls { get; set; }

    /// <summary>Authorities.</summary>
    public Located<string>? Ca { get; set; }

    /// <summary>Longest waiting.</summary>
    public Located<TimeSpan>? Timeout { get; set; }

    /// <summary>While away.</summary>
    public Located<WhenDown>? WhenDown { get; set; }

    /// <summary>Prefix of names.</summary>
    public Located<string>? Prefix { get; set; }
}
