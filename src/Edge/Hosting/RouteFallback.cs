using Edge.Core.Configuration;

namespace Edge.Hosting;

/// <summary>What a route does where its own upstream fails. Immutable.</summary>
/// <param name="Plan">What the file says.</param>
/// <param name="Upstream">Who is asked; null where that is nobody.</param>
internal sealed record RouteFallback(FallbackPlan Plan, RouteUpstream? Upstream)
{
    /// <summary>The body of a fixed answer.</summary>
    public byte[] Body { get; } = [.. Plan.Body];

    /// <summary>What logs and metrics call it.</summary>
    public string Name => Plan.Kind switch
    {
        FallbackKind.Stale => "(stale)",
        FallbackKind.Fixed => "(fixed)",
        _ => Plan.Upstream!.Name,
    };
}
