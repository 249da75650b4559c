using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Redis;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Hosting;

/// <summary>
/// What the caches of all routes share and what outlives a reload: the memory, the secret of its hashes, the clock, and what is
/// counted of each route. The memory is taken when the first route has a cache, and freed with the last request that knows it.
/// Safe from any thread, but for <see cref="Of"/>.
/// </summary>
internal sealed class GatewayCache(LimitClock clock, GatewayMetrics metrics, TimeProvider time, ProgramLog log) : IAsyncDisposable
{
    /// <summary>How many names of keys are remembered as text; a power of two.</summary>
    private const int KeyNameCount = 4096;

    /// <summary>Seconds up to which ages and what is left of lifetimes are remembered as text.</summary>
    private const int SecondsMax = 4096;

    private const long NsPerMs = 1_000_000;

    private readonly ConcurrentDictionary<string, CacheCounters> _counters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string[]> _tags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SemanticIndex> _indexes = new(StringComparer.Ordinal);

    // Made by the first answer from memory: not every gateway has a cache.
    private KeyPlace[]? _keyNames;
    private string?[]? _hits;

    private UInt128 _secret = SystemRandom.NextSecret();
    private volatile KeyHasher? _hasher;
    private volatile RedisCache? _redis;

    /// <summary>
    /// Makes the hashes of keys. Replicas that share answers have one secret, which they make of what their files say alike.
    /// </summary>
    public KeyHasher Hasher => _hasher ??= MakeHasher(_secret);

    /// <summary>What replicas share; null: nothing.</summary>
    public RedisCache? Redis => _redis;

    /// <summary>What is counted of it, and of those before it.</summary>
    public SharedCounters SharedCounters { get; } = new();

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

    /// <summary>How a route finds questions that are alike. One thread at a time.</summary>
    public RouteSemantic SemanticOf(
        string route, SemanticPlan plan, UpstreamCluster cluster, ModelPrice? price, UpstreamSweeper sweeper)
    {
        var service = string.Join(' ', cluster.Plan.Targets.Select(static t => t.ToString()));
        if (!_indexes.TryGetValue(route, out var index) || !index.IsFor(plan, service))
        {
            _indexes[route] = index = new SemanticIndex(plan, service, new VectorIndex(plan.EntriesMax));
        }

        return new RouteSemantic(
            plan, cluster, price, sweeper, index.Vectors, new SemanticCounters(route, metrics.Semantic));
    }

    /// <summary>The cache of a route; null: it has none. One thread at a time.</summary>
    public RouteCache? Of(RoutePlan route, EdgePlan plan, RouteSemantic? semantic)
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

