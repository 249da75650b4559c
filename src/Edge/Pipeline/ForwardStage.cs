using Edge.Core.Http;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Sends the request to the route's upstream and the answer back.
/// <code>
///   caller -> 1 body small and here? -> 2 connection  -> 3 head (+ body) -> 4 upload, if streaming -> upstream
///   caller &lt;- 7 relay, run by run    &lt;- 6 head copied &lt;- 5 answer's head                           &lt;- upstream
/// </code>
/// Steps 2 to 5 are an <see cref="UpstreamAttempt"/>, of which a route with retries or fallbacks may make several
/// (<see cref="AttemptLoop"/>). After 6 nothing is repeated.
/// </summary>
internal sealed class ForwardStage
{
    private readonly ResponseHeadCopier _copier = new();
    private readonly AttemptLoop _attempts;
    private readonly SwitchStage _switch;
    private readonly Random _chance;

    /// <summary>The stage of a gateway.</summary>
    /// <param name="tunnels">Where switched connections are listed.</param>
    /// <param name="time">The clock that retries wait by.</param>
    /// <param name="chance">Decides how long, and what is copied. Safe from any thread.</param>
    public ForwardStage(Tunnels tunnels, TimeProvider time, Random chance)
    {
        _attempts = new AttemptLoop(_copier, time, chance);
        _switch = new SwitchStage(tunnels, _copier);
        _chance = chance;
    }

    /// <summary>
    /// Forwards. The caller's answer has started when the outcome is Responded, and may have when it is Failed.
    /// </summary>
    public async PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        context.SentBody = context.Body;
        context.BodyKind = RequestBody.Take(context, out var broken);
        if (context.BodyKind == RequestBodyKind.Streaming && context.Route!.HoldsBodies && RequestBody.MayHold(context))
        {
            broken = await RequestBody.TakeAllAsync(context);
            context.BodyKind = broken == Failure.None ? RequestBody.Take(context, out broken) : RequestBodyKind.None;
        }

        if (broken != Failure.None)
        {
            return StageResult.Failed(broken);
        }

        broken = UpstreamBody.PrepareOwn(context);
        if (broken != Failure.None)
        {
            return StageResult.Failed(broken);
        }

        (context.Upgrade is null ? context.Route!.Shadow : null)?.Copy(context, _chance);
        var outcome = Failure.EdgeInternal;
        try
        {
            context.WholeByMs = context.Exchange.DueIn(context.Upstream.Plan.Timeouts.Total);
            var result = context.Route!.MayRepeat
                ? await _attempts.RunAsync(context)
                : Outcome(context, await UpstreamAttempt.RunAsync(context, context.Attempt, onlyUntried: true));
            if (!result.IsContinue)
            {
                outcome = result.Failure;
                return result;
            }

            ForgetRequest(context);
            if (HttpCacheReuse.TakesOver(context))
            {
                outcome = Failure.None;
                return await HttpCacheReuse.RunAsync(context);
            }

            var failure = await PassAnswerAsync(context);
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
            if (context.Attempt.HeadNs != 0)
            {
                UpstreamAttempt.Count(
                    context, context.Attempt, context.Exchange.Pool, context.Exchange.Head.StatusCode, outcome);
            }

            context.Exchange.Pick.End(outcome);
            context.Exchange.Request.ReturnMemory();
            context.CallerWatch.Release(context.Attempt);
            await context.Exchange.CloseAsync();
            context.Body.ReturnMemory();
            context.SentBody.ReturnMemory();
        }
    }

    /// <summary>Steps 6 and 7, or what takes their place where the upstream has switched protocols.</summary>
    private PooledValueTask<Failure> PassAnswerAsync(RequestContext context)
    {
        if (context.Upgrade is not null)
        {
            // After any other answer than 101 the upstream may still take what follows for the other protocol's.
            context.Exchange.Distrust();
            if (context.Exchange.Head.StatusCode == StatusCodes.Status101SwitchingProtocols)
            {
                return _switch.RunAsync(context);
            }
        }

        CopyHead(context);
        if (context.Translation is { IsStream: false })
        {
            return TranslatedAnswer.RunAsync(context, context.Exchange);
        }

        // No state of this stage's own: a quiet stream would keep it.
        return UsageHeader.Prepare(context) ? HoldAsync(context) : ResponseRelay.RunAsync(context, context.Exchange);
    }

    private void CopyHead(RequestContext context)
    {
        var exchange = context.Exchange;
        _copier.Copy(context, exchange.Head, exchange.HeadBytes, ResponseRelay.StartsAtOnce(context, exchange.Head));
        if (context.Exchange.IsUploadHeld)
        {
            // The caller may now send its body or leave it, and only a new connection tells which (RFC 9110, section 10.1.1).
            context.CloseAfterAnswer();
        }

        context.Exchange.BeginBody();
    }

    private static StageResult Outcome(RequestContext context, Failure failure)
    {
        OverloadStage.Leave(context.Attempt, context.Upstream, failure);
        return failure == Failure.None ? StageResult.Continue : StageResult.Failed(failure);
    }

    /// <summary>Step 7, of an answer that waits for what it says of itself.</summary>
    private static async PooledValueTask<Failure> HoldAsync(RequestContext context)
    {
        var failure = await UsageHeader.HoldAsync(context, context.Exchange);
        return failure == Failure.None ? await ResponseRelay.RunAsync(context, context.Exchange) : failure;
    }

    /// <summary>
    /// The request is not sent again from here on: what was kept for that goes back. A large body may still be on its way.
    /// </summary>
    private static void ForgetRequest(RequestContext context)
    {
        if (context.BodyKind != RequestBodyKind.Held || context.SentBody != context.Body)
        {
            context.Body.ReturnMemory();
        }

        if (context.BodyKind != RequestBodyKind.Held)
        {
            context.SentBody.ReturnMemory();
        }
    }
}
