using System.Text;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Hosting;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Answers GET and HEAD of ordinary services from memory, as RFC 9111 says: finds what is kept of the resource, by the variant
/// that the request selects, and decides whether it may be used as it is, has to be asked about, or is not good.
/// </summary>
internal static class HttpCacheStage
{
    private const long MsPerSecond = 1000;

    /// <summary>Runs where the route keeps the answers of an ordinary service.</summary>
    public static PooledValueTask<StageResult> RunAsync(RequestContext context, RouteCache route)
    {
        var method = context.Method;
        var exchange = context.BeginCache(route);
        var http = exchange.BeginHttp();
        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
        {
            // What is safe changes nothing (RFC 9110, section 9.2.1); of any other method nobody knows.
            if (!HttpMethods.IsOptions(method) && !HttpMethods.IsTrace(method)
                && CacheScope.TryOf(new CacheScopePlan(CacheScopeKind.Public, ""), null, out var any))
            {
                HttpCacheKey.Begin(context, route, exchange.Key, any);
                http.Resource = exchange.Key.Resource(route.Shared.Hasher);
                http.Invalidates = true;
            }

            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        http.Asked = HttpCacheKey.Directives(context, route);
        if (http.Asked.NoStore || !HttpCacheKey.TryMake(context, route, exchange, http))
        {
            exchange.Outcome = CacheOutcome.Bypass;
            exchange.Key.ReturnMemory();
            route.Counters.Bypasses.Increment();
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        exchange.Outcome = CacheOutcome.Miss;
        var nowMs = http.AskedMs;
        return TryFind(context, exchange, route, nowMs, out var pin)
            ? UseAsync(context, exchange, route, pin, nowMs)
            : AskAsync(context, exchange, route);
    }

    /// <summary>Finds what is kept, and holds it; its head is copied.</summary>
    public static bool TryFind(
        RequestContext context, CacheExchange exchange, RouteCache route, long nowMs, out CachePin pin)
    {
        var key = exchange.Key;
        key.BeginSelection();
        if (!TryPin(route, exchange, key.MainHash, key.MainBytes, nowMs, out pin))
        {
            return false;
        }

        var found = exchange.Http!.Found;
        if ((new StoredHead(found.Written.Span).Rules.Traits & StoredTraits.Index) == 0)
        {
            return true;
        }

        pin.Release();
        return HttpCacheKey.TrySelect(context, route, key, new StoredHead(found.Written.Span))
            && TryPin(route, exchange, key.Hash, key.Bytes, nowMs, out pin);
    }

    /// <summary>Finds what is kept where it is fresh, and holds it.</summary>
    public static bool TryFindFresh(RequestContext context, CacheExchange exchange, RouteCache route, out CachePin pin)
    {
        var nowMs = route.Shared.NowMs;
        if (!TryFind(context, exchange, route, nowMs, out pin))
        {
            exchange.Http!.ReadHeld();
            return false;
        }

        if (IsFresh(exchange.Http!, pin.Info, nowMs))
        {
            return true;
        }

        pin.Release();
        exchange.Http!.ReadHeld();
        return false;
    }

    /// <summary>Holds what is kept and too old by now, to be asked about.</summary>
    public static void HoldStale(RequestContext context, CacheExchange exchange, RouteCache route)
    {
        var http = exchange.Http!;
        if (!TryFind(context, exchange, route, route.Shared.NowMs, out var pin))
        {
            http.ReadHeld();
            return;
        }

        http.Hold(pin);
        http.Revalidates = HttpMethods.IsGet(context.Method) && HasValidator(http);
    }

    /// <summary>True where a kept answer is good as it is, by its own word and the caller's.</summary>
    private static bool IsFresh(HttpCacheExchange http, in CacheInfo info, long nowMs)
    {
        var rules = new StoredHead(http.Found.Written.Span).Rules;
        var asked = http.Asked;
        var leftMs = info.FreshUntilMs - nowMs;
        return leftMs > 0 && !asked.NoCache && (rules.Traits & StoredTraits.NoCache) == 0
            && (asked.MaxAge < 0 || AgeOf(rules, info, nowMs) <= asked.MaxAge)
            && (asked.MinFresh < 0 || leftMs / MsPerSecond >= asked.MinFresh);
    }

    /// <summary>How old a kept answer is, in seconds (RFC 9111, section 4.2.3).</summary>
    public static long AgeOf(in StoredRules rules, in CacheInfo info, long nowMs) =>
        rules.AgeSeconds + ((nowMs - info.StoredMs) / MsPerSecond);

    private static PooledValueTask<StageResult> UseAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, CachePin pin, long nowMs)
    {
        var http = exchange.Http!;
        var info = pin.Info;
        if (IsFresh(http, info, nowMs))
        {
            return HttpCacheAnswer.ServeAsync(context, exchange, route, pin, nowMs, CacheOutcome.Hit);
        }

        var rules = new StoredHead(http.Found.Written.Span).Rules;
        var overMs = nowMs - info.FreshUntilMs;
        var mayBeStale = (rules.Traits & (StoredTraits.NoCache | StoredTraits.MustRevalidate)) == 0 && !http.Asked.NoCache
            && http.Asked.MaxAge < 0 && http.Asked.MinFresh < 0;
        if (mayBeStale && overMs >= 0 && overMs <= http.Asked.MaxStale * MsPerSecond)
        {
            return HttpCacheAnswer.ServeAsync(context, exchange, route, pin, nowMs, CacheOutcome.Hit);
        }

        if (mayBeStale && overMs >= 0 && overMs < rules.StaleWhileRevalidateSeconds * MsPerSecond)
        {
            return UseAndAskAsync(context, exchange, route, pin, nowMs);
        }

        http.Hold(pin);
        http.Revalidates = HttpMethods.IsGet(context.Method) && HasValidator(http);
        return AskAsync(context, exchange, route);
    }

    private static PooledValueTask<StageResult> AskAsync(RequestContext context, CacheExchange exchange, RouteCache route)
    {
        exchange.Http!.Resource = exchange.Key.Resource(route.Shared.Hasher);
        if (exchange.Http!.Asked.OnlyIfCached)
        {
            route.Counters.Misses.Increment();
            return new PooledValueTask<StageResult>(StageResult.Failed(Failure.CallerWantsKeptAnswer));
        }

        // The answer to HEAD says nothing of what GET would bring but its head.
        if (HttpMethods.IsHead(context.Method))
        {
            route.Counters.Misses.Increment();
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        return CollapseStage.RunAsync(context, exchange, route);
    }

    /// <summary>Gives the caller what is a little too old, and then asks the upstream for the next one's sake.</summary>
    private static async PooledValueTask<StageResult> UseAndAskAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, CachePin pin, long nowMs)
    {
        var http = exchange.Http!;
        http.Resource = exchange.Key.Resource(route.Shared.Hasher);
        var isAsker = HttpMethods.IsGet(context.Method);
        if (isAsker)
        {
            // Of all who are given it one asks.
            var flight = route.Flights.Enter(exchange.Key.Hash, exchange.Key.Bytes, exchange.Joiner, out isAsker);
            if (isAsker)
            {
                exchange.TakeLead(flight);
            }
            else
            {
                exchange.Joiner.Leave();
            }
        }

        if (!isAsker)
        {
            return await HttpCacheAnswer.ServeAsync(context, exchange, route, pin, nowMs, CacheOutcome.Hit);
        }

        var result = await HttpCacheAnswer.ServeAsync(context, exchange, route, pin, nowMs, CacheOutcome.Hit, keepsPin: true);
        http.Hold(pin);
        if (result.Outcome != StageOutcome.Responded)
        {
            return result;
        }

        await context.ResponseBody.CompleteAsync();
        http.IsSilent = true;
        http.Revalidates = HasValidator(http);
        return StageResult.Continue;
    }

    private static bool HasValidator(HttpCacheExchange http)
    {
        var head = new StoredHead(http.Found.Written.Span);
        for (var at = 0; head.TryNext(ref at, out var name, out _);)
        {
            if (Ascii.EqualsIgnoreCase(name, "ETag"u8) || Ascii.EqualsIgnoreCase(name, "Last-Modified"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryPin(
        RouteCache route, CacheExchange exchange, Core.Limits.KeyHash hash, ReadOnlySpan<byte> key, long nowMs, out CachePin pin)
    {
        if (!route.Store.TryPin(hash, key, nowMs, out pin))
        {
            return false;
        }

        var shared = route.Shared;
        if (shared.Stamps.HasAny && !shared.Stamps.IsValid(exchange.Key.Resource(shared.Hasher), pin.Info.StoredMs))
        {
            pin.Release();
            return false;
        }

        exchange.Http!.Read(pin);
        return true;
    }
}
