namespace Edge.Core.Telemetry;

/// <summary>Takes the figures of one metric, series by series. Called by one thread, within a collection.</summary>
public interface IMetricSink
{
    /// <summary>A number: of a counter, an up-down counter or a gauge, in the metric's unit.</summary>
    /// <param name="series">Values of the metric's labels; empty ones are left out. Null: the series of what came beyond the
    /// limit.</param>
    /// <param name="value">The value.</param>
    public void Number(string[]? series, double value);

    /// <summary>A histogram.</summary>
    /// <param name="series">As for a number.</param>
    /// <param name="figures">The counts, valid for the time of the call.</param>
    public void Histogram(string[]? series, in HistogramFigures figures);
}
