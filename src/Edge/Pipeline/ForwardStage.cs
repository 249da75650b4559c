using System.Runtime.CompilerServices;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Sends the request to the route's upstream and the answer back.
/// <code>
///   caller -> 1 body small and here? -> 2 connection  -> 3 head (+ body) -> 4 upload, if streaming -> upstream
///   caller &lt;- 7 relay, run by run    &lt;- 6 head copied &lt;- 5 answer's head                           &lt;- upstream
/// </code>
/// A failure in 2 is tried at the next target. A failure in 3 to 5 is tried once more only if the connection was an old one that
/// may have died unseen, no byte of an answer came, and sending the request again can do no harm. After 6 nothing is repeated.
/// </summary>
internal sealed class ForwardStage
{
    private readonly ResponseHeadCopier _copier = new();

    /// <summary>
    /// Forwards. The caller's answer has started when the outcome is Responded, and may have when it is Failed.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<StageResult> RunAsync(RequestContext context)
    {
        var body = context.Body;
        RequestBodyKind kind;
        try
        {
            kind = RequestBody.Take(context, body);
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            return StageResult.Failed(CallerFailures.Of(exception));
        }

        if (kind == RequestBodyKind.TooLarge)
        {
            return StageResult.Failed(Failure.CallerBodyTooLarge);
        }

        var outcome = Failure.EdgeInternal;
        try
        {
            var failure = await ObtainHeadAsync(context, kind);
            OverloadStage.Leave(context, failure);
            if (failure != Failure.None)
            {
                return StageResult.Failed(failure);
            }

            ForgetRequest(context, kind);
            _copier.Copy(context, context.Exchange);
            if (context.Exchange.IsUploadHeld)
            {
                // The caller may now send its body or leave it, and only a new connection tells which (RFC 9110, section 10.1.1).
                context.CloseAfterAnswer();
            }

            context.Exchange.BeginBody();
            failure = UsageHeader.Prepare(context) ? await UsageHeader.HoldAsync(context, context.Exchange) : Failure.None;
            if (failure == Failure.None)
            {
                failure = await ResponseRelay.RunAsync(context, context.Exchange);
            }

            if (failure != Failure.None)
            {
                context.Exchange.Distrust();
            }

            context.FailureDetail = context.Exchange.Fault;
            outcome = failure;
            return failure == Failure.None ? StageResult.Responded : StageResult.Failed(failure);
        }
        finally
        {
            if (context.HeadNs != 0)
            {
                CountAttempt(context, context.Exchange.Pool, context.Exchange.Head.StatusCode, outcome);
            }

            context.Exchange.Pick.End(outcome);
            context.Exchange.Request.ReturnMemory();
            context.CallerWatch.Release();
            await context.Exchange.CloseAsync();
            body.ReturnMemory();
        }
    }

    /// <summary>
    /// The request is not sent again from here on: what was kept for that goes back. A large body may still be on its way.
    /// </summary>
    private static void ForgetRequest(RequestContext context, RequestBodyKind kind)
    {
        if (kind != RequestBodyKind.Held)
        {
            context.Body.ReturnMemory();
        }

        context.Exchange.Request.ReturnMemory();
    }

    /// <summary>Steps 2 to 5. On success the exchange is open and has its head.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private static async ValueTask<Failure> ObtainHeadAsync(RequestContext context, RequestBodyKind kind)
    {
        var exchange = context.Exchange;
        var cluster = context.Route!.Upstream;
        context.WholeByMs = exchange.DueIn(cluster.Plan.Timeouts.Total);
        var tried = default(TargetSet);
        var failure = Failure.None;
        var freshOnly = false;
        while (true)
        {
            if (!exchange.Pick.IsOpen && PickTarget(context, ref tried) is var refused && refused != Failure.None)
            {
                return failure == Failure.None ? refused : failure;
            }

            // Before a connection is taken, since one that then is not used would have to be closed.
            var pool = exchange.Pick.Pool;
            var framing = RequestBody.FramingOf(context, kind, context.Body);
            if (!TryWriteRequest(context, pool.Target, kind, framing))
            {
                return Failure.CallerHeaderInvalid;
            }

            failure = await OpenAsync(context, pool, freshOnly);
            if (failure != Failure.None)
            {
                CountAttempt(context, pool, 0, failure);
                exchange.Pick.End(failure);

                // Nothing was sent: another target may be tried whatever the request is.
                if (Failures.IsUpstreamSide(failure) || failure == Failure.EdgeConnectionLimit)
                {
                    continue;
                }

                return failure;
            }

            failure = await SendAndReceiveAsync(context, kind, framing);
            if (failure == Failure.None)
            {
                context.HeadNs = context.ElapsedNs;
                exchange.Pick.Answered(exchange);
                return Failure.None;
            }

            CountAttempt(context, pool, 0, failure);
            context.FailureDetail = exchange.Fault;
            var again = !freshOnly && MayRepeat(context, exchange, kind, failure);
            if (!again)
            {
                exchange.Pick.End(failure, isRace: exchange.IsReused && !exchange.AnyReceived);
            }

            context.CallerWatch.Release();
            await exchange.CloseAsync();
            if (!again)
            {
                return failure;
            }

            freshOnly = true;
        }
    }

