namespace Edge.Core.Telemetry;

/// <summary>The name of an attribute that tells the series of a metric apart.</summary>
/// <param name="Name">As OpenTelemetry writes it: <c>http.response.status_code</c>.</param>
/// <param name="IsInteger">Its values are whole numbers; an empty one is left out, as of all attributes.</param>
public readonly record struct MetricLabel(string Name, bool IsInteger = false)
{
    /// <summary>An attribute whose values are text.</summary>
    public static implicit operator MetricLabel(string name) => new(name);
}
