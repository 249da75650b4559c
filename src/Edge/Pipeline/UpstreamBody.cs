using Edge.Core.Bodies;
using Edge.Core.Http;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <summary>
/// The request's body as an upstream wants it: as it came, or with another model in the place of the one that it names. Whatever
/// else has to differ from upstream to upstream is made here.
/// </summary>
internal static class UpstreamBody
{
    /// <summary>
    /// Makes it, into <see cref="RequestContext.SentBody"/>. False: of this request no such body can be made.
    /// </summary>
    public static bool TryPrepare(RequestContext context, RepeatState state, RouteUpstream upstream)
    {
        if (upstream.Model is null || state.OwnBodyKind == RequestBodyKind.None)
        {
            context.SentBody = context.Body;
            context.BodyKind = state.OwnBodyKind;
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
