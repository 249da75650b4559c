using Edge.Core.Bodies;

namespace Edge.Core.Llm;

/// <summary>
/// What is known of a request to an LLM once its body has been read and rewritten: of the body as it goes upstream. Says nothing
/// (<see cref="IsKnown"/> is false) where the route had no reason to read the body.
/// </summary>
public readonly record struct RequestFacts
{
    /// <summary>The body was read.</summary>
    public bool IsKnown { get; init; }

    /// <summary>The API that is asked.</summary>
    public LlmApi Api { get; init; }

    /// <summary>The model that is asked for; null where the body names none.</summary>
    public string? Model { get; init; }

    /// <summary>The answer is to be an event stream.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>Estimated tokens of the prompt.</summary>
    public long PromptTokens { get; init; }

    /// <summary>
    /// The estimate <c>chars4</c> of the prompt, to be compared with what the provider will report; 0: not to be compared.
    /// </summary>
    public long ComparableTokens { get; init; }

    /// <summary>What the prompt is written in; says something only where it is to be compared.</summary>
    public TextScript Script { get; init; }

    /// <summary>Most tokens of the answer that the request asks for, or that are assumed where it does not say.</summary>
    public long AnswerTokens { get; init; }

    /// <summary>The stream reports its usage only because the gateway asked; the caller is not to see it.</summary>
    public bool HidesUsage { get; init; }

    /// <summary>Estimated tokens of request and answer: what is to be reserved.</summary>
    public long EstimatedTokens => PromptTokens + AnswerTokens;
}
