namespace Edge.Core.Telemetry;

/// <summary>A histogram whose series are kept here. Get a series once and keep it: recording in it is cheap.</summary>
public sealed class HistogramFamily : MetricFamily
{
    private readonly SeriesTable<HistogramSeries> _series;
    private readonly double[] _bounds;

    internal HistogramFamily(
        string name, string unit, string description, double[] bounds, double scale, int seriesMax, MetricLabel[] labels)
        : base(name, unit, description, MetricKind.Histogram, labels)
    {
        Scale = scale;
        _bounds = bounds;
        var scaled = Array.ConvertAll(bounds, bound => (long)Math.Round(bound * scale));
        _series = new SeriesTable<HistogramSeries>(seriesMax, () => new HistogramSeries(scaled));
    }

    /// <summary>Upper bounds in the metric's unit.</summary>
    public ReadOnlySpan<double> Bounds => _bounds;

    /// <summary>The series of these values of the labels, in their order; it is there from now on.</summary>
    public HistogramSeries Of(params string[] values) => _series.Of(values);

    /// <inheritdoc/>
    public override void Collect(IMetricSink sink)
    {
        Span<long> counts = stackalloc long[_bounds.Length + 1];
        foreach (var (values, series) in _series.All)
        {
            series.Values.Read(counts, out var sum);
            sink.Histogram(values, new HistogramFigures
            {
                Bounds = _bounds,
                Counts = counts,
                Sum = sum / Scale,
                Exemplars = series.Exemplars,
            });
        }
    }
}
