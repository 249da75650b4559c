using System.Collections.Frozen;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Pipeline;
using Edge.Upstream;
using Microsoft.Extensions.Primitives;

namespace Edge.Hosting;

/// <summary>
/// A route as it runs: its plan, the service that answers, and everything about its headers that can be worked out once.
/// Immutable.
/// </summary>
internal sealed class GatewayRoute
{
    /// <summary>Prepares a route.</summary>
    public GatewayRoute(RoutePlan plan, UpstreamCluster upstream)
    {
        Plan = plan;
        Upstream = upstream;
        HasCredential = upstream.Plan.Credential is not null;
        (DroppedRequestHeaders, RequestLines) = CompileRequestHeaders(plan, upstream.Plan);
        ResponseSet = ToValues(plan.ResponseHeaders.Set);
        ResponseAdd = ToValues(plan.ResponseHeaders.Add);
        Cors = plan.Cors is { } cors ? new CorsPolicy(cors) : null;
        SecurityHeaders = new SecurityHeaders(plan.SecurityHeaders);
    }

    /// <summary>What the file says.</summary>
    public RoutePlan Plan { get; }

    /// <summary>The service that answers.</summary>
    public UpstreamCluster Upstream { get; }

    /// <summary>Whose words errors are told in.</summary>
    public Dialect Dialect => Upstream.Plan.Dialect;

    /// <summary>True where the service has a credential of its own, so that no credential of a caller may travel on.</summary>
    public bool HasCredential { get; }

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
    public ReadOnlyMemory<byte> RequestLines { get; }

    /// <summary>Headers that replace those of the answer.</summary>
    public IReadOnlyList<KeyValuePair<string, StringValues>> ResponseSet { get; }

    /// <summary>Headers put beside those of the answer.</summary>
    public IReadOnlyList<KeyValuePair<string, StringValues>> ResponseAdd { get; }

    /// <summary>What pages of other origins may do; null: the upstream's own affair.</summary>
    public CorsPolicy? Cors { get; }

    /// <summary>Headers that tell browsers to be careful with the answers.</summary>
    public SecurityHeaders SecurityHeaders { get; }

    private static (FrozenSet<string> Dropped, byte[] Lines) CompileRequestHeaders(RoutePlan route, UpstreamPlan upstream)
    {
        var dropped = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var lines = new List<HeaderValue>();
        if (route.RequestId is { } id)
        {
            dropped.Add(id.Header);
        }

        Apply(route.RequestHeaders, dropped, lines);
        Apply(upstream.Headers, dropped, lines);
        if (upstream.Credential is { } credential)
        {
            lines.Add(upstream.Dialect == Dialect.Anthropic
                ? new HeaderValue("x-api-key", credential.Reveal())
                : new HeaderValue("Authorization", "Bearer " + credential.Reveal()));
        }

        var bytes = new HeadBuffer();
        foreach (var line in lines)
        {
            bytes.WriteLatin1(line.Name);
            bytes.Write(": "u8);
            bytes.WriteLatin1(line.Value);
            bytes.Write("\r\n"u8);
        }

        var result = bytes.Written.ToArray();
        bytes.ReturnMemory();
        return (dropped.ToFrozenSet(StringComparer.OrdinalIgnoreCase), result);
    }

    private static void Apply(HeaderRules rules, HashSet<string> dropped, List<HeaderValue> lines)
    {
        foreach (var name in rules.Remove)
        {
            dropped.Add(name);
            lines.RemoveAll(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        }

        foreach (var header in rules.Set)
        {
            dropped.Add(header.Name);
            lines.RemoveAll(line => line.Name.Equals(header.Name, StringComparison.OrdinalIgnoreCase));
            lines.Add(header);
        }

        lines.AddRange(rules.Add);
    }

    private static KeyValuePair<string, StringValues>[] ToValues(IReadOnlyList<HeaderValue> headers)
    {
        var values = new KeyValuePair<string, StringValues>[headers.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = new(headers[i].Name, headers[i].Value);
        }

        return values;
    }
}
