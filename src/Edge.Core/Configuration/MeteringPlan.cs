namespace Edge.Core.Configuration;

/// <summary>How tokens are counted.</summary>
/// <param name="UsageHeader">Callers are told in a header.</param>
public sealed record MeteringPlan(bool UsageHeader)
{
    /// <summary>Most tokens of a streamed answer, as estimated; null: any.</summary>
    public long? AnswerTokensMax { get; init; }

    /// <summary>How often a stream may say the same again without a pause; null: any.</summary>
    public int? RepeatsMax { get; init; }
}
