using System.Text;

namespace Edge.Core.Telemetry;

/// <summary>
/// Names of metrics and attributes as Prometheus knows them, by OpenTelemetry's compatibility rules: what is no letter, digit or
/// underscore becomes an underscore, the unit follows in words, and a counter ends in <c>_total</c>.
/// </summary>
public static class PrometheusName
{
    /// <summary>The name of a metric without <c>_total</c>.</summary>
    public static string OfFamily(string name, string unit, MetricKind kind)
    {
        var text = OfLabel(name);
        var suffix = unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "By" => "bytes",
            "1" => kind == MetricKind.Gauge ? "ratio" : "",
            _ => unit.StartsWith('{') ? "" : OfLabel(unit).ToLowerInvariant(),
        };
        return suffix.Length == 0 || text.EndsWith("_" + suffix, StringComparison.Ordinal) ? text : text + "_" + suffix;
    }

    /// <summary>The name of an attribute.</summary>
    public static string OfLabel(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            var isKept = char.IsAsciiLetterOrDigit(c);
            if (isKept || text.Length == 0 || text[^1] != '_')
            {
                text.Append(isKept ? c : '_');
            }
        }

        return text.ToString();
    }
}
