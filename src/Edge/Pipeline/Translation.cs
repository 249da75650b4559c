using System.Diagnostics.CodeAnalysis;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Core.Llm.Translation;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <summary>
/// A request's translation for an upstream of another dialect, and that of its answer while it passes. One for each
/// <see cref="RequestContext"/> that ever needed one, used by one request after another.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The end of each request returns the decoder: see ReturnMemory.")]
internal sealed class Translation
{
    /// <summary>Longest answer that is held until it is whole, since only a whole one can be translated.</summary>
    public const int AnswerBytesMax = 32 * 1024 * 1024;

    private readonly HeadBuffer _answer = new();
    private readonly HeadBuffer _decoded = new();
    private StreamTranslator? _stream;
    private AnswerDecoder? _decoder;
    private Dialect _caller;
    private string? _dropped;
    private string? _changed;
    private bool _includesUsage;

    /// <summary>The request in the upstream's dialect.</summary>
    public HeadBuffer Request { get; } = new();

    /// <summary>The dialect of the upstream.</summary>
    public Dialect Upstream { get; private set; }

    /// <summary>What has been translated of a stream and not been taken yet, or the whole of another answer.</summary>
    public ReadOnlyMemory<byte> Output => _answer.Written;

    /// <summary>The answer is a stream, which is translated while it passes; others are held until they are whole.</summary>
    public bool IsStream => _stream is not null;

    /// <summary>Translates the request, which is in the context's body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="upstream">The upstream that is to be asked.</param>
    /// <returns>None, or why it cannot be; the context then has the details.</returns>
    public Failure Prepare(RequestContext context, RouteUpstream upstream)
    {
        ReturnMemory();
        (_caller, Upstream) = (context.Dialect, upstream.Plan.Dialect);
        var engine = TranslationEngine.OfThisThread;
        var translator = engine.To(Upstream);
        translator.SaysMaxTokens = upstream.Plan.SaysMaxTokens;
        try
        {
            if (!engine.Tape.Read(context.Body.Written))
            {
                context.ErrorDetails = BodyErrors.AboutJson(engine.Tape);
                return Failure.CallerBodyNotJson;
            }

            if (!translator.TryTranslate(engine.Tape, context.Route!.Plan.Translate!, upstream.Model, Request))
            {
                context.ErrorDetails = translator.Refusal;
                return Failure.CallerBodyNotTranslatable;
            }

            _includesUsage = translator.IncludesUsage;
            _dropped = translator.Dropped.Count == 0 ? null : string.Join(", ", translator.Dropped);
            _changed = translator.Changed.Count == 0 ? null : string.Join(", ", translator.Changed);
            return Failure.None;
        }
        finally
        {
            engine.Tape.Reset();
        }
    }

    /// <summary>An answer is to be translated, without a request: one that tells of an error.</summary>
    public void PrepareAnswer(RequestContext context, Dialect upstream)
    {
        ReturnMemory();
        (_caller, Upstream) = (context.Dialect, upstream);
        (_dropped, _changed, _includesUsage) = (null, null, false);
    }

    /// <summary>The head of an answer is here: decides how its body is translated, and names what the request lost.</summary>
    public void BeginAnswer(RequestContext context, ResponseHead head, bool isStream, ContentCoding coding)
    {
        IsBroken = coding != ContentCoding.Identity && !AnswerDecoder.CanDecode(coding);
        _decoder = AnswerDecoder.CanDecode(coding) ? new AnswerDecoder(coding) : null;
        if (isStream && head.StatusCode == 200)
        {
            var id = context.RequestId ?? "edge";
            _stream = _caller == Dialect.OpenAI
                ? new MessageStreamToChat(context.Exchange.Time.GetUtcNow().ToUnixTimeSeconds(), id, _includesUsage)
                : new ChatStreamToMessage(id);
        }

        var headers = context.ResponseHeaders;
        headers.ContentType = IsStream ? "text/event-stream; charset=utf-8" : "application/json";
        if (_dropped is not null)
        {
            headers["X-Edge-Dropped"] = _dropped;
        }

        if (_changed is not null)
        {
            headers["X-Edge-Changed"] = _changed;
        }
    }

