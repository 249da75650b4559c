using System.Globalization;
using System.Text;
using System.Text.Json;
using Edge.Measuring;
using Edge.Peers.Report;

namespace Edge.Peers.Compare;

/// <summary>A comparison as Markdown and as JSON.</summary>
internal static class ComparisonReport
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>A table: a row for each work.</summary>
    public static string Write(Comparison comparison, string before, string after, int rounds)
    {
        List<string[]> rows = [["", before, after, "ratio", "95 % interval", ""]];
        foreach (var result in comparison.Results)
        {
            rows.Add(Row(comparison, result, before, after));
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"**Processor time a request: {after} over {before}**\n\n");
        text.Append(Table.Align(rows));
        text.Append(CultureInfo.InvariantCulture, $"\n{rounds} rounds by turns; in microseconds, median (least-most). ");
        text.Append("The ratio is the geometric mean over the rounds' pairs, its interval Student's t on their logarithms.\n");
        return text.ToString();
    }

    /// <summary>Writes every round's value to a file.</summary>
    public static void WriteJson(string path, Comparison comparison, string before, string after, DateTimeOffset measuredAt)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, Indented);
        json.WriteStartObject();
        json.WriteString("measuredAt"u8, measuredAt);
        json.WriteString("machine"u8, Machine.Describe());
        json.WriteString("base"u8, before);
        json.WriteString("head"u8, after);
        json.WriteStartArray("works"u8);
        foreach (var result in comparison.Results)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, result.Name);
            json.WriteString("metric"u8, Comparison.MetricOf(result).Name);
            if (comparison.RatioOf(result) is { } ratio)
            {
                json.WriteNumber("ratio"u8, ratio.Ratio);
                json.WriteNumber("low"u8, ratio.Low);
                json.WriteNumber("high"u8, ratio.High);
            }

            WriteSide(json, "base", result.Of(before), Comparison.MetricOf(result));
            WriteSide(json, "head", result.Of(after), Comparison.MetricOf(result));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string[] Row(Comparison comparison, ScenarioResult result, string before, string after)
    {
        if (comparison.RatioOf(result) is not { } ratio)
        {
            return [result.Title, WhyNot(result.Of(before)), WhyNot(result.Of(after)), "", "", ""];
        }

        var metric = Comparison.MetricOf(result);
        var meaning = ratio switch
        {
            { High: < 1 } => "less",
            { Low: > 1 } => "more",
            _ => "no difference seen",
        };
        return
        [
            result.Title,
            Table.Write(metric, result.Of(before).Samples[metric]),
            Table.Write(metric, result.Of(after).Samples[metric]),
            string.Create(CultureInfo.InvariantCulture, $"{ratio.Ratio:0.000}"),
            string.Create(CultureInfo.InvariantCulture, $"{ratio.Low:0.000}-{ratio.High:0.000}"),
            meaning,
        ];
    }

    private static string WhyNot(PeerResult side) => side.Failure is not null
        ? $"FAILED: {side.Failure}"
        : string.Create(CultureInfo.InvariantCulture, $"too few rounds count ({side.Voided} void)");

    private static void WriteSide(Utf8JsonWriter json, string name, PeerResult side, Metric metric)
    {
        json.WriteStartArray(name);
        if (side.Samples.TryGetValue(metric, out var samples))
        {
            samples.ForEach(json.WriteNumberValue);
        }

        json.WriteEndArray();
    }
}
