using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// One attempt at the request's upstream: steps 2 to 5 of <see cref="ForwardStage"/>. Within it, a target that cannot be
/// connected to is followed by those that the request has not been at, and an old connection that has died unseen by a new one.
/// </summary>
internal static class UpstreamAttempt
{
    /// <summary>
    /// Makes one. On success the exchange is open and has its head; otherwise it is closed, and the attempt is counted.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="attempt">The attempt; others of the same request may run beside it.</param>
    /// <param name="onlyUntried">A target that the request has been at is of no use.</param>
    public static async PooledValueTask<Failure> RunAsync(RequestContext context, RequestAttempt attempt, bool onlyUntried)
    {
        var exchange = attempt.Exchange;
        var failure = Failure.None;

        // A connection that switches is lost to the others, and one that was used may be the upstream's idea of another protocol.
        var freshOnly = context.Upgrade is not null;
        while (true)
        {
            if (attempt.IsLost)
            {
                exchange.Pick.End(Failure.EdgeAttemptLost);
                return Failure.EdgeAttemptLost;
            }

            if (!exchange.Pick.IsOpen && PickTarget(context, attempt, onlyUntried) is var refused && refused != Failure.None)
            {
                return failure == Failure.None ? refused : failure;
            }

            // Before a connection is taken, since one that then is not used would have to be closed.
            var pool = exchange.Pick.Pool;
            var framing = RequestBody.FramingOf(context);
            if (!TryWriteRequest(context, attempt, framing))
            {
                return Failure.CallerHeaderInvalid;
            }

            failure = await OpenAsync(context, attempt, pool, freshOnly);
            if (failure != Failure.None)
            {
                Count(context, attempt, pool, 0, failure);
                exchange.Pick.End(failure);

                // Nothing was sent: another target may be tried whatever the request is.
                if (Failures.IsUpstreamSide(failure) || failure == Failure.EdgeConnectionLimit)
                {
                    onlyUntried = true;
                    continue;
                }

                return failure;
            }

            failure = await SendAndReceiveAsync(context, attempt, framing);
            if (failure == Failure.None)
            {
                attempt.HeadNs = context.ElapsedNs;
                exchange.Pick.Answered(exchange);
                return Failure.None;
            }

            Count(context, attempt, pool, 0, failure);
            context.FailureDetail = exchange.Fault;
            var again = !freshOnly && MayRepeat(context, exchange, failure);
            if (!again)
            {
                exchange.Pick.End(failure, isRace: exchange.IsReused && !exchange.AnyReceived);
            }

            context.CallerWatch.Release(attempt);
            await exchange.CloseAsync();
            if (!again)
            {
                return failure;
            }

            freshOnly = true;
        }
    }

    /// <summary>An attempt is over: counts it, and tells the trace.</summary>
    public static void Count(
        RequestContext context, RequestAttempt attempt, UpstreamPool? pool, int status, Failure failure)
    {
        if (pool is not null)
        {
            var elapsedNs = context.ElapsedNs;
            pool.Metrics?.Ended(context.Method, status, failure, elapsedNs - attempt.BeganNs);
            context.Trace?.EndAttempt(context, attempt, pool.Target, elapsedNs, status, failure);
        }
    }

    private static Failure PickTarget(RequestContext context, RequestAttempt attempt, bool onlyUntried)
    {
        var cluster = context.Upstream.Cluster;
        if (attempt.Race is not { } race)
        {
            return TargetChoice.Make(context, cluster, attempt.Exchange.Pick, onlyUntried, ref context.Tried);
        }

        lock (race.Picking)
        {
            return TargetChoice.Make(context, cluster, attempt.Exchange.Pick, onlyUntried, ref context.Tried);
        }
    }

    // What mostly does not wait, here and in the exchange, is no async method: the few that are left have what waits with them.

    /// <summary>Step 2: an idle connection, or else a new one.</summary>
    private static PooledValueTask<Failure> OpenAsync(
        RequestContext context, RequestAttempt attempt, UpstreamPool pool, bool freshOnly)
    {
        attempt.Number = context.CountAttempt();
        attempt.BeganNs = context.ElapsedNs;
        attempt.Target = pool.Target;
        attempt.IsSent = false;
        if (attempt.Race is null)
        {
            context.Meter?.BeginAttempt();
        }

        if (freshOnly || pool.TakeIdle() is not { } connection)
        {
            return ConnectAndOpenAsync(context, attempt, pool);
        }

        Open(context, attempt, pool, connection);
        return new PooledValueTask<Failure>(Failure.None);
    }

    private static async PooledValueTask<Failure> ConnectAndOpenAsync(
        RequestContext context, RequestAttempt attempt, UpstreamPool pool)
    {
        attempt.Exchange.Request.Trim();
        var connected = await ConnectAsync(context, attempt, pool);
        if (connected.Connection is null)
        {
            context.FailureDetail = connected.Detail;
            return attempt.IsLost ? Failure.EdgeAttemptLost : connected.Failure;
        }

        Open(context, attempt, pool, connected.Connection);
        return Failure.None;
    }

