using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Staging;

namespace Edge.Load.Scenarios;

/// <summary>Short questions, whole answers, one rate.</summary>
internal sealed class SteadyChat : LoadScenario
{
    /// <summary>Letters of a question: a body of 1.2 KB.</summary>
    public const int QuestionLetters = 1100;

    private Caller _caller = null!;

    /// <inheritdoc/>
    public override string Name => "steady-chat";

    /// <inheritdoc/>
    public override string About =>
        "Chat completions of 1.2 KB, each its own question, answered at once and whole. Every answer must be the one "
            + "to its question.";

    /// <inheritdoc/>
    public override string DefaultRate => "500";

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _caller = MakeCaller(stage.Gateway);
    }

    /// <inheritdoc/>
    public override Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation) =>
        Chat.AskAsync(_caller, Question(arrival), cancellation);

    /// <summary>The question of an arrival.</summary>
    public static ChatQuestion Question(Arrival arrival) =>
        new("mock", ChatQuestion.MakeText(arrival.Number, arrival.Seed, QuestionLetters), Streams: false);
}
