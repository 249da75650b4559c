using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;

namespace Edge.Pipeline;

/// <summary>
/// Finds out what a metered request uses while its answer passes, and says it once when the request is over. One for each
/// <see cref="RequestContext"/>, used by one request after another.
/// </summary>
internal sealed class AnswerMeter
{
    private readonly UsageTap _tap = new();
    private AnswerText _text;
    private int _status;
    private bool _isSent;
    private bool _isCoded;
    private bool _isWhole;
    private bool _isEventStream;
    private MeteringPlan? _plan;

    /// <summary>Estimated tokens of the answer so far.</summary>
    public long AnswerTokens => TokenEstimate.OfChars(_text.Chars);

    /// <summary>Why the stream must not go on; None: it may.</summary>
    public Failure Excess { get; private set; }

    /// <summary>Begins with a request.</summary>
    public void Begin(MeteringPlan plan)
    {
        _plan = plan;
        _isEventStream = false;
        Excess = Failure.None;
        _status = 0;
        _isSent = false;
        _isCoded = false;
        _isWhole = false;
        _text.Start(LlmApi.Other, isEventStream: false);
        _tap.Start(isEventStream: false);
    }

    /// <summary>The request has gone out to the provider.</summary>
    public void Sent() => _isSent = true;

    /// <summary>An answer has begun.</summary>
    /// <param name="api">The API that was asked.</param>
    /// <param name="status">Its status.</param>
    /// <param name="isEventStream">It is an event stream.</param>
    /// <param name="isCoded">It is compressed, though the provider was asked not to.</param>
    public void Answer(LlmApi api, int status, bool isEventStream, bool isCoded)
    {
        _status = status;
        _isCoded = isCoded;
        _isEventStream = isEventStream;
        _tap.Start(isEventStream);
        _text.Start(api, isEventStream);
    }

    /// <summary>Takes the next bytes of the answer's body.</summary>
    public void Take(ReadOnlySpan<byte> run)
    {
        if (!_isCoded)
        {
            _tap.Take(run);
            _text.Take(run);
            if (_isEventStream)
            {
                Excess = AnswerTokens > _plan!.AnswerTokensMax ? Failure.UpstreamAnswerTooLong
                    : _text.Repeats > _plan.RepeatsMax ? Failure.UpstreamAnswerRepeats : Failure.None;
            }
        }
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
        if (counts.IsKnown && (_isWhole || (facts.Api != LlmApi.Messages && counts.OutputTokens is not null)))
        {
            return new RequestUsage(UsageKind.Exact, counts);
        }

        if (!facts.IsKnown || facts.Api == LlmApi.Other)
        {
            return counts.IsKnown ? new RequestUsage(UsageKind.Estimated, counts) : default;
        }

        // Of a compressed answer nothing is known but that it is one: it counts as what was allowed for.
        counts.InputTokens ??= facts.PromptTokens;
        counts.OutputTokens = _isCoded ? facts.AnswerTokens : Math.Max(counts.OutputTokens ?? 0, AnswerTokens);
        return new RequestUsage(UsageKind.Estimated, counts);
    }
}
