using System.Globalization;
using Edge.Peers.Report;

namespace Edge.Peers.CachePauses;

/// <summary>The phases of a run as a table.</summary>
internal static class CachePausesReport
{
    private const double BytesPerMiB = 1024 * 1024;

    /// <summary>A row for each.</summary>
    public static string Write(IEnumerable<PausePhase> phases)
    {
        List<string[]> rows =
        [
            [
                "cache", "", "answers", "resident MiB", "requests/s", "hits", "collections (0 / 1 / 2)", "shared", "median ms",
                "p99 ms", "longest ms", "longest of 2",
            ],
        ];
        rows.AddRange(phases.Select(Row));
        return Table.Align(rows);
    }

    private static string[] Row(PausePhase phase)
    {
        var collector = phase.Pauses.Collector;
        return
        [
            phase.Cache, phase.Name, Whole(phase.Kept), Whole(phase.ResidentBytes / BytesPerMiB), Whole(phase.PerSecond),
            ((double)phase.Hits / phase.Requests).ToString("P0", CultureInfo.InvariantCulture),
            $"{Whole(collector.Generation0)} / {Whole(collector.Generation1)} / {Whole(collector.Generation2)}",
            Whole(phase.Pauses.Shared), Ms(phase.Pauses.MedianMs), Ms(phase.Pauses.P99Ms), Ms(phase.Pauses.LongestMs),
            phase.Pauses.LongestFullMs is { } full ? Ms(full) : "",
        ];
    }

    private static string Whole(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Ms(double number) => number.ToString("N2", CultureInfo.InvariantCulture);
}
