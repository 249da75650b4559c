using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Edge.Core.Configuration;

/// <summary>What came of loading a configuration: a plan, or everything that is wrong with it.</summary>
/// <param name="Plan">The plan; null where there is any diagnostic.</param>
/// <param name="Diagnostics">All errors, in the order of their places.</param>
public sealed record ConfigurationResult(EdgePlan? Plan, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>True where there is a plan.</summary>
    [MemberNotNullWhen(true, nameof(Plan))]
    public bool IsValid => Plan is not null;
}
