using System.Collections.Frozen;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Resilience;
using Edge.Core.Templating;
using Edge.Pipeline;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Hosting;

/// <summary>
/// A route as it runs: its plan, the service that answers, and everything about its headers that can be worked out once.
/// Immutable.
/// </summary>
internal sealed class GatewayRoute
{
    /// <summary>Prepares a route.</summary>
    public GatewayRoute(RoutePlan plan, UpstreamCluster upstream, RouteLimits? limits, RouteBody? body)
    {
        Body = body;
        Plan = plan;
        Upstream = upstream;
        KeepsCredentials = upstream.Plan.Credential is null && plan.Authenticate is null;
        (DroppedRequestHeaders, RequestLines) = CompileRequestHeaders(plan, upstream.Plan);
        AsksIdentity = (plan.Metering is not null || plan.Cache is not null)
            && upstream.Plan.Dialect != Dialect.Http && !Drops("Accept-Encoding");
        Access = new RouteAccess(plan);
        Addresses = plan.Authorize?.Addresses is { } addresses ? new AddressRules(addresses.Allow, addresses.Deny) : null;
        Cors = plan.Cors is { } cors ? new CorsPolicy(cors) : null;
        SecurityHeaders = new SecurityHeaders(plan.SecurityHeaders);
        Limits = limits;
    }

    /// <summary>What the file says.</summary>
    public RoutePlan Plan { get; }

    /// <summary>Whose tokens it takes; null: nobody's.</summary>
    public RouteTokens? Tokens { get; init; }

    /// <summary>The service that answers.</summary>
    public UpstreamCluster Upstream { get; }

    /// <summary>What it answers from memory; null: nothing.</summary>
    public RouteCache? Cache { get; init; }

    /// <summary>Lets as many requests wait for the service as it bears; null: any number.</summary>
    public OverloadGate? Gate { get; init; }

    /// <summary>What is counted of its requests.</summary>
    public required RouteMetrics Metrics { get; init; }

    /// <summary>Whose words errors are told in.</summary>
    public Dialect Dialect => Upstream.Plan.Dialect;

    /// <summary>
    /// True where headers with a credential travel on: only where the service has none of its own and the gateway asks for none,
    /// whose meaning would end here.
    /// </summary>
    public bool KeepsCredentials { get; }

    /// <summary>
    /// True where an answer is read as it passes, so that it had better not be compressed, and no rule says otherwise.
    /// </summary>
    public bool AsksIdentity { get; }

    /// <summary>Who may use it.</summary>
    public RouteAccess Access { get; }

    /// <summary>How much may be asked of it; null: anything.</summary>
    public RouteLimits? Limits { get; }

    /// <summary>Headers of the caller that are not copied because a rule removes or replaces them. Names in any case.</summary>
    public FrozenSet<string> DroppedRequestHeaders { get; }

    /// <summary>
    /// True where a caller's header of this name is not copied. An underscore counts as a hyphen, since some services cannot tell
    /// the two apart (see <see cref="RequestHeaderKinds.Of"/>).
    /// </summary>
    public bool Drops(string name) => DroppedRequestHeaders.Count > 0
        && (DroppedRequestHeaders.Contains(name)
            || (name.Contains('_', StringComparison.Ordinal) && DroppedRequestHeaders.Contains(name.Replace('_', '-'))));

    /// <summary>Header lines that every request to the service gets: credential, set and added ones. Holds secrets.</summary>
    public HeaderLines RequestLines { get; }

    /// <summary>What is done with bodies; null: nothing, they pass as they come.</summary>
    public RouteBody? Body { get; }

    /// <summary>From where it may be called; null: from anywhere.</summary>
    public AddressRules? Addresses { get; }

    /// <summary>What pages of other origins may do; null: the upstream's own affair.</summary>
    public CorsPolicy? Cors { get; }

    /// <summary>Headers that tell browsers to be careful with the answers.</summary>
    public SecurityHeaders SecurityHeaders { get; }

    private static (FrozenSet<string> Dropped, HeaderLines Lines) CompileRequestHeaders(RoutePlan route, UpstreamPlan upstream)
    {
        var dropped = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var lines = new List<HeaderValue>();
        if (route.RequestId is { } id)
        {
            Drop(id.Header, dropped);
        }

        Apply(route.RequestHeaders, dropped, lines);
        Apply(upstream.Headers, dropped, lines);
        if (upstream.Credential is { } credential)
        {
            lines.Add(upstream.Dialect == Dialect.Anthropic
                ? new HeaderValue("x-api-key", Template.Literal(credential.Reveal()))
                : new HeaderValue("Authorization", Template.Literal("Bearer " + credential.Reveal())));
        }

        foreach (var place in route.Authenticate?.From ?? [])
        {
            if (place.Kind == CredentialPlaceKind.Header)
            {
                Drop(place.Name, dropped);
            }
        }

        return (dropped.ToFrozenSet(StringComparer.OrdinalIgnoreCase), new HeaderLines(lines));
    }

    // What is dropped with underscores is dropped with hyphens too: see Drops.
    private static void Drop(string name, HashSet<string> dropped)
    {
        dropped.Add(name);
        dropped.Add(name.Replace('_', '-'));
    }

    private static void Apply(HeaderRules rules, HashSet<string> dropped, List<HeaderValue> lines)
    {
        foreach (var name in rules.Remove)
        {
            Drop(name, dropped);
            lines.RemoveAll(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        }

        foreach (var header in rules.Set)
        {
            Drop(header.Name, dropped);
            lines.RemoveAll(line => line.Name.Equals(header.Name, StringComparison.OrdinalIgnoreCase));
            lines.Add(header);
        }

        lines.AddRange(rules.Add);
    }
}
