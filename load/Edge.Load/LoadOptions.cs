namespace Edge.Load;

/// <summary>What the command line asks for.</summary>
/// <param name="Edge">Path of the program.</param>
/// <param name="Rate">Rate, steps or ramp; null: what the scenario says.</param>
/// <param name="Duration">How long; null: what the scenario says.</param>
/// <param name="WarmUp">How long before times count; null: what the scenario says.</param>
/// <param name="LateMax">How late one arrival in a hundred may be.</param>
/// <param name="Seed">Of all chance.</param>
/// <param name="Report">Folder of the report; null: none.</param>
internal sealed record LoadOptions(
    string Edge, string? Rate, TimeSpan? Duration, TimeSpan? WarmUp, TimeSpan LateMax, ulong Seed, string? Report);
