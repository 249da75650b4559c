using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Routing;
using Edge.Issuers;
using Edge.Pipeline;

namespace Edge.Hosting;

/// <summary>
/// A configuration as it runs: immutable, shared by all threads, replaced as a whole. A request keeps the one it was admitted
/// under until its end.
/// </summary>
internal sealed class GatewaySnapshot(EdgePlan plan, Router<GatewayRoute> router, TrustedProxies trustedProxies)
{
    /// <summary>The configuration it was made from.</summary>
    public EdgePlan Plan { get; } = plan;

    /// <summary>All routes, in the order of the file.</summary>
    public required ImmutableArray<GatewayRoute> Routes { get; init; }

    /// <summary>Finds the route of a request.</summary>
    public Router<GatewayRoute> Router { get; } = router;

    /// <summary>Counts wrong credentials by address; null where no route asks for one, or the file sets no limit.</summary>
    public FailureLimiter? FailureLimiter { get; init; }

    /// <summary>Every request notes how long its stages take: the access log or a route tells it.</summary>
    public bool TimesAll { get; } =
        plan.AccessLog is { Stages: not AccessLogStages.None, Format: AccessLogFormat.Json }
        || plan.Routes.Any(static route => route.ServerTiming);

    /// <summary>Those that ask for it do.</summary>
    public bool TimesAsked { get; } = !plan.ExplainTiers.IsEmpty;

    /// <summary>Security headers of answers that belong to no route.</summary>
    public SecurityHeaders SecurityHeaders { get; } = new(plan.SecurityHeaders);

    /// <summary>Peers whose word about the caller is believed.</summary>
    public TrustedProxies TrustedProxies { get; } = trustedProxies;

    /// <summary>The issuers of tokens as they run, in the order of the plan's. Those that a reload keeps outlive it.</summary>
    public required ImmutableArray<Issuer> Issuers { get; init; }

    /// <summary>What the routes say of themselves to OAuth clients.</summary>
    public required ProtectedResources Resources { get; init; }
}
