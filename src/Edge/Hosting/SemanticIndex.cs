using Edge.Core.Caching;
using Edge.Core.Configuration;

namespace Edge.Hosting;

/// <summary>
/// The vectors of a route, and what made them: those of another model, or another service, say nothing beside them.
/// </summary>
/// <param name="Plan">By which model, and how many.</param>
/// <param name="Service">By which service.</param>
/// <param name="Vectors">They.</param>
internal sealed record SemanticIndex(SemanticPlan Plan, string Service, VectorIndex Vectors)
{
    /// <summary>True where the vectors of a plan are comparable to these, and as many.</summary>
    public bool IsFor(SemanticPlan plan, string service) =>
        service == Service && plan with { Threshold = Plan.Threshold, Timeout = Plan.Timeout } == Plan;
}
