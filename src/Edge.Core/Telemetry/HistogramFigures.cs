namespace Edge.Core.Telemetry;

/// <summary>What a histogram holds at one moment. The spans are the collector's.</summary>
public readonly ref struct HistogramFigures
{
    /// <summary>Upper bounds, inclusive, in the metric's unit.</summary>
    public required ReadOnlySpan<double> Bounds { get; init; }

    /// <summary>Counts, one more than bounds, not added up.</summary>
    public required ReadOnlySpan<long> Counts { get; init; }

    /// <summary>The sum of all values, in the metric's unit.</summary>
    public required double Sum { get; init; }

    /// <summary>For each bucket the last value that a sampled trace saw; null where none did.</summary>
    public required ReadOnlySpan<Exemplar?> Exemplars { get; init; }

    /// <summary>How many values there are.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var one in Counts)
            {
                count += one;
            }

            return count;
        }
    }
}
