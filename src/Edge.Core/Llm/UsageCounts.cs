namespace Edge.Core.Llm;

/// <summary>What a provider says an answer has used. A count that it did not name is null; one that it named as 0 is 0.</summary>
public record struct UsageCounts
{
    /// <summary>
    /// Tokens of the prompt as named: <c>prompt_tokens</c> or <c>input_tokens</c>. With Anthropic's, those of the cache come on
    /// top (<see cref="InputTokensTotal"/>).
    /// </summary>
    public long? InputTokens { get; set; }

    /// <summary>Tokens of the answer: <c>completion_tokens</c> or <c>output_tokens</c>.</summary>
    public long? OutputTokens { get; set; }

    /// <summary>OpenAI's <c>cached_tokens</c>: those of the prompt that came from the provider's cache.</summary>
    public long? CachedTokens { get; set; }

    /// <summary>Anthropic's <c>cache_read_input_tokens</c>.</summary>
    public long? CacheReadTokens { get; set; }

    /// <summary>Anthropic's <c>cache_creation_input_tokens</c>.</summary>
    public long? CacheCreationTokens { get; set; }

    /// <summary><c>reasoning_tokens</c>: those of the answer that nobody sees.</summary>
    public long? ReasoningTokens { get; set; }

    /// <summary>Something has been named.</summary>
    public readonly bool IsKnown => InputTokens is not null || OutputTokens is not null;

    /// <summary>All tokens of the prompt, those of the cache included.</summary>
    public readonly long InputTokensTotal => (InputTokens ?? 0) + (CacheReadTokens ?? 0) + (CacheCreationTokens ?? 0);
}
