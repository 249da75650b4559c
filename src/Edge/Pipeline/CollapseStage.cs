using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Hosting;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Has requests that ask the same at the same time share one call to the upstream. The first one makes it and goes on as if it
/// were alone; the others are answered here.
/// </summary>
internal static class CollapseStage
{
    /// <summary>Nothing in memory answers the request.</summary>
    /// <returns>Continue: it makes the call.</returns>
    public static PooledValueTask<StageResult> RunAsync(RequestContext context, CacheExchange exchange, RouteCache route)
    {
        if (exchange.Outcome != CacheOutcome.Miss)
        {
            return new PooledValueTask<StageResult>(LeadAlone(exchange, route));
        }

        if (!MayShare(context, route) || exchange.Http is { Range.IsGiven: true })
        {
            exchange.TakeLead(route.Flights.LeadAlone(exchange.Key.Hash));
            return AskReplicasAsync(context, exchange, route);
        }

        var flight = route.Flights.Enter(exchange.Key.Hash, exchange.Key.Bytes, exchange.Joiner, out var leads);
        if (!leads)
        {
            return JoinAsync(context, exchange, route, flight);
        }

        exchange.TakeLead(flight);

        // The call that was under way may have ended between the look into the memory and this one.
        if (CacheStage.TryPinFresh(context, exchange, route, out var pin))
        {
            exchange.Unshare();
            return CacheStage.ServeAsync(context, exchange, route, pin);
        }

        return AskReplicasAsync(context, exchange, route);
    }

    private static PooledValueTask<StageResult> AskReplicasAsync(RequestContext context, CacheExchange exchange, RouteCache route)
    {
        if (route.Redis is { } redis)
        {
            return SharedCacheStage.RunAsync(context, exchange, route, redis);
        }

        if (route.Plan.IsShared)
        {
            Interlocked.Increment(ref route.Shared.SharedCounters.Away);
        }

        return SemanticStage.RunAsync(context, exchange, route);
    }

    // A stream that ends where its caller's tokens do must not end for those whose do not.
    private static bool MayShare(RequestContext context, RouteCache route) =>
        !(context.Facts.IsStreaming && context.Route!.Plan.StopsWhenExhausted
            && route.Plan.Scope.Kind != Core.Configuration.CacheScopeKind.Consumer);

    private static StageResult LeadAlone(CacheExchange exchange, RouteCache route)
    {
        exchange.TakeLead(route.Flights.LeadAlone(exchange.Key.Hash));
        route.Counters.Misses.Increment();
        return StageResult.Continue;
    }

    private static async PooledValueTask<StageResult> JoinAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, CacheFlight flight)
    {
        var joiner = exchange.Joiner;
        KeyHash? near = null;
        var watch = context.CallerWatch.TokenFor(context.Protocol)
            .UnsafeRegister(static state => ((FlightJoiner)state!).CallerLeft(), joiner);
        try
        {
            while (flight.State == FlightState.Pending)
            {
                if (await joiner.WaitAsync() == FlightNews.Leads)
                {
                    exchange.TakeLead(flight);
                    route.Counters.Misses.Increment();
                    return joiner.IsGone ? StageResult.Failed(Failure.CallerGone) : StageResult.Continue;
                }

                if (joiner.IsGone)
                {
                    return StageResult.Failed(Failure.CallerGone);
                }
            }

            switch (flight.State)
            {
                case FlightState.Open or FlightState.Whole when Selects(context, exchange, route, flight):
                    return await ServeAsync(context, exchange, route, flight);
                case FlightState.Failed when flight.IsLastAttempt:
                    return StageResult.Failed(flight.Failure);
                case FlightState.Unshared:
                    near = flight.Near;
                    break;
            }
        }
        finally
        {
            watch.Dispose();
            joiner.Leave();
        }

        // It was nobody else's answer. Another's may be, that has come meanwhile, or the one to a question much like this.
        return CacheStage.TryPinFresh(context, exchange, route, out var pin)
            || (near is { } hash && SemanticStage.TryPin(exchange, route, hash, out pin))
            ? await CacheStage.ServeAsync(context, exchange, route, pin)
            : LeadAlone(exchange, route);
    }

    private static async PooledValueTask<StageResult> ServeAsync(
        RequestContext context, CacheExchange exchange, RouteCache route, CacheFlight flight)
    {
        exchange.Outcome = CacheOutcome.Collapsed;
        WriteHead(context, exchange, flight);
        context.Body.ReturnMemory();
        exchange.Key.ReturnMemory();
        await context.StartAnswerAsync();
        var failure = await SharedRelay.ServeAsync(context, flight, exchange.Joiner);
        if (failure != Failure.None)
        {
            return StageResult.Failed(failure);
        }

        context.EventStream?.WriteHeld(context.ResponseBody.Writer);
        var saved = new UsageCounts { InputTokens = flight.Tokens.Input, OutputTokens = flight.Tokens.Output };
        CacheStage.CountSaved(context, exchange, route, saved, context.ResponseBytes);
        route.Counters.Collapsed.Increment();
        return StageResult.Responded;
    }

    /// <summary>True where the answer is the one that this request selects too, of several variants.</summary>
    private static bool Selects(RequestContext context, CacheExchange exchange, RouteCache route, CacheFlight flight)
    {
        if (!route.IsHttp)
        {
            return true;
        }

        ReadHead(exchange.Head, flight);
        var selects = HttpCacheKey.TrySelect(context, route, exchange.Key, new StoredHead(exchange.Head.Written.Span))
            && exchange.Key.Hash == flight.Selection;
        exchange.Head.ReturnMemory();
        return selects;
    }

    private static void ReadHead(HeadBuffer to, CacheFlight flight)
    {
        to.Clear();
        for (var cursor = flight.Head; flight.TryReadHead(ref cursor, out var run);)
        {
            to.Write(run);
        }
    }

    private static bool IsEventStream(string? contentType) =>
        contentType is not null && contentType.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static void WriteHead(RequestContext context, CacheExchange exchange, CacheFlight flight)
    {
        var head = exchange.Head;
        ReadHead(head, flight);
        var fields = context.BeginFields(mayBeLines: false);
        if (exchange.Http is null)
        {
            CacheStage.CopyHead(context, fields, new StoredHead(head.Written.Span));
        }
        else
        {
            var kept = new StoredHead(head.Written.Span);
            HttpCacheAnswer.CopyHead(context, fields, kept, kept.Rules.AgeSeconds);
        }

        head.ReturnMemory();
        CacheStage.WriteHeaders(context, exchange);
        if (IsEventStream(context.ResponseHeaders.ContentType))
        {
            context.EventStream = new EventStream(context.Route!.Plan.Heartbeat, null, context.Facts.HidesUsage);
        }
        else if (flight.BodyLength >= 0)
        {
            context.ResponseHeaders.ContentLength = flight.BodyLength;
        }

        ResponseHeadCopier.ApplyRules(context);
    }
}
