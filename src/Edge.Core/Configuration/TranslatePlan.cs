namespace Edge.Core.Configuration;

/// <summary>How requests are translated for an upstream that speaks another dialect than the route's callers.</summary>
public sealed record TranslatePlan
{
    /// <summary>Where the file says nothing.</summary>
    public const int MaxTokensDefault = 4096;

    /// <summary>The plan of a route that says nothing.</summary>
    public static TranslatePlan Default { get; } = new();

    /// <summary>Most tokens of an answer where the request names no limit: Anthropic's API wants one.</summary>
    public int MaxTokens { get; init; } = MaxTokensDefault;

    /// <summary>
    /// What has no equivalent and bears on the answer is left out, and named in a header; else the request is refused.
    /// </summary>
    public bool DropsUnsupported { get; init; }
}
