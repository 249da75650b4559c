using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Estimates;
using Edge.Hosting;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Reads the body where the route, or the tier of the caller, has a say in it: takes it whole, up to the route's limit, walks it
/// once, and then from its tokens validates, rewrites and measures it. What follows finds the body that is to be sent in
/// <see cref="RequestContext.Body"/> and what is known of it in <see cref="RequestContext.Facts"/>.
/// <code>
///   parameters ─► take whole ─► read ─► (from) ─► validate ─► rules, aliases ─► facts
///     ─► tier's models and tokens
/// </code>
/// </summary>
internal sealed class BodyStage(TokenEstimates estimates)
{
    private readonly HeaderValueCache _models = new();

    /// <summary>Runs once the caller is known. Waits only for the body.</summary>
    public PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        if (context.Route!.Body is not { } route)
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        if (route.Metering is { } metering)
        {
            context.BeginMeter(metering);
        }

        if ((!route.Query.IsEmpty || !route.Headers.IsEmpty) && BodyErrors.AboutParameters(context, route) is { } missing)
        {
            return new PooledValueTask<StageResult>(Refuse(context, Failure.CallerBodyRejected, missing));
        }

        var api = route.ApiOf(context.Dialect, context.Target.Path);
        var policy = route.PolicyOf(context.Caller?.Tier);
        var isAsked = route.IsRead || policy is not null || context.IsTranslatedFor(context.Upstream);
        if (!(isAsked || (route.IsCounted && api != LlmApi.Other)) || !MayHaveBody(context))
        {
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        var unreadable = Unreadable(context);
        if (unreadable != Failure.None)
        {
            // Where a body is only counted, one that cannot be is the upstream's affair.
            return new PooledValueTask<StageResult>(isAsked ? StageResult.Failed(unreadable) : StageResult.Continue);
        }

        return route.Estimate != EstimateKind.Exact && RequestBody.TryTakeAll(context, out var failure)
            ? new PooledValueTask<StageResult>(Work(context, route, api, policy, failure))
            : AwaitAsync(context, route, api, policy);
    }

    private async PooledValueTask<StageResult> AwaitAsync(
        RequestContext context, RouteBody route, LlmApi api, TierPolicy? policy)
    {
        var taken = await RequestBody.TakeAllAsync(context);
        if (route.Estimate == EstimateKind.Exact)
        {
            // Counting takes too long for a thread that does I/O.
            await Task.Yield();
        }

        return Work(context, route, api, policy, taken);
    }

    private StageResult Work(RequestContext context, RouteBody route, LlmApi api, TierPolicy? policy, Failure taken)
    {
        if (taken != Failure.None)
        {
            return StageResult.Failed(taken);
        }

        var engine = BodyEngine.Borrow(context);
        try
        {
            return Work(context, engine, route, api, policy);
        }
        finally
        {
            engine.Return();
        }
    }

    private StageResult Work(RequestContext context, BodyEngine engine, RouteBody route, LlmApi api, TierPolicy? policy)
    {
        var tape = engine.Tape;
        if (!tape.Read(context.Body.Written))
        {
            return Refuse(context, Failure.CallerBodyNotJson, BodyErrors.AboutJson(tape));
        }

        var isChanged = false;
        if (route.From is { } from && (!TryRewrite(engine, from, tape, ref isChanged) || !engine.Rewriter.TryRead(out tape)))
        {
            return StageResult.Failed(Failure.CallerBodyNotTransformable);
        }

        if (route.Schema is { } schema && engine.Validator.Validate(schema, tape) != SchemaOutcome.Valid)
        {
            return Refuse(context, Failure.CallerBodyRejected, BodyErrors.AboutSchema(engine.Validator));
        }

        var rules = route.RulesFor(api);
        if (rules is not null && !TryRewrite(engine, rules, tape, ref isChanged))
        {
            return StageResult.Failed(Failure.CallerBodyNotTransformable);
        }

        // Only who looks into the prompt needs the tokens of the new text.
        var isReadOn = route.Estimate != EstimateKind.Chars4 || context.Route!.Cache is { IsHttp: false };
        if (!TryMeasure(engine, rules, api, isReadOn, ref tape, out var facts, out var model))
        {
            return StageResult.Failed(Failure.CallerBodyNotTransformable);
        }

        Summarize(context, facts, model, api, hidesUsage: rules is not null && engine.Rewriter.AddedIncludeUsage);
        if (policy is not null && BodyErrors.AboutModel(context, policy, facts, model) is { } forbidden)
        {
            return Refuse(context, Failure.CallerModelForbidden, forbidden);
        }

        if (route.Estimate != EstimateKind.Chars4)
        {
            // It decodes texts of the body: what the model was read as is gone then.
            context.Facts = estimates.Improve(route.Estimate, tape, context.Facts);
        }

        if (policy is not null && BodyErrors.AboutTokens(context, policy) is { } tooMany)
        {
            return Refuse(context, Failure.CallerRequestTokensExceeded, tooMany);
        }

        if (isReadOn)
        {
            CacheStage.MakeKey(context, tape, facts, api);
        }

        if (isChanged)
        {
            engine.Rewriter.TakeText(context.Body);
        }

        return StageResult.Continue;
    }

