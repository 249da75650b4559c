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

    private static readonly string[] Numbers = MakeNumbers();

    /// <summary>Writes the headers of what the request holds, or was refused by; the answer has not started.</summary>
    public static void Write(RequestContext context)
    {
        if (context.LimitsHeld is not { Count: > 0 } hold || context.Route is not { Limits: { } route })
        {
            return;
        }

        var headers = context.Response.Headers;
        headers["RateLimit-Policy"] = route.Policy;
        headers["RateLimit"] = Describe(hold);
        if (Tightest(hold) is >= 0 and var index)
        {
            ref readonly var take = ref hold.Takes[index];
            var reset = SecondsOf(ResetOf(hold, index));
            headers["X-RateLimit-Limit"] = Text(take.Rule.Limit);
            headers["X-RateLimit-Remaining"] = Text(take.Remaining);
            headers["X-RateLimit-Reset"] = Text(reset);
            WriteDialect(context, take, ResetOf(hold, index), route.Clock);
        }

        if (hold.RefusedBy >= 0)
        {
            WriteRefusal(headers, hold.Takes[hold.RefusedBy]);
        }
    }

    /// <summary>What the body of a refusal says: which limit, how much of it, when again.</summary>
    public static ErrorDetails Details(in LimitTake refused)
    {
        var rule = refused.Rule;
        var seconds = refused.WaitNs == long.MaxValue ? -1 : SecondsOf(refused.WaitNs);
        var message = rule.Kind == LimitKind.Concurrent
            ? string.Create(CultureInfo.InvariantCulture, $"Limit '{rule.Name}' lets {rule.Limit} requests run at once.")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Limit '{rule.Name}' of {rule.Limit} requests is used up; try again in {seconds} seconds.");
        return new ErrorDetails(
            message,
            [
                new("limit_name", rule.Name), new("limit", Text(rule.Limit)), new("remaining", Text(refused.Remaining)),
                new("reset_seconds", Text(seconds)),
            ]);
    }

    private static void WriteRefusal(IHeaderDictionary headers, in LimitTake refused)
    {
        if (refused.WaitNs != long.MaxValue)
        {
            headers.RetryAfter = Text(SecondsOf(refused.WaitNs));
        }

        if (refused.Rule.IsQuota)
        {
            // The SDKs would else try at once again what cannot succeed before the next day or month.
            headers["x-should-retry"] = "false";
        }
    }

    private static void WriteDialect(RequestContext context, in LimitTake take, long resetNs, LimitClock clock)
    {
        var headers = context.Response.Headers;
        switch (context.Route!.Dialect)
        {
            case Dialect.OpenAI:
                headers["x-ratelimit-limit-requests"] = Text(take.Rule.Limit);
                headers["x-ratelimit-remaining-requests"] = Text(take.Remaining);
                headers["x-ratelimit-reset-requests"] = GoDuration(resetNs);
                break;
            case Dialect.Anthropic:
                var at = DateTime.UnixEpoch.AddMicroseconds(clock.UtcMicros + (resetNs / 1000) + 1_000_000);
                headers["anthropic-ratelimit-requests-limit"] = Text(take.Rule.Limit);
                headers["anthropic-ratelimit-requests-remaining"] = Text(take.Remaining);
                headers["anthropic-ratelimit-requests-reset"] =
                    at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                break;
        }
    }

    /// <summary>The limit that a caller has to mind first: the one that refused, else the one with the least left.</summary>
    private static int Tightest(LimitHold hold)
    {
        var best = -1;
        for (var i = 0; i < hold.Count; i++)
        {
            ref readonly var take = ref hold.Takes[i];
            if (take.Rule.Kind == LimitKind.Concurrent)
            {
                continue;
            }

            if (i == hold.RefusedBy)
            {
                return i;
            }

            if (best < 0 || take.Remaining < hold.Takes[best].Remaining)
            {
                best = i;
            }
        }

        return best;
    }

    // Retry-After must not come before what RateLimit says, so a refusal has one time for both.
    private static long ResetOf(LimitHold hold, int index)
    {
        ref readonly var take = ref hold.Takes[index];
        return index == hold.RefusedBy && take.WaitNs != long.MaxValue ? take.WaitNs : take.ResetNs;
    }

    private static string Describe(LimitHold hold)
    {
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[256]);
        for (var i = 0; i < hold.Count; i++)
        {
            ref readonly var take = ref hold.Takes[i];
            text.AppendLiteral(i == 0 ? "\"" : ", \"");
            text.AppendLiteral(take.Rule.Name);
            text.AppendLiteral("\";r=");
            text.AppendFormatted(take.Remaining);
            if (take.Rule.Kind != LimitKind.Concurrent)
            {
                text.AppendLiteral(";t=");
                text.AppendFormatted(SecondsOf(ResetOf(hold, i)));
            }
        }

        return text.ToStringAndClear();
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
}
