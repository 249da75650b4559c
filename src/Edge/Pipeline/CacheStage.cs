using System.Buffers.Text;
using Edge.Core.Bodies;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Hosting;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Answers repeats from memory: POSTs to the APIs of an LLM whose request upstream would be the same, for callers of the same
/// scope. It runs when tokens and money are reserved, which a hit gives back because it uses none.
/// </summary>
internal static class CacheStage
{
    /// <summary>Bytes handed to the caller's connection before it is flushed.</summary>
    private const int UnflushedBytesMax = 64 * 1024;

    private const double TemperatureDefault = 1;

    /// <summary>
    /// Makes the request's key, while the tokens of its body are at hand: of the body as it goes upstream. Called where the
    /// body has been read.
    /// </summary>
    public static void MakeKey(RequestContext context, JsonTape body, in BodyFacts facts, LlmApi api)
    {
        if (context.Route!.Cache is not { IsHttp: false } route || !HttpMethods.IsPost(context.Method)
            || api is not (LlmApi.ChatCompletions or LlmApi.Messages or LlmApi.Embeddings))
        {
            return;
        }

        var exchange = context.BeginCache(route);
        var directives = Directives(context, route);
        if (directives == CacheOutcome.Bypass || PassesCredential(context) || !IsRepeatable(route, body, facts, api)
            || !CacheScope.TryOf(route.Plan.Scope, context.Caller, out var scope)
            || !TryMakeKey(context, route, exchange, scope, body, facts, api))
        {
            exchange.Outcome = CacheOutcome.Bypass;
            exchange.Key.ReturnMemory();
            return;
        }

        exchange.Outcome = directives == CacheOutcome.Refresh ? CacheOutcome.Refresh : CacheOutcome.Miss;
    }

    /// <summary>Answers, where there is an answer.</summary>
    public static PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        if (context.Route!.Cache is { IsHttp: true } http)
        {
            return HttpCacheStage.RunAsync(context, http);
        }

        if (context.Cache is not { Outcome: not CacheOutcome.None } exchange)
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        var route = context.Route!.Cache!;
        if (exchange.Outcome == CacheOutcome.Bypass)
        {
            route.Counters.Bypasses.Increment();
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        if (exchange.Outcome == CacheOutcome.Miss && (TryPinFresh(context, exchange, route, out var pin)
            || (CacheConversion.TryMake(context, exchange, route) && TryPinFresh(context, exchange, route, out pin))))
        {
            return ServeAsync(context, exchange, route, pin);
        }

        return CollapseStage.RunAsync(context, exchange, route);
    }

    /// <summary>Finds an answer that is fresh, and holds it.</summary>
    public static bool TryPinFresh(RequestContext context, CacheExchange exchange, RouteCache route, out CachePin pin)
    {
        if (route.IsHttp)
        {
            return HttpCacheStage.TryFindFresh(context, exchange, route, out pin);
        }

        var nowMs = route.Shared.NowMs;
        if (!route.Store.TryPin(exchange.Key.Hash, exchange.Key.Bytes, nowMs, out pin))
        {
            return false;
        }

        if (nowMs < pin.Info.FreshUntilMs)
        {
            return true;
        }

        pin.Release();
        return false;
    }

    /// <summary>
    /// Answers with what is too old, where it was kept: all upstreams failed, and the route wants that rather than an error.
    /// Nothing of an answer has gone out yet.
    /// </summary>
    /// <returns>Continue: there is no such answer, and nothing has changed.</returns>
    public static PooledValueTask<StageResult> TryAnswerStaleAsync(RequestContext context)
    {
        if (context.Cache?.Http is { } http)
        {
            return HttpCacheReuse.IsUsableStale(http)
                ? HttpCacheAnswer.ServeHeldAsync(context, CacheOutcome.Hit)
                : new PooledValueTask<StageResult>(StageResult.Continue);
        }

        if (context.Cache is not { Outcome: CacheOutcome.Miss, Key.IsWhole: true } exchange)
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        // It may have become fresh again while the upstreams were asked: another request was luckier.
        var route = context.Route!.Cache!;
        return route.Store.TryPin(exchange.Key.Hash, exchange.Key.Bytes, route.Shared.NowMs, out var pin)
            ? ServeAsync(context, exchange, route, pin)
            : new PooledValueTask<StageResult>(StageResult.Continue);
    }

