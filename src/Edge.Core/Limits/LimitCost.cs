using Edge.Core.Llm;

namespace Edge.Core.Limits;

/// <summary>How many units of a limit a request is reserved, and what it is charged in the end. Stateless.</summary>
public static class LimitCost
{
    /// <summary>Most units of one request: what a slice can hold.</summary>
    public const long UnitsMax = LeaseSlice.UnitsMax;

    /// <summary>What is reserved before the request is forwarded: what it may cost at most, by estimate.</summary>
    /// <param name="unit">What the limit counts.</param>
    /// <param name="facts">What is known of the request; where nothing is, nothing is reserved.</param>
    /// <param name="price">The model's price; needed for dollars only.</param>
    public static long Reserved(LimitUnit unit, in RequestFacts facts, ModelPrice? price) => Bound(unit switch
    {
        LimitUnit.Tokens => facts.EstimatedTokens,
        LimitUnit.InputTokens => facts.PromptTokens,
        LimitUnit.OutputTokens => facts.AnswerTokens,
        LimitUnit.MicroDollars => price?.Of(facts.PromptTokens, facts.AnswerTokens) ?? 0,
        _ => 1,
    });

    /// <summary>What is charged in the end.</summary>
    /// <param name="unit">What the limit counts.</param>
    /// <param name="usage">What the request has used.</param>
    /// <param name="price">The model's price; needed for dollars only.</param>
    public static long Charged(LimitUnit unit, in RequestUsage usage, ModelPrice? price)
    {
        if (usage.Kind == UsageKind.None)
        {
            return 0;
        }

        var counts = usage.Counts;
        return Bound(unit switch
        {
            LimitUnit.Tokens => usage.Total,
            LimitUnit.InputTokens => counts.InputTokensTotal,
            LimitUnit.OutputTokens => counts.OutputTokens ?? 0,
            LimitUnit.MicroDollars => price?.Of(counts) ?? 0,
            _ => 1,
        });
    }

    private static long Bound(long units) => Math.Clamp(units, 0, UnitsMax);
}
