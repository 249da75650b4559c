using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An entry of <c>upstreams</c> as written.</summary>
internal sealed class UpstreamOptions
{
    /// <summary>Most targets of an upstream.</summary>
    public const int TargetsMax = 256;

    /// <summary>Most credentials of an upstream.</summary>
    public const int CredentialsMax = 64;

    /// <summary>Largest bound for the number of connections.</summary>
    public const int ConnectionsCountMax = 1_000_000;

    /// <summary>Smallest bound for an answer's headers.</summary>
    public const int ResponseHeadersBytesMin = 1024;

    /// <summary>Largest bound for an answer's headers.</summary>
    public const int ResponseHeadersBytesMax = 1024 * 1024;

    private static readonly ScalarShape<bool> MaxTokensName = Scalars.Choice(
        "max_completion_tokens or max_tokens", ("max_completion_tokens", false), ("max_tokens", true));

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<UpstreamOptions> Shape = new(
        "upstream", "an upstream", "A service behind the gateway.",
        new Key<UpstreamOptions, Dialect>(
            "dialect", Scalars.DialectName, (o, v) => o.Dialect = v,
            "What it speaks: decides the shape of errors and which header carries the credential.", defaultText: "http"),
        new Key<UpstreamOptions, List<Located<TargetOptions>>>(
            "targets", new ListShape<TargetOptions>(TargetOptions.Any, "URLs or targets", 1, TargetsMax), (o, v) => o.Targets = v,
            "Where it is reached: URLs with scheme, host, and perhaps a port and a path that goes before each request's path. " +
            "Several are balanced.", isRequired: true),
        new Key<UpstreamOptions, BalanceOptions>(
            "balance", BalanceOptions.Any, (o, v) => o.Balance = v, "How one of several targets is chosen.", defaultText: "p2c"),
        new Key<UpstreamOptions, Secret>(
            "credential", Scalars.Secret, (o, v) => o.Credential = v,
            "Sent in place of whatever credential the caller brought: as `x-api-key` to `anthropic`, else as a Bearer token. " +
            "Left out: the caller's own goes through."),
        new Key<UpstreamOptions, List<Located<Secret>>>(
            "credentials", new ListShape<Secret>(Scalars.Secret, "secrets", 1, CredentialsMax), (o, v) => o.Credentials = v,
            "In place of `credential`, several of one provider: each request takes the one that has most room by what the " +
            "provider says in its answers, and none that it has turned away with 429 or 401."),
        new Key<UpstreamOptions, BreakerOptions>(
            "breaker", BreakerOptions.Shape, (o, v) => o.Breaker = v,
            "When a target that fails is left alone for a time. Left out: never."),
        new Key<UpstreamOptions, HealthOptions>(
            "health", HealthOptions.Shape, (o, v) => o.Health = v,
            "Asks each target whether it is well. Left out: nobody asks."),
        new Key<UpstreamOptions, OutlierOptions>(
            "outlier", OutlierOptions.Shape, (o, v) => o.Outlier = v,
            "When a target is ejected because its requests fail. Left out: never."),
        new Key<UpstreamOptions, AzureOptions>(
            "azure", AzureOptions.Shape, (o, v) => o.Azure = v,
            "It is Azure OpenAI in a dated version: paths name the deployment, which is the request's model, and the " +
            "credential goes into `api-key`. For `dialect: openai`. Left out: it is not."),
        new Key<UpstreamOptions, bool>(
            "maxTokensKey", MaxTokensName, (o, v) => o.MaxTokensKey = v,
            "Where requests are translated for it: which member bounds the answer. `max_completion_tokens` is OpenAI's own; " +
            "some servers know only `max_tokens`. For `dialect: openai`.", defaultText: "max_completion_tokens"),
        new Key<UpstreamOptions, HeaderRulesOptions>(
            "headers", HeaderRulesOptions.Shape, (o, v) => o.Headers = v,
            "Changes to the headers of every request to it, after the route's own.", defaultText: "{}"),
        new Key<UpstreamOptions, TimeoutsOptions>(
            "timeouts", TimeoutsOptions.Shape, (o, v) => o.Timeouts = v, "How long each step may take.", defaultText: "{}"),
        new Key<UpstreamOptions, RetriesOptions>(
            "retries", RetriesOptions.Shape, (o, v) => o.Retries = v,
            "When a request is sent to it again. Left out: only to another target, where none could be connected to."),
        new Key<UpstreamOptions, UpstreamTlsOptions>(
            "tls", UpstreamTlsOptions.Shape, (o, v) => o.Tls = v, "How its certificate is verified.", defaultText: "{}"),
        new Key<UpstreamOptions, int>(
            "connectionsMax", Scalars.Count(1, ConnectionsCountMax), (o, v) => o.ConnectionsMax = v,
            "Most connections at once to one target. One more is answered with 503.", defaultText: "20000"),
        new Key<UpstreamOptions, TimeSpan>(
            "connectionLifetime", Scalars.Duration(),
            (o, v) => o.ConnectionLifetime = v,
            "A connection older than this is not used again, so that a change in DNS is seen.", defaultText: "5m"),
        new Key<UpstreamOptions, TimeSpan>(
            "connectionIdleTimeout", Scalars.Duration(),
            (o, v) => o.ConnectionIdleTimeout = v, "A connection unused for longer than this is closed.", defaultText: "60s"),
        new Key<UpstreamOptions, long>(
            "responseHeadersMax", Scalars.Size(ResponseHeadersBytesMin, ResponseHeadersBytesMax),
            (o, v) => o.ResponseHeadersMax = v, "Most bytes of status line and headers of an answer.", defaultText: "64KiB"));

