using System.Collections.Immutable;

namespace Edge.Core.Configuration;

/// <summary>The wire dialect of a service: decides the shape of errors and where a credential goes.</summary>
public enum Dialect
{
    /// <summary>Any HTTP service. Errors are RFC 9457 problem details; a credential is a Bearer token.</summary>
    Http,

    /// <summary>OpenAI's API. A credential is a Bearer token.</summary>
    OpenAI,

    /// <summary>Anthropic's API. A credential goes into <c>x-api-key</c>.</summary>
    Anthropic,
}

/// <summary>A service behind the gateway.</summary>
public sealed record UpstreamPlan
{
    /// <summary>Its name in the file.</summary>
    public required string Name { get; init; }

    /// <summary>Its wire dialect.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>Where it is reached; several are balanced. At least one.</summary>
    public required ImmutableArray<TargetPlan> Targets { get; init; }

    /// <summary>Weights of the targets, in their order; empty: all the same.</summary>
    public ImmutableArray<int> Weights { get; init; } = [];

    /// <summary>How one of several targets is chosen.</summary>
    public BalancePlan Balance { get; init; } = new();

    /// <summary>Sent in place of whatever credential the caller brought; null leaves the caller's alone.</summary>
    public Secret? Credential { get; init; }

    /// <summary>Several in its place, of which each request takes one; empty: there are not.</summary>
    public ImmutableArray<Secret> Credentials { get; init; } = [];

    /// <summary>True where the service has a credential of its own.</summary>
    public bool HasCredential => Credential is not null || !Credentials.IsEmpty;

    /// <summary>When a target is left alone; null: never.</summary>
    public BreakerPlan? Breaker { get; init; }

    /// <summary>How targets are asked whether they are well; null: they are not.</summary>
    public HealthPlan? Health { get; init; }

    /// <summary>When a target is ejected; null: never.</summary>
    public OutlierPlan? Outlier { get; init; }

    /// <summary>It is asked in Azure's way; null: it is not.</summary>
    public AzurePlan? Azure { get; init; }

    /// <summary>
    /// It knows the bound of an answer as <c>max_tokens</c> alone, and not as <c>max_completion_tokens</c>.
    /// </summary>
    public bool SaysMaxTokens { get; init; }

    /// <summary>Headers set, added or removed on every request to it, after the route's own.</summary>
    public HeaderRules Headers { get; init; } = HeaderRules.None;

    /// <summary>How long each step may take.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>When a request is sent to it again; null: never.</summary>
    public RetryPlan? Retries { get; init; }

    /// <summary>Absolute path of a PEM file of the only certificate authorities to trust; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Most connections at once to one target; one more is answered with 503.</summary>
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>A connection older than this is not used again, so that a change in DNS is seen.</summary>
    public TimeSpan ConnectionLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection unused for longer than this is closed.</summary>
    public TimeSpan ConnectionIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Most bytes of status line and headers of an answer.</summary>
    public int ResponseHeadersMax { get; init; } = 64 * 1024;

    /// <summary>True where another plan says the same, list by list, so that what runs for one can go on for the other.</summary>
    public bool IsSameAs(UpstreamPlan other) =>
        Targets.AsSpan().SequenceEqual(other.Targets.AsSpan())
        && Weights.AsSpan().SequenceEqual(other.Weights.AsSpan())
        && Credentials.AsSpan().SequenceEqual(other.Credentials.AsSpan())
        && Headers.IsSameAs(other.Headers)
        && (Health?.IsSameAs(other.Health) ?? other.Health is null)
        && this == other with
        {
            Targets = Targets,
            Weights = Weights,
            Credentials = Credentials,
            Headers = Headers,
            Health = Health,
        };
}

/// <summary>One address of a service.</summary>
/// <param name="Tls">True for https.</param>
/// <param name="Host">Host name or IP literal (without brackets).</param>
/// <param name="Port">Port, 1 to 65535.</param>
/// <param name="Authority">What the Host header says: the port is left out where it is the scheme's own.</param>
/// <param name="BasePath">Path put before each request's path: empty, or with a leading and without a trailing slash.</param>
public sealed record TargetPlan(bool Tls, string Host, int Port, string Authority, string BasePath);

/// <summary>How long each step of an exchange with a service may take.</summary>
public sealed record UpstreamTimeouts
{
    /// <summary>Name resolution, TCP and TLS together.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From the request's last byte to the answer's head.</summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two reads, or two writes, of a body.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The whole exchange.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(10);
}
