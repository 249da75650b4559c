using Edge.Core.Caching;
using Edge.Hosting;
using Edge.Redis;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Looks into what replicas share, where the memory has nothing: what is there is put into the memory, and found there. Runs for
/// the one request that makes the call for all who ask the same.
/// </summary>
internal static class SharedCacheStage
{
    /// <summary>Answers are in pieces where they vary: first the names by which they do, then the one that is selected.</summary>
    private const int StepsMax = 2;

    /// <summary>Looks, and answers where there is something.</summary>
    /// <returns>Continue: the upstream is to be asked.</returns>
    public static async PooledValueTask<StageResult> RunAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, RedisCache redis)
    {
        for (var step = 0; step < StepsMax; step++)
        {
            var hash = exchange.Key.Hash;
            var purges = route.Store.Purges;
            var http = exchange.Http;
            var found = await redis.FindAsync(hash, http?.Resource);
            if (http is not null)
            {
                http.Stamp = found.Stamp;
            }

            if (!TryImport(exchange, route, redis, found, purges))
            {
                break;
            }

            if (CacheStage.TryPinFresh(context, exchange, route, out var pin))
            {
                exchange.Unshare();
                return await CacheStage.ServeAsync(context, exchange, route, pin);
            }

            if (http is null || exchange.Key.Hash == hash)
            {
                break;
            }
        }

        if (exchange.Http is not null)
        {
            HttpCacheStage.HoldStale(context, exchange, route);
        }

        return await SemanticStage.RunAsync(context, exchange, route);
    }

    /// <summary>Puts what was found into the memory, if it is what was asked for and still good.</summary>
    private static bool TryImport(
        CacheExchange exchange, RouteCache route, RedisCache redis, in SharedFind found, long purges)
    {
        var counters = redis.Counters;
        if (found.Bytes is not { } bytes)
        {
            return false;
        }

        var parts = exchange.Head;
        var key = exchange.Key;
        try
        {
            var verdict = SharedObject.Read(
                bytes, found.LeftMs, key.Bytes, route.Plan.ObjectBytesMax, route.Shared.Hasher, parts, out var facts);
            if (verdict != SharedVerdict.Good)
            {
                Interlocked.Increment(ref verdict == SharedVerdict.Foreign ? ref counters.Foreign : ref counters.Missed);
                return false;
            }

            var head = parts.Written.Span.Slice(facts.KeyLength, facts.HeadLength);
            if (facts.Stamp != found.Stamp || !IsCurrent(route, redis, key, facts.Generation, head))
            {
                Interlocked.Increment(ref counters.Purged);
                return false;
            }

            if (!TryStore(route, exchange, facts, parts.Written.Span, purges))
            {
                Interlocked.Increment(ref counters.Missed);
                return false;
            }

            Interlocked.Increment(ref counters.Found);
            return true;
        }
        finally
        {
            parts.ReturnMemory();
        }
    }

    private static bool IsCurrent(RouteCache route, RedisCache redis, CacheKey key, long generation, ReadOnlySpan<byte> head)
    {
        if (!redis.History.TryGetNewer(generation, out var newer))
        {
            return false;
        }

        foreach (var purge in newer)
        {
            if (route.Shared.Covers(purge, route.Name, key, key.Hash.High, head))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryStore(
        RouteCache route, CacheExchange exchange, in SharedFacts facts, ReadOnlySpan<byte> parts, long purges)
    {
        var head = parts.Slice(facts.KeyLength, facts.HeadLength);
        var nowMs = route.Shared.NowMs;
        var info = new CacheInfo
        {
            StoredMs = nowMs - facts.AgeMs,
            FreshUntilMs = nowMs + facts.FreshMs,
            ExpiresMs = nowMs + facts.LifetimeMs,
            Owner = exchange.Key.Owner,
            Route = route.Counters.Number,
            TagBits = CacheTags.BitsOf(new StoredHead(head)),
            InputTokens = facts.InputTokens,
            OutputTokens = facts.OutputTokens,
        };
        var fill = exchange.Import;
        return fill.Begin(route.Store, exchange.Key.Hash, exchange.Key.Bytes, head, purges)
            && (fill.Append(parts[(facts.KeyLength + facts.HeadLength)..]) || Abandon(fill))
            && fill.Commit(info);
    }

    private static bool Abandon(CacheFill fill)
    {
        fill.Abandon();
        return false;
    }
}
