using System.Text.Json;
using Edge.Core.Resilience;
using Edge.Upstream;

namespace Edge.Admin;

/// <summary>
/// Writes what is known of an upstream's targets and credentials, for <c>/state</c>. A credential is its place in the list.
/// </summary>
internal static class TargetStateWriter
{
    /// <summary>Writes members of the upstream's object.</summary>
    public static void Write(Utf8JsonWriter json, UpstreamCluster upstream)
    {
        var nowNs = upstream.NowNs;
        WriteRefused(json, upstream, nowNs);
        json.WriteStartArray("targets"u8);
        for (var i = 0; i < upstream.Pools.Count; i++)
        {
            var pool = upstream.Pools[i];
            json.WriteStartObject();
            json.WriteString("authority"u8, pool.Target.Authority);
            json.WriteNumber("connections"u8, pool.ConnectionCount);
            json.WriteNumber("idle"u8, pool.IdleCount);
            if (upstream.Balancer is not null)
            {
                WriteTarget(json, upstream.States[i], nowNs);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteCredentials(json, upstream.Credentials, nowNs);
    }

    /// <summary>A circuit's state, as it is called everywhere.</summary>
    public static string NameOf(CircuitState state) => state switch
    {
        CircuitState.Open => "open",
        CircuitState.HalfOpen => "half_open",
        _ => "closed",
    };

    private static void WriteRefused(Utf8JsonWriter json, UpstreamCluster upstream, long nowNs)
    {
        if (upstream.Balancer is not { } balancer)
        {
            return;
        }

        json.WriteBoolean("panic"u8, balancer.IsPanicking(nowNs));
        var refused = upstream.Refused;
        json.WriteStartObject("refused"u8);
        json.WriteNumber("circuit_open"u8, refused.CircuitOpen);
        json.WriteNumber("unavailable"u8, refused.Unavailable);
        json.WriteNumber("rate_limited"u8, refused.RateLimited);
        json.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter json, TargetState state, long nowNs)
    {
        json.WriteNumber("inFlight"u8, state.InFlight);
        json.WriteNumber("tokensInFlight"u8, state.Tokens);
        json.WriteNumber("latencyMs"u8, Math.Round(state.Latency.At(nowNs) / 1e6, 3));
        json.WriteBoolean("healthy"u8, state.IsHealthy);
        json.WriteNumber("ejections"u8, state.Ejections);
        if (state.EjectedUntilNs > nowNs)
        {
            json.WriteNumber("ejectedMs"u8, (state.EjectedUntilNs - nowNs) / 1_000_000);
        }

        if (state.Breaker is { } breaker)
        {
            json.WriteStartObject("circuit"u8);
            json.WriteString("state"u8, NameOf(breaker.State));
            json.WriteNumber("opened"u8, breaker.Opened);
            json.WriteBoolean("forced"u8, breaker.IsForcedOpen);
            json.WriteNumber("trials"u8, breaker.Trials);
            if (breaker.WaitNs(nowNs) is > 0 and var waitNs)
            {
                json.WriteNumber("retryAfterMs"u8, waitNs / 1_000_000);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteCredentials(Utf8JsonWriter json, CredentialPool? credentials, long nowNs)
    {
        if (credentials is null)
        {
            return;
        }

        json.WriteStartArray("credentials"u8);
        for (var i = 0; i < credentials.Count; i++)
        {
            var state = credentials.StateOf(i, nowNs);
            json.WriteStartObject();
            json.WriteNumber("inFlight"u8, state.InFlight);
            json.WriteNumber("rejections"u8, state.Rejections);
            json.WriteNumber("restMs"u8, state.RestNs / 1_000_000);
            if (state.RequestsLeft is { } requests)
            {
                json.WriteNumber("requestsLeft"u8, requests);
            }

            if (state.TokensLeft is { } tokens)
            {
                json.WriteNumber("tokensLeft"u8, tokens);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
