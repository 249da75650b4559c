using System.Globalization;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// What callers are told of their limits, on every answer of a route that has some: RateLimit and RateLimit-Policy
/// (draft-ietf-httpapi-ratelimit-headers), X-RateLimit-*, and the names that the dialect's SDKs know.
/// </summary>
internal static class LimitHeaders
{
    private const long NsPerSecond = 1_000_000_000;
    private const int TimeCharsMax = 32;
    private const int ListSeparatorBytes = 2;
    private const int AnyUnit = -1;
    private const int TokenUnits =
        (1 << (int)LimitUnit.Tokens) | (1 << (int)LimitUnit.InputTokens) | (1 << (int)LimitUnit.OutputTokens);

    // Of the three fields that tell of one limit, in the order of their numbers.
    private const int Limit = 0;
    private const int Remaining = 1;
    private const int Reset = 2;

    /// <summary>Writes the headers of what the request holds, or was refused by; the answer has not started.</summary>
    public static void Write(RequestContext context)
    {
        var requests = context.LimitsHeld;
        var spending = context.SpendingHeld;
        if ((requests ?? spending) is null || context.Route is not { Limits: { } route })
        {
            return;
        }

        var fields = context.Fields;
        fields.Set(KnownResponseHeaders.RateLimitPolicy, route.Policy);
        Describe(fields, requests, spending);
        var tightest = Tighter(Tightest(requests, AnyUnit), Tightest(spending, AnyUnit));
        if (tightest.Hold is { } hold)
        {
            ref readonly var take = ref hold.Takes[tightest.Index];
            fields.Set(KnownResponseHeaders.XRateLimit + Limit, take.Rule.LimitText);
            fields.Set(KnownResponseHeaders.XRateLimit + Remaining, take.Remaining);
            fields.Set(KnownResponseHeaders.XRateLimit + Reset, SecondsOf(ResetOf(hold, tightest.Index)));
        }

        switch (context.Dialect)
        {
            case Dialect.OpenAI:
                WriteOpenAI(fields, KnownResponseHeaders.OpenAIRequests, Tightest(requests, Only(LimitUnit.Requests)));
                WriteOpenAI(fields, KnownResponseHeaders.OpenAITokens, Tightest(spending, TokenUnits));
                break;
            case Dialect.Anthropic:
                WriteAnthropic(fields, KnownResponseHeaders.AnthropicRequests, requests, LimitUnit.Requests, route.Clock);
                WriteAnthropic(fields, KnownResponseHeaders.AnthropicTokens, spending, LimitUnit.Tokens, route.Clock);
                WriteAnthropic(fields, KnownResponseHeaders.AnthropicInputTokens, spending, LimitUnit.InputTokens, route.Clock);
                WriteAnthropic(fields, KnownResponseHeaders.AnthropicOutputTokens, spending, LimitUnit.OutputTokens, route.Clock);
                break;
        }

        if (spending is { RefusedBy: >= 0 })
        {
            WriteRefusal(context.Response.Headers, spending.Takes[spending.RefusedBy]);
        }
        else if (requests is { RefusedBy: >= 0 })
        {
            WriteRefusal(context.Response.Headers, requests.Takes[requests.RefusedBy]);
        }
    }

    /// <summary>What the body of a refusal says: which limit, how much of it is used, what was asked for, when again.</summary>
    public static ErrorDetails Details(in LimitTake refused)
    {
        var rule = refused.Rule;
        var units = rule.Unit switch
        {
            LimitUnit.Requests => "requests",
            LimitUnit.MicroDollars => "millionths of a dollar",
            _ => "tokens",
        };
        var when = refused.WaitNs == long.MaxValue
            ? "this request alone asks for more"
            : string.Create(CultureInfo.InvariantCulture, $"try again in {SecondsOf(refused.WaitNs)} seconds");
        var message = rule.Kind == LimitKind.Concurrent
            ? string.Create(CultureInfo.InvariantCulture, $"Limit '{rule.Name}' lets {rule.Limit} requests run at once.")
            : string.Create(CultureInfo.InvariantCulture, $"Limit '{rule.Name}' of {rule.Limit} {units} is used up; {when}.");
        var numbers = new List<KeyValuePair<string, long>>
        {
            new("limit", rule.Limit), new("used", Math.Max(rule.Burst - refused.Remaining, 0)),
            new("remaining", refused.Remaining), new("requested", refused.Cost),
        };
        if (refused.WaitNs != long.MaxValue)
        {
            numbers.Add(new("reset_seconds", SecondsOf(refused.WaitNs)));
        }

        return new ErrorDetails(message, [new("limit_name", rule.Name), new("unit", units)]) { Numbers = [.. numbers] };
    }

    private static void WriteRefusal(IHeaderDictionary headers, in LimitTake refused)
    {
        if (refused.WaitNs != long.MaxValue)
        {
            headers.RetryAfter = ResponseFields.TextOf(SecondsOf(refused.WaitNs));
        }

        if (refused.Rule.IsQuota || refused.Rule.Unit == LimitUnit.MicroDollars || refused.WaitNs == long.MaxValue)
        {
            // The SDKs would else try at once again what cannot succeed before the next day or month, or ever.
            headers["x-should-retry"] = "false";
        }
    }

