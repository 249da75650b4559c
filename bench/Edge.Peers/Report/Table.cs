using System.Globalization;
using System.Text;

namespace Edge.Peers.Report;

/// <summary>Results as tables that read well in a terminal and are Markdown.</summary>
internal static class Table
{
    /// <summary>One scenario: a row for each peer, the median of each metric and, in brackets, the least and the most.</summary>
    public static string Write(ScenarioResult scenario)
    {
        List<string[]> rows = [["", .. Array.ConvertAll(scenario.Metrics, static metric => metric.Title)]];
        foreach (var peer in scenario.Peers)
        {
            rows.Add(Row(scenario, peer));
        }

        var rate = scenario.RequestsPerSecond is { } number
            ? string.Create(CultureInfo.InvariantCulture, $" ({number:N0} a second)")
            : "";
        return $"**{scenario.Title}**{rate}\n\n" + Align(rows);
    }

    /// <summary>Rows as a table, the first of them its head.</summary>
    public static string Align(List<string[]> rows)
    {
        var widths = new int[rows[0].Length];
        for (var column = 0; column < widths.Length; column++)
        {
            widths[column] = rows.Max(row => row[column].Length);
        }

        var text = new StringBuilder();
        AppendRow(text, rows[0], widths);
        AppendRow(text, Array.ConvertAll(widths, static width => new string('-', width)), widths);
        foreach (var row in rows.Skip(1))
        {
            AppendRow(text, row, widths);
        }

        return text.ToString();
    }

    /// <summary>The median, and the least and the most in brackets.</summary>
    public static string Write(Metric metric, IReadOnlyCollection<double> samples)
    {
        var spread = Spread.Of(samples);
        string Number(double value) => value.ToString("N" + metric.Decimals, CultureInfo.InvariantCulture);
        return $"{Number(spread.Median)} ({Number(spread.Min)}-{Number(spread.Max)})";
    }

    private static string[] Row(ScenarioResult scenario, PeerResult peer)
    {
        var name = peer.Peer;
        if (peer.Voided > 0)
        {
            name += string.Create(CultureInfo.InvariantCulture, $" ({peer.Voided} void)");
        }

        if (peer.Overloaded > 0)
        {
            name += string.Create(CultureInfo.InvariantCulture, $" ({peer.Overloaded} overloaded)");
        }

        return [name, .. Array.ConvertAll(scenario.Metrics, metric => Cell(scenario, peer, metric))];
    }

    private static string Cell(ScenarioResult scenario, PeerResult peer, Metric metric)
    {
        if (peer.Failure is not null)
        {
            return metric == scenario.Metrics[0] ? $"FAILED: {peer.Failure}" : "";
        }

        if (peer.Samples.Count == 0)
        {
            return metric == scenario.Metrics[0] ? "no round that counts" : "";
        }

        if (!peer.Samples.TryGetValue(metric, out var samples))
        {
            return "";
        }

        return Write(metric, samples);
    }

    private static void AppendRow(StringBuilder text, string[] cells, int[] widths)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            text.Append("| ").Append(cells[i].PadRight(widths[i])).Append(' ');
        }

        text.Append("|\n");
    }
}
