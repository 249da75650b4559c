using System.Text.Json;
using Edge.Core.Http;
using Edge.Hosting;

namespace Edge.Admin;

/// <summary>Writes what a gateway is doing and has counted, as JSON, for <c>/state</c>.</summary>
internal static class StateWriter
{
    /// <summary>Writes one object: readiness, requests by failure, connections by upstream and target.</summary>
    public static void Write(Stream to, Gateway gateway)
    {
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteBoolean("ready"u8, gateway.IsReady);
        WriteRequests(json, gateway);
        json.WriteStartObject("auditLog"u8);
        json.WriteNumber("written"u8, gateway.Audit.Written);
        json.WriteNumber("dropped"u8, gateway.Audit.Dropped);
        json.WriteEndObject();
        json.WriteStartArray("upstreams"u8);
        foreach (var upstream in gateway.Upstreams)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, upstream.Plan.Name);
            json.WriteStartArray("targets"u8);
            foreach (var pool in upstream.Pools)
            {
                json.WriteStartObject();
                json.WriteString("authority"u8, pool.Target.Authority);
                json.WriteNumber("connections"u8, pool.ConnectionCount);
                json.WriteNumber("idle"u8, pool.IdleCount);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRequests(Utf8JsonWriter json, Gateway gateway)
    {
        var counters = gateway.Counters;
        json.WriteStartObject("requests"u8);
        json.WriteNumber("begun"u8, counters.Began);
        json.WriteNumber("running"u8, counters.Running);
        json.WriteStartObject("failed"u8);
        foreach (var failure in Enum.GetValues<Failure>())
        {
            if (failure != Failure.None && counters.Ended(failure) is > 0 and var count)
            {
                json.WriteNumber(Failures.Code(failure), count);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
