using System.Globalization;
using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Staging;

namespace Edge.Load.Scenarios;

/// <summary>Streamed answers with the lengths and the spaces of real traffic.</summary>
internal sealed class StreamingMix : LoadScenario
{
    private const int TokensPerSecond = 100;

    private static readonly Trace[] Traces = [Trace.Conversation, Trace.Code];

    private Caller _caller = null!;

    /// <inheritdoc/>
    public override string Name => "streaming-mix";

    /// <inheritdoc/>
    public override string About => string.Create(CultureInfo.InvariantCulture,
        $"Streamed chats with prompts, answers and spaces between arrivals as in Azure's traces of conversation and "
            + $"code, {TokensPerSecond} tokens a second each. Every token must come, in order, and the end.");

    /// <inheritdoc/>
    public override string DefaultRate => "30";

    /// <inheritdoc/>
    public override bool IsOfStreams => true;

    /// <inheritdoc/>
    public override TimeSpan AnswerTimeout => TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public override Arrivals MakeArrivals() => new TraceArrivals(Traces);

    /// <inheritdoc/>
    public override async Task PrepareAsync(Stage stage, RatePlan plan, CancellationToken cancellation)
    {
        await base.PrepareAsync(stage, plan, cancellation);
        _caller = MakeCaller(stage.Gateway);
    }

    /// <inheritdoc/>
    public override Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation)
    {
        var trace = Traces[arrival.Kind];
        var dice = new Dice(arrival.Seed);
        var promptTokens = (int)trace.PromptTokens.At(dice.NextUnit());
        var answerTokens = (int)trace.AnswerTokens.At(dice.NextUnit());
        var text = ChatQuestion.MakeText(arrival.Number, arrival.Seed, promptTokens * ChatQuestion.TokenLetters);
        var model = string.Create(CultureInfo.InvariantCulture, $"mock;rate={TokensPerSecond}");
        return Chat.AskAsync(_caller, new ChatQuestion(model, text, Streams: true, answerTokens), cancellation);
    }
}
