using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <summary>
/// The request's body as an upstream wants it: as it came, with another model in the place of the one that it names, or in
/// another dialect. Whatever else has to differ from upstream to upstream is made here.
/// </summary>
internal static class UpstreamBody
{
    /// <summary>
    /// Makes the one for the route's own upstream, into <see cref="RequestContext.SentBody"/>.
    /// </summary>
    /// <returns>None, or why it cannot be made; the context then has the details.</returns>
    public static Failure PrepareOwn(RequestContext context)
    {
        var upstream = context.Upstream;
        if (upstream.Plan.Azure is not null && context.Facts is { IsKnown: true, Model: var model }
            && !AzurePlan.IsDeployment(model))
        {
            context.ErrorDetails = new ErrorDetails("The request must name a model that can be the name of a deployment.", [])
            {
                Param = "/model",
            };
            return Failure.CallerBodyNotTranslatable;
        }

        return context.IsTranslatedFor(upstream) ? Translate(context, upstream) : Failure.None;
    }

    /// <summary>
    /// Makes the one for a fallback. False: of this request no such body can be made.
    /// </summary>
    public static bool TryPrepare(RequestContext context, RepeatState state, RouteUpstream upstream)
    {
        context.EndTranslation();
        if (upstream.Plan.Azure is not null && !AzurePlan.IsDeployment(upstream.Model ?? state.OwnModel))
        {
            return false;
        }

        if (context.IsTranslatedFor(upstream))
        {
            var details = context.ErrorDetails;
            var failure = state.OwnBodyKind is RequestBodyKind.Whole or RequestBodyKind.Held
                ? Translate(context, upstream)
                : Failure.CallerBodyNotTranslatable;

            // What is told, should all fail, is what the route's own upstream failed with.
            context.ErrorDetails = details;
            return failure == Failure.None;
        }

        if (context.Dialect != upstream.Plan.Dialect)
        {
            return false;
        }

        if (upstream.Model is null || state.OwnBodyKind == RequestBodyKind.None)
        {
            context.SentBody = context.Body;
            context.BodyKind = state.OwnBodyKind is RequestBodyKind.Whole or RequestBodyKind.Held
                ? RequestBody.KindOf(context.Body)
                : state.OwnBodyKind;
            return true;
        }

        if (state.OwnBodyKind == RequestBodyKind.Streaming)
        {
            return false;
        }

        state.OtherBody.Clear();
        if (!TryReplaceModel(context, state.OtherBody, upstream.ModelJson))
        {
            return false;
        }

        context.SentBody = state.OtherBody;
        context.BodyKind = RequestBody.KindOf(state.OtherBody);
        return true;
    }

    private static Failure Translate(RequestContext context, RouteUpstream upstream)
    {
        var translation = context.BeginTranslation();
        var failure = translation.Prepare(context, upstream);
        context.SentBody = translation.Request;
        context.BodyKind = RequestBody.KindOf(translation.Request);
        return failure;
    }

    private static bool TryReplaceModel(RequestContext context, HeadBuffer to, ReadOnlySpan<byte> model)
    {
        var engine = BodyEngine.Borrow(context);
        try
        {
            var tape = engine.Tape;
            if (!tape.Read(context.Body.Written) || tape.Tokens[0].Kind != JsonKind.Object)
            {
                return false;
            }

            var text = tape.Text;
            var member = tape.Find(0, "model"u8);
            if (member >= 0)
            {
                to.Write(text[..tape.Tokens[member].Start]);
                to.Write(model);
                to.Write(text[tape.Tokens[member].End..]);
            }
            else
            {
                var start = tape.Tokens[0].Start + 1;
                to.Write(text[..start]);
                to.Write("\"model\":"u8);
                to.Write(model);
                to.Write(tape.Tokens[0].Count > 0 ? ","u8 : ""u8);
                to.Write(text[start..]);
            }

            return true;
        }
        finally
        {
            engine.Return();
        }
    }
}
