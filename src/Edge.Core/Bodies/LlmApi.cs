namespace Edge.Core.Bodies;

/// <summary>The APIs whose requests are understood.</summary>
public enum LlmApi
{
    /// <summary>OpenAI's <c>/v1/chat/completions</c>.</summary>
    ChatCompletions,

    /// <summary>OpenAI's <c>/v1/embeddings</c>.</summary>
    Embeddings,

    /// <summary>OpenAI's <c>/v1/responses</c>.</summary>
    Responses,

    /// <summary>Anthropic's <c>/v1/messages</c>.</summary>
    Messages,

    /// <summary>None of these, or none that is known to be one.</summary>
    Other,
}
