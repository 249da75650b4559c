using Edge.Core.Caching;
using Edge.Core.Limits;
using Edge.Hosting;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Answers a question that is new with what was answered to another much like it, where the route wants that. Runs for the one
/// request that makes the call for all who ask the same, once nothing else has an answer. Whatever goes wrong here, the request
/// goes upstream as if there were no such thing.
/// </summary>
internal static class SemanticStage
{
    /// <summary>How many questions whose answers have gone are passed over, at most.</summary>
    private const int GoneMax = 16;

    /// <summary>Looks, and answers where there is something.</summary>
    /// <returns>Continue: the upstream is to be asked.</returns>
    public static PooledValueTask<StageResult> RunAsync(RequestContext context, CacheExchange exchange, RouteCache route)
    {
        if (route.Semantic is { } semantic && exchange.Key.HasQuestion)
        {
            return LookAsync(context, exchange, route, semantic);
        }

        route.Counters.Misses.Increment();
        return new PooledValueTask<StageResult>(StageResult.Continue);
    }

    /// <summary>Holds the answer to another question, which has to be fresh, and alike in all but the question.</summary>
    public static bool TryPin(CacheExchange exchange, RouteCache route, KeyHash hash, out CachePin pin)
    {
        var nowMs = route.Shared.NowMs;
        if (!route.Store.TryPin(hash, nowMs, out pin))
        {
            return false;
        }

        if (nowMs < pin.Info.FreshUntilMs && IsAlike(exchange, pin))
        {
            pin.CountUse();
            exchange.Near = hash;
            return true;
        }

        pin.Release();
        return false;
    }

    private static async PooledValueTask<StageResult> LookAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, RouteSemantic semantic)
    {
        var lookup = exchange.BeginLookup(semantic);
        var hasVector = await lookup.AskAsync(context, semantic, exchange.Key, route.Shared.Hasher);
        if (hasVector && TryFind(exchange, route, semantic, lookup, out var pin))
        {
            // Before the others are told to look again.
            exchange.Lead!.Near = exchange.Near;
            exchange.Unshare();
            return await CacheStage.ServeAsync(context, exchange, route, pin);
        }

        route.Counters.Misses.Increment();
        return StageResult.Continue;
    }

    private static bool TryFind(
        CacheExchange exchange, RouteCache route, RouteSemantic semantic, SemanticLookup lookup, out CachePin pin)
    {
        var threshold = (float)semantic.Plan.Threshold;
        for (var gone = 0; gone < GoneMax && lookup.TryFindNearest(out var match); gone++)
        {
            if (gone == 0)
            {
                semantic.Counters.Similarity.Record((long)(match.Similarity * Telemetry.SemanticMetrics.PartsPerUnit));
            }

            if (match.Similarity < threshold)
            {
                break;
            }

            if (TryPin(exchange, route, match.Key, out pin))
            {
                semantic.Counters.Hits.Increment();
                return true;
            }

            semantic.Index.Remove(match);
        }

        semantic.Counters.Misses.Increment();
        pin = default;
        return false;
    }

    private static bool IsAlike(CacheExchange exchange, CachePin pin)
    {
        var kept = exchange.Head;
        kept.Clear();
        for (var cursor = pin.Key; pin.TryRead(ref cursor, out var run);)
        {
            kept.Write(run);
        }

        var isAlike = exchange.Key.DiffersInQuestionOnly(kept.Written.Span);
        kept.ReturnMemory();
        return isAlike;
    }
}
