using Edge.Core.Configuration;

namespace Edge.Hosting;

/// <content>What a route answers from memory.</content>
internal sealed partial class Gateway
{
    private RouteCache? CacheOf(RoutePlan route, EdgePlan plan, Dictionary<string, Service> services)
    {
        var semantic = route.Cache?.Semantic is { } named
            ? Cache.SemanticOf(route.Name, named, services[named.Upstream].Cluster, plan.Prices?.Find(named.Model), Sweeper)
            : null;
        return Cache.Of(route, plan, semantic);
    }
}
