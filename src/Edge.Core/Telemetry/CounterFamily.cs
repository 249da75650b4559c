namespace Edge.Core.Telemetry;

/// <summary>
/// A counter, or up-down counter, whose series are kept here. Get a series once and keep it: adding to it is cheap.
/// </summary>
public sealed class CounterFamily : MetricFamily
{
    private readonly SeriesTable<StripedCounter> _series;

    internal CounterFamily(
        string name, string unit, string description, MetricKind kind, double scale, int seriesMax, MetricLabel[] labels)
        : base(name, unit, description, kind, labels)
    {
        Scale = scale;
        _series = new SeriesTable<StripedCounter>(seriesMax, static () => new StripedCounter());
    }

    /// <summary>The series of these values of the labels, in their order; it is there from now on.</summary>
    public StripedCounter Of(params string[] values) => _series.Of(values);

    /// <inheritdoc/>
    public override void Collect(IMetricSink sink)
    {
        foreach (var (values, series) in _series.All)
        {
            sink.Number(values, series.Value / Scale);
        }
    }
}
