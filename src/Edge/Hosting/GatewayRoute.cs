using System.Linq;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Llm.Translation;
using Edge.Core.Resilience;
using Edge.Pipeline;
using Edge.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Edge.Hosting;

/// <summary>
/// A route as it runs: its plan, the services that answer, and everything about it that can be worked out once.
/// Immutable.
/// </summary>
internal sealed class GatewayRoute
{
    /// <summary>Prepares a route.</summary>
    public GatewayRoute(
        RoutePlan plan, RouteUpstream upstream, RouteFallback[] fallbacks, RouteLimits? limits, RouteBody? body)
    {
        Body = body;
        Plan = plan;
        Upstream = upstream;
        Fallbacks = fallbacks;
        MayRepeat = upstream.Plan.Retries is not null || fallbacks.Length > 0 || plan.Canary is not null;
        HoldsBodies = upstream.Plan.Retries is not null || fallbacks.Any(static f => f.Upstream is not null)
            || plan.Canary is not null || plan.Shadow is not null;
        FallsBackOnOverload = fallbacks.Any(static f => f.Plan.On.Include(AttemptEnd.Failed(Failure.EdgeOverloaded)));
        Access = new RouteAccess(plan);
        Addresses = plan.Authorize?.Addresses is { } addresses ? new AddressRules(addresses.Allow, addresses.Deny) : null;
        Cors = plan.Cors is { } cors ? new CorsPolicy(cors) : null;
        SecurityHeaders = new SecurityHeaders(plan.SecurityHeaders);
        Limits = limits;
        Fields = RouteFields.Of(plan, limits is not null);
    }

    /// <summary>What the file says.</summary>
    public RoutePlan Plan { get; }

    /// <summary>Whose tokens it takes; null: nobody's.</summary>
    public RouteTokens? Tokens { get; init; }

    /// <summary>The service that answers.</summary>
    public RouteUpstream Upstream { get; }

    /// <summary>What is done where that fails, in this order.</summary>
    public RouteFallback[] Fallbacks { get; }

    /// <summary>Who answers a share of the requests; null: nobody else.</summary>
    public RouteCanary? Canary { get; init; }

    /// <summary>Who gets copies of requests; null: nobody.</summary>
    public RouteShadow? Shadow { get; init; }

    /// <summary>True where a request that its upstream has no room for may be answered in another way.</summary>
    public bool FallsBackOnOverload { get; }

    /// <summary>True where an attempt that fails need not be the last word.</summary>
    public bool MayRepeat { get; }

    /// <summary>True where a request may be sent more than once, so that its body is taken before it is.</summary>
    public bool HoldsBodies { get; }

    /// <summary>What it answers from memory; null: nothing.</summary>
    public RouteCache? Cache { get; init; }

    /// <summary>What is counted of its requests.</summary>
    public required RouteMetrics Metrics { get; init; }

    /// <summary>The words of the service.</summary>
    public Dialect Dialect => Upstream.Plan.Dialect;

    /// <summary>Who may use it.</summary>
    public RouteAccess Access { get; }

    /// <summary>How much may be asked of it; null: anything.</summary>
    public RouteLimits? Limits { get; }

    /// <summary>Which fields of an answer need not be headers; null: all are.</summary>
    public RouteFields? Fields { get; }

    /// <summary>What is done with bodies; null: nothing, they pass as they come.</summary>
    public RouteBody? Body { get; }

    /// <summary>From where it may be called; null: from anywhere.</summary>
    public AddressRules? Addresses { get; }

    /// <summary>What pages of other origins may do; null: the upstream's own affair.</summary>
    public CorsPolicy? Cors { get; }

    /// <summary>Headers that tell browsers to be careful with the answers.</summary>
    public SecurityHeaders SecurityHeaders { get; }

    /// <summary>
    /// Whose words a request speaks, and is answered in: the service's, unless its path is that of the other dialect's API and
    /// the route translates.
    /// </summary>
    public Dialect DialectOf(string method, ReadOnlySpan<char> path)
    {
        if (Plan.Translate is null || Dialect == Dialect.Http || !HttpMethods.IsPost(method))
        {
            return Dialect;
        }

        var spoken = DialectPath.DialectOf(path);
        return spoken == Dialect.Http ? Dialect : spoken;
    }
}
