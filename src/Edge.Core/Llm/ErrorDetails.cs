using System.Collections.Immutable;

namespace Edge.Core.Llm;

/// <summary>What an error says beyond what its kind says. Must be safe to show to whoever gets it. Immutable.</summary>
/// <param name="Message">A sentence in place of the kind's own.</param>
/// <param name="Members">Members beside the dialect's own, in this order: names in snake_case, and texts.</param>
public sealed record ErrorDetails(string Message, ImmutableArray<KeyValuePair<string, string>> Members);
