using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Hosting;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Makes attempts until one brings the answer that the caller gets:
/// <code>
///   attempt ──┬── an answer that nothing is to follow ──► the caller
///             ├── retry: the same upstream, after a wait ──► attempt
///             ├── fallback: another upstream ──► attempt
///             ├── fallback: an old answer from memory, or a fixed one ──► the caller
///             └── none of these: the last answer as it came, or our own error ──► the caller
/// </code>
/// Whether a request may be sent again at all is for <see cref="RepeatRules"/> to say. Nothing of an answer goes to the caller
/// before it is the last one, and what the request used is read from that one alone. Thread-safe.
/// </summary>
/// <param name="copier">Copies the heads of answers.</param>
/// <param name="time">The clock of waits.</param>
/// <param name="chance">Decides how long they are. Safe from any thread.</param>
internal sealed class AttemptLoop(ResponseHeadCopier copier, TimeProvider time, Random chance)
{
    private enum Step
    {
        /// <summary>There is nothing of the kind.</summary>
        None,

        /// <summary>Another attempt is to be made.</summary>
        Again,

        /// <summary>The caller has an answer.</summary>
        Responded,

        /// <summary>The caller has left.</summary>
        Gone,
    }

    /// <summary>
    /// Runs once the body has been looked at. Continue: the exchange is open and has the head of the answer for the caller.
    /// </summary>
    public async PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        var state = context.BeginRepeats();
        context.Upstream.Cluster.RetryBudget?.CountRequest();
        while (true)
        {
            var failure = await AttemptAsync(context, state);
            state.AttemptsHere++;
            OverloadStage.Leave(context.Attempt, context.Upstream, failure);
            var end = failure == Failure.None
                ? AttemptEnd.Answered(context.Exchange.Head.StatusCode)
                : AttemptEnd.Failed(failure, context.Exchange.IsUnsent);
            state.Note(end);
            var step = end.Cause == AttemptCause.None ? Step.None : await RetryAsync(context, state, end);
            if (step == Step.None && end.Cause != AttemptCause.None)
            {
                step = await FallBackAsync(context, state, end);
            }

            switch (step)
            {
                case Step.None:
                    return await EndAsync(context, state);
                case Step.Responded:
                    return StageResult.Responded;
                case Step.Gone:
                    return StageResult.Failed(Failure.CallerGone);
            }
        }
    }

    /// <summary>One attempt, or where it may be hedged, several beside each other.</summary>
    private static PooledValueTask<Failure> AttemptAsync(RequestContext context, RepeatState state)
    {
        if (context.IsTurnedAway)
        {
            context.IsTurnedAway = false;
            return new PooledValueTask<Failure>(Failure.EdgeOverloaded);
        }

        var onlyUntried = state.AttemptsHere == 0;
        context.Attempt.IsHedge = false;
        return HedgeRules.For(context, state) is { } hedge
            ? context.Race.RunAsync(hedge, HedgeRules.AfterNs(context, hedge), onlyUntried)
            : UpstreamAttempt.RunAsync(context, context.Attempt, onlyUntried);
    }

    /// <summary>No attempt follows: the caller gets the most telling of what there is.</summary>
    private async PooledValueTask<StageResult> EndAsync(RequestContext context, RepeatState state)
    {
        if (context.Exchange.IsOpen)
        {
            return StageResult.Continue;
        }

        if (!state.Kept.IsWhole || Failures.Side(state.Failure) == FailureSide.Caller)
        {
            var failure = state.Failure == Failure.None ? Failure.UpstreamUnavailable : state.Failure;
            TargetChoice.TellOnly(context, failure);
            return StageResult.Failed(failure);
        }

        if (state.KeptOf != context.Upstream)
        {
            context.Use(state.KeptOf!, state.KeptOf!.Model ?? state.OwnModel);
        }

        context.TranslateAnswerOf(context.Upstream);
        await state.Kept.GiveAsync(context, copier);
        return StageResult.Responded;
    }

    /// <summary>Waits, where the same upstream is to be asked again.</summary>
    private async PooledValueTask<Step> RetryAsync(RequestContext context, RepeatState state, AttemptEnd end)
    {
        if (!MayRetry(context, state, end, out var wait))
        {
            return Step.None;
        }

        await LetGoAsync(context, state, end);
        if (!await WaitAsync(context, wait))
        {
            return Step.Gone;
        }

        var metrics = context.Route!.Metrics;
        if (!OverloadStage.TryEnter(context.Attempt, context.Upstream))
        {
            metrics.RetryDenied(context.Upstream.Plan.Name, "overload");
            return Step.None;
        }

        metrics.Retried(context.Upstream.Plan.Name, end.Reason);
        return Step.Again;
    }

    private bool MayRetry(RequestContext context, RepeatState state, in AttemptEnd end, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        var upstream = context.Upstream;
        if (upstream.Plan.Retries is not { } plan || state.AttemptsHere >= plan.Attempts || !plan.On.Include(end)
            || !RepeatRules.MayRetry(end, CanResend(state), IsIdempotent(context), IsLlm(upstream)))
        {
            return false;
        }

        // Who is told to wait goes elsewhere at once, where there is a place.
        var isAlone = context.Tried.Count >= upstream.Cluster.Pools.Count && !context.Exchange.Pick.IsCredentialAtFault;
        if (isAlone && end.Status == StatusCodes.Status429TooManyRequests && HasOtherUpstream(context, state, end))
        {
            return false;
        }

        wait = RetryBackoff.Before(plan.BackoffBase, plan.BackoffMax, state.AttemptsHere, chance.NextDouble());
        var asked = isAlone && end.Status != 0 ? context.Exchange.Pick.RetryAfter ?? TimeSpan.Zero : TimeSpan.Zero;
        wait = asked > wait ? asked : wait;
        var denied = asked > plan.RetryAfterMax ? "retry_after"
            : context.Exchange.DueIn(wait) >= context.WholeByMs ? "deadline"
            : !upstream.Cluster.RetryBudget!.TryTake() ? "budget"
            : null;
        if (denied is not null)
        {
            context.Route!.Metrics.RetryDenied(upstream.Plan.Name, denied);
        }

        return denied is null;
    }

    /// <summary>Goes to the first of the route's fallbacks that takes the request, of those that were not looked at.</summary>
    private static async PooledValueTask<Step> FallBackAsync(RequestContext context, RepeatState state, AttemptEnd end)
    {
        var fallbacks = state.Fallbacks;
        while (state.NextFallback < fallbacks.Length)
        {
            var fallback = fallbacks[state.NextFallback++];
            if (!fallback.Plan.On.Include(end) || (fallback.Upstream is { } other && !MayAsk(context, state, end, other)))
            {
                continue;
            }

            await LetGoAsync(context, state, end);
            if (IsGone(context))
            {
                return Step.Gone;
            }

            // What a fallback answers is neither kept nor shared: the key says that another service, and model, was asked.
            context.Cache?.Unshare();
            var step = fallback.Plan.Kind switch
            {
                FallbackKind.Upstream => TryEnter(context, state, fallback.Upstream!) ? Step.Again : Step.None,
                FallbackKind.Stale => await AnswerStaleAsync(context),
                _ => await AnswerFixedAsync(context, state, fallback),
            };
            if (step != Step.None)
            {
                state.Fallback = fallback.Name;
                state.Reason = end.Reason;
                context.Route!.Metrics.FellBack(fallback.Name, end.Reason);
                return step;
            }
        }

        return Step.None;
    }

    private static bool HasOtherUpstream(RequestContext context, RepeatState state, in AttemptEnd end)
    {
        var fallbacks = state.Fallbacks;
        for (var i = state.NextFallback; i < fallbacks.Length; i++)
        {
            if (fallbacks[i].Upstream is { } other && fallbacks[i].Plan.On.Include(end) && MayAsk(context, state, end, other))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MayAsk(RequestContext context, RepeatState state, in AttemptEnd end, RouteUpstream other)
    {
        // Where money is limited, nobody asks for what has no price.
        var hasPrice = context.Route!.Limits is not { HasBudget: true } || !context.Facts.IsKnown
            || context.Snapshot.Plan.Prices?.Find(other.Model ?? state.OwnModel) is not null;
        return hasPrice && !context.Exchange.IsDue(state.RequestByMs)
            && RepeatRules.MayFallBack(end, CanResend(state), IsIdempotent(context), IsLlm(other));
    }

    private static bool TryEnter(RequestContext context, RepeatState state, RouteUpstream upstream)
    {
        if (!UpstreamBody.TryPrepare(context, state, upstream) || !OverloadStage.TryEnter(context.Attempt, upstream))
        {
            return false;
        }

        context.Use(upstream, upstream.Model ?? state.OwnModel);
        context.WholeByMs = Math.Min(state.RequestByMs, context.Exchange.DueIn(upstream.Plan.Timeouts.Total));
        state.AttemptsHere = 0;
        upstream.Cluster.RetryBudget?.CountRequest();
        return true;
    }

    private static async PooledValueTask<Step> AnswerStaleAsync(RequestContext context)
    {
        var result = await CacheStage.TryAnswerStaleAsync(context);
        return result.Outcome switch
        {
            StageOutcome.Continue => Step.None,
            StageOutcome.Responded => Step.Responded,
            _ => Step.Gone,
        };
    }

    private static async PooledValueTask<Step> AnswerFixedAsync(RequestContext context, RepeatState state, RouteFallback fallback)
    {
        context.Use(context.Route!.Upstream, state.OwnModel);
        context.StatusCode = fallback.Plan.Status;
        if (fallback.Plan.ContentType is { } type)
        {
            context.ResponseHeaders.ContentType = type;
        }

        if (fallback.Plan.Status is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified))
        {
            context.ResponseHeaders.ContentLength = fallback.Body.Length;
        }

        ResponseHeadCopier.ApplyRules(context);
        await context.StartAnswerAsync();
        if (!HttpMethods.IsHead(context.Method))
        {
            context.ResponseBody.Writer.Put(fallback.Body);
            context.ResponseBytes += fallback.Body.Length;
        }

        return Step.Responded;
    }

    /// <summary>Closes the exchange of an attempt that another follows, and keeps its answer, where it has one.</summary>
    private static async ValueTask LetGoAsync(RequestContext context, RepeatState state, AttemptEnd end)
    {
        var exchange = context.Exchange;
        if (!exchange.IsOpen)
        {
            return;
        }

        state.KeptOf = context.Upstream;
        await state.Kept.TakeAsync(exchange, HttpMethods.IsHead(context.Method));
        UpstreamAttempt.Count(context, context.Attempt, exchange.Pool, end.Status, Failure.None);
        exchange.Pick.End(Failure.None);
        context.Attempt.HeadNs = 0;
        context.Meter?.BeginAttempt();
        context.CallerWatch.Release(context.Attempt);
        await exchange.CloseAsync();
    }

    /// <summary>False: the caller has left, and nothing more is sent.</summary>
    private async ValueTask<bool> WaitAsync(RequestContext context, TimeSpan wait)
    {
        var began = time.GetTimestamp();
        try
        {
            // Timers of the runtime count from the kernel's last tick, up to 10 ms ago: one may end before its time, and an
            // upstream that is asked before the time that it gave refuses again.
            var rest = wait;
            do
            {
                await Task.Delay(
                    TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)),
                    time,
                    context.CallerWatch.TokenFor(context.Protocol));
                rest = wait - time.GetElapsedTime(began);
            }
            while (rest > TimeSpan.Zero);

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static bool IsGone(RequestContext context) =>
        context.CallerWatch.TokenFor(context.Protocol).IsCancellationRequested;

    private static bool CanResend(RepeatState state) => state.OwnBodyKind != RequestBodyKind.Streaming;

    private static bool IsIdempotent(RequestContext context) =>
        RepeatRules.IsIdempotent(context.Method) || context.Upstream.Plan.Retries is { NonIdempotent: true };

    private static bool IsLlm(RouteUpstream upstream) => upstream.Plan.Dialect != Dialect.Http;
}
