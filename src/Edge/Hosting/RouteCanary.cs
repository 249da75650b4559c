using Edge.Core.Configuration;
using Edge.Core.Resilience;
using Edge.Pipeline;

namespace Edge.Hosting;

/// <summary>A route's other upstream for a share of its requests. Immutable.</summary>
/// <param name="plan">What the file says.</param>
/// <param name="upstream">The other upstream.</param>
/// <param name="fallbacks">What is done where that fails: first the route's own is asked, then what else it says.</param>
internal sealed class RouteCanary(CanaryPlan plan, RouteUpstream upstream, RouteFallback[] fallbacks)
{
    /// <summary>Who answers them.</summary>
    public RouteUpstream Upstream { get; } = upstream;

    /// <summary>What is done where it fails, in this order.</summary>
    public RouteFallback[] Fallbacks { get; } = fallbacks;

    /// <summary>Whether a request goes there.</summary>
    public bool Takes(RequestContext context, Random chance) =>
        (plan.ByCaller ? PlaceOf(context) : chance.NextDouble()) < plan.Weight;

    // From 0 to 1, the same on all replicas; and another one for each canary, so that not the same callers are in all of them.
    private double PlaceOf(RequestContext context)
    {
        var hash = HashRing.HashOf(context.Caller?.Id ?? context.ClientAddress.ToString());
        hash = (hash ^ HashRing.HashOf(plan.Upstream.Name)) * 0x9E3779B97F4A7C15UL;
        return (hash >> 11) * (1.0 / (1UL << 53));
    }
}
