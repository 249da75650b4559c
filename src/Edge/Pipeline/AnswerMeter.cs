using System.Diagnostics.CodeAnalysis;
using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;

namespace Edge.Pipeline;

/// <summary>
/// Finds out what a metered request uses while its answer passes, and says it once when the request is over. One for each
/// <see cref="RequestContext"/>, used by one request after another.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The end of each request returns the decoder: see ReturnDecoder.")]
internal sealed class AnswerMeter
{
    private readonly UsageTap _tap = new();
    private AnswerText _text;
    private int _status;
    private bool _isSent;
    private bool _isUnreadable;
    private bool _isWhole;
    private MeteringPlan? _plan;
    private AnswerDecoder? _decoder;
    private SpendingGuard? _guard;
    private LlmApi _api;
    private long _promptTokens;

    /// <summary>Estimated tokens of the answer so far.</summary>
    public long AnswerTokens => TokenEstimate.OfChars(_text.Chars);

    /// <summary>The answer is an event stream, compressed or not.</summary>
    public bool IsEventStream { get; private set; }

    /// <summary>Why the stream must not go on; None: it may.</summary>
    public Failure Excess { get; private set; }

    /// <summary>Begins with a request.</summary>
    public void Begin(MeteringPlan plan)
    {
        _plan = plan;
        IsEventStream = false;
        Excess = Failure.None;
        _status = 0;
        _isSent = false;
        _isUnreadable = false;
        _guard = null;
        ReturnDecoder();
        _isWhole = false;
        _text.Start(LlmApi.Other, isEventStream: false);
        _tap.Start(isEventStream: false);
    }

    /// <summary>Another attempt begins: of those before it nothing is charged.</summary>
    public void BeginAttempt() => _isSent = false;

    /// <summary>The request has gone out to the provider.</summary>
    public void Sent() => _isSent = true;

    /// <summary>An answer has begun.</summary>
    /// <param name="facts">What is known of the request; its API is the one that the provider was asked through.</param>
    /// <param name="status">Its status.</param>
    /// <param name="isEventStream">It is an event stream.</param>
    /// <param name="coding">How it is compressed, though the provider was asked not to.</param>
    public void Answer(in RequestFacts facts, int status, bool isEventStream, ContentCoding coding)
    {
        _api = facts.Api;
        _promptTokens = facts.PromptTokens;
        _status = status;
        IsEventStream = isEventStream;
        _tap.Start(isEventStream);
        _text.Start(facts.Api, isEventStream);
        ReturnDecoder();
        _isUnreadable = coding != ContentCoding.Identity && !AnswerDecoder.CanDecode(coding);
        if (AnswerDecoder.CanDecode(coding))
        {
            _decoder = new AnswerDecoder(coding);
        }
    }

    /// <summary>Watches what the stream spends, and stops it where the caller's limits have no more.</summary>
    public void Guard(SpendingGuard guard) => _guard = guard;

    /// <summary>Takes the next bytes of the answer's body.</summary>
    public void Take(ReadOnlySpan<byte> run)
    {
        if (_decoder is null)
        {
            TakeText(run);
            return;
        }

        while (_decoder.TryDecode(ref run, out var decoded))
        {
            TakeText(decoded);
        }

        _isUnreadable = _decoder.HasFailed;
    }

    /// <summary>The answer has come to its end.</summary>
    public void End() => _isWhole = true;

    /// <summary>What the request has used; to be asked when its answer has come to its end, or will come to none.</summary>
    /// <param name="facts">What is known of the request.</param>
    /// <param name="failure">How it failed, if it did.</param>
    public RequestUsage Settle(in RequestFacts facts, Failure failure)
    {
        // What a provider refuses, or fails to answer, it does not charge.
        if (!_isSent || _status >= 400 || (_status == 0 && failure != Failure.CallerGone))
        {
            return default;
        }

        var counts = _tap.Usage;
        var api = _status == 0 ? facts.Api : _api;
        if (counts.IsKnown && (_isWhole || (api != LlmApi.Messages && counts.OutputTokens is not null)))
        {
            return new RequestUsage(UsageKind.Exact, counts);
        }

        if (!facts.IsKnown || api == LlmApi.Other)
        {
            return counts.IsKnown ? new RequestUsage(UsageKind.Estimated, counts) : default;
        }

        var soFar = SoFar(facts.PromptTokens);

        // Of an answer that cannot be read nothing is known but that it is one: it counts as what was allowed for.
        soFar.OutputTokens = _isUnreadable ? Math.Max(facts.AnswerTokens, soFar.OutputTokens!.Value) : soFar.OutputTokens;
        return new RequestUsage(UsageKind.Estimated, soFar);
    }

    /// <summary>Gives back what reading a compressed answer took. The request is over.</summary>
    public void ReturnDecoder()
    {
        _decoder?.Dispose();
        _decoder = null;
    }

    private UsageCounts SoFar(long promptTokens)
    {
        var counts = _tap.Usage;
        counts.InputTokens ??= promptTokens;
        counts.OutputTokens = Math.Max(counts.OutputTokens ?? 0, AnswerTokens);
        return counts;
    }

    private void TakeText(ReadOnlySpan<byte> text)
    {
        _tap.Take(text);
        _text.Take(text);
        if (IsEventStream && Excess == Failure.None)
        {
            Excess = AnswerTokens > _plan!.AnswerTokensMax ? Failure.UpstreamAnswerTooLong
                : _text.Repeats > _plan.RepeatsMax ? Failure.UpstreamAnswerRepeats
                : _guard is not null && AnswerTokens >= _guard.NextTokens ? _guard.Check(SoFar(_promptTokens)) : Failure.None;
        }
    }
}
