namespace Edge.Core.Limits;

/// <summary>What a limit counts.</summary>
public enum LimitUnit : byte
{
    /// <summary>Requests: known before the body is read.</summary>
    Requests,

    /// <summary>Tokens of prompt and answer.</summary>
    Tokens,

    /// <summary>Tokens of the prompt.</summary>
    InputTokens,

    /// <summary>Tokens of the answer.</summary>
    OutputTokens,

    /// <summary>Millionths of a US dollar.</summary>
    MicroDollars,
}
