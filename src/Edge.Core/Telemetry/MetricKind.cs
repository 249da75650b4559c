namespace Edge.Core.Telemetry;

/// <summary>What a metric's values mean.</summary>
public enum MetricKind
{
    /// <summary>A sum that only grows.</summary>
    Counter,

    /// <summary>A sum that grows and shrinks: how many there are now (OpenTelemetry's UpDownCounter).</summary>
    UpDownCounter,

    /// <summary>What was last measured.</summary>
    Gauge,

    /// <summary>How values are spread.</summary>
    Histogram,
}
