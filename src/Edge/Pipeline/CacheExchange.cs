using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;

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

    /// <summary>The upstream said that what is kept is still good.</summary>
    Revalidated,

    /// <summary>It got the answer to another's call that was under way.</summary>
    Collapsed,
}

/// <summary>
/// A request's dealings with the cache: its key, and the answer while it is being stored. One for each
/// <see cref="RequestContext"/>, used by one request after another.
/// </summary>
internal sealed partial class CacheExchange(CallerWatch watch)
{
    /// <summary>An event stream that is being read by others is recorded on to this many times what is kept.</summary>
    private const int SharedParts = 8;

    private readonly AnswerVerdict _verdict = new();
    private HttpCacheExchange? _http;
    private bool _isHttp;
    private CacheFlight? _lead;
    private RouteCache? _route;
    private bool _isKept;
    private bool _needsEnding;
    private long _bytesMax;
    private long _generation;
    private ulong _tagBits;

    /// <summary>The key.</summary>
    public CacheKey Key { get; } = new();

    /// <summary>The head of a kept answer while it is put together or read.</summary>
    public HeadBuffer Head { get; } = new();

    /// <summary>Reads the answer to another request's call.</summary>
    public FlightJoiner Joiner { get; } = new();

    /// <summary>Puts into the memory what replicas share.</summary>
    public CacheFill Import { get; } = new();

    /// <summary>Answers of the other form can be made into what the request asks for; null: not on its route.</summary>
    public ConvertedForm? Converts { get; set; }

    /// <summary>What became of the request.</summary>
    public CacheOutcome Outcome { get; set; }

    /// <summary>The same in a word; null: nothing.</summary>
    public string? OutcomeName => Outcome switch
    {
        CacheOutcome.Bypass => "bypass",
        CacheOutcome.Refresh => "refresh",
        CacheOutcome.Miss => "miss",
        CacheOutcome.Hit => Near is null ? "hit" : "semantic",
        CacheOutcome.Revalidated => "revalidated",
        CacheOutcome.Collapsed => "collapsed",
        _ => null,
    };

    /// <summary>Tokens that a hit did not use.</summary>
    public UsageCounts Saved { get; set; }

    /// <summary>What goes beyond that where the route is to an ordinary service; null before an LLM.</summary>
    public HttpCacheExchange? Http => _isHttp ? _http : null;

    /// <summary>True while the answer is being stored.</summary>
    public bool IsFilling => _lead is not null && _isKept;

    /// <summary>The call that this request makes for others too; null: it makes none, or nobody may have the answer.</summary>
    public CacheFlight? Lead => _lead;

    /// <summary>True where others read the answer, or wait for it.</summary>
    public bool IsShared => _lead is { HasJoiners: true };

    /// <summary>Begins with a request.</summary>
    public void Begin(RouteCache route)
    {
        _route = route;
        Outcome = CacheOutcome.None;
        Saved = default;
        _isKept = false;
        _isHttp = false;
        Converts = null;
        BeginNear();
    }

    /// <summary>Begins with a request to an ordinary service.</summary>
    public HttpCacheExchange BeginHttp()
    {
        _isHttp = true;
        _http ??= new HttpCacheExchange();
        _http.Begin(_route!.Shared.NowMs);
        return _http;
    }

    /// <summary>The request makes the call. The exchange lets go of the flight at its end.</summary>
    public void TakeLead(CacheFlight flight)
    {
        _lead = flight;
        _generation = _route!.Redis?.Generation ?? 0;
        watch.Share(flight);
    }

