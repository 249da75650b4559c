using System.Text.Json;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Limits;
using Edge.Core.Resilience;
using Edge.Hosting;
using Edge.Issuers;
using Edge.Redis;
using Edge.Transport;

namespace Edge.Admin;

/// <summary>Writes what a gateway is doing and has counted, as JSON, for <c>/state</c>.</summary>
internal static class StateWriter
{
    /// <summary>
    /// Writes one object: readiness, requests by failure, keys of limits and the store that they are shared through,
    /// connections by upstream and target, issuers.
    /// </summary>
    public static void Write(Stream to, Gateway gateway)
    {
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteBoolean("ready"u8, gateway.IsReady);
        if (gateway.LastReload is { } reload)
        {
            json.WriteStartObject("reload"u8);
            reload.Write(json);
            json.WriteEndObject();
        }

        WriteRequests(json, gateway);
        json.WriteBoolean("ioUring"u8, EventLoops.HaveRings);
        json.WriteNumber("upgradedConnections"u8, gateway.Tunnels.Count);
        json.WriteStartObject("memory"u8);
        json.WriteNumber("usedBytes"u8, gateway.Memory.UsedBytes);
        json.WriteNumber("limitBytes"u8, gateway.Memory.LimitBytes);
        json.WriteBoolean("short"u8, gateway.Memory.IsHigh);
        json.WriteNumber("shed"u8, gateway.Memory.Shed);
        json.WriteEndObject();
        json.WriteStartObject("auditLog"u8);
        json.WriteNumber("written"u8, gateway.Audit.Written);
        json.WriteNumber("dropped"u8, gateway.Audit.Dropped);
        json.WriteEndObject();
        json.WriteStartObject("usage"u8);
        json.WriteNumber("exact"u8, gateway.Counters.Exact);
        json.WriteNumber("estimated"u8, gateway.Counters.Estimated);
        json.WriteNumber("inputTokens"u8, gateway.Counters.InputTokens);
        json.WriteNumber("outputTokens"u8, gateway.Counters.OutputTokens);
        json.WriteNumber("logWritten"u8, gateway.Usage.Written);
        json.WriteNumber("logDropped"u8, gateway.Usage.Dropped);
        json.WriteEndObject();
        WriteLimits(json, gateway.Limits);
        json.WriteStartArray("upstreams"u8);
        foreach (var upstream in gateway.Upstreams)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, upstream.Plan.Name);
            WriteGate(json, gateway.GateOf(upstream));
            TargetStateWriter.Write(json, upstream);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("issuers"u8);
        foreach (var issuer in gateway.Issuers)
        {
            WriteIssuer(json, issuer.ReadState());
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteIssuer(Utf8JsonWriter json, IssuerState issuer)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, issuer.Name);
        json.WriteString("issuer"u8, issuer.Issuer);
        json.WriteString("status"u8, issuer.KeyCount == 0 ? "waiting"u8 : issuer.FailuresInARow > 0 ? "stale"u8 : "ready"u8);
        json.WriteNumber("keys"u8, issuer.KeyCount);
        if (issuer.KeysAge is { } age)
        {
            json.WriteNumber("keysAgeSeconds"u8, (long)age.TotalSeconds);
        }

        json.WriteNumber("nextFetchSeconds"u8, (long)issuer.NextFetch.TotalSeconds);
        json.WriteNumber("fetches"u8, issuer.Counters.Fetches);
        json.WriteNumber("waiting"u8, issuer.Waiting);
        json.WriteStartObject("unknownKeys"u8);
        json.WriteNumber("asked"u8, issuer.Counters.AskedForKey);
        json.WriteNumber("coolingDown"u8, issuer.Counters.RefusedInCoolDown);
        json.WriteNumber("unavailable"u8, issuer.Counters.RefusedUnavailable);
        json.WriteEndObject();
        json.WriteNumber("failuresInARow"u8, issuer.FailuresInARow);
        json.WriteStartObject("failed"u8);
        foreach (var fault in Enum.GetValues<FetchFault>())
        {
            if (fault != FetchFault.None && issuer.Counters.Ended(fault) is > 0 and var count)
            {
                json.WriteNumber(JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString()), count);
            }
        }

        json.WriteEndObject();
        if (issuer.Counters.LastDetail is { } detail)
        {
            json.WriteString("lastFailure"u8, detail);
        }

        json.WriteEndObject();
    }

    private static void WriteGate(Utf8JsonWriter json, OverloadGate? gate)
    {
        if (gate is null)
        {
            return;
        }

        json.WriteStartObject("overload"u8);
        json.WriteNumber("limit"u8, gate.Limit);
        json.WriteNumber("waiting"u8, gate.Waiting);
        json.WriteNumber("queued"u8, gate.Queued);
        json.WriteNumber("everQueued"u8, gate.EverQueued);
        json.WriteStartObject("shed"u8);
        for (var rank = 0; rank < gate.RankCount; rank++)
        {
            json.WriteNumber(gate.NameOf(rank), gate.Shed(rank));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter json, GatewayLimits limits)
    {
        json.WriteStartObject("limits"u8);
        json.WriteNumber("keys"u8, limits.Table.Count);
        json.WriteStartObject("settled"u8);
        json.WriteNumber("exactly"u8, limits.SettledExactly);
        json.WriteNumber("byEstimate"u8, limits.SettledByEstimate);
        json.WriteNumber("unused"u8, limits.SettledUnused);
        json.WriteEndObject();
        if (limits.State is { } state)
        {
            json.WriteStartObject("state"u8);
            json.WriteBoolean("failing"u8, state.IsFailing);
            json.WriteNumber("bytes"u8, state.Length);
            json.WriteNumber("written"u8, state.Written);
            json.WriteNumber("failures"u8, state.Failures);
            json.WriteEndObject();
        }

        if (limits.Leases is { } leases)
        {
            json.WriteStartObject("redis"u8);
            json.WriteBoolean("answers"u8, !leases.Fleet.IsDown);
            json.WriteString("whenDown"u8, leases.Plan.WhenDown == WhenDown.Open ? "open"u8 : "closed"u8);
            if (leases.Fault is not RedisFault.None and var fault)
            {
                json.WriteString("fault"u8, JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString()));
            }

            json.WriteStartArray("away"u8);
            foreach (var shard in leases.ShardsAway)
            {
                json.WriteStringValue(shard);
            }

            json.WriteEndArray();
            json.WriteNumber("replicas"u8, leases.Fleet.Replicas);
            json.WriteNumber("draws"u8, Volatile.Read(ref limits.LeaseCounters.Draws));
            json.WriteNumber("returns"u8, leases.Returns);
            json.WriteNumber("failures"u8, Volatile.Read(ref limits.LeaseCounters.Failures));
            json.WriteEndObject();
        }

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
        json.WriteStartObject("refused"u8);
        foreach (var (reason, count) in counters.Refusals)
        {
            json.WriteNumber(reason, count);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
