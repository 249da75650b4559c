using System.Text.Json;
using Edge.Measuring;

namespace Edge.Peers.Report;

/// <summary>A run as JSON: every round's value, so that somebody else can make a table of it.</summary>
internal static class JsonReport
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Writes it to a file.</summary>
    public static void Write(string path, BenchRun run, DateTimeOffset measuredAt, double loadBefore)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, Indented);
        json.WriteStartObject();
        json.WriteString("measuredAt"u8, measuredAt);
        json.WriteString("machine"u8, Machine.Describe());
        json.WriteNumber("loadBefore"u8, loadBefore);
        json.WriteNumber("loadAfter"u8, Machine.Load());
        json.WriteNumber("rounds"u8, run.Options.Rounds);
        json.WriteNumber("saturationSeconds"u8, run.Options.Seconds);
        json.WriteNumber("generatorMs"u8, run.Options.MeasureMs);
        json.WriteStartObject("versions"u8);
        foreach (var (peer, version) in run.Versions)
        {
            json.WriteString(peer, version);
        }

        json.WriteEndObject();
        json.WriteStartArray("skipped"u8);
        run.Skipped.ForEach(json.WriteStringValue);
        json.WriteEndArray();
        json.WriteStartArray("scenarios"u8);
        foreach (var scenario in run.Results)
        {
            WriteScenario(json, scenario);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteScenario(Utf8JsonWriter json, ScenarioResult scenario)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, scenario.Name);
        json.WriteString("title"u8, scenario.Title);
        if (scenario.RequestsPerSecond is { } rate)
        {
            json.WriteNumber("requestsPerSecond"u8, rate);
        }

        json.WriteStartArray("peers"u8);
        foreach (var peer in scenario.Peers)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, peer.Peer);
            json.WriteNumber("voidRounds"u8, peer.Voided);
            json.WriteNumber("overloadedRounds"u8, peer.Overloaded);
            if (peer.Failure is not null)
            {
                json.WriteString("failure"u8, peer.Failure);
            }

            foreach (var (metric, samples) in peer.Samples)
            {
                WriteMetric(json, metric, samples);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMetric(Utf8JsonWriter json, Metric metric, List<double> samples)
    {
        var spread = Spread.Of(samples);
        json.WriteStartObject(metric.Name);
        json.WriteNumber("median"u8, spread.Median);
        json.WriteNumber("min"u8, spread.Min);
        json.WriteNumber("max"u8, spread.Max);
        json.WriteStartArray("rounds"u8);
        samples.ForEach(json.WriteNumberValue);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