        return new RouteCache(route, this, Store, Flights, counters) { Semantic = semantic };
    }

    /// <summary>
    /// The text of a key's hash. It is remembered from the second time on: most questions of a large cache are asked once in a
    /// while, and their texts would outlive a collection, which would have to move each of them.
    /// </summary>
    public string NameOf(KeyHash hash)
    {
        ref var place = ref (_keyNames ??= new KeyPlace[KeyNameCount])[(int)hash.High & (KeyNameCount - 1)];
        if (place.Remembered is { } name && name.High == hash.High)
        {
            return name.Text;
        }

        var text = hash.High.ToString("x16", CultureInfo.InvariantCulture);
        if (place.Last == hash.High)
        {
            place.Remembered = new KeyName(hash.High, text);
        }

        place.Last = hash.High;
        return text;
    }

    /// <summary>Cache-Status of an answer from memory that may be used for so many seconds more (RFC 9211).</summary>
    public string HitOf(long secondsLeft) => secondsLeft is < 0 or >= SecondsMax
        ? MakeHit(secondsLeft)
        : (_hits ??= new string?[SecondsMax])[secondsLeft] ??= MakeHit(secondsLeft);

    /// <summary>The same where it is the answer to another question that is much like this one.</summary>
    public static string NearHitOf(long secondsLeft) =>
        string.Create(CultureInfo.InvariantCulture, $"edge; hit; ttl={secondsLeft}; detail=semantic");

    /// <summary>The same of one that has been too old for so many seconds.</summary>
    public static string StaleOf(long secondsOver) =>
        string.Create(CultureInfo.InvariantCulture, $"edge; hit; ttl=-{secondsOver}; detail=stale");

    private static string MakeHit(long secondsLeft) =>
        string.Create(CultureInfo.InvariantCulture, $"edge; hit; ttl={secondsLeft}");

    /// <summary>Takes the store that a configuration names, where a route shares answers. One thread at a time.</summary>
    /// <returns>The store of before, to be disposed once nobody uses it; null where nothing has changed.</returns>
    public RedisCache? Use(EdgePlan plan)
    {
        foreach (var route in plan.Routes)
        {
            _tags[route.Name] = route.Cache is { } cache ? [.. cache.Tags] : [];
        }

        var semantic = plan.Routes.Where(static r => r.Cache is { Semantic: not null }).Select(static r => r.Name);
        foreach (var name in _indexes.Keys.Except(semantic).ToArray())
        {
            _indexes.Remove(name);
        }

        var old = _redis;
        var shared = plan.Routes.Any(static route => route.Cache is { IsShared: true }) ? plan.Redis : null;
        if (shared is null)
        {
            _redis = null;
            return old;
        }

        var secret = SecretOf(shared, plan.Admin?.Token);
        var isSame = secret == _secret;
        if (!isSame)
        {
            // What was kept under the old one cannot be found any more.
            _secret = secret;
            _hasher = MakeHasher(secret);
            PurgeHere(CachePurge.Everything);
        }

        if (isSame && shared.IsSameAs(old?.Plan))
        {
            return null;
        }

        _redis = RedisCache.Start(shared, this, time, log);
        return old;
    }

    /// <summary>Removes what is meant from this process's memory.</summary>
    /// <returns>How many answers.</returns>
    public int PurgeHere(CachePurge purge)
    {
        if (Store is not { } store)
        {
            return 0;
        }

        int? route = null;
        if (purge.Route is { } name)
        {
            if (!_counters.TryGetValue(name, out var counters))
            {
                return 0;
            }

            route = counters.Number;
        }

        int[]? tagged = purge.Tag is null ? null
            : [.. _counters.Values.Where(counters => IsTagged(counters.Route, purge)).Select(static counters => counters.Number)];
        return store.Purge(purge, new PurgeNames(route, OwnerOf(purge), tagged));
    }

    /// <summary>True where an answer of the common store was meant.</summary>
    /// <param name="purge">A purge.</param>
    /// <param name="route">The name of the answer's route.</param>
    /// <param name="key">Its key.</param>
    /// <param name="hash">The first half of that's hash.</param>
    /// <param name="head">Its head.</param>
    public bool Covers(CachePurge purge, string route, CacheKey key, ulong hash, ReadOnlySpan<byte> head)
    {
        var isTagged = IsTagged(route, purge);
        return (purge.Route is null || purge.Route == route)
            && purge.MayCover(hash, key.Owner, ulong.MaxValue, OwnerOf(purge), isTagged)
            && purge.Covers(key.Bytes, head, isTagged);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_redis is { } redis)
        {
            await redis.DisposeAsync();
        }
    }

    private bool IsTagged(string route, CachePurge purge) =>
        purge.Tag is { } tag && _tags.TryGetValue(route, out var tags) && tags.Contains(tag, StringComparer.OrdinalIgnoreCase);

    private ulong? OwnerOf(CachePurge purge)
    {
        if (purge.Consumer is not { } consumer)
        {
            return null;
        }

        var key = new CacheKey();
        key.Begin(CacheScope.OfConsumer(purge.Source ?? Caller.ConsumersSource, consumer), Hasher);
        key.ReturnMemory();
        return key.Owner;
    }

    private static KeyHasher MakeHasher(UInt128 secret) => new((ulong)secret, (ulong)(secret >> 64));

    /// <summary>What all replicas know and nobody else: of a file without password and token it is no secret.</summary>
    private static UInt128 SecretOf(RedisPlan redis, Secret? token)
    {
        var text = string.Join('\0', "edge cache", redis.Prefix, redis.User, redis.Password?.Reveal(), token?.Reveal());
        return BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private sealed record KeyName(ulong High, string Text);

    private struct KeyPlace
    {
        public KeyName? Remembered;
        public ulong Last;
    }
}
