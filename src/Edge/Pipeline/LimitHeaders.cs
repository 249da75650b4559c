using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Core.Memory;
using Edge.Hosting;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// What callers are told of their limits, on every answer of a route that has some: RateLimit and RateLimit-Policy
/// (draft-ietf-httpapi-ratelimit-headers), X-RateLimit-*, and the names that the dialect's SDKs know.
/// </summary>
internal static class LimitHeaders
{
    private const long NsPerSecond = 1_000_000_000;
    private const long NsPerMs = 1_000_000;
    private const long MsPerSecond = 1000;
    private const int DescriptionBytesMax = 64;
    private const int LeftBytesMax = 64;

    // X-RateLimit-*, and of Anthropic's four.
    private const int LeftCountMax = 5;
    private const int ListSeparatorBytes = 2;
    private const int AnyUnit = -1;
    private const int TokenUnits =
        (1 << (int)LimitUnit.Tokens) | (1 << (int)LimitUnit.InputTokens) | (1 << (int)LimitUnit.OutputTokens);

    /// <summary>Writes the headers of what the request holds, or was refused by; the answer has not started.</summary>
    public static void Write(RequestContext context)
    {
        var requests = context.LimitsHeld;
        var spending = context.SpendingHeld;
        if ((requests ?? spending) is null || context.Route is not { Limits: { } route })
        {
            return;
        }

        var lines = new ByteCursor(context.Fields.Room(route.LinesBytesMax));
        lines.Write(route.PolicyLines);
        Describe(ref lines, requests, isFirst: true);
        Describe(ref lines, spending, isFirst: requests is not { Count: > 0 });
        var request = Tightest(requests, AnyUnit);
        var spent = Tightest(spending, AnyUnit);
        var tightest = Tighter(request, spent);
        if (tightest.Hold is not null)
        {
            lines.WriteDecimal(SecondsOf(PutLeft(ref lines, KnownResponseHeaders.XRateLimit, tightest)));
        }

        switch (context.Dialect)
        {
            case Dialect.OpenAI:
                WriteOpenAI(ref lines, KnownResponseHeaders.OpenAIRequests, Among(request, Only(LimitUnit.Requests)));
                WriteOpenAI(ref lines, KnownResponseHeaders.OpenAITokens, Among(spent, TokenUnits));
                break;
            case Dialect.Anthropic:
                WriteAnthropic(ref lines, KnownResponseHeaders.AnthropicRequests, request, LimitUnit.Requests, route.Clock);
                WriteAnthropic(ref lines, KnownResponseHeaders.AnthropicTokens, spent, LimitUnit.Tokens, route.Clock);
                WriteAnthropic(ref lines, KnownResponseHeaders.AnthropicInputTokens, spent, LimitUnit.InputTokens, route.Clock);
                WriteAnthropic(ref lines, KnownResponseHeaders.AnthropicOutputTokens, spent, LimitUnit.OutputTokens, route.Clock);
                break;
        }

        context.Fields.SetLimits(lines.Length);
        if (spending is { RefusedBy: >= 0 })
        {
            WriteRefusal(context.ResponseHeaders, spending.Takes[spending.RefusedBy]);
        }
        else if (requests is { RefusedBy: >= 0 })
        {
            WriteRefusal(context.ResponseHeaders, requests.Takes[requests.RefusedBy]);
        }
    }

