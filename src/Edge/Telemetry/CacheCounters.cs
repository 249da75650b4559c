using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>What is counted of the answers from memory of one route. Thread-safe.</summary>
/// <param name="number">The number that stands for the route in the store.</param>
/// <param name="route">Its name.</param>
/// <param name="metrics">Whose series they are.</param>
internal sealed class CacheCounters(int number, string route, GatewayMetrics metrics)
{
    /// <summary>The number that stands for the route in the store.</summary>
    public int Number { get; } = number;

    /// <summary>The route's name.</summary>
    public string Route { get; } = route;

    /// <summary>Answered from memory.</summary>
    public StripedCounter Hits { get; } = metrics.CacheRequests.Of(route, "hit");

    /// <summary>Answered from memory with the answer to another question much like it.</summary>
    public StripedCounter NearHits { get; } = metrics.CacheRequests.Of(route, "semantic");

    /// <summary>Looked for and not there.</summary>
    public StripedCounter Misses { get; } = metrics.CacheRequests.Of(route, "miss");

    /// <summary>Answered with what another's call brought, which was under way.</summary>
    public StripedCounter Collapsed { get; } = metrics.CacheRequests.Of(route, "collapsed");

    /// <summary>Answered from memory after the upstream said that it is still good.</summary>
    public StripedCounter Revalidated { get; } = metrics.CacheRequests.Of(route, "revalidated");

    /// <summary>Answered from memory though too old, because no upstream answered.</summary>
    public StripedCounter Stale { get; } = metrics.CacheRequests.Of(route, "stale");

    /// <summary>Not looked for.</summary>
    public StripedCounter Bypasses { get; } = metrics.CacheRequests.Of(route, "bypass");

    /// <summary>Answers that were stored.</summary>
    public StripedCounter Stored { get; } = metrics.CacheStored.Of(route);

    /// <summary>Bytes of bodies that were answered from memory.</summary>
    public StripedCounter HitBytes { get; } = metrics.CacheBytes.Of(route);

    /// <summary>Tokens of prompts that no provider was asked.</summary>
    public StripedCounter SavedInput { get; } = metrics.CacheSavedTokens.Of(route, "input");

    /// <summary>Tokens of answers that no provider made.</summary>
    public StripedCounter SavedOutput { get; } = metrics.CacheSavedTokens.Of(route, "output");

    /// <summary>What they would have cost, in millionths of a dollar.</summary>
    public StripedCounter SavedCost { get; } = metrics.CacheSavedCost.Of(route);
}
