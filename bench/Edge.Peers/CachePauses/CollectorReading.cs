using Edge.Peers.Running;

namespace Edge.Peers.CachePauses;

/// <summary>What the collector has done since the program's start.</summary>
/// <param name="PauseMs">Time in which it held the program, in milliseconds.</param>
/// <param name="Generation0">Collections of the youngest generation alone.</param>
/// <param name="Generation1">Collections of the two younger ones.</param>
/// <param name="Generation2">Collections of all.</param>
internal readonly record struct CollectorReading(double PauseMs, long Generation0, long Generation1, long Generation2)
{
    private const string PauseMetric = "dotnet_gc_pause_time_seconds_total";
    private const string CollectionsMetric = "dotnet_gc_collections_total";
    private const double MsPerSecond = 1_000;

    /// <summary>Collections of whatever generation.</summary>
    public long Collections => Generation0 + Generation1 + Generation2;

    /// <summary>Reads it from all of /metrics.</summary>
    /// <exception cref="InvalidOperationException">It isn't there.</exception>
    public static CollectorReading Read(string metrics) => new(
        Need(metrics, PauseMetric) * MsPerSecond,
        CountOf(metrics, "gen0"),
        CountOf(metrics, "gen1"),
        CountOf(metrics, "gen2"));

    private static long CountOf(string metrics, string generation) =>
        (long)Need(metrics, CollectionsMetric, $"gc_heap_generation=\"{generation}\"");

    private static double Need(string metrics, string name, string label = "") => MetricsText.Sum(metrics, name, label)
        ?? throw new InvalidOperationException($"/metrics does not have {name} with '{label}'.");
}
