using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Core.Configuration;
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
    private const int SmallNumbers = 1024;
    private const int AnyUnit = -1;
    private const int TokenUnits =
        (1 << (int)LimitUnit.Tokens) | (1 << (int)LimitUnit.InputTokens) | (1 << (int)LimitUnit.OutputTokens);

    private static readonly string[] Numbers = MakeNumbers();
    private static readonly Names OpenAIRequests = Names.OfOpenAI("requests");
    private static readonly Names OpenAITokens = Names.OfOpenAI("tokens");
    private static readonly Names AnthropicRequests = Names.OfAnthropic("requests");
    private static readonly Names AnthropicTokens = Names.OfAnthropic("tokens");
    private static readonly Names AnthropicInputTokens = Names.OfAnthropic("input-tokens");
    private static readonly Names AnthropicOutputTokens = Names.OfAnthropic("output-tokens");

    /// <summary>Writes the headers of what the request holds, or was refused by; the answer has not started.</summary>
    public static void Write(RequestContext context)
    {
        var requests = context.LimitsHeld;
        var spending = context.SpendingHeld;
        if ((requests ?? spending) is null || context.Route is not { Limits: { } route })
        {
            return;
        }

        var headers = context.Response.Headers;
        headers["RateLimit-Policy"] = route.Policy;
        headers["RateLimit"] = Describe(requests, spending);
        var tightest = Tighter(Tightest(requests, AnyUnit), Tightest(spending, AnyUnit));
        if (tightest.Hold is { } hold)
        {
            ref readonly var take = ref hold.Takes[tightest.Index];
            headers["X-RateLimit-Limit"] = Text(take.Rule.Limit);
            headers["X-RateLimit-Remaining"] = Text(take.Remaining);
            headers["X-RateLimit-Reset"] = Text(SecondsOf(ResetOf(hold, tightest.Index)));
        }

        switch (context.Dialect)
        {
            case Dialect.OpenAI:
                WriteOpenAI(headers, OpenAIRequests, Tightest(requests, Only(LimitUnit.Requests)));
                WriteOpenAI(headers, OpenAITokens, Tightest(spending, TokenUnits));
                break;
            case Dialect.Anthropic:
                WriteAnthropic(headers, AnthropicRequests, Tightest(requests, Only(LimitUnit.Requests)), route.Clock);
                WriteAnthropic(headers, AnthropicTokens, Tightest(spending, Only(LimitUnit.Tokens)), route.Clock);
                WriteAnthropic(headers, AnthropicInputTokens, Tightest(spending, Only(LimitUnit.InputTokens)), route.Clock);
                WriteAnthropic(headers, AnthropicOutputTokens, Tightest(spending, Only(LimitUnit.OutputTokens)), route.Clock);
                break;
        }

        if (spending is { RefusedBy: >= 0 })
        {
            WriteRefusal(headers, spending.Takes[spending.RefusedBy]);
        }
        else if (requests is { RefusedBy: >= 0 })
        {
            WriteRefusal(headers, requests.Takes[requests.RefusedBy]);
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
            headers.RetryAfter = Text(SecondsOf(refused.WaitNs));
        }

        if (refused.Rule.IsQuota || refused.Rule.Unit == LimitUnit.MicroDollars || refused.WaitNs == long.MaxValue)
        {
            // The SDKs would else try at once again what cannot succeed before the next day or month, or ever.
            headers["x-should-retry"] = "false";
        }
    }

    private static void WriteOpenAI(IHeaderDictionary headers, in Names names, (LimitHold? Hold, int Index) tightest)
    {
        if (tightest.Hold is { } hold)
        {
            ref readonly var take = ref hold.Takes[tightest.Index];
            headers[names.Limit] = Text(take.Rule.Limit);
            headers[names.Remaining] = Text(take.Remaining);
            headers[names.Reset] = GoDuration(ResetOf(hold, tightest.Index));
        }
    }

    private static void WriteAnthropic(
        IHeaderDictionary headers, in Names names, (LimitHold? Hold, int Index) tightest, LimitClock clock)
    {
        if (tightest.Hold is { } hold)
        {
            ref readonly var take = ref hold.Takes[tightest.Index];
            var at = DateTime.UnixEpoch.AddMicroseconds(
                clock.UtcMicros + (ResetOf(hold, tightest.Index) / 1000) + 1_000_000);
            headers[names.Limit] = Text(take.Rule.Limit);
            headers[names.Remaining] = Text(take.Remaining);
            headers[names.Reset] =
                at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
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

    private static string Describe(LimitHold? requests, LimitHold? spending)
    {
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[256]);
        Describe(ref text, requests, isFirst: true);
        Describe(ref text, spending, isFirst: requests is not { Count: > 0 });
        return text.ToStringAndClear();
    }

    private static void Describe(ref DefaultInterpolatedStringHandler text, LimitHold? hold, bool isFirst)
    {
        for (var i = 0; hold is not null && i < hold.Count; i++)
        {
            ref readonly var take = ref hold.Takes[i];
            text.AppendLiteral(isFirst && i == 0 ? "\"" : ", \"");
            text.AppendLiteral(take.Rule.Name);
            text.AppendLiteral("\";r=");
            text.AppendFormatted(take.Remaining);
            if (take.Rule.Kind != LimitKind.Concurrent)
            {
                text.AppendLiteral(";t=");
                text.AppendFormatted(SecondsOf(ResetOf(hold, i)));
            }
        }
    }

    /// <summary>As OpenAI writes durations: <c>12ms</c>, <c>1s</c>, <c>2m30s</c>, <c>6m0s</c>, <c>1h0m0s</c>.</summary>
    internal static string GoDuration(long ns)
    {
        var ms = (ns + 999_999) / 1_000_000;
        if (ms < 1000)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{ms}ms");
        }

        var s = (ms + 999) / 1000;
        return s switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{s}s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{s / 60}m{s % 60}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{s / 3600}h{s / 60 % 60}m{s % 60}s"),
        };
    }

    private static long SecondsOf(long ns) => (ns + NsPerSecond - 1) / NsPerSecond;

    private static string Text(long number) => (ulong)number < SmallNumbers
        ? Numbers[number]
        : number.ToString(CultureInfo.InvariantCulture);

    private static string[] MakeNumbers()
    {
        var numbers = new string[SmallNumbers];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = i.ToString(CultureInfo.InvariantCulture);
        }

        return numbers;
    }

    /// <summary>The three headers of a dialect that tell of one limit; made once, not for each answer.</summary>
    private readonly record struct Names(string Limit, string Remaining, string Reset)
    {
        public static Names OfOpenAI(string what) =>
            new($"x-ratelimit-limit-{what}", $"x-ratelimit-remaining-{what}", $"x-ratelimit-reset-{what}");

        public static Names OfAnthropic(string what)
        {
            var prefix = $"anthropic-ratelimit-{what}-";
            return new Names(prefix + "limit", prefix + "remaining", prefix + "reset");
        }
    }
}
