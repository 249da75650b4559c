using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Upstream;

namespace Edge.Hosting;

/// <summary>
/// A service that a route sends to, its own or one of its fallbacks, with everything about what it is sent that can be worked
/// out once: what is for one service, its credential above all, no other gets. Immutable.
/// </summary>
internal sealed class RouteUpstream
{
    private readonly FrozenSet<string> _dropped;
    private readonly ulong _droppedLengths;

    /// <summary>Prepares a service for a route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="cluster">The service.</param>
    /// <param name="gate">Its gate; null: it has none.</param>
    /// <param name="isOther">It is not the route's own.</param>
    /// <param name="model">The model that it is asked for; null: the one that the request names.</param>
    public RouteUpstream(
        RoutePlan route, UpstreamCluster cluster, OverloadGate? gate, bool isOther = false, string? model = null)
    {
        Cluster = cluster;
        Gate = gate;
        IsOther = isOther;
        Model = model;
        ModelJson = Encoding.UTF8.GetBytes($"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(Model ?? "")}\"");
        KeepsCredentials = !cluster.Plan.HasCredential && route.Authenticate is null && !IsOther;
        (_dropped, RequestLines) = CompileRequestHeaders(route, cluster.Plan);
        foreach (var name in _dropped)
        {
            _droppedLengths |= LengthBit(name);
        }

        AsksIdentity = (route.Metering is not null || route.Cache is not null)
            && cluster.Plan.Dialect != Dialect.Http && !Drops("Accept-Encoding");
    }

    /// <summary>Its connections.</summary>
    public UpstreamCluster Cluster { get; }

    /// <summary>What the file says of it.</summary>
    public UpstreamPlan Plan => Cluster.Plan;

    /// <summary>Lets as many requests wait for it as it bears; null: any number.</summary>
    public OverloadGate? Gate { get; }

    /// <summary>True where it is not the route's own: a fallback, a canary, a shadow.</summary>
    public bool IsOther { get; }

    /// <summary>The model that it is asked for; null: the one that the request names.</summary>
    public string? Model { get; }

    /// <summary>The same as JSON.</summary>
    public byte[] ModelJson { get; }

    /// <summary>
    /// True where headers with a credential travel on: only where the service has none of its own and the gateway asks for none,
    /// whose meaning would end here; and never to another one, since the caller has given it to the route's own service.
    /// </summary>
    public bool KeepsCredentials { get; }

    /// <summary>
    /// True where an answer is read as it passes, so that it had better not be compressed, and no rule says otherwise.
    /// </summary>
    public bool AsksIdentity { get; }

    /// <summary>Header lines that every request to the service gets: credential, set and added ones. Holds secrets.</summary>
    public HeaderLines RequestLines { get; }

    /// <summary>
    /// True where a caller's header of this name is not copied, because a rule removes or replaces it. An underscore counts as a
    /// hyphen, since some services cannot tell the two apart (see <see cref="RequestHeaderKinds.Of"/>).
    /// </summary>
    public bool Drops(string name) => (_droppedLengths & LengthBit(name)) != 0
        && (_dropped.Contains(name)
            || (name.Contains('_', StringComparison.Ordinal) && _dropped.Contains(name.Replace('_', '-'))));

    // Of lengths that differ by 64 it is the same.
    private static ulong LengthBit(string name) => 1UL << name.Length;

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
            lines.Add(CredentialHeader.Of(upstream, credential));
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

    /// <summary>Changes the lines of requests as rules say.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="dropped">Names of headers that are not copied are added to it.</param>
    /// <param name="lines">The lines.</param>
    public static void Apply(HeaderRules rules, HashSet<string> dropped, List<HeaderValue> lines)
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
