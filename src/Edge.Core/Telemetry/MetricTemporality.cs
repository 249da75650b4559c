namespace Edge.Core.Telemetry;

/// <summary>Since when figures are counted, as <c>OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE</c> says.</summary>
public enum MetricTemporality
{
    /// <summary>Since the program started.</summary>
    Cumulative,

    /// <summary>Since the last export, but for up-down counters.</summary>
    Delta,
}
