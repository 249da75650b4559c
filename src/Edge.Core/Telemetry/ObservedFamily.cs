namespace Edge.Core.Telemetry;

/// <summary>A metric whose figures are kept elsewhere and asked for when they are collected.</summary>
public sealed class ObservedFamily : MetricFamily
{
    private readonly Action<Observer> _observe;

    internal ObservedFamily(
        string name, string unit, string description, MetricKind kind, Action<Observer> observe, MetricLabel[] labels)
        : base(name, unit, description, kind, labels) => _observe = observe;

    /// <inheritdoc/>
    public override void Collect(IMetricSink sink) => _observe(new Observer(sink));

    /// <summary>Takes what is observed.</summary>
    public readonly struct Observer
    {
        private readonly IMetricSink _sink;

        internal Observer(IMetricSink sink) => _sink = sink;

        /// <summary>A value in the metric's unit, of the series with these values of the labels.</summary>
        public void Report(double value, params string[] values) => _sink.Number(values, value);
    }
}
