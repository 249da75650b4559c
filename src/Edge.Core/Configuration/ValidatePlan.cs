using System.Collections.Immutable;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Schemas;

namespace Edge.Core.Configuration;

/// <summary>What a request must look like.</summary>
/// <param name="Schema">The schema of its body; null: any.</param>
/// <param name="Api">The API that the schema is of, where it is a built-in one.</param>
/// <param name="Query">Query parameters that must be there.</param>
/// <param name="Headers">Headers that must be there.</param>
public sealed record ValidatePlan(
    JsonSchema? Schema, LlmApi? Api, ImmutableArray<string> Query, ImmutableArray<string> Headers);
