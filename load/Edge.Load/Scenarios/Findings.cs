namespace Edge.Load.Scenarios;

/// <summary>What a scenario says at its end, beside the answers.</summary>
internal sealed class Findings
{
    private readonly List<(string Text, bool IsError)> _all = [];

    /// <summary>Everything, in the order in which it was said.</summary>
    public IReadOnlyList<(string Text, bool IsError)> All => _all;

    /// <summary>Whether something does not hold.</summary>
    public bool HasError => _all.Exists(static finding => finding.IsError);

    /// <summary>A figure or a fact.</summary>
    public void Say(string text) => _all.Add((text, false));

    /// <summary>Something that must hold: said either way, and an error where it does not.</summary>
    public void Require(bool holds, string text) => _all.Add((text, !holds));
}
