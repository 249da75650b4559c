using System.Collections.Immutable;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;

namespace Edge.Core.Configuration;

/// <summary>What a request must look like.</summary>
/// <param name="Schema">The schema of its body; null: any.</param>
/// <param name="Api">The API that the schema is of, where it is a built-in one.</param>
/// <param name="Query">Query parameters that must be there.</param>
/// <param name="Headers">Headers that must be there.</param>
public sealed record ValidatePlan(
    JsonSchema? Schema, LlmApi? Api, ImmutableArray<string> Query, ImmutableArray<string> Headers);

/// <summary>An item of the rewriting rules: a condition, and what is then done.</summary>
/// <param name="When">When it applies; null: always.</param>
/// <param name="FromMobile">The mobile format is transformed, before the body is validated.</param>
/// <param name="SystemMessage">A system message, where there is none in the body; or null.</param>
/// <param name="Rules">What else is done, in order.</param>
public sealed record RewriteItem(
    RewriteCondition? When, bool FromMobile, RewriteTemplate? SystemMessage, ImmutableArray<RewriteRule> Rules);

/// <summary>How tokens are counted.</summary>
/// <param name="UsageHeader">Callers are told in a header.</param>
public sealed record MeteringPlan(bool UsageHeader);