    /// <summary>The head of the upstream's answer is here: looks whether the answer may be kept, and begins to.</summary>
    public void BeginFill(RequestContext context, ResponseHead head, ReadOnlySpan<byte> bytes)
    {
        if (Http is { Invalidates: true })
        {
            HttpCacheReuse.Invalidate(context, head, bytes);
        }

        if (_lead is not { } lead)
        {
            return;
        }

        if (_isHttp)
        {
            BeginHttpFill(context, head, bytes, lead);
            Head.ReturnMemory();
            return;
        }

        var isStream = head.IsEventStream(bytes);
        var mayPass = !head.HasContentCoding(bytes)
            && head.ContentLength <= _route!.Plan.ObjectBytesMax
            && (isStream || head.FramingFor(requestWasHead: false) != BodyFraming.UntilClose)
            && TryReadHead(context, head, bytes);
        _isKept = mayPass && head.StatusCode == StatusCodes.Status200OK;
        var isTemporary = head.StatusCode >= StatusCodes.Status500InternalServerError
            || head.StatusCode == StatusCodes.Status429TooManyRequests;
        if (isTemporary && lead.TryHandOn(isCallersOwn: false))
        {
            LetGo();
        }
        else if ((_isKept || (mayPass && isTemporary && lead is { HasJoiners: true, IsLastAttempt: true }))
            && lead.Fill.Begin(_route!.Store, Key.Hash, Key.Bytes, Head.Written.Span, lead.Purges))
        {
            _bytesMax = _route.Plan.ObjectBytesMax;
            _verdict.Start(isStream);
            _needsEnding = head.FramingFor(requestWasHead: false) == BodyFraming.UntilClose;
            if (isStream || (head.ContentLength >= 0 && context.Translation is null))
            {
                lead.Open(isStream ? -1 : head.ContentLength);
            }
        }
        else
        {
            lead.Unshare();
            LetGo();
        }

        Head.ReturnMemory();
        Key.ReturnMemory();
    }

    /// <summary>Takes the next bytes of the answer's body, as they came from the upstream.</summary>
    public void Take(ReadOnlySpan<byte> run)
    {
        if (_lead is not { Fill.IsOpen: true } lead)
        {
            return;
        }

        if (lead.Fill.BodyLength + (long)run.Length > _bytesMax)
        {
            // Those who are reading it go on, for a while; nobody else joins.
            if (!_isKept || !lead.Outgrow())
            {
                GiveUp(lead);
                return;
            }

            _isKept = false;
            _bytesMax = SharedParts * _route!.Plan.ObjectBytesMax;
        }

        _verdict.Take(run);
        if (!lead.TryAppend(run))
        {
            GiveUp(lead);
        }
    }

    /// <summary>The answer has come to the end that its framing promised.</summary>
    public void Complete(RequestContext context)
    {
        if (_lead is not { Fill.IsOpen: true } lead)
        {
            return;
        }

        if (Http is { } http)
        {
            if (_isKept && lead.Complete(http.Info, default))
            {
                CommitHttp(lead, http);
                _route!.Counters.Stored.Increment();
            }
            else if (!_isKept)
            {
                lead.Complete(null, default);
            }

            LetGo();
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
            TagBits = _tagBits,
        };
        if (_needsEnding && !_verdict.IsGood)
        {
            Fail(Failure.UpstreamBodyIncomplete);
            return;
        }

        var isKept = _isKept && _verdict.IsGood;
        if (lead.Complete(isKept ? info : null, (info.InputTokens, info.OutputTokens)))
        {
            _route.Counters.Stored.Increment();
            _route.Redis?.Keep(lead.HoldKept(), lead.Selection, null, _generation);
            Lookup?.Remember(Key.Hash);
        }

        LetGo();
    }

    /// <summary>
    /// Stores what is kept under the head that is in <see cref="Head"/>; whoever waited for the call finds it then.
    /// </summary>
    public void StoreAgain(RequestContext context, CachePin kept)
    {
        if (_lead is not { } lead)
        {
            return;
        }

        var isStored = TryBeginHttp(context, lead);
        for (var cursor = kept.Body; isStored && kept.TryRead(ref cursor, out var run);)
        {
            isStored = lead.Fill.Append(run);
        }

        if (isStored && lead.Complete(_http!.Info, default))
        {
            CommitHttp(lead, _http);
        }

        Head.ReturnMemory();
        Unshare();
    }

    private void CommitHttp(CacheFlight lead, HttpCacheExchange http)
    {
        var redis = _route!.Redis;
        redis?.Keep(lead.HoldKept(), lead.Selection, (http.Resource, http.Stamp), _generation);

        // Only now can it be found: the names lead to it.
        if (!http.Index.IsOpen || !http.Index.Commit(http.Info with { TagBits = 0 }, out var names))
        {
            http.Index.Abandon();
        }
        else if (redis is null)
        {
            names.Release();
        }
        else
        {
            redis.Keep(names, Key.MainHash, (http.Resource, http.Stamp), _generation);
        }
    }

