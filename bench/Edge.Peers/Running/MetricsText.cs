using System.Globalization;

namespace Edge.Peers.Running;

/// <summary>Reads what Edge says at /metrics, in the text format of Prometheus.</summary>
internal static class MetricsText
{
    /// <summary>The sum of a metric over all series that have a label; null when there is none.</summary>
    /// <param name="text">All of /metrics.</param>
    /// <param name="name">The metric's whole name.</param>
    /// <param name="label">A label as it is written, <c>name="value"</c>; empty for all series.</param>
    public static double? Sum(string text, string name, string label = "")
    {
        double? sum = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith(name, StringComparison.Ordinal) || line.Length == name.Length
                || line[name.Length] is not ('{' or ' ') || !line.Contains(label, StringComparison.Ordinal))
            {
                continue;
            }

            sum = (sum ?? 0) + double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }

        return sum;
    }
}
