using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;
using Edge.Measuring;

namespace Edge.Load.Scenarios;

/// <summary>A provider that does what providers do on bad days, and dies in the middle.</summary>
internal sealed class UpstreamFailing : LoadScenario
{
    private const double KilledAt = 0.25;
    private const double BackAt = 0.4;
    private const double FaultyPart = 0.4;
    private const long RecoveryNs = 2 * Monotonic.SecondNs;

    // The mock's settings of its faulty answers, streamed or whole.
    private static readonly string[] Faults =
    [
        "mock-error", "mock-unavailable", "mock-overloaded", "mock-cut", "mock-cut-inside", "mock-reset", "mock-error-event",
        "mock-stall", "mock-hang", "mock-silent", "mock-garbage", "mock-short", "mock-bad-chunk", "mock;raw=no-last-chunk",
        "mock;raw=half-head", "mock;raw=two-lengths", "mock;raw=length-and-chunked", "mock;raw=cut-chunk",
    ];

    private Caller _caller = null!;
    private long _killedNs = long.MaxValue;
    private long _recoveredNs = long.MaxValue;

    /// <inheritdoc/>
    public override string Name => "upstream-failing";

    /// <inheritdoc/>
    public override string About => string.Create(CultureInfo.InvariantCulture,
        $"Whole and streamed chats; {FaultyPart:P0} of them meet one of {Faults.Length} faults of the provider, and "
            + $"the provider is killed and started again. What fails must fail visibly, and what the provider answers "
            + $"well must arrive well.");

    /// <inheritdoc/>
    public override string DefaultRate => "200";

    /// <inheritdoc/>
    public override GatewaySettings Settings => new() { ProviderSilenceMax = TimeSpan.FromSeconds(2) };

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _caller = MakeCaller(stage.Gateway);
    }

    /// <inheritdoc/>
    public override async Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        var dice = new Dice(arrival.Seed);
        var isFaulty = dice.NextUnit() < FaultyPart;
        var model = isFaulty ? Faults[dice.Next(Faults.Length)] : "mock";
        var text = ChatQuestion.MakeText(arrival.Number, arrival.Seed, SteadyChat.QuestionLetters);
        var begunNs = Monotonic.NowNs;
        var answer = await Chat.AskAsync(_caller, new ChatQuestion(model, text, dice.Next(2) == 0), cancellation);
        var wasDown = Monotonic.NowNs >= Volatile.Read(ref _killedNs) && begunNs < Volatile.Read(ref _recoveredNs);
        return answer.Verdict == Verdict.Failed && (isFaulty || wasDown) && Kinds.IsVisible(answer.Kind)
            ? answer with { Verdict = Verdict.Expected }
            : answer with { Detail = $"{model}: {answer.Detail}" };
    }

    /// <inheritdoc/>
    public override async Task DisturbAsync(Timeline timeline, CancellationToken cancellation)
    {
        await timeline.WaitForAsync(KilledAt, cancellation);
        Volatile.Write(ref _killedNs, Monotonic.NowNs);
        await Stage.KillMockAsync(cancellation);
        timeline.Note("provider killed");
        await timeline.WaitForAsync(BackAt, cancellation);
        await Stage.StartMockAsync(cancellation);
        Volatile.Write(ref _recoveredNs, Monotonic.NowNs + RecoveryNs);
        timeline.Note("provider back");
    }

    /// <inheritdoc/>
    public override Task ConcludeAsync(RunRecord record, Findings findings, CancellationToken cancellation)
    {
        findings.Require(Volatile.Read(ref _recoveredNs) != long.MaxValue, "The provider was killed and started again.");
        findings.Require(record.Counts.Any(static count => count.Verdict == Verdict.Expected), "Ordered failures were seen.");
        return Task.CompletedTask;
    }
}
