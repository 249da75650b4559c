namespace Edge.Core.Telemetry;

/// <summary>A metric: its name, unit and meaning, and one series for each set of attributes seen.</summary>
/// <remarks>
/// Names follow OpenTelemetry's conventions. The number of series is bounded: what comes beyond is counted in one series more,
/// whose only attribute is <c>otel.metric.overflow</c>, so that sums stay right (OpenTelemetry's rule for cardinality limits).
/// </remarks>
public abstract class MetricFamily
{
    /// <summary>The attribute of the series that takes what comes beyond the limit.</summary>
    public const string OverflowLabel = "otel.metric.overflow";

    private protected MetricFamily(string name, string unit, string description, MetricKind kind, MetricLabel[] labels)
    {
        Name = name;
        Unit = unit;
        Description = description;
        Kind = kind;
        Labels = labels;
    }

    /// <summary>The name: <c>http.server.request.duration</c>.</summary>
    public string Name { get; }

    /// <summary>The unit in UCUM: <c>s</c>, <c>By</c>, <c>{request}</c>.</summary>
    public string Unit { get; }

    /// <summary>What it says, in one sentence without a dot.</summary>
    public string Description { get; }

    /// <summary>What its values mean.</summary>
    public MetricKind Kind { get; }

    /// <summary>The attributes of its series.</summary>
    public IReadOnlyList<MetricLabel> Labels { get; }

    /// <summary>How many of the smallest unit, in which values are recorded, make one of <see cref="Unit"/>.</summary>
    public double Scale { get; private protected init; } = 1;

    /// <summary>Reads all series.</summary>
    public abstract void Collect(IMetricSink sink);
}
