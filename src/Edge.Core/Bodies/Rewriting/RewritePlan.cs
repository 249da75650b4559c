namespace Edge.Core.Bodies.Rewriting;

/// <summary>The rules of a route, in order. Immutable; safe from any thread.</summary>
public sealed class RewritePlan
{
    private readonly (PreparedCondition? When, RewriteRule[] Rules)[] _steps;

    /// <summary>Makes a plan.</summary>
    /// <param name="steps">Steps in order: rules, and when all of them apply; null for always.</param>
    /// <exception cref="RewriteException">A condition is not one.</exception>
    public RewritePlan(params IReadOnlyList<(RewriteCondition? When, RewriteRule[] Rules)> steps)
    {
        _steps = new (PreparedCondition?, RewriteRule[])[steps.Count];
        for (var i = 0; i < _steps.Length; i++)
        {
            _steps[i] = (steps[i].When?.Prepare(), steps[i].Rules);
        }
    }

    internal ReadOnlySpan<(PreparedCondition? When, RewriteRule[] Rules)> Steps => _steps;
}
