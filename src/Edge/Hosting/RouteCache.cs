using System.Linq;
using System.Text;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>What a route answers from memory, with everything about it that can be worked out once. Immutable.</summary>
/// <param name="route">What the file says.</param>
/// <param name="shared">What all routes share.</param>
/// <param name="store">The memory.</param>
/// <param name="flights">Calls that are under way.</param>
/// <param name="counters">What is counted of it.</param>
internal sealed class RouteCache(
    RoutePlan route, GatewayCache shared, CacheStore store, FlightTable flights, CacheCounters counters)
{
    /// <summary>Headers that change what providers answer.</summary>
    private static readonly string[] ProviderHeaders =
        ["anthropic-version", "anthropic-beta", "OpenAI-Beta", "OpenAI-Organization", "OpenAI-Project"];

    /// <summary>What the file says.</summary>
    public CachePlan Plan { get; } = route.Cache!;

    /// <summary>What all routes share.</summary>
    public GatewayCache Shared { get; } = shared;

    /// <summary>The memory.</summary>
    public CacheStore Store { get; } = store;

    /// <summary>Finds questions that are alike; null: it does not.</summary>
    public RouteSemantic? Semantic { get; init; }

    /// <summary>The name of the route.</summary>
    public string Name { get; } = route.Name;

    /// <summary>What replicas share, while it answers; null: nothing.</summary>
    public Redis.RedisCache? Redis => Plan.IsShared && Shared.Redis is { IsUp: true } redis ? redis : null;

    /// <summary>Calls that are under way.</summary>
    public FlightTable Flights { get; } = flights;

    /// <summary>What is counted.</summary>
    public CacheCounters Counters { get; } = counters;

    /// <summary>Milliseconds for which an answer is used; -1: as long as it says itself.</summary>
    public long TtlMs { get; } = route.Cache!.Ttl is { } ttl ? (long)ttl.TotalMilliseconds : -1;

    /// <summary>True where answers are kept by their own word (RFC 9111), false before an LLM.</summary>
    public bool IsHttp { get; } = route.Upstream.Dialect == Dialect.Http;

    /// <summary>Milliseconds for which it is kept after that.</summary>
    public long StaleMs { get; } = (long)route.Cache!.StaleIfError.TotalMilliseconds;

    /// <summary>Headers of requests whose values are part of the key.</summary>
    public string[] KeyHeaders { get; } =
    [
        .. (route.Upstream.Dialect == Dialect.Http ? [] : ProviderHeaders)
            .Concat(route.Cache!.VaryHeaders).Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    /// <summary>Names of fields of answers that count instead of Cache-Control, the first one first.</summary>
    public byte[][] TargetedFields { get; } = [.. route.Cache!.TargetedFields.Select(Encoding.ASCII.GetBytes)];

    /// <summary>Which services answer: after a change of the file, what other ones said is not found.</summary>
    public string Service { get; } =
        string.Join(' ', route.Upstream.Targets.Select(static t => t.ToString()).Prepend(route.Upstream.Name));

    /// <summary>The caller's Host is part of the request upstream.</summary>
    public bool KeepsHost { get; } = route.PreserveHost;

    /// <summary>A resource was changed: what is kept of it is not to be used any more, by any replica.</summary>
    public void Invalidate(ulong resource)
    {
        Shared.Stamps.Invalidate(resource, Shared.NowMs);
        if (Plan.IsShared)
        {
            Shared.Redis?.Change(resource);
        }
    }

    /// <summary>True where a header that an answer varies by is part of the key.</summary>
    public bool Covers(ReadOnlySpan<char> name)
    {
        foreach (var header in KeyHeaders)
        {
            if (name.Equals(header, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