    /// <summary>What an answer that comes from the upstream says of the cache.</summary>
    public static void WriteHeaders(RequestContext context, CacheExchange exchange)
    {
        var fields = context.Fields;
        switch (exchange.Outcome)
        {
            case CacheOutcome.Bypass:
                fields.Append(KnownResponseHeaders.CacheStatus, "edge; fwd=bypass");
                fields.Set(KnownResponseHeaders.XCache, "BYPASS");
                break;
            case CacheOutcome.Collapsed:
                fields.Append(KnownResponseHeaders.CacheStatus, "edge; fwd=miss; collapsed");
                fields.Set(KnownResponseHeaders.XCache, "HIT");
                fields.Set(KnownResponseHeaders.XCacheKey, context.Route!.Cache!.Shared.NameOf(exchange.Key.Hash));
                break;
            case CacheOutcome.Miss or CacheOutcome.Refresh:
                var isRefresh = exchange.Outcome == CacheOutcome.Refresh || exchange.Http is { Asked.NoCache: true };
                var status = (isRefresh, exchange.Http is { HasStale: true }, exchange.IsFilling) switch
                {
                    (true, _, false) => "edge; fwd=request",
                    (true, _, true) => "edge; fwd=request; stored",
                    (_, true, false) => "edge; fwd=stale",
                    (_, true, true) => "edge; fwd=stale; stored",
                    (_, _, true) => "edge; fwd=miss; stored",
                    _ => "edge; fwd=miss",
                };
                fields.Append(KnownResponseHeaders.CacheStatus, status);
                fields.Set(KnownResponseHeaders.XCache, "MISS");
                fields.Set(KnownResponseHeaders.XCacheKey, context.Route!.Cache!.Shared.NameOf(exchange.Key.Hash));
                break;
        }
    }