    /// <summary>Most bytes of the lines about some of a route's limits, but for <see cref="RouteLimits.PolicyLines"/>.</summary>
    public static int BytesMaxOf(ReadOnlySpan<RouteLimit> limits)
    {
        var (described, left) = (0, 0);
        foreach (var limit in limits)
        {
            described += limit.Rule.LeftIn.Length + DescriptionBytesMax;
            left = Math.Max(left, limit.Rule.LinesUpToLeftBytesMax + KnownResponseHeaders.LineStartBytesMax + LeftBytesMax);
        }

        return described + (left * LeftCountMax);
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

    private static void WriteOpenAI(ref ByteCursor lines, int first, (LimitHold? Hold, int Index) tightest)
    {
        if (tightest.Hold is not null)
        {
            PutGoDuration(ref lines, PutLeft(ref lines, first, tightest));
        }
    }

    private static void WriteAnthropic(
        ref ByteCursor lines, int first, (LimitHold? Hold, int Index) tightest, LimitUnit unit, LimitClock clock)
    {
        tightest = Among(tightest, Only(unit));
        if (tightest.Hold is not null)
        {
            var ns = PutLeft(ref lines, first, tightest);
            lines.WriteTime(DateTime.UnixEpoch.AddMicroseconds(clock.UtcMicros + (ns / 1000) + 1_000_000));
        }
    }

    /// <summary>Writes all of three fields but when all of a limit is there again.</summary>
    /// <returns>Nanoseconds until then.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long PutLeft(ref ByteCursor lines, int first, (LimitHold? Hold, int Index) tightest)
    {
        ref readonly var take = ref tightest.Hold!.Takes[tightest.Index];
        lines.Write(take.Rule.LinesUpToLeft(first));
        lines.WriteDecimal(take.Remaining);
        lines.Write(KnownResponseHeaders.LineStartOf(first + 2));
        return ResetOf(tightest.Hold, tightest.Index);
    }

    private static int Only(LimitUnit unit) => 1 << (int)unit;

    /// <summary>
    /// The limit that a caller has to mind first: the one that refused, else the one with the least part of it left.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
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

    /// <summary>The tightest of some units, where that of all is known: nearly always the same one.</summary>
    private static (LimitHold? Hold, int Index) Among((LimitHold? Hold, int Index) tightest, int units) =>
        tightest.Hold is not { } hold || (units & Only(hold.Takes[tightest.Index].Rule.Unit)) != 0
            ? tightest : Tightest(hold, units);

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
        return a.Hold.RefusedBy == a.Index || IsNoLargerPart(first, second) ? a : b;
    }

    private static bool IsNoLargerPart(in LimitTake a, in LimitTake b) =>
        (double)a.Remaining * b.Rule.Burst <= (double)b.Remaining * a.Rule.Burst;

    // Retry-After must not come before what RateLimit says, so a refusal has one time for both.
    private static long ResetOf(LimitHold hold, int index)
    {
        ref readonly var take = ref hold.Takes[index];
        return index == hold.RefusedBy && take.WaitNs != long.MaxValue ? take.WaitNs : take.ResetNs;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Describe(ref ByteCursor lines, LimitHold? hold, bool isFirst)
    {
        for (var i = 0; hold is not null && i < hold.Count; i++)
        {
            ref readonly var take = ref hold.Takes[i];
            lines.Write(take.Rule.LeftIn.AsSpan(isFirst && i == 0 ? ListSeparatorBytes : 0));
            lines.WriteDecimal(take.Remaining);
            if (take.Rule.Kind != LimitKind.Concurrent)
            {
                lines.Write(";t="u8);
                lines.WriteDecimal(SecondsOf(ResetOf(hold, i)));
            }
        }
    }

    /// <summary>As OpenAI writes durations: <c>12ms</c>, <c>1s</c>, <c>2m30s</c>, <c>6m0s</c>, <c>1h0m0s</c>.</summary>
    internal static void PutGoDuration(ref ByteCursor to, long ns)
    {
        var ms = (ns + NsPerMs - 1) / NsPerMs;
        if (ms < MsPerSecond)
        {
            to.WriteDecimal(ms);
            to.Write("ms"u8);
            return;
        }

        var s = (ms + MsPerSecond - 1) / MsPerSecond;
        if (s >= 3600)
        {
            to.WriteDecimal(s / 3600);
            to.Write((byte)'h');
        }

        if (s >= 60)
        {
            to.WriteDecimal(s / 60 % 60);
            to.Write((byte)'m');
        }

        to.WriteDecimal(s % 60);
        to.Write((byte)'s');
    }

    private static long SecondsOf(long ns) => (ns + NsPerSecond - 1) / NsPerSecond;
}