    private static bool TryRewrite(BodyEngine engine, RewritePlan plan, JsonTape tape, ref bool isChanged)
    {
        var outcome = engine.Rewriter.Apply(plan, tape, engine);
        isChanged |= outcome == RewriteOutcome.Changed;
        return outcome is RewriteOutcome.Changed or RewriteOutcome.Unchanged;
    }

    /// <summary>Finds what the body that is to be sent asks for. False: rules have made it what cannot be sent.</summary>
    /// <param name="engine">Has the body.</param>
    /// <param name="rules">The last that were applied, or null.</param>
    /// <param name="api">The API that is asked.</param>
    /// <param name="isReadOn">Its tokens are asked for.</param>
    /// <param name="tape">The body before those rules; where its tokens are asked for, the one that is to be sent.</param>
    /// <param name="facts">What it asks for.</param>
    /// <param name="model">The model that it names, or nothing. Valid until a text of the body is asked for.</param>
    private static bool TryMeasure(
        BodyEngine engine, RewritePlan? rules, LlmApi api, bool isReadOn, ref JsonTape tape, out BodyFacts facts,
        out ReadOnlySpan<byte> model)
    {
        if (rules is not null)
        {
            facts = default;
            model = default;
            return (!isReadOn || engine.Rewriter.TryRead(out tape)) && engine.Rewriter.TryMeasure(api, out facts, out model);
        }

        facts = BodyFacts.Of(tape, api);
        model = facts.Model >= 0 ? tape.TextOf(facts.Model) : default;
        return true;
    }

    private void Summarize(
        RequestContext context, in BodyFacts facts, ReadOnlySpan<byte> model, LlmApi api, bool hidesUsage) =>
        context.Facts = new RequestFacts
        {
            IsKnown = true,
            Api = api,
            Model = !facts.HasModelText ? null : Ascii.IsValid(model) ? _models.Get(model) : Encoding.UTF8.GetString(model),
            IsStreaming = facts.IsStreaming,
            PromptTokens = facts.PromptTokens,
            AnswerTokens = facts.AnswerTokens,
            HidesUsage = hidesUsage,
        };

    private static StageResult Refuse(RequestContext context, Failure failure, ErrorDetails details)
    {
        context.ErrorDetails = details;
        return StageResult.Failed(failure);
    }

    // Whose method anticipates content and sends none has sent an empty one (RFC 9110, section 9.3).
    private static bool MayHaveBody(RequestContext context) =>
        (context.CanHaveBody && context.RequestLength != 0)
        || RequestBody.MeansBody(context.Method);

    private static Failure Unreadable(RequestContext context)
    {
        var headers = context.RequestHeaders;
        foreach (var coding in headers.ContentEncoding)
        {
            if (!string.IsNullOrEmpty(coding) && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                return Failure.CallerContentCodingUnsupported;
            }
        }

        return headers.ContentType is [{ } type] && IsJson(type) ? Failure.None : Failure.CallerMediaTypeUnsupported;
    }

    // application/json, or another type whose suffix says that it is JSON (RFC 6839, section 3.1).
    private static bool IsJson(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        var type = (end < 0 ? contentType : contentType[..end]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase)
                && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }
}
