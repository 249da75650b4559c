using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Planning;

/// <summary>The tiers that a configuration lists, or none where any name is a tier.</summary>
internal sealed class TierNames(EdgeOptions options)
{
    private readonly HashSet<string>? _names =
        options.Tiers is { Value: var tiers } ? [.. tiers.Select(t => t.Name.Value)] : null;

    /// <summary>Tells where a tier that is named is none.</summary>
    public void Check(Located<string>? tier, DiagnosticBag diagnostics)
    {
        if (tier is not { } name || _names is null || _names.Contains(name.Value)) return;
        var suggestion = diagnostics.IsFull ? "" : Nearest.Suggest(name.Hidden ? "" : name.Value, _names);
        diagnostics.Add(name.Place, $"{name.Text()} is not a tier; {suggestion}");
    }
}