    /// <summary>The answer is none that can be translated.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>True for a field of a request that says something to one dialect's API alone.</summary>
    public static bool IsOfDialect(string name) =>
        name.StartsWith("anthropic-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("openai-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("x-stainless-", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for a field of an answer that says something to callers of the upstream's dialect alone.</summary>
    public static bool IsOfUpstream(string name) =>
        IsOfDialect(name)
        || name.StartsWith("x-ratelimit-", StringComparison.OrdinalIgnoreCase)
        || name.Equals("request-id", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-MD5", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Digest", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-Digest", StringComparison.OrdinalIgnoreCase)
        || name.Equals("ETag", StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the next bytes of the answer's body.</summary>
    public void Take(ReadOnlyMemory<byte> run)
    {
        if (_decoder is null)
        {
            TakeText(run);
            return;
        }

        var rest = run.Span;
        while (!IsBroken && _decoder.TryDecode(ref rest, out var decoded))
        {
            _decoded.Clear();
            _decoded.Write(decoded);
            TakeText(_decoded.Written);
        }

        IsBroken |= _decoder.HasFailed;
    }

    /// <summary>Forgets what has been taken of a stream's translation.</summary>
    public void ReturnOutput() => _answer.ReturnMemory();

    /// <summary>The body of a stream is at its end; there may be a last output.</summary>
    /// <returns>None, or what is wrong with it: it was cut, or is no stream of that dialect.</returns>
    public Failure EndStream()
    {
        if (_stream!.End(_answer))
        {
            return Failure.None;
        }

        return _stream.IsBroken ? Failure.UpstreamAnswerNotTranslatable : Failure.UpstreamBodyIncomplete;
    }

    /// <summary>The body of another answer is whole: translates it.</summary>
    /// <returns>None, or why it cannot be.</returns>
    public Failure Finish(RequestContext context)
    {
        switch (context.StatusCode)
        {
            case 200:
                break;
            case < 300 or 304:
                // Neither API says so, and some of these have no body.
                return Failure.UpstreamAnswerNotTranslatable;
            default:
                FinishError(context);
                return Failure.None;
        }

        var engine = TranslationEngine.OfThisThread;
        context.Body.Clear();
        try
        {
            return engine.Tape.Read(_answer.Written) && TryTranslate(context, engine, context.Body)
                ? Failure.None
                : Failure.UpstreamAnswerNotTranslatable;
        }
        finally
        {
            engine.Tape.Reset();
            engine.Answers.ReturnMemory();
            _answer.ReturnMemory();
        }
    }

    /// <summary>The body of an answer that tells of an error is whole.</summary>
    /// <returns>Its translation; valid until the context's body is written to.</returns>
    public ReadOnlyMemory<byte> FinishError(RequestContext context)
    {
        var engine = TranslationEngine.OfThisThread;
        engine.Tape.Read(_answer.Written);
        context.Body.Clear();
        ErrorTranslator.Write(context.Body, engine.Tape, _caller, context.StatusCode, context.RequestId);
        engine.Tape.Reset();
        _answer.ReturnMemory();
        return context.Body.Written;
    }

    /// <summary>The request is over.</summary>
    public void ReturnMemory()
    {
        _stream?.ReturnMemory();
        _stream = null;
        _decoder?.Dispose();
        _decoder = null;
        IsBroken = false;
        _answer.ReturnMemory();
        _decoded.ReturnMemory();
        Request.ReturnMemory();
    }

    private void TakeText(ReadOnlyMemory<byte> text)
    {
        if (IsBroken)
        {
            return;
        }

        if (_stream is not null)
        {
            IsBroken = !_stream.Take(text, _answer);
        }
        else if (_answer.Length + (long)text.Length > AnswerBytesMax)
        {
            IsBroken = true;
        }
        else
        {
            _answer.Write(text.Span);
        }
    }

    private bool TryTranslate(RequestContext context, TranslationEngine engine, HeadBuffer to)
    {
        Span<byte> id = stackalloc byte[RequestIds.LengthMax];
        var text = context.RequestId ?? "edge";
        id = id[..Encoding.ASCII.GetBytes(text.AsSpan(0, Math.Min(text.Length, id.Length)), id)];
        return _caller == Dialect.OpenAI
            ? engine.Answers.TryWriteChat(engine.Tape, context.Exchange.Time.GetUtcNow().ToUnixTimeSeconds(), id, to)
            : engine.Answers.TryWriteMessage(engine.Tape, id, to);
    }
}
