namespace Edge.Core.Telemetry;

/// <summary>One series of a histogram. Thread-safe.</summary>
public sealed class HistogramSeries
{
    private readonly Exemplar?[] _exemplars;

    internal HistogramSeries(long[] bounds)
    {
        Values = new StripedHistogram(bounds);
        _exemplars = new Exemplar?[bounds.Length + 1];
    }

    internal StripedHistogram Values { get; }

    internal ReadOnlySpan<Exemplar?> Exemplars => _exemplars;

    /// <summary>Records a value, in the smallest unit.</summary>
    public void Record(long value) => Values.Record(value);

    /// <summary>Records a value of a trace that is kept.</summary>
    public void Record(long value, Exemplar exemplar)
    {
        Values.Record(value);
        Volatile.Write(ref _exemplars[Values.IndexOf(value)], exemplar);
    }
}
