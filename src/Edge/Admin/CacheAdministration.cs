using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Edge.Core.Caching;
using Edge.Hosting;
using Edge.Redis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Admin;

/// <summary>
/// <c>GET /cache</c> tells what the cache holds and what it has saved, by route; <c>POST /cache/purge</c> removes
/// answers from it. Whoever calls it has checked the token.
/// </summary>
internal sealed class CacheAdministration(Gateway gateway)
{
    /// <summary>Tells what there is.</summary>
    public const string ReadPath = "/cache";

    /// <summary>Removes answers.</summary>
    public const string PurgePath = "/cache/purge";

    private const decimal MicrosPerDollar = 1_000_000;

    /// <summary>True where the path is one of these.</summary>
    public static bool IsFor(string path) => path is ReadPath or PurgePath;

    /// <summary>Answers.</summary>
    /// <param name="request">The request, whose path is one of these.</param>
    /// <param name="response">Its headers are set.</param>
    /// <param name="body">What is written.</param>
    /// <param name="from">Where it comes from.</param>
    /// <returns>The status.</returns>
    public async Task<int> AnswerAsync(
        IHttpRequestFeature request, IHttpResponseFeature response, MemoryStream body, IPAddress? from)
    {
        var isPurge = request.Path == PurgePath;
        if (isPurge ? request.Method != "POST" : request.Method is not ("GET" or "HEAD"))
        {
            response.Headers.Allow = isPurge ? "POST" : "GET, HEAD";
            return Say(request, body, StatusCodes.Status405MethodNotAllowed, "method not allowed", from);
        }

        if (!isPurge)
        {
            gateway.Audit.Administered($"{request.Method} {request.Path}", "done", StatusCodes.Status200OK, from);
            response.Headers.ContentType = "application/json";
            Write(body);
            return StatusCodes.Status200OK;
        }

        var query = request.QueryString.TrimStart('?');
        if (!CachePurge.TryParse(query, out var purge, out var what)
            || (purge.Route is { } route && !IsKnown(route, out what)))
        {
            return Say(request, body, StatusCodes.Status400BadRequest, what, from);
        }

        var (count, isSpread) = await PurgeAsync(purge);
        var where = isSpread switch
        {
            null => "",
            true => ", replicas told",
            false => ", replicas to be told when redis is back",
        };
        gateway.Audit.Administered(
            string.Create(
                CultureInfo.InvariantCulture, $"{request.Method} {request.Path} {query}: {count} answers removed{where}"),
            "done", StatusCodes.Status200OK, from);
        response.Headers.ContentType = "application/json";
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteNumber("removed"u8, count);
        if (isSpread is { } told)
        {
            json.WriteString("replicas"u8, told ? "told"u8 : "to be told"u8);
        }

        json.WriteEndObject();
        return StatusCodes.Status200OK;
    }

    /// <summary>Removes it here, and has replicas that share answers do so too; null: there are none.</summary>
    private async Task<(int Count, bool? IsSpread)> PurgeAsync(CachePurge purge)
    {
        var count = gateway.Cache.PurgeHere(purge);
        return (count, gateway.Cache.Redis is { } redis ? await redis.SpreadAsync(purge.Text) : null);
    }

    private bool IsKnown(string route, out string what)
    {
        what = $"route {route} has no cache";
        return gateway.Cache.Counters.ContainsKey(route);
    }

    private void Write(MemoryStream body)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteNumber("answers"u8, gateway.Cache.Store?.Count ?? 0);
        json.WriteNumber("usedBytes"u8, gateway.Cache.Store?.UsedBytes ?? 0);
        json.WriteNumber("evictions"u8, gateway.Cache.Store?.Evictions ?? 0);
        json.WriteNumber("joined"u8, gateway.Cache.Flights?.Joined ?? 0);
        json.WriteStartObject("routes"u8);
        foreach (var (name, counters) in gateway.Cache.Counters)
        {
            var hits = counters.Hits.Value;
            var near = counters.NearHits.Value;
            var collapsed = counters.Collapsed.Value;
            var misses = counters.Misses.Value;
            var use = gateway.Cache.Store?.UseOf(counters.Number) ?? default;
            json.WriteStartObject(name);
            json.WriteNumber("answers"u8, use.Answers);
            json.WriteNumber("usedBytes"u8, use.Blocks * CacheStore.BlockBytes);
            json.WriteNumber("evictions"u8, use.Evictions);
            json.WriteNumber("hits"u8, hits);
            json.WriteNumber("semanticHits"u8, near);
            json.WriteNumber("misses"u8, misses);
            json.WriteNumber("collapsed"u8, collapsed);
            json.WriteNumber("revalidated"u8, counters.Revalidated.Value);
            json.WriteNumber("stale"u8, counters.Stale.Value);
            json.WriteNumber("bypasses"u8, counters.Bypasses.Value);
            json.WriteNumber("hitRatio"u8, Ratio(hits + near + collapsed, misses));
            json.WriteNumber("stored"u8, counters.Stored.Value);
            json.WriteNumber("hitBytes"u8, counters.HitBytes.Value);
            json.WriteNumber("savedInputTokens"u8, counters.SavedInput.Value);
            json.WriteNumber("savedOutputTokens"u8, counters.SavedOutput.Value);
            json.WriteNumber("savedUsd"u8, counters.SavedCost.Value / MicrosPerDollar);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (gateway.Cache.Redis is { } redis)
        {
            Write(json, redis);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RedisCache redis)
    {
        var counters = redis.Counters;
        json.WriteStartObject("redis"u8);
        json.WriteBoolean("up"u8, redis.IsUp);
        json.WriteNumber("purges"u8, redis.History.Count);
        json.WriteNumber("hits"u8, Volatile.Read(ref counters.Found));
        json.WriteNumber("misses"u8, Volatile.Read(ref counters.Missed));
        json.WriteNumber("purged"u8, Volatile.Read(ref counters.Purged));
        json.WriteNumber("foreign"u8, Volatile.Read(ref counters.Foreign));
        json.WriteNumber("crowded"u8, Volatile.Read(ref counters.Crowded));
        json.WriteNumber("stored"u8, Volatile.Read(ref counters.Kept));
        json.WriteNumber("storedBytes"u8, Volatile.Read(ref counters.KeptBytes));
        json.WriteNumber("notStored"u8, Volatile.Read(ref counters.NotKept));
        json.WriteNumber("failures"u8, counters.Failures);
        json.WriteEndObject();
    }

    private static decimal Ratio(long good, long other) => good == 0 ? 0 : Math.Round((decimal)good / (good + other), 4);

    private int Say(IHttpRequestFeature request, MemoryStream body, int status, string text, IPAddress? from)
    {
        gateway.Audit.Administered($"{request.Method} {request.Path}: {text}", "refused", status, from);
        body.Write(Encoding.UTF8.GetBytes(text + "\n"));
        return status;
    }
}
