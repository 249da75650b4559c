using System.Collections.Concurrent;
using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;

namespace Edge.Load.Scenarios;

/// <summary>
/// A few questions asked again and again. Without a cache it shows that the same question has the same answer whoever asks;
/// with one, that the provider is asked once for each of them, since it counts what reached it.
/// </summary>
internal sealed class RepeatedQuestions : LoadScenario
{
    private const int QuestionsMax = 50;

    private readonly bool _isCached;
    private readonly ChatQuestion[] _questions;
    private readonly ConcurrentDictionary<int, byte[]> _answers = new();
    private Caller _caller = null!;
    private long _hits;
    private long _chatsBefore;

    /// <summary>Makes the questions.</summary>
    /// <param name="isCached">The gateway answers from memory.</param>
    public RepeatedQuestions(bool isCached)
    {
        _isCached = isCached;
        _questions =
        [
            .. Enumerable.Range(0, QuestionsMax).Select(i => SteadyChat.Question(new Arrival(i, 0, (ulong)i)) with
            {
                FindFaultInBody =
                    body => _answers.GetOrAdd(i, body).AsSpan().SequenceEqual(body) ? null : "it was another before",
            }),
        ];
    }

    /// <inheritdoc/>
    public override string Name => _isCached ? "hot-cache" : "repeated-questions";

    /// <inheritdoc/>
    public override string About
    {
        get
        {
            var asked = string.Create(CultureInfo.InvariantCulture,
                $"The same {QuestionsMax} questions again and again, the first ones most often. The same question must have "
                    + $"the same answer; ");
            return asked + (_isCached
                ? "the gateway keeps answers, and the provider must be asked for each of them once."
                : "how many of them reached the provider is counted.");
        }
    }

    /// <inheritdoc/>
    public override string DefaultRate => "500";

    /// <inheritdoc/>
    public override GatewaySettings Settings =>
        _isCached ? new() { ModelsKeys = ", cache: { ttl: 1h, scope: public }" } : new();

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _caller = MakeCaller(stage.Gateway);
        _chatsBefore = await stage.CountMockChatsAsync(cancellation);
    }

    /// <inheritdoc/>
    public override async Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        // Each question is asked less often than the one before: the square pulls the numbers down.
        var part = new Dice(arrival.Seed).NextUnit();
        return await Chat.AskAsync(_caller, _questions[(int)(part * part * QuestionsMax)], cancellation, Look);
    }

    /// <inheritdoc/>
    public override async Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        var asked = await Stage.CountMockChatsAsync(cancellation) - _chatsBefore;
        var hits = Volatile.Read(ref _hits);
        findings.Say(string.Create(CultureInfo.InvariantCulture,
            $"{record.Answers} answers took {asked} questions to the provider; Cache-Status told of {hits} hits."));
        if (_isCached)
        {
            // The first ones may come together: they share a call, and are no hits.
            findings.Require(asked == _answers.Count, $"The provider was asked once for each of {_answers.Count} questions.");
            findings.Require(hits >= record.Answers - record.Errors - (2 * QuestionsMax), "All others were hits.");
        }
        else
        {
            findings.Require(asked >= record.Answers - record.Errors, "Each of them was asked.");
        }
    }

    private void Look(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("Cache-Status", out var values)
            && values.Any(static value => value.Contains("; hit", StringComparison.Ordinal)))
        {
            Interlocked.Increment(ref _hits);
        }
    }
}
