namespace Edge.Peers.CachePauses;

/// <summary>The pauses of a time in which the collector was asked again and again what it had done.</summary>
internal sealed class Pauses
{
    private readonly double[] _sortedMs;

    private Pauses(double[] sortedMs) => _sortedMs = sortedMs;

    /// <summary>What the collector did in that time.</summary>
    public required CollectorReading Collector { get; init; }

    /// <summary>How many pauses there were.</summary>
    public int Count => _sortedMs.Length;

    /// <summary>Pauses that fell with others between two readings: each counts with the mean of them.</summary>
    public required long Shared { get; init; }

    /// <summary>The middle one, in milliseconds; 0 without any.</summary>
    public double MedianMs => At(0.5);

    /// <summary>99th percentile, in milliseconds; 0 without any.</summary>
    public double P99Ms => At(0.99);

    /// <summary>The longest, in milliseconds; 0 without any.</summary>
    public double LongestMs => At(1);

    /// <summary>The longest of a collection of all generations, in milliseconds; null without any.</summary>
    public required double? LongestFullMs { get; init; }

    /// <summary>Splits what happened between readings into pauses. A single reading has none.</summary>
    /// <param name="readings">At least one, in the order in which they were made.</param>
    public static Pauses Of(IReadOnlyList<CollectorReading> readings)
    {
        var pauses = new List<double>();
        var shared = 0L;
        double? longestFullMs = null;
        var from = readings[0];
        foreach (var reading in readings)
        {
            // Both are read one after the other: a collection that comes in between is in one of them, and in the other the
            // next time. Until it is in both, there is nothing to split.
            var count = reading.Collections - from.Collections;
            var pauseMs = reading.PauseMs - from.PauseMs;
            if (count <= 0 || pauseMs <= 0)
            {
                continue;
            }

            pauses.AddRange(Enumerable.Repeat(pauseMs / count, (int)count));
            shared += count > 1 ? count : 0;
            if (reading.Generation2 > from.Generation2)
            {
                longestFullMs = Math.Max(longestFullMs ?? 0, pauseMs / count);
            }

            from = reading;
        }

        pauses.Sort();
        return new Pauses([.. pauses])
        {
            Collector = Between(readings[0], readings[^1]),
            Shared = shared,
            LongestFullMs = longestFullMs,
        };
    }

    private static CollectorReading Between(CollectorReading from, CollectorReading to) => new(
        to.PauseMs - from.PauseMs,
        to.Generation0 - from.Generation0,
        to.Generation1 - from.Generation1,
        to.Generation2 - from.Generation2);

    // The least pause that at least this part of them does not exceed.
    private double At(double part) =>
        _sortedMs.Length == 0 ? 0 : _sortedMs[Math.Max(0, (int)Math.Ceiling(part * _sortedMs.Length) - 1)];
}