    private static Failure PickTarget(RequestContext context, ref TargetSet tried) => context.Route!.Upstream.Pick(
        context.Exchange.Pick, new TargetQuery(0, context.Facts.EstimatedTokens, OnlyUntried: true), ref tried);

    /// <summary>Step 2: an idle connection, or else a new one.</summary>
    private static async ValueTask<Failure> OpenAsync(RequestContext context, UpstreamPool pool, bool freshOnly)
    {
        context.Attempts++;
        context.AttemptBeganNs = context.ElapsedNs;
        context.AttemptTarget = pool.Target;
        var connection = freshOnly ? null : pool.TakeIdle();
        if (connection is null)
        {
            var connected = await pool.ConnectAsync(context.CallerWatch.TokenFor(context.Request.Protocol));
            if (connected.Connection is null)
            {
                context.FailureDetail = connected.Detail;
                return connected.Failure;
            }

            connection = connected.Connection;
        }

        var plan = context.Route!.Upstream.Plan;
        context.Exchange.Open(pool, connection, plan.Timeouts, HttpMethods.IsHead(context.Request.Method), context.WholeByMs);
        if (!context.Drains)
        {
            context.CallerWatch.Guard(context.Request.Protocol);
        }

        return Failure.None;
    }

    /// <summary>Steps 3 to 5.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private static async ValueTask<Failure> SendAndReceiveAsync(
        RequestContext context, RequestBodyKind kind, UpstreamRequestWriter.Framing framing)
    {
        var exchange = context.Exchange;
        var failure = await exchange.SendAsync(isWhole: kind is not (RequestBodyKind.Streaming or RequestBodyKind.Held));
        if (failure == Failure.None)
        {
            context.Meter?.Sent();
            StartUpload(context, exchange, kind, framing);
        }

        // Also where sending failed: the target may have said why before it closed.
        var received = await exchange.ReceiveHeadAsync();
        return received == Failure.None || failure == Failure.None ? received : failure;
    }

    private static void CountAttempt(RequestContext context, UpstreamPool? pool, int status, Failure failure)
    {
        if (pool is not null)
        {
            var elapsedNs = context.ElapsedNs;
            pool.Metrics?.Ended(context.Request.Method, status, failure, elapsedNs - context.AttemptBeganNs);
            context.Trace?.EndAttempt(pool.Target, context.AttemptBeganNs, elapsedNs, status, failure);
        }
    }

    private static bool TryWriteRequest(
        RequestContext context, TargetPlan target, RequestBodyKind kind, UpstreamRequestWriter.Framing framing)
    {
        var request = context.Exchange.Request;
        request.Clear();
        context.Trace?.BeginAttempt();
        if (!UpstreamRequestWriter.TryWrite(request, context, target, framing))
        {
            return false;
        }

        if (kind == RequestBodyKind.Whole)
        {
            request.Write(context.Body.Written.Span);
        }

        return true;
    }

    /// <summary>Step 4, where the body is not sent with the head.</summary>
    private static void StartUpload(
        RequestContext context, UpstreamExchange exchange, RequestBodyKind kind, UpstreamRequestWriter.Framing framing)
    {
        switch (kind)
        {
            case RequestBodyKind.Streaming:
                exchange.StartUpload(new CallerUpload(context), framing.ExpectContinue);
                break;
            case RequestBodyKind.Held:
                exchange.StartUpload(new HeldUpload(context.Body.Written), awaitContinue: false);
                break;
        }
    }

    /// <summary>
    /// An old connection may have been closed by the target just as it was taken. Then, and only then, the request may be sent
    /// once more: if no answer began, the body can be had again, and the target has either not seen the request or may see it
    /// twice (RFC 9110, section 9.2.2).
    /// </summary>
    private static bool MayRepeat(RequestContext context, UpstreamExchange exchange, RequestBodyKind kind, Failure failure) =>
        failure == Failure.UpstreamClosed
        && exchange.IsReused
        && !exchange.AnyReceived
        && kind != RequestBodyKind.Streaming
        && (exchange.IsUnsent || IsIdempotent(context.Request.Method));

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method)
        || HttpMethods.IsOptions(method);
}
