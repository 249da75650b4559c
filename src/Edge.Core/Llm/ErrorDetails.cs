using System.Collections.Immutable;
using Edge.Core.Bodies.Schemas;

namespace Edge.Core.Llm;

/// <summary>What an error says beyond what its kind says. Must be safe to show to whoever gets it. Immutable.</summary>
/// <param name="Message">A sentence in place of the kind's own.</param>
/// <param name="Members">Members beside the dialect's own, in this order: names in snake_case, and texts.</param>
public sealed record ErrorDetails(string Message, ImmutableArray<KeyValuePair<string, string>> Members)
{
    /// <summary>Members that are numbers.</summary>
    public ImmutableArray<KeyValuePair<string, long>> Numbers { get; init; } = [];

    /// <summary>Members that are lists of texts.</summary>
    public ImmutableArray<KeyValuePair<string, ImmutableArray<string>>> Lists { get; init; } = [];

    /// <summary>JSON Pointer of the part of the request that the error is about: OpenAI's <c>param</c>; or null.</summary>
    public string? Param { get; init; }

    /// <summary>All that is wrong with the request, where the error is that it breaks rules.</summary>
    public ImmutableArray<SchemaError> Errors { get; init; } = [];
}
