using System.Globalization;
using System.Text.Json;
using Edge.Measuring;
using Edge.Peers.Report;

namespace Edge.Peers.Growth;

/// <summary>What grows, as a table for each axis and as JSON.</summary>
internal static class GrowthReport
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>A row for each point: the cost of a request or event, and the memory, of each peer.</summary>
    public static string Write(Axis axis, ScenarioResult[] points)
    {
        Metric[] metrics = [points[0].Metrics[0], points[0].Metrics[^1]];
        var peers = points[0].Peers.ConvertAll(static peer => peer.Peer);
        List<string> head = [axis.Heading];
        foreach (var metric in metrics)
        {
            head.AddRange(peers.ConvertAll(peer => $"{peer} {metric.Title}"));
        }

        List<string[]> rows = [[.. head]];
        for (var i = 0; i < points.Length; i++)
        {
            List<string> row = [axis.Points[i].Label];
            foreach (var metric in metrics)
            {
                row.AddRange(peers.ConvertAll(peer => Cell(points[i].Of(peer), metric, metric == metrics[0])));
            }

            rows.Add([.. row]);
        }

        return $"**{axis.Title}**\n\n" + Table.Align(rows);
    }

    /// <summary>Writes every round's value to a file.</summary>
    public static void WriteJson(string path, GrowthRun run, DateTimeOffset measuredAt)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, Indented);
        json.WriteStartObject();
        json.WriteString("measuredAt"u8, measuredAt);
        json.WriteString("machine"u8, Machine.Describe());
        json.WriteStartArray("axes"u8);
        foreach (var (axis, points) in run.Results)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, axis.Name);
            json.WriteStartArray("points"u8);
            for (var i = 0; i < points.Length; i++)
            {
                json.WriteStartObject();
                var label = axis.Points[i].Label;
                json.WriteNumber(axis.Heading, int.Parse(label, NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
                JsonReport.WritePeers(json, points[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Cell(PeerResult peer, Metric metric, bool isFirst)
    {
        if (peer.Failure is not null)
        {
            return isFirst ? $"FAILED: {peer.Failure}" : "";
        }

        return peer.Samples.TryGetValue(metric, out var samples) ? Table.Write(metric, samples) : "no round that counts";
    }
}
