namespace Edge.Core.Llm;

/// <summary>How what a request has used is known.</summary>
public enum UsageKind
{
    /// <summary>It used nothing, or it is not known that it used anything: there is nothing to charge.</summary>
    None,

    /// <summary>The provider said so.</summary>
    Exact,

    /// <summary>Estimated, in whole or in part.</summary>
    Estimated,
}

/// <summary>What a request has used, once it is over.</summary>
/// <param name="Kind">How that is known.</param>
/// <param name="Counts">The tokens. Where they are estimated, input and output are never null.</param>
public readonly record struct RequestUsage(UsageKind Kind, UsageCounts Counts)
{
    /// <summary>All tokens of the prompt and of the answer.</summary>
    public long Total => Counts.InputTokensTotal + (Counts.OutputTokens ?? 0);
}
