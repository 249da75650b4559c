using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Telemetry;

namespace Edge.Hosting;

/// <summary>
/// What the caches of all routes share and what outlives a reload: the memory, the secret of its hashes, the clock, and what is
/// counted of each route. The memory is taken when the first route has a cache, and freed with the last request that knows it.
/// Safe from any thread, but for <see cref="Of"/>.
/// </summary>
internal sealed class GatewayCache(LimitClock clock, GatewayMetrics metrics)
{
    /// <summary>How many names of keys are remembered as text; a power of two.</summary>
    private const int KeyNameCount = 4096;

    /// <summary>Seconds up to which ages and what is left of lifetimes are remembered as text.</summary>
    private const int SecondsMax = 4096;

    private const long NsPerMs = 1_000_000;

    private readonly ConcurrentDictionary<string, CacheCounters> _counters = new(StringComparer.Ordinal);
    private readonly KeyName?[] _keyNames = new KeyName?[KeyNameCount];
    private readonly string?[] _hits = new string?[SecondsMax];
    private readonly string?[] _ages = new string?[SecondsMax];

    /// <summary>Makes the hashes of keys.</summary>
    public KeyHasher Hasher { get; } = MakeHasher();

    /// <summary>The memory; null: no route has had a cache.</summary>
    public CacheStore? Store { get; private set; }

    /// <summary>Calls to upstreams that others may join; null as long as there is no memory.</summary>
    public FlightTable? Flights { get; private set; }

    /// <summary>When resources were last changed by callers.</summary>
    public InvalidationStamps Stamps { get; } = new();

    /// <summary>The wall clock, in seconds since 1970.</summary>
    public long UtcSeconds => clock.UtcMicros / 1_000_000;

    /// <summary>Content types of answers, which repeat.</summary>
    public HeaderValueCache Strings { get; } = new();

    /// <summary>The time in milliseconds, on a clock that never jumps.</summary>
    public long NowMs => clock.NowNs / NsPerMs;

    /// <summary>What is counted, by the names of routes.</summary>
    public IReadOnlyDictionary<string, CacheCounters> Counters => _counters;

    /// <summary>The cache of a route; null: it has none. One thread at a time.</summary>
    public RouteCache? Of(RoutePlan route, EdgePlan plan)
    {
        if (route.Cache is null)
        {
            return null;
        }

        Store ??= new CacheStore(plan.CacheBytesMax);
        Flights ??= new FlightTable(Store);
        if (!_counters.TryGetValue(route.Name, out var counters))
        {
            _counters[route.Name] = counters = new CacheCounters(_counters.Count, route.Name, metrics);
        }

        return new RouteCache(route, this, Store, Flights, counters);
    }

    /// <summary>The text of a key's hash.</summary>
    public string NameOf(KeyHash hash)
    {
        ref var place = ref _keyNames[(int)hash.High & (KeyNameCount - 1)];
        var name = place;
        if (name is null || name.High != hash.High)
        {
            place = name = new KeyName(hash.High, hash.High.ToString("x16", CultureInfo.InvariantCulture));
        }

        return name.Text;
    }

    /// <summary>Cache-Status of an answer from memory that may be used for so many seconds more (RFC 9211).</summary>
    public string HitOf(long secondsLeft) => secondsLeft is < 0 or >= SecondsMax
        ? MakeHit(secondsLeft)
        : _hits[secondsLeft] ??= MakeHit(secondsLeft);

    /// <summary>The same of one that has been too old for so many seconds.</summary>
    public static string StaleOf(long secondsOver) =>
        string.Create(CultureInfo.InvariantCulture, $"edge; hit; ttl=-{secondsOver}; detail=stale");

    /// <summary>Age of an answer (RFC 9111, section 5.1).</summary>
    public string AgeOf(long seconds) => seconds is < 0 or >= SecondsMax
        ? seconds.ToString(CultureInfo.InvariantCulture)
        : _ages[seconds] ??= seconds.ToString(CultureInfo.InvariantCulture);

    private static string MakeHit(long secondsLeft) =>
        string.Create(CultureInfo.InvariantCulture, $"edge; hit; ttl={secondsLeft}");

    private static KeyHasher MakeHasher()
    {
        var secret = RandomNumberGenerator.GetBytes(2 * sizeof(ulong));
        return new KeyHasher(
            BinaryPrimitives.ReadUInt64LittleEndian(secret),
            BinaryPrimitives.ReadUInt64LittleEndian(secret.AsSpan(sizeof(ulong))));
    }

    private sealed record KeyName(ulong High, string Text);
}