    /// <summary>Answers with what was found, and lets go of it.</summary>
    public static async PooledValueTask<StageResult> ServeAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, CachePin pin)
    {
        if (route.IsHttp)
        {
            return await HttpCacheAnswer.ServeAsync(context, exchange, route, pin, route.Shared.NowMs, CacheOutcome.Hit);
        }

        try
        {
            exchange.Outcome = CacheOutcome.Hit;
            WriteHead(context, exchange, route, pin);
            context.Body.ReturnMemory();
            exchange.Key.ReturnMemory();
            await context.StartAnswerAsync();
            if (route.Plan.ReplayEvery is { } every && PacedReplay.IsFor(context))
            {
                return await PacedReplay.RunAsync(context, pin, every);
            }

            var cursor = pin.Body;
            while (Put(context, pin, ref cursor))
            {
                var flushed = await context.ResponseBody.Writer.FlushAsync();
                if (flushed.IsCompleted || flushed.IsCanceled)
                {
                    return StageResult.Failed(Failure.CallerGone);
                }
            }

            context.EventStream?.WriteHeld(context.ResponseBody.Writer);
            return StageResult.Responded;
        }
        finally
        {
            pin.Release();
        }
    }

    private static void WriteHead(RequestContext context, CacheExchange exchange, RouteCache route, CachePin pin)
    {
        var head = exchange.Head;
        head.Clear();
        for (var cursor = pin.Head; pin.TryRead(ref cursor, out var run);)
        {
            head.Write(run);
        }

        var fields = context.BeginFields(mayBeLines: false);
        CopyHead(context, fields, new StoredHead(head.Written.Span));
        head.ReturnMemory();
        var info = pin.Info;
        var nowMs = route.Shared.NowMs;
        fields.Set(KnownResponseHeaders.Age, (nowMs - info.StoredMs) / 1000);
        context.ResponseHeaders["Cache-Status"] =
            exchange.Near is not null ? GatewayCache.NearHitOf((info.FreshUntilMs - nowMs) / 1000)
            : nowMs < info.FreshUntilMs ? route.Shared.HitOf((info.FreshUntilMs - nowMs) / 1000)
            : GatewayCache.StaleOf((nowMs - info.FreshUntilMs) / 1000);
        fields.Set(KnownResponseHeaders.XCache, "HIT");
        fields.Set(KnownResponseHeaders.XCacheKey, route.Shared.NameOf(exchange.Near ?? exchange.Key.Hash));
        if (context.Facts is { HidesUsage: true, IsStreaming: true })
        {
            // What was stored is what the upstream said, for those who want its usage and those who do not.
            context.EventStream = new EventStream(null, null, hidesUsage: true);
        }
        else
        {
            context.ResponseHeaders.ContentLength = pin.BodyLength;
        }

        ResponseHeadCopier.ApplyRules(context);
        var counters = route.Counters;
        (exchange.Near is not null ? counters.NearHits : nowMs < info.FreshUntilMs ? counters.Hits : counters.Stale).Increment();
        var saved = new UsageCounts { InputTokens = info.InputTokens, OutputTokens = info.OutputTokens };
        CountSaved(context, exchange, route, saved, pin.BodyLength);
    }

    /// <summary>Copies a kept head to the answer, whose own has begun.</summary>
    public static void CopyHead(RequestContext context, ResponseFields fields, StoredHead head)
    {
        var strings = context.Route!.Cache!.Shared.Strings;
        context.StatusCode = head.Status;
        for (var at = 0; head.TryNext(ref at, out var name, out var value);)
        {
            fields.Copy(KnownResponseHeaders.NumberOf(name), name, value, strings);
        }
    }

    /// <summary>Counts what an answer has saved that no upstream was asked for.</summary>
    public static void CountSaved(
        RequestContext context, CacheExchange exchange, RouteCache route, UsageCounts saved, long bodyLength)
    {
        exchange.Saved = saved;
        var counters = route.Counters;
        counters.HitBytes.Add(bodyLength);
        counters.SavedInput.Add(saved.InputTokens ?? 0);
        counters.SavedOutput.Add(saved.OutputTokens ?? 0);
        counters.SavedCost.Add(context.Price?.Of(saved) ?? 0);
    }

    /// <summary>Hands over what may go before a flush.</summary>
    /// <returns>True where there is more.</returns>
    private static bool Put(RequestContext context, CachePin pin, ref CacheCursor cursor)
    {
        var writer = context.ResponseBody.Writer;
        var unflushed = 0;
        while (unflushed < UnflushedBytesMax)
        {
            if (!pin.TryRead(ref cursor, out var run))
            {
                return false;
            }

            if (context.EventStream is { } stream)
            {
                stream.Write(writer, run);
            }
            else
            {
                writer.Put(run);
            }

            context.ResponseBytes += run.Length;
            unflushed += run.Length;
        }

        return true;
    }

    private static bool TryMakeKey(
        RequestContext context, RouteCache route, CacheExchange exchange, CacheScope scope, JsonTape body, in BodyFacts facts,
        LlmApi api)
    {
        var key = exchange.Key;
        key.Begin(scope, route.Shared.Hasher);
        key.Add(context.Route!.Plan.Name);
        key.Add(route.Service);
        key.Add(context.Method);
        key.Add(context.Route!.Plan.StripPath ? context.Target.Path[context.StripLength..] : context.Target.Path);
        key.Add(context.Target.Query);
        key.Add(route.KeepsHost ? context.CallerHost : "");
        AddHeaders(context, route, key);
        if (route.Semantic is not null)
        {
            key.MarkQuestion(CacheKey.FindQuestion(body, api));
        }

        if (!route.Plan.Converts || api == LlmApi.Embeddings)
        {
            return key.TryEnd(body, route.Shared.Hasher);
        }

        exchange.Converts = CacheConversion.FormOf(body, api);
        return key.TryEnd(body, exchange.Converts.Value.IsStream, route.Shared.Hasher);
    }

    /// <summary>Adds the headers that the file names to a key.</summary>
    public static void AddHeaders(RequestContext context, RouteCache route, CacheKey key)
    {
        foreach (var name in route.KeyHeaders)
        {
            var values = context.RequestHeaders[name];
            key.AddCount(values.Count);
            foreach (var value in values)
            {
                key.Add(value);
            }
        }
    }

    /// <summary>
    /// A credential of the caller's that travels on decides what the upstream answers, and is no part of the key: such requests
    /// are answered by the upstream alone (RFC 9111, section 3.5).
    /// </summary>
    public static bool PassesCredential(RequestContext context)
    {
        // One that stands in the query is not to lie in a key.
        if (!context.Route!.Access.QueryNames.IsEmpty && !context.Target.Query.IsEmpty)
        {
            return true;
        }

        if (context.RequestHeaders.Cookie.Count > 0 && !context.Upstream.Drops("Cookie"))
        {
            return true;
        }

        if (!context.Upstream.KeepsCredentials)
        {
            return false;
        }

        foreach (ref readonly var header in context.CallerHeaders.All)
        {
            if (header.Kind == RequestHeaderKind.Credential && !context.Upstream.Drops(header.Name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the same request may get the same answer again: little is left to chance, nothing is done.</summary>
    private static bool IsRepeatable(RouteCache route, JsonTape body, in BodyFacts facts, LlmApi api)
    {
        if (api == LlmApi.Embeddings)
        {
            return true;
        }

        var temperature = TemperatureDefault;
        if (facts.Temperature >= 0
            && !Utf8Parser.TryParse(body.Tokens[facts.Temperature].Raw(body.Text), out temperature, out int _))
        {
            return false;
        }

        return temperature <= route.Plan.TemperatureMax
            && (route.Plan.Tools || (body.Find(0, "tools"u8) < 0 && body.Find(0, "functions"u8) < 0));
    }

    /// <summary>What the caller asks of the cache, where its tier may: Bypass, Refresh, or None for nothing.</summary>
    private static CacheOutcome Directives(RequestContext context, RouteCache route)
    {
        var values = context.RequestHeaders.CacheControl;
        if (values.Count == 0 || context.Caller?.Tier is not { } tier || !route.Plan.NoCacheTiers.Contains(tier))
        {
            return CacheOutcome.None;
        }

        var outcome = CacheOutcome.None;
        foreach (var value in values)
        {
            foreach (var part in value.AsSpan().Split(','))
            {
                var directive = value.AsSpan()[part].Trim();
                if (directive.Equals("no-store", StringComparison.OrdinalIgnoreCase))
                {
                    return CacheOutcome.Bypass;
                }

                if (directive.Equals("no-cache", StringComparison.OrdinalIgnoreCase))
                {
                    outcome = CacheOutcome.Refresh;
                }
            }
        }

        return outcome;
    }
}
