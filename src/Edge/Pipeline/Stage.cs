namespace Edge.Pipeline;

/// <summary>The stages of a request that are told of, in their order.</summary>
internal enum Stage
{
    /// <summary>Is the message one that can be understood in one way only?</summary>
    Admit,

    /// <summary>Which route, may this page's script ask, and may it be asked from there?</summary>
    Route,

    /// <summary>Who calls?</summary>
    Authenticate,

    /// <summary>May they?</summary>
    Authorize,

    /// <summary>Limits of requests.</summary>
    LimitRequests,

    /// <summary>What is in the body?</summary>
    Body,

    /// <summary>Limits of tokens and money.</summary>
    LimitTokens,

    /// <summary>Is the answer in memory?</summary>
    Cache,

    /// <summary>Does the upstream bear one more?</summary>
    Overload,

    /// <summary>The upstream's answer.</summary>
    Forward,
}
