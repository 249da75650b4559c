using System.Text;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Hosting;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>What became of a request at the cache.</summary>
internal enum CacheOutcome
{
    /// <summary>Nothing: its route has none, or it is not among what is cached.</summary>
    None,

    /// <summary>It may not be answered from memory.</summary>
    Bypass,

    /// <summary>A fresh answer is wanted, which is kept.</summary>
    Refresh,

    /// <summary>There was no answer, or none any more.</summary>
    Miss,

    /// <summary>It was answered from memory.</summary>
    Hit,
}

/// <summary>
/// A request's dealings with the cache: its key, and the answer while it is being stored. One for each
/// <see cref="RequestContext"/>, used by one request after another.
/// </summary>
internal sealed class CacheExchange
{
    /// <summary>Longest Content-Type that is kept.</summary>
    public const int ContentTypeBytesMax = 256;

    private const int VaryNameBytesMax = 256;

    private readonly CacheFill _fill = new();
    private readonly AnswerVerdict _verdict = new();
    private RouteCache? _route;

    private static ReadOnlySpan<byte> Blanks => " \t"u8;

    /// <summary>The key.</summary>
    public CacheKey Key { get; } = new();

    /// <summary>What became of the request.</summary>
    public CacheOutcome Outcome { get; set; }

    /// <summary>Tokens that a hit did not use.</summary>
    public UsageCounts Saved { get; set; }

    /// <summary>True while the answer is being stored.</summary>
    public bool IsFilling => _fill.IsOpen;

    /// <summary>Begins with a request.</summary>
    public void Begin(RouteCache route)
    {
        _route = route;
        Outcome = CacheOutcome.None;
        Saved = default;
    }

    /// <summary>The head of the upstream's answer is here: looks whether the answer may be kept, and begins to.</summary>
    public void BeginFill(RequestContext context, UpstreamExchange exchange)
    {
        if (Outcome is not (CacheOutcome.Miss or CacheOutcome.Refresh) || !Key.IsWhole)
        {
            return;
        }

        var head = exchange.Head;
        var bytes = exchange.HeadBytes;
        var isStream = head.IsEventStream(bytes);
        if (head.StatusCode != 200 || head.HasContentCoding(bytes)
            || head.ContentLength > _route!.Plan.ObjectBytesMax
            || (!isStream && head.FramingFor(requestWasHead: false) == BodyFraming.UntilClose)
            || !TryReadHead(context, head, bytes, out var contentType))
        {
            Key.ReturnMemory();
            return;
        }

        _verdict.Start(isStream);
        _fill.Begin(_route.Store, Key.Hash, Key.Bytes, contentType);
        Key.ReturnMemory();
    }

    /// <summary>Takes the next bytes of the answer's body, as they came from the upstream.</summary>
    public void Take(ReadOnlySpan<byte> run)
    {
        if (!_fill.IsOpen)
        {
            return;
        }

        if (_fill.BodyLength + (long)run.Length > _route!.Plan.ObjectBytesMax)
        {
            _fill.Abandon();
            return;
        }

        _verdict.Take(run);
        _fill.Append(run);
    }

    /// <summary>The answer has come to the end that its framing promised.</summary>
    public void Complete(RequestContext context)
    {
        if (!_fill.IsOpen)
        {
            return;
        }

        if (!_verdict.IsGood)
        {
            _fill.Abandon();
            return;
        }

        var counts = context.Meter?.Settle(context.Facts, Failure.None).Counts ?? default;
        var nowMs = _route!.Shared.NowMs;
        var info = new CacheInfo
        {
            StoredMs = nowMs,
            FreshUntilMs = nowMs + _route.TtlMs,
            ExpiresMs = nowMs + _route.TtlMs + _route.StaleMs,
            Owner = Key.Owner,
            Route = _route.Counters.Number,
            InputTokens = counts.InputTokensTotal,
            OutputTokens = counts.OutputTokens ?? 0,
        };
        if (_fill.Commit(info))
        {
            _route.Counters.Stored.Increment();
        }
    }

    /// <summary>The request is over: what is not whole is given up.</summary>
    public void End()
    {
        _fill.Abandon();
        Key.ReturnMemory();
    }

    /// <summary>Of the head the content type is kept. A field that forbids storing, or says for whom else, ends it.</summary>
    private bool TryReadHead(
        RequestContext context, ResponseHead head, ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> contentType)
    {
        contentType = default;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            ref readonly var field = ref head[i];
            var name = field.Name(bytes);
            var value = field.Value(bytes);
            if (Is(name, "Content-Type"u8))
            {
                contentType = value;
            }
            else if (Is(name, "Content-Range"u8) || (Is(name, "Cache-Control"u8) && Forbids(context, value))
                || (Is(name, "Vary"u8) && !Covers(context, value)))
            {
                return false;
            }
        }

        return contentType.Length is > 0 and <= ContentTypeBytesMax;
    }

    private bool Forbids(RequestContext context, ReadOnlySpan<byte> cacheControl)
    {
        var isOwn = _route!.Plan.Scope.Kind == CacheScopeKind.Consumer && context.Caller is not null;
        foreach (var part in cacheControl.Split((byte)','))
        {
            var directive = cacheControl[part];
            var equals = directive.IndexOf((byte)'=');
            var name = (equals < 0 ? directive : directive[..equals]).Trim(Blanks);
            if (Is(name, "no-store"u8) || (Is(name, "private"u8) && !isOwn))
            {
                return true;
            }
        }

        return false;
    }

    // Accept-Encoding: only what is not coded is kept. Origin: the route's own CORS is written anew for each answer.
    private bool Covers(RequestContext context, ReadOnlySpan<byte> vary)
    {
        Span<char> name = stackalloc char[VaryNameBytesMax];
        foreach (var part in vary.Split((byte)','))
        {
            var field = vary[part].Trim(Blanks);
            if (field.IsEmpty || Is(field, "Accept-Encoding"u8) || (Is(field, "Origin"u8) && context.Route!.Cors is not null))
            {
                continue;
            }

            if (field.Length > name.Length)
            {
                return false;
            }

            Encoding.Latin1.GetChars(field, name);
            if (!_route!.Covers(name[..field.Length]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> other) =>
        Ascii.EqualsIgnoreCase(name, other);
}