    /// <summary>What it speaks.</summary>
    public Located<Dialect>? Dialect { get; set; }

    /// <summary>Where it is reached.</summary>
    public Located<List<Located<TargetOptions>>>? Targets { get; set; }

    /// <summary>How one of them is chosen.</summary>
    public Located<BalanceOptions>? Balance { get; set; }

    /// <summary>The provider's credential.</summary>
    public Located<Secret>? Credential { get; set; }

    /// <summary>Several credentials.</summary>
    public Located<List<Located<Secret>>>? Credentials { get; set; }

    /// <summary>When a target is left alone.</summary>
    public Located<BreakerOptions>? Breaker { get; set; }

    /// <summary>Checks.</summary>
    public Located<HealthOptions>? Health { get; set; }

    /// <summary>When a target is ejected.</summary>
    public Located<OutlierOptions>? Outlier { get; set; }

    /// <summary>Azure's way.</summary>
    public Located<AzureOptions>? Azure { get; set; }

    /// <summary>What bounds an answer; true: the older name.</summary>
    public Located<bool>? MaxTokensKey { get; set; }

    /// <summary>Changes to headers.</summary>
    public Located<HeaderRulesOptions>? Headers { get; set; }

    /// <summary>Time for each step.</summary>
    public Located<TimeoutsOptions>? Timeouts { get; set; }

    /// <summary>Retries.</summary>
    public Located<RetriesOptions>? Retries { get; set; }

    /// <summary>Verification.</summary>
    public Located<UpstreamTlsOptions>? Tls { get; set; }

    /// <summary>Connections at once.</summary>
    public Located<int>? ConnectionsMax { get; set; }

    /// <summary>Age of a connection.</summary>
    public Located<TimeSpan>? ConnectionLifetime { get; set; }

    /// <summary>Idleness of a connection.</summary>
    public Located<TimeSpan>? ConnectionIdleTimeout { get; set; }

    /// <summary>Bytes of an answer's headers.</summary>
    public Located<long>? ResponseHeadersMax { get; set; }
}

/// <summary>An upstream's <c>timeouts</c> as written.</summary>
internal sealed class TimeoutsOptions
{
    private static readonly ScalarShape<TimeSpan> Timeout = Scalars.Duration();

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<TimeoutsOptions> Shape = new(
        "timeouts", "timeouts", "How long each step of an exchange with an upstream may take.",
        new Key<TimeoutsOptions, TimeSpan>(
            "connect", Timeout, (o, v) => o.Connect = v, "Name resolution, TCP and TLS together.", defaultText: "5s"),
        new Key<TimeoutsOptions, TimeSpan>(
            "firstByte", Timeout, (o, v) => o.FirstByte = v,
            "From the last byte of the request to the head of the answer.", defaultText: "60s"),
        new Key<TimeoutsOptions, TimeSpan>(
            "idle", Timeout, (o, v) => o.Idle = v, "Between two reads, or two writes, of a body.", defaultText: "60s"),
        new Key<TimeoutsOptions, TimeSpan>(
            "total", Timeout, (o, v) => o.Total = v, "The whole exchange, a stream included.", defaultText: "10m"));

    /// <summary>To connect.</summary>
    public Located<TimeSpan>? Connect { get; set; }

    /// <summary>To the answer's head.</summary>
    public Located<TimeSpan>? FirstByte { get; set; }

    /// <summary>Between two pieces of a body.</summary>
    public Located<TimeSpan>? Idle { get; set; }

    /// <summary>In all.</summary>
    public Located<TimeSpan>? Total { get; set; }
}

/// <summary>An upstream's <c>tls</c> as written.</summary>
internal sealed class UpstreamTlsOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<UpstreamTlsOptions> Shape = new(
        "upstreamTls", "TLS settings", "How the certificates of an upstream's https targets are verified.",
        new Key<UpstreamTlsOptions, string>(
            "ca", Scalars.File, (o, v) => o.Ca = v,
            "PEM file with the only certificate authorities to trust. Left out: those that the system trusts."));

    /// <summary>Path of the authorities.</summary>
    public Located<string>? Ca { get; set; }
}