    private void BeginHttpFill(RequestContext context, ResponseHead head, ReadOnlySpan<byte> bytes, CacheFlight lead)
    {
        var framing = head.FramingFor(requestWasHead: false);
        var mayRecord = framing != BodyFraming.UntilClose && head.ContentLength <= _route!.Plan.ObjectBytesMax;
        _isKept = mayRecord && HttpCacheFill.TryRead(context, _route!, this, head, bytes, default) && TryBeginHttp(context, lead);
        if (_isKept)
        {
            _bytesMax = _route!.Plan.ObjectBytesMax;
            _needsEnding = false;
            var isFresh = _http!.Info.FreshUntilMs > _route.Shared.NowMs
                && (new StoredHead(Head.Written.Span).Rules.Traits & StoredTraits.NoCache) == 0;
            if (!isFresh)
            {
                // It is kept to be asked about, and answers nobody else before that.
                lead.Unshare();
            }
            else if (head.ContentLength >= 0 || framing == BodyFraming.None)
            {
                lead.Open(Math.Max(0, head.ContentLength));
            }

            return;
        }

        var isTemporary = head.StatusCode >= StatusCodes.Status500InternalServerError
            || head.StatusCode == StatusCodes.Status429TooManyRequests;
        if (!(isTemporary && lead.TryHandOn(isCallersOwn: false)))
        {
            lead.Unshare();
        }

        LetGo();
    }

    /// <summary>Begins to store an answer whose head is in <see cref="Head"/>, under the key that it selects.</summary>
    private bool TryBeginHttp(RequestContext context, CacheFlight lead)
    {
        var head = new StoredHead(Head.Written.Span);
        if (!HttpCacheKey.TrySelect(context, _route!, Key, head)
            || !lead.Fill.Begin(_route!.Store, Key.Hash, Key.Bytes, Head.Written.Span, lead.Purges))
        {
            return false;
        }

        lead.Selection = Key.Hash;
        if (Key.Hash == Key.MainHash)
        {
            return true;
        }

        var index = _http!.Names;
        StoredHead.Begin(index, head.Status, new StoredRules { Traits = StoredTraits.Index });
        for (var at = 0; head.TryNext(ref at, out var name, out var value);)
        {
            if (Is(name, "Vary"u8))
            {
                StoredHead.Add(index, name, value);
            }
        }

        var isBegun = _http.Index.Begin(_route.Store, Key.MainHash, Key.MainBytes, index.Written.Span, lead.Purges);
        index.ReturnMemory();
        return isBegun;
    }

    /// <summary>The request makes no call after all: those who wait for it are to look again.</summary>
    public void Unshare()
    {
        _lead?.Unshare();
        LetGo();
    }

    /// <summary>The request has failed: nobody is to wait for its call any longer.</summary>
    public void Fail(Failure failure)
    {
        _lead?.Fail(failure, Failures.Side(failure) == FailureSide.Caller);
        LetGo();
    }

    /// <summary>The request is over: what is not whole is given up.</summary>
    public void End()
    {
        Fail(Failure.EdgeInternal);
        Joiner.Leave();
        _http?.End();
        _lookup?.ReturnMemory();
        Head.ReturnMemory();
        Key.ReturnMemory();
    }

    /// <summary>What is recorded can go on no longer, and those who are reading it are told so.</summary>
    private void GiveUp(CacheFlight lead)
    {
        if (lead.State == FlightState.Open && lead.HasJoiners)
        {
            lead.Fail(Failure.EdgeResources, isCallersOwn: false);
        }
        else
        {
            lead.Unshare();
        }

        LetGo();
    }

    private void LetGo()
    {
        _isKept = false;
        _http?.Index.Abandon();
        if (_lead is { } lead)
        {
            watch.Share(null);
            _lead = null;
            lead.Release();
        }
    }
}
