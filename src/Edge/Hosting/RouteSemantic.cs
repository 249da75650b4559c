using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Llm;
using Edge.Core.Templating;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Hosting;

/// <summary>
/// How a route finds questions that are alike, with everything about it that can be worked out once. It is immutable; the index
/// outlives it.
/// </summary>
/// <param name="plan">What the file says.</param>
/// <param name="cluster">Who turns questions into vectors.</param>
/// <param name="price">What that costs; null: nobody knows.</param>
/// <param name="sweeper">The clock of its exchanges.</param>
/// <param name="index">The vectors of questions whose answers are kept.</param>
/// <param name="counters">What is counted.</param>
internal sealed class RouteSemantic(
    SemanticPlan plan, UpstreamCluster cluster, ModelPrice? price, UpstreamSweeper sweeper, VectorIndex index,
    SemanticCounters counters)
{
    /// <summary>What the file says.</summary>
    public SemanticPlan Plan { get; } = plan;

    /// <summary>Who turns questions into vectors.</summary>
    public UpstreamCluster Cluster { get; } = cluster;

    /// <summary>What a question costs; null: nobody knows.</summary>
    public ModelPrice? Price { get; } = price;

    /// <summary>The clock of its exchanges.</summary>
    public UpstreamSweeper Sweeper { get; } = sweeper;

    /// <summary>The vectors.</summary>
    public VectorIndex Index { get; } = index;

    /// <summary>What is counted.</summary>
    public SemanticCounters Counters { get; } = counters;

    /// <summary>
    /// Header lines of its requests. Nothing of a caller's and nothing of the route's is among them. Holds secrets.
    /// </summary>
    public HeaderLines RequestLines { get; } = LinesFor(cluster.Plan);

    private static HeaderLines LinesFor(UpstreamPlan upstream)
    {
        var lines = new List<HeaderValue>
        {
            new("Content-Type", Template.Literal("application/json")),
            new("Accept", Template.Literal("application/json")),
            new("Accept-Encoding", Template.Literal("identity")),
            new("User-Agent", Template.Literal("edge")),
        };
        RouteUpstream.Apply(upstream.Headers, [], lines);
        if (upstream.Credential is { } credential)
        {
            lines.Add(CredentialHeader.Of(upstream, credential));
        }

        return new HeaderLines(lines);
    }
}
