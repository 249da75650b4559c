using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Hosting;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// What an upstream's answer means for what is kept: that it is still good, that it stands in for an error, that it is good no
/// more because the resource was changed.
/// </summary>
internal static class HttpCacheReuse
{
    private const long MsPerSecond = 1000;

    /// <summary>True where the answer whose head is here is not what the caller gets.</summary>
    public static bool TakesOver(RequestContext context)
    {
        if (context.Cache?.Http is not { } http)
        {
            return false;
        }

        var status = context.Exchange.Head.StatusCode;
        return http.IsSilent
            || (http.Revalidates && status == StatusCodes.Status304NotModified)
            || (IsError(status) && MayStandIn(context));
    }

    /// <summary>Does what there is to do with such an answer, and answers the caller.</summary>
    public static async PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        var cache = context.Cache!;
        var http = cache.Http!;
        var route = context.Route!.Cache!;
        var exchange = context.Exchange;
        if (http.Revalidates && exchange.Head.StatusCode == StatusCodes.Status304NotModified)
        {
            Refresh(context, cache, route);
            exchange.BeginBody();
            return http.IsSilent
                ? StageResult.Responded
                : await HttpCacheAnswer.ServeHeldAsync(context, CacheOutcome.Revalidated);
        }

        if (!http.IsSilent)
        {
            exchange.Distrust();
            cache.Fail(Failure.UpstreamUnreachable);
            return await HttpCacheAnswer.ServeHeldAsync(context, CacheOutcome.Hit);
        }

        cache.BeginFill(context, exchange.Head, exchange.HeadBytes);
        exchange.BeginBody();
        if (cache.IsFilling)
        {
            await ReadAllAsync(context, cache, exchange);
        }
        else
        {
            exchange.Distrust();
        }

        return StageResult.Responded;
    }

    /// <summary>
    /// The request has failed. Where the caller has its answer already, or what is kept may stand in (RFC 5861, section 4), that
    /// is no failure.
    /// </summary>
    /// <returns>Continue: it is one.</returns>
    public static PooledValueTask<StageResult> FailAsync(RequestContext context, Failure failure)
    {
        context.Cache?.Fail(failure);
        if (context.Cache?.Http is not { } http)
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        if (http.IsSilent)
        {
            return new PooledValueTask<StageResult>(StageResult.Responded);
        }

        return !context.HasAnswerStarted && Failures.IsUpstreamSide(failure) && MayStandIn(context)
            ? HttpCacheAnswer.ServeHeldAsync(context, CacheOutcome.Hit)
            : new PooledValueTask<StageResult>(StageResult.Continue);
    }

    /// <summary>True where something is held that is too old, and its upstream forbids it not even now.</summary>
    public static bool IsUsableStale(HttpCacheExchange http) => http is { HasStale: true, Asked.NoCache: false }
        && (new StoredHead(http.Found.Written.Span).Rules.Traits & (StoredTraits.NoCache | StoredTraits.MustRevalidate)) == 0;

    /// <summary>The method may have changed the resource: what is kept of it is not to be used any more.</summary>
    public static void Invalidate(RequestContext context, ResponseHead head, ReadOnlySpan<byte> bytes)
    {
        if (head.StatusCode is < 200 or >= 400)
        {
            return;
        }

        var route = context.Route!.Cache!;
        var http = context.Cache!.Http!;
        route.Invalidate(http.Resource);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            var name = head[i].Name(bytes);
            if (System.Text.Ascii.EqualsIgnoreCase(name, "Location"u8)
                || System.Text.Ascii.EqualsIgnoreCase(name, "Content-Location"u8))
            {
                InvalidateOther(context, route, head[i].Value(bytes));
            }
        }
    }

    private static void InvalidateOther(RequestContext context, RouteCache route, ReadOnlySpan<byte> location)
    {
        // Only what the same origin names, as the upstream sees itself or as the caller sees it (RFC 9111, section 4.4).
        var text = System.Text.Encoding.Latin1.GetString(location);
        var target = context.Attempt.Target!;
        var host = context.CallerHost;
        var here = new Uri($"http://{host}{context.Target.Path}", UriKind.Absolute);
        if (!Uri.TryCreate(here, text, out var there)
            || !(there.Authority.Equals(host, StringComparison.OrdinalIgnoreCase)
                || there.Authority.Equals(target.Authority, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        var path = there.AbsolutePath;
        if (target.BasePath.Length > 0 && path.StartsWith(target.BasePath, StringComparison.Ordinal))
        {
            path = path[target.BasePath.Length..];
        }

        var stripped = context.Route!.Plan.StripPath ? context.Target.Path[..context.StripLength].ToString() : "";
        Invalidate(context, route, path, there.Query);
        if (stripped.Length > 0 && path.StartsWith(stripped, StringComparison.Ordinal))
        {
            Invalidate(context, route, path[stripped.Length..], there.Query);
        }
    }

    private static void Invalidate(RequestContext context, RouteCache route, string path, string query)
    {
        var key = context.Cache!.Key;
        if (CacheScope.TryOf(new(Core.Configuration.CacheScopeKind.Public, ""), null, out var any))
        {
            HttpCacheKey.Begin(context, route, key, any, path, query);
            route.Invalidate(key.Resource(route.Shared.Hasher));
            key.ReturnMemory();
        }
    }

    private static bool IsError(int status) => status is StatusCodes.Status500InternalServerError
        or StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout;

    private static bool MayStandIn(RequestContext context)
    {
        var http = context.Cache!.Http!;
        if (!IsUsableStale(http))
        {
            return false;
        }

        var rules = new StoredHead(http.Found.Written.Span).Rules;
        var seconds = Math.Max(rules.StaleIfErrorSeconds, http.Asked.StaleIfError);
        return context.Route!.Cache!.Shared.NowMs - http.Stale.Info.FreshUntilMs <= seconds * MsPerSecond && seconds >= 0;
    }

    /// <summary>What is kept is good again: it is stored anew, with what the answer says of it.</summary>
    private static void Refresh(RequestContext context, CacheExchange cache, RouteCache route)
    {
        var http = cache.Http!;
        var exchange = context.Exchange;
        if (!HttpCacheFill.TryRead(context, route, cache, exchange.Head, exchange.HeadBytes, http.Found.Written.Span))
        {
            http.Info = http.Stale.Info;
            cache.Unshare();
            return;
        }

        http.Found.Clear();
        http.Found.Write(cache.Head.Written.Span);
        cache.StoreAgain(context, http.Stale);
    }

    private static async ValueTask ReadAllAsync(RequestContext context, CacheExchange cache, UpstreamExchange exchange)
    {
        while (cache.IsFilling)
        {
            switch (exchange.TryReadBody(out var run))
            {
                case BodyStatus.Data:
                    cache.Take(run.Span);
                    break;
                case BodyStatus.End:
                    cache.Complete(context);
                    return;
                case BodyStatus.Invalid:
                    return;
                default:
                    if (await ResponseRelay.EndReceiveAsync(exchange, exchange.ReceiveMoreAsync()) != Failure.None)
                    {
                        return;
                    }

                    break;
            }
        }

        exchange.Distrust();
    }
}
