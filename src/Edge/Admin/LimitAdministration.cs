using System.Net;
using System.Text;
using System.Text.Json;
using Edge.Core.Limits;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Admin;

/// <summary>
/// <c>GET /limits</c> tells the state of one key of a limit; <c>POST /limits/grant</c> gives units of it back, and
/// <c>POST /limits/reset</c> all that were used. Whoever calls it has checked the token.
/// </summary>
internal sealed class LimitAdministration(Gateway gateway)
{
    /// <summary>Tells the state of a key.</summary>
    public const string ReadPath = "/limits";

    /// <summary>Gives units back.</summary>
    public const string GrantPath = "/limits/grant";

    /// <summary>Gives all units back.</summary>
    public const string ResetPath = "/limits/reset";

    private const decimal MicrosPerDollar = 1_000_000;

    /// <summary>True where the path is one of these.</summary>
    public static bool IsFor(string path) => path is ReadPath or GrantPath or ResetPath;

    /// <summary>Answers.</summary>
    /// <param name="request">The request, whose path is one of these.</param>
    /// <param name="response">Its headers are set.</param>
    /// <param name="body">What is written.</param>
    /// <param name="from">Where it comes from.</param>
    /// <returns>The status.</returns>
    public async Task<int> AnswerAsync(
        IHttpRequestFeature request, IHttpResponseFeature response, MemoryStream body, IPAddress? from)
    {
        var isChange = request.Path != ReadPath;
        var isAllowed = isChange ? request.Method == "POST" : request.Method is "GET" or "HEAD";
        if (!isAllowed)
        {
            response.Headers.Allow = isChange ? "POST" : "GET, HEAD";
            return Say(request, body, StatusCodes.Status405MethodNotAllowed, "method not allowed", from);
        }

        if (!LimitQuestion.TryParse(
            request.QueryString, gateway.Snapshot, isChange, request.Path == GrantPath, out var question, out var error))
        {
            return Say(request, body, StatusCodes.Status400BadRequest, error, from);
        }

        var rule = question.Item.Rule;
        var bucket = BucketOf(question);
        var units = isChange ? question.Units : 0;
        var given = bucket is LeasedBucket leased
            ? await (gateway.Limits.Leases?.GiveByHandAsync(leased, rule, units) ?? Task.FromResult<long?>(null))
            : units > 0 ? GiveHere(bucket, units) : 0;
        if (isChange && given is null)
        {
            return Say(request, body, StatusCodes.Status503ServiceUnavailable, "redis is away, and nothing was changed", from);
        }

        Audit(request, question, isChange ? question.Say(given.GetValueOrDefault()) + " given back" : null, from);
        response.Headers.ContentType = "application/json";
        var countedBy = rule.Lease is null ? "process" : given is null ? "replica" : "redis";
        Write(body, question, bucket, countedBy, isChange ? given : null);
        return StatusCodes.Status200OK;
    }

    private Bucket BucketOf(LimitQuestion question)
    {
        var rule = question.Item.Rule;
        var key = question.Item.Hasher.Hash(question.KeyText.Written);
        var bucket = gateway.Limits.Table.Find(key);
        if (bucket is not null and not { IsGone: true } && bucket is LeasedBucket == rule.Lease is not null)
        {
            return bucket;
        }

        // Nobody has used it here yet, or it is full again, which is the same.
        return rule.Lease is null
            ? new Bucket(key, rule)
            : new LeasedBucket(key, rule) { Name = question.KeyText.StoreNameFor(rule) };
    }

    private long GiveHere(Bucket bucket, long units)
    {
        var given = Buckets.GiveBack(bucket, units, gateway.Limits.Clock.NowNs);
        if (given > 0)
        {
            gateway.Limits.Note(bucket);
        }

        return given;
    }

    private void Write(MemoryStream body, LimitQuestion question, Bucket bucket, string countedBy, long? given)
    {
        var nowNs = gateway.Limits.Clock.NowNs;
        var rule = question.Item.Rule;
        var take = new LimitTake(bucket, rule, 0);
        _ = bucket is LeasedBucket leased ? leased.Peek(ref take, nowNs) : Buckets.Peek(ref take, nowNs);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("route"u8, question.RouteName);
        json.WriteString("limit"u8, rule.Name);
        json.WriteString("key"u8, question.KeyName);
        json.WriteString("unit"u8, rule switch
        {
            { Kind: LimitKind.Concurrent } => "concurrent",
            { Unit: LimitUnit.MicroDollars } => "usd",
            { Unit: LimitUnit.Requests } => "requests",
            { Unit: LimitUnit.InputTokens } => "inputTokens",
            { Unit: LimitUnit.OutputTokens } => "outputTokens",
            _ => "tokens",
        });
        var isMoney = rule.Unit == LimitUnit.MicroDollars;
        json.WriteString("countedBy"u8, countedBy);
        WriteAmount(json, "max", rule.Limit, isMoney);
        WriteAmount(json, "capacity", rule.Kind == LimitKind.Concurrent ? rule.LimitAtOnce : rule.Burst, isMoney);
        WriteAmount(json, "remaining", take.Remaining, isMoney);
        json.WriteNumber("fullInSeconds"u8, Math.Round(take.ResetNs / 1e9m, 3));
        if (given is { } units)
        {
            WriteAmount(json, "givenBack", units, isMoney);
        }

        json.WriteEndObject();
    }

    private static void WriteAmount(Utf8JsonWriter json, string name, long units, bool isMoney)
    {
        if (isMoney)
        {
            json.WriteNumber(name, units / MicrosPerDollar);
        }
        else
        {
            json.WriteNumber(name, units);
        }
    }

    private void Audit(IHttpRequestFeature request, LimitQuestion question, string? done, IPAddress? from) =>
        gateway.Audit.Administered(
            $"{request.Method} {request.Path} {question.RouteName}/{question.Item.Rule.Name} {question.KeyName}" +
            (done is null ? "" : ": " + done),
            "done", StatusCodes.Status200OK, from, question.By, question.Reason);

    private int Say(IHttpRequestFeature request, MemoryStream body, int status, string text, IPAddress? from)
    {
        gateway.Audit.Administered($"{request.Method} {request.Path}: {text}", "refused", status, from);
        body.Write(Encoding.UTF8.GetBytes(text + "\n"));
        return status;
    }
}