    private static void Open(
        RequestContext context, RequestAttempt attempt, UpstreamPool pool, UpstreamConnection connection)
    {
        var drains = context.Drains;
        if (drains)
        {
            // Before there is anything to break: an earlier request of the connection may have it watched.
            context.CallerWatch.Ignore();
        }

        attempt.Exchange.Open(
            pool, connection, context.Upstream.Plan.Timeouts, HttpMethods.IsHead(context.Method), context.WholeByMs);
        attempt.Exchange.AsksUpgrade = context.Upgrade is not null;
        attempt.Opened();
        if (!drains)
        {
            context.CallerWatch.Guard(attempt, context.Protocol);
        }
    }

    private static PooledValueTask<ConnectResult> ConnectAsync(RequestContext context, RequestAttempt attempt, UpstreamPool pool)
    {
        // A question for the next caller's sake outlives the one who has its answer.
        var caller = context.Cache?.Http is { IsSilent: true }
            ? CancellationToken.None
            : context.CallerWatch.TokenFor(context.Protocol);
        return attempt.Race is null ? pool.ConnectAsync(caller) : RaceAsync(attempt, pool, caller);
    }

    private static async PooledValueTask<ConnectResult> RaceAsync(
        RequestAttempt attempt, UpstreamPool pool, CancellationToken caller)
    {
        try
        {
            return await pool.ConnectAsync(attempt.BeginDial(caller));
        }
        finally
        {
            attempt.EndDial();
        }
    }

    /// <summary>Steps 3 to 5.</summary>
    private static PooledValueTask<Failure> SendAndReceiveAsync(
        RequestContext context, RequestAttempt attempt, UpstreamRequestWriter.Framing framing)
    {
        var exchange = attempt.Exchange;
        var sending = exchange.SendAsync(
            isWhole: context.BodyKind is not (RequestBodyKind.Streaming or RequestBodyKind.Held));
        if (context.Upgrade is not null || !sending.TryGetResult(out var failure) || failure != Failure.None)
        {
            return ReceiveAsync(context, attempt, framing, sending);
        }

        Sent(context, attempt, framing);
        return exchange.ReceiveHeadAsync();
    }

    private static async PooledValueTask<Failure> ReceiveAsync(
        RequestContext context, RequestAttempt attempt, UpstreamRequestWriter.Framing framing, PooledValueTask<Failure> sending)
    {
        var exchange = attempt.Exchange;
        var failure = await sending;
        if (failure == Failure.None)
        {
            Sent(context, attempt, framing);
        }

        // Also where sending failed: the target may have said why before it closed.
        var received = await exchange.ReceiveHeadAsync();
        return received == Failure.None && context.Upgrade is not null ? UpgradeAnswer.Check(context, exchange)
            : received == Failure.None || failure == Failure.None ? received : failure;
    }

    private static void Sent(RequestContext context, RequestAttempt attempt, UpstreamRequestWriter.Framing framing)
    {
        attempt.IsSent = true;
        if (attempt.Race is null)
        {
            context.Meter?.Sent();
        }

        StartUpload(context, attempt.Exchange, framing);
    }

    private static bool TryWriteRequest(
        RequestContext context, RequestAttempt attempt, UpstreamRequestWriter.Framing framing)
    {
        var exchange = attempt.Exchange;
        var request = exchange.Request;
        request.Clear();
        attempt.Trace = context.Trace?.NextAttempt() ?? default;
        if (!UpstreamRequestWriter.TryWrite(request, context, context.Upstream, exchange.Pick, attempt.Trace, framing))
        {
            return false;
        }

        if (context.BodyKind == RequestBodyKind.Whole)
        {
            request.Write(context.SentBody.Written.Span);
        }

        return true;
    }

    /// <summary>Step 4, where the body is not sent with the head.</summary>
    private static void StartUpload(RequestContext context, UpstreamExchange exchange, UpstreamRequestWriter.Framing framing)
    {
        switch (context.BodyKind)
        {
            case RequestBodyKind.Streaming:
                exchange.StartUpload(context.BeginUpload(), framing.ExpectContinue);
                break;
            case RequestBodyKind.Held:
                exchange.StartUpload(new HeldUpload(context.SentBody.Written), awaitContinue: false);
                break;
        }
    }

    /// <summary>
    /// An old connection may have been closed by the target just as it was taken. Then, and only then, the request may be sent
    /// once more: if no answer began, the body can be had again, and the target has either not seen the request or may see it
    /// twice (RFC 9110, section 9.2.2).
    /// </summary>
    private static bool MayRepeat(RequestContext context, UpstreamExchange exchange, Failure failure) =>
        failure == Failure.UpstreamClosed
        && exchange.IsReused
        && !exchange.AnyReceived
        && context.BodyKind != RequestBodyKind.Streaming
        && (exchange.IsUnsent || RepeatRules.IsIdempotent(context.Method));
}