    private static void WriteOpenAI(ResponseFields fields, int first, (LimitHold? Hold, int Index) tightest)
    {
        if (tightest.Hold is { } hold)
        {
            ref readonly var take = ref hold.Takes[tightest.Index];
            fields.Set(first + Limit, take.Rule.LimitText);
            fields.Set(first + Remaining, take.Remaining);
            fields.BeginValue(first + Reset);
            PutGoDuration(fields, ResetOf(hold, tightest.Index));
            fields.EndValue();
        }
    }

    private static void WriteAnthropic(
        ResponseFields fields, int first, LimitHold? held, LimitUnit unit, LimitClock clock)
    {
        var tightest = Tightest(held, Only(unit));
        if (tightest.Hold is { } hold)
        {
            ref readonly var take = ref hold.Takes[tightest.Index];
            var at = DateTime.UnixEpoch.AddMicroseconds(
                clock.UtcMicros + (ResetOf(hold, tightest.Index) / 1000) + 1_000_000);
            fields.Set(first + Limit, take.Rule.LimitText);
            fields.Set(first + Remaining, take.Remaining);
            Span<char> time = stackalloc char[TimeCharsMax];
            at.TryFormat(time, out var count, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            fields.BeginValue(first + Reset);
            fields.Put(time[..count]);
            fields.EndValue();
        }
    }

    private static int Only(LimitUnit unit) => 1 << (int)unit;

    /// <summary>
    /// The limit that a caller has to mind first: the one that refused, else the one with the least part of it left.
    /// </summary>
    private static (LimitHold? Hold, int Index) Tightest(LimitHold? hold, int units)
    {
        (LimitHold? Hold, int Index) best = default;
        for (var i = 0; hold is not null && i < hold.Count; i++)
        {
            var rule = hold.Takes[i].Rule;
            if (rule.Kind != LimitKind.Concurrent && (units & Only(rule.Unit)) != 0)
            {
                best = Tighter(best, (hold, i));
            }
        }

        return best;
    }

    private static (LimitHold? Hold, int Index) Tighter((LimitHold? Hold, int Index) a, (LimitHold? Hold, int Index) b)
    {
        if (a.Hold is null || b.Hold is null)
        {
            return a.Hold is null ? b : a;
        }

        if (b.Hold.RefusedBy == b.Index)
        {
            return b;
        }

        ref readonly var first = ref a.Hold.Takes[a.Index];
        ref readonly var second = ref b.Hold.Takes[b.Index];
        return a.Hold.RefusedBy == a.Index || PartLeft(first) <= PartLeft(second) ? a : b;
    }

    private static double PartLeft(in LimitTake take) => (double)take.Remaining / take.Rule.Burst;

    // Retry-After must not come before what RateLimit says, so a refusal has one time for both.
    private static long ResetOf(LimitHold hold, int index)
    {
        ref readonly var take = ref hold.Takes[index];
        return index == hold.RefusedBy && take.WaitNs != long.MaxValue ? take.WaitNs : take.ResetNs;
    }

    private static void Describe(ResponseFields fields, LimitHold? requests, LimitHold? spending)
    {
        fields.BeginValue(KnownResponseHeaders.RateLimit);
        Describe(fields, requests, isFirst: true);
        Describe(fields, spending, isFirst: requests is not { Count: > 0 });
        fields.EndValue();
    }

    private static void Describe(ResponseFields fields, LimitHold? hold, bool isFirst)
    {
        for (var i = 0; hold is not null && i < hold.Count; i++)
        {
            ref readonly var take = ref hold.Takes[i];
            fields.Put(take.Rule.LeftIn.AsSpan(isFirst && i == 0 ? ListSeparatorBytes : 0));
            fields.Put(take.Remaining);
            if (take.Rule.Kind != LimitKind.Concurrent)
            {
                fields.Put(";t="u8);
                fields.Put(SecondsOf(ResetOf(hold, i)));
            }
        }
    }

    /// <summary>As OpenAI writes durations: <c>12ms</c>, <c>1s</c>, <c>2m30s</c>, <c>6m0s</c>, <c>1h0m0s</c>.</summary>
    internal static void PutGoDuration(ResponseFields fields, long ns)
    {
        var ms = (ns + 999_999) / 1_000_000;
        if (ms < 1000)
        {
            fields.Put(ms);
            fields.Put("ms"u8);
            return;
        }

        var s = (ms + 999) / 1000;
        if (s >= 3600)
        {
            fields.Put(s / 3600);
            fields.Put("h"u8);
        }

        if (s >= 60)
        {
            fields.Put(s / 60 % 60);
            fields.Put("m"u8);
        }

        fields.Put(s % 60);
        fields.Put("s"u8);
    }

    private static long SecondsOf(long ns) => (ns + NsPerSecond - 1) / NsPerSecond;
}
