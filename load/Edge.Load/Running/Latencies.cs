using HdrHistogram;

namespace Edge.Load.Running;

/// <summary>Times of many answers, to three digits, from a microsecond to ten minutes. Not thread-safe.</summary>
internal sealed class Latencies
{
    private const int NsPerUs = 1000;
    private const long UsMax = 600_000_000;
    private const int Digits = 3;

    private readonly LongHistogram _us = new(1, UsMax, Digits);

    /// <summary>How many there are.</summary>
    public long Count => _us.TotalCount;

    /// <summary>The longest, in milliseconds.</summary>
    public double MaxMs => Count == 0 ? 0 : _us.GetMaxValue() / 1000.0;

    /// <summary>Takes one, in nanoseconds.</summary>
    public void Add(long ns) => _us.RecordValue(Math.Clamp(ns / NsPerUs, 1, UsMax));

    /// <summary>The time in milliseconds that so many percent are not above; 0 when there are none.</summary>
    public double Percentile(double percent) => Count == 0 ? 0 : _us.GetValueAtPercentile(percent) / 1000.0;

    /// <summary>Begins anew.</summary>
    public void Clear() => _us.Reset();
}
