using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Llm;

namespace Edge.Core.Configuration;

/// <summary>
/// A whole configuration, validated and immutable: what edge.yaml says with every default filled in, every name resolved
/// and every secret read. Built only by <c>ConfigurationLoader</c>; shared freely between threads.
/// </summary>
public sealed class EdgePlan
{
    /// <summary>Where callers connect. At least one.</summary>
    public required ImmutableArray<ListenerPlan> Listeners { get; init; }

    /// <summary>The administrative listener, or null where the file has none.</summary>
    public AdminPlan? Admin { get; init; }

    /// <summary>What it says of itself, and where it sends its figures.</summary>
    public required TelemetryPlan Telemetry { get; init; }

    /// <summary>How much the program says of itself.</summary>
    public ProgramLogLevel LogLevel { get; init; }

    /// <summary>Tiers whose callers may ask what each stage decided.</summary>
    public ImmutableArray<string> ExplainTiers { get; init; } = [];

    /// <summary>The access log, or null where none is kept.</summary>
    public AccessLogPlan? AccessLog { get; init; }

    /// <summary>The audit log, or null where none is kept.</summary>
    public AuditLogPlan? AuditLog { get; init; }

    /// <summary>The usage log, or null where none is kept.</summary>
    public UsageLogPlan? UsageLog { get; init; }

    /// <summary>Security headers of answers that belong to no route.</summary>
    public SecurityHeadersPlan SecurityHeaders { get; init; } = SecurityHeadersPlan.None;

    /// <summary>The store that replicas share, or null where each counts by itself.</summary>
    public RedisPlan? Redis { get; init; }

    /// <summary>The file that keeps counts over a restart, or null where there is none.</summary>
    public LimitStatePlan? LimitState { get; init; }

    /// <summary>How much may wait for an upstream, or null where that is not limited.</summary>
    public OverloadPlan? Overload { get; init; }

    /// <summary>Most bytes of answers that are kept in memory.</summary>
    public long CacheBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>What models cost, or null where nothing says so.</summary>
    public PriceTable? Prices { get; init; }

    /// <summary>Where what was learned of estimates is kept, or null for in memory only.</summary>
    public string? CalibrationFile { get; init; }

    /// <summary>The services behind the gateway, in file order.</summary>
    public required ImmutableArray<UpstreamPlan> Upstreams { get; init; }

    /// <summary>The routes, in file order, which decides between equally specific ones.</summary>
    public required ImmutableArray<RoutePlan> Routes { get; init; }

    /// <summary>True where a route has limits.</summary>
    public bool HasLimits => Routes.Any(static route => !route.Limits.IsEmpty);

    /// <summary>Who may call.</summary>
    public IdentityPlan Identity { get; init; } = IdentityPlan.Empty;

    /// <summary>The tiers of callers, in file order; empty where the file names none.</summary>
    public ImmutableArray<TierPlan> Tiers { get; init; } = [];

    /// <summary>Peers whose X-Forwarded-* and Forwarded headers are believed and extended. Empty: nobody's.</summary>
    public required ImmutableArray<System.Net.IPNetwork> TrustedProxies { get; init; }

    /// <summary>How long running requests and streams may go on after SIGTERM.</summary>
    public required TimeSpan DrainTimeout { get; init; }

    /// <summary>When requests are turned away for want of memory.</summary>
    public MemoryPlan Memory { get; init; } = MemoryPlan.Default;

    /// <summary>Absolute paths of every file the configuration was read from: itself, secrets, certificates, CA files.</summary>
    public required ImmutableArray<string> Files { get; init; }
}
