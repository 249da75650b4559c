using Edge.Core.Bodies;
using Edge.Core.Configuration;

namespace Edge.Core.Llm;

/// <summary>Tells by dialect and path which of the APIs a request is for. Stateless.</summary>
public static class LlmApis
{
    /// <summary>The API of a request; <see cref="LlmApi.Other"/> where it is none that is known.</summary>
    /// <param name="dialect">The dialect of the service that answers.</param>
    /// <param name="path">The path that it is asked for, without its query.</param>
    public static LlmApi Of(Dialect dialect, ReadOnlySpan<char> path)
    {
        path = path.TrimEnd('/');
        return dialect switch
        {
            Dialect.OpenAI when path.EndsWith("/chat/completions", StringComparison.Ordinal) => LlmApi.ChatCompletions,
            Dialect.OpenAI when path.EndsWith("/embeddings", StringComparison.Ordinal) => LlmApi.Embeddings,
            Dialect.OpenAI when path.EndsWith("/responses", StringComparison.Ordinal) => LlmApi.Responses,
            Dialect.Anthropic when path.EndsWith("/messages", StringComparison.Ordinal) => LlmApi.Messages,
            _ => LlmApi.Other,
        };
    }
}
