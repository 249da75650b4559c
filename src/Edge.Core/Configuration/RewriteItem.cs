using System.Collections.Immutable;
using Edge.Core.Bodies.Rewriting;

namespace Edge.Core.Configuration;

/// <summary>An item of the rewriting rules: a condition, and what is then done.</summary>
/// <param name="When">When it applies; null: always.</param>
/// <param name="FromMobile">The mobile format is transformed, before the body is validated.</param>
/// <param name="Map">The body becomes another one, before what follows; or null.</param>
/// <param name="SystemMessage">A system message, where there is none in the body; or null.</param>
/// <param name="Rules">What else is done, in order.</param>
public sealed record RewriteItem(
    RewriteCondition? When, bool FromMobile, RewriteRule? Map, RewriteTemplate? SystemMessage, ImmutableArray<RewriteRule> Rules);
