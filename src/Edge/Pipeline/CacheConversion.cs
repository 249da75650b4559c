using Edge.Core.Bodies;
using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Llm.Conversion;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <summary>In which form an answer is asked for.</summary>
/// <param name="IsChat">In OpenAI's dialect; else in Anthropic's.</param>
/// <param name="IsStream">As a stream.</param>
/// <param name="IncludesUsage">The stream is to tell its usage.</param>
internal readonly record struct ConvertedForm(bool IsChat, bool IsStream, bool IncludesUsage);

/// <summary>
/// Makes what is asked for of an answer that is kept in the other form: a stream of a whole answer, or a whole answer of a
/// stream. It is kept then as if it had come so. What cannot be converted without a loss is not.
/// </summary>
internal static class CacheConversion
{
    /// <summary>The form that a request asks for.</summary>
    public static ConvertedForm FormOf(JsonTape body, LlmApi api)
    {
        var stream = body.Find(0, "stream"u8);
        var options = body.Find(0, "stream_options"u8);
        var usage = options >= 0 && body.Tokens[options].Kind == JsonKind.Object ? body.Find(options, "include_usage"u8) : -1;
        return new ConvertedForm(
            api == LlmApi.ChatCompletions,
            stream >= 0 && body.Tokens[stream].Kind == JsonKind.True,
            usage >= 0 && body.Tokens[usage].Kind == JsonKind.True);
    }

    /// <summary>Makes it, where there is an answer in the other form that is fresh.</summary>
    /// <returns>True where it can be found now.</returns>
    public static bool TryMake(RequestContext context, CacheExchange exchange, RouteCache route)
    {
        if (exchange.Converts is not { } form || context.Translation is not null)
        {
            return false;
        }

        var purges = route.Store.Purges;
        var nowMs = route.Shared.NowMs;
        var key = exchange.Key;
        var hash = key.BeginSibling(form.IsStream, tellsUsage: form.IsChat, route.Shared.Hasher);
        var isFound = route.Store.TryPin(hash, key.Bytes, nowMs, out var pin);
        key.EndSibling();
        if (!isFound)
        {
            return false;
        }

        var kept = new HeadBuffer();
        var made = new HeadBuffer();
        try
        {
            return nowMs < pin.Info.FreshUntilMs && TryConvert(pin, form, kept, made)
                && made.Length <= route.Plan.ObjectBytesMax && TryStore(exchange, route, pin, form, made, purges);
        }
        finally
        {
            pin.Release();
            kept.ReturnMemory();
            made.ReturnMemory();
        }
    }

    private static bool TryConvert(CachePin pin, ConvertedForm form, HeadBuffer kept, HeadBuffer made)
    {
        for (var cursor = pin.Body; pin.TryRead(ref cursor, out var run);)
        {
            kept.Write(run);
        }

        if (form.IsStream)
        {
            var tape = new JsonTape();
            var isMade = tape.Read(kept.Written) && (form.IsChat
                ? ChatAnswerStreamer.TryWrite(tape, form.IncludesUsage, made)
                : MessageAnswerStreamer.TryWrite(tape, made));
            tape.Reset();
            return isMade;
        }

        Core.Llm.Translation.StreamTranslator reader = form.IsChat ? new ChatStreamToAnswer() : new MessageStreamToAnswer();
        var isWhole = reader.Take(kept.Written, made) && reader.End(made) && reader.HasEnded;
        reader.ReturnMemory();
        return isWhole;
    }

    private static bool TryStore(
        CacheExchange exchange, RouteCache route, CachePin pin, ConvertedForm form, HeadBuffer made, long purges)
    {
        var old = exchange.Head;
        old.Clear();
        for (var cursor = pin.Head; pin.TryRead(ref cursor, out var run);)
        {
            old.Write(run);
        }

        var head = new HeadBuffer();
        var kept = new StoredHead(old.Written.Span);
        StoredHead.Begin(head, kept.Status, kept.Rules);
        StoredHead.Add(head, "Content-Type"u8, form.IsStream ? "text/event-stream; charset=utf-8"u8 : "application/json"u8);
        for (var at = 0; kept.TryNext(ref at, out var name, out var value);)
        {
            if (!System.Text.Ascii.EqualsIgnoreCase(name, "Content-Type"u8))
            {
                StoredHead.Add(head, name, value);
            }
        }

        var fill = exchange.Import;
        var isStored = fill.Begin(route.Store, exchange.Key.Hash, exchange.Key.Bytes, head.Written.Span, purges)
            && fill.Append(made.Written.Span) && fill.Commit(pin.Info);
        fill.Abandon();
        old.ReturnMemory();
        head.ReturnMemory();
        return isStored;
    }
}
