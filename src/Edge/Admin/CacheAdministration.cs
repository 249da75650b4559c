using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Edge.Core.Caching;
using Edge.Core.Identity;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

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
    public int Answer(IHttpRequestFeature request, IHttpResponseFeature response, MemoryStream body, IPAddress? from)
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

        if (Purge(request.QueryString, out var what) is not { } count)
        {
            return Say(request, body, StatusCodes.Status400BadRequest, what, from);
        }

        gateway.Audit.Administered(
            string.Create(CultureInfo.InvariantCulture, $"{request.Method} {request.Path} {what}: {count} answers removed"),
            "done", StatusCodes.Status200OK, from);
        response.Headers.ContentType = "application/json";
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteNumber("removed"u8, count);
        json.WriteEndObject();
        return StatusCodes.Status200OK;
    }

    /// <summary>Removes what the query says.</summary>
    /// <param name="query">The query.</param>
    /// <param name="what">What that is, or what is wrong with it.</param>
    /// <returns>How many answers; null: nothing was done.</returns>
    private int? Purge(string query, out string what)
    {
        int? route = null;
        ulong? key = null;
        string? consumer = null;
        var source = Caller.ConsumersSource;
        var isAll = false;
        what = "say what: all=true, or route=NAME, key=HASH of X-Cache-Key, consumer=NAME (and source=ISSUER), or several";
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var value = pair.DecodeValue().ToString();
            switch (pair.DecodeName().Span)
            {
                case "all" when value == "true":
                    isAll = true;
                    break;
                case "route" when gateway.Cache.Counters.TryGetValue(value, out var counters):
                    route = counters.Number;
                    break;
                case "key" when ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash):
                    key = hash;
                    break;
                case "consumer" when value.Length > 0:
                    consumer = value;
                    break;
                case "source" when value.Length > 0:
                    source = value;
                    break;
                default:
                    what = $"{pair.DecodeName()} is not known, or nothing was ever kept for its value";
                    return null;
            }
        }

        if (isAll == (route is not null || key is not null || consumer is not null))
        {
            return null;
        }

        what = query.TrimStart('?');
        return gateway.Cache.Store?.Purge(key, route, consumer is null ? null : OwnerOf(source, consumer)) ?? 0;
    }

    private ulong OwnerOf(string source, string consumer)
    {
        var key = new CacheKey();
        key.Begin(CacheScope.OfConsumer(source, consumer), gateway.Cache.Hasher);
        key.ReturnMemory();
        return key.Owner;
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
            var collapsed = counters.Collapsed.Value;
            var misses = counters.Misses.Value;
            json.WriteStartObject(name);
            json.WriteNumber("hits"u8, hits);
            json.WriteNumber("misses"u8, misses);
            json.WriteNumber("collapsed"u8, collapsed);
            json.WriteNumber("revalidated"u8, counters.Revalidated.Value);
            json.WriteNumber("stale"u8, counters.Stale.Value);
            json.WriteNumber("bypasses"u8, counters.Bypasses.Value);
            json.WriteNumber("hitRatio"u8, Ratio(hits + collapsed, misses));
            json.WriteNumber("stored"u8, counters.Stored.Value);
            json.WriteNumber("hitBytes"u8, counters.HitBytes.Value);
            json.WriteNumber("savedInputTokens"u8, counters.SavedInput.Value);
            json.WriteNumber("savedOutputTokens"u8, counters.SavedOutput.Value);
            json.WriteNumber("savedUsd"u8, counters.SavedCost.Value / MicrosPerDollar);
            json.WriteEndObject();
        }

        json.WriteEndObject();
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
