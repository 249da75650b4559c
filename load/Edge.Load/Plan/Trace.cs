namespace Edge.Load.Plan;

/// <summary>
/// Azure's public traces of LLM inference (2023, an hour each), as far as a load needs them: lengths in tokens and the spaces
/// between arrivals.
/// </summary>
/// <param name="Name">What the callers did.</param>
/// <param name="Requests">How many requests the trace has.</param>
/// <param name="PromptTokens">Tokens of a prompt.</param>
/// <param name="AnswerTokens">Tokens of an answer.</param>
/// <param name="Gaps">Spaces between arrivals.</param>
internal sealed record Trace(string Name, int Requests, Quantiles PromptTokens, Quantiles AnswerTokens, GapQuantiles Gaps)
{
    /// <summary>People who talk to a model.</summary>
    public static Trace Conversation { get; } = new(
        "conversation",
        19_366,
        Percentiles(2, 207, 396, 1020, 1189, 2735, 4083, 4142, 14_050),
        Percentiles(7, 54, 85, 129, 395, 424, 451, 601, 1000),
        new GapQuantiles(118, 891));

    /// <summary>Editors that ask a model to go on with code: long prompts, short answers, bursts.</summary>
    public static Trace Code { get; } = new(
        "code",
        8_819,
        Percentiles(3, 147, 578, 1469, 2745, 5194, 7315, 7436, 7437),
        Percentiles(6, 7, 9, 13, 24, 55, 90, 252, 1899),
        new GapQuantiles(64, 2200));

    private static Quantiles Percentiles(
        double min, double p10, double p25, double p50, double p75, double p90, double p95, double p99, double max) =>
        new((0, min), (0.10, p10), (0.25, p25), (0.50, p50), (0.75, p75), (0.90, p90), (0.95, p95), (0.99, p99), (1, max));
}
