namespace Edge.Core.Llm;

/// <summary>
/// What a model's tokens cost. In millionths of a millionth of a dollar for each token, which is the same number as millionths
/// of a dollar for a million tokens.
/// </summary>
/// <param name="Input">A token of the prompt.</param>
/// <param name="CachedInput">A token of the prompt that the provider had in its cache.</param>
/// <param name="CacheWrite">A token of the prompt that the provider put into its cache.</param>
/// <param name="Output">A token of the answer.</param>
public sealed record ModelPrice(long Input, long CachedInput, long CacheWrite, long Output)
{
    /// <summary>Largest price of a token: ten thousand dollars for a million of them.</summary>
    public const long Max = 10_000_000_000;

    private const long PicosPerMicro = 1_000_000;

    /// <summary>What tokens cost, in millionths of a dollar, rounded up.</summary>
    public long Of(long promptTokens, long answerTokens) =>
        Sum(((Int128)promptTokens * Input) + ((Int128)answerTokens * Output));

    /// <summary>
    /// What an answer costs, likewise. OpenAI's cached tokens are among those of the prompt; Anthropic's come on top.
    /// </summary>
    public long Of(in UsageCounts usage)
    {
        var cached = Math.Clamp(usage.CachedTokens ?? 0, 0, usage.InputTokens ?? 0);
        return Sum(
            ((Int128)((usage.InputTokens ?? 0) - cached) * Input)
            + ((Int128)(cached + (usage.CacheReadTokens ?? 0)) * CachedInput)
            + ((Int128)(usage.CacheCreationTokens ?? 0) * CacheWrite)
            + ((Int128)(usage.OutputTokens ?? 0) * Output));
    }

    private static long Sum(Int128 picos) =>
        (long)Int128.Clamp((picos + PicosPerMicro - 1) / PicosPerMicro, 0, long.MaxValue);
}
