using System.Globalization;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Pipeline;
using Microsoft.AspNetCore.Http;

namespace Edge.Telemetry;

/// <summary>
/// Says of one request what each stage decided, why, and in how long: in the answer's <c>X-Edge-Explain</c>, in
/// <c>Server-Timing</c>, and in the access log. It says nothing that the file or a caller keeps secret: names of limits, routes
/// and upstreams, the caller's own name, numbers.
/// </summary>
internal static class DecisionTrace
{
    /// <summary>Most chars of the header: so many stages with the longest reasons are fewer.</summary>
    public const int HeaderCharsMax = 2048;

    /// <summary>Most chars of a reason; what is longer is cut.</summary>
    public const int WhyCharsMax = 120;

    private static readonly string[] Names =
        ["admit", "route", "authenticate", "authorize", "limit_requests", "body", "limit_tokens", "cache", "overload", "forward"];

    /// <summary>Puts into an answer that has not started what its caller may know.</summary>
    public static void WriteHeaders(RequestContext context)
    {
        var headers = context.ResponseHeaders;
        if (context.IsExplained)
        {
            headers[RequestContext.ExplainHeader] = Explain(context);
        }

        if (context.Route!.Plan.ServerTiming)
        {
            headers.Append("Server-Timing", ServerTiming(context));
        }
    }

    /// <summary>
    /// Has caches between the caller and here give nobody what was told of another's request (RFC 9111). An explanation belongs
    /// to one request alone, so its answer is not stored; other answers are none to a request that asks for one; and of an
    /// answer that a shared cache may store, it has to leave <c>Server-Timing</c> out where callers are known. After the route's
    /// own rules for headers, which may not undo it.
    /// </summary>
    public static void KeepFromCaches(RequestContext context)
    {
        var headers = context.ResponseHeaders;
        if (context.IsExplained)
        {
            foreach (var name in (string[])[.. headers.Keys])
            {
                // What is said to some caches alone outdoes Cache-Control (RFC 9213).
                if (name.EndsWith("-Cache-Control", StringComparison.OrdinalIgnoreCase)
                    || name.Equals("Surrogate-Control", StringComparison.OrdinalIgnoreCase)
                    || name.Equals("X-Accel-Expires", StringComparison.OrdinalIgnoreCase))
                {
                    headers.Remove(name);
                }
            }

            headers.CacheControl = "no-store";
        }
        else if (context.Route!.Plan.Authenticate is not null
            && (HttpMethods.IsGet(context.Method) || HttpMethods.IsHead(context.Method)))
        {
            if (context.Snapshot.TimesAsked)
            {
                CorsStage.AddToVary(headers, RequestContext.ExplainHeader);
            }

            if (context.Route.Plan.ServerTiming)
            {
                headers.Append("Cache-Control", "private=\"Server-Timing\"");
            }
        }
    }

    /// <summary>Puts the field <c>stages</c> of a line of the access log.</summary>
    public static void Put(ref LogLine line, RequestContext context, AccessLogStages detail)
    {
        if (context.Stages is not { } stages || detail == AccessLogStages.None)
        {
            return;
        }

        var isDebug = detail == AccessLogStages.Debug;
        line.Put(isDebug ? ",\"stages\":["u8 : ",\"stages\":{"u8);
        for (var i = 0; i < stages.Count; i++)
        {
            line.Put(i == 0 ? ""u8 : ","u8);
            line.Put(isDebug ? "{\"stage\":\""u8 : "\""u8);
            line.PutEscaped(Names[i]);
            line.Put(isDebug ? "\",\"ms\":"u8 : "\":"u8);
            line.PutMilliseconds(stages[i]);
            if (isDebug)
            {
                var (did, why) = DecisionOf(context, (Stage)i);
                line.PutText(",\"did\":"u8, did);
                line.PutText(",\"why\":"u8, why is { Length: > WhyCharsMax } ? why[..WhyCharsMax] : why);
                line.Put("}"u8);
            }
        }

        line.Put(isDebug ? "]"u8 : "}"u8);
    }

    // A list of structured fields (RFC 9651, section 3.1): `route;us=3;did=found;why="chat"`.
    private static string Explain(RequestContext context)
    {
        var text = new StringBuilder(512);
        var nowNs = context.ElapsedNs;
        var told = ToldOf(context.Stages!);
        for (var i = 0; i < told; i++)
        {
            var (did, why) = DecisionOf(context, (Stage)i);
            text.Append(i == 0 ? "" : ", ").Append(Names[i]).Append(";us=")
                .Append(NsOf(context.Stages!, i, nowNs) / 1000).Append(";did=").Append(did);
            if (why is not null)
            {
                text.Append(";why=\"");
                AppendPlain(text, why);
                text.Append('"');
            }
        }

        return text.ToString();
    }

    // W3C Server Timing: durations in milliseconds.
    private static string ServerTiming(RequestContext context)
    {
        var text = new StringBuilder(256);
        var nowNs = context.ElapsedNs;
        var told = ToldOf(context.Stages!);
        for (var i = 0; i < told; i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(Names[i]).Append(";dur=");
            text.Append(CultureInfo.InvariantCulture, $"{NsOf(context.Stages!, i, nowNs) / 1000 / 1000.0:0.###}");
        }

        return text.ToString();
    }

    // The stage that is under way makes the answer, and is told of too.
    private static int ToldOf(StageTimes stages) =>
        stages.Last.IsContinue ? Math.Min(stages.Count + 1, StageTimes.StagesMax) : stages.Count;

    private static long NsOf(StageTimes stages, int stage, long nowNs) =>
        stage < stages.Count ? stages[stage] : stages.RunningNs(nowNs);

    // What a header cannot hold, or a structured string would have to escape, is a question mark.
    private static void AppendPlain(StringBuilder to, string text)
    {
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, WhyCharsMax)))
        {
            to.Append(c is < ' ' or > '~' or '"' or '\\' ? '?' : c);
        }
    }

    private static (string Did, string? Why) DecisionOf(RequestContext context, Stage stage)
    {
        var stages = context.Stages!;
        if (stages.Last.Outcome is StageOutcome.Failed or StageOutcome.BrokenOff && (int)stage == stages.Count - 1)
        {
            return Refusal(context, stages.Last.Failure);
        }

        return stage switch
        {
            Stage.Admit => ("admitted", null),
            Stage.Route => ("found", context.Route?.Plan.Name),
            Stage.Authenticate => Authentication(context),
            Stage.Authorize => (context.Route!.Plan.Authorize is null ? "none" : "allowed", null),
            Stage.LimitRequests => Limits(context.LimitsHeld),
            Stage.Body => Body(context),
            Stage.LimitTokens => Limits(context.SpendingHeld),
            Stage.Cache => (context.Cache?.OutcomeName ?? "none", null),
            Stage.Overload => (context.Upstream.Gate is null ? "none" : "passed", null),
            _ => Forwarding(context),
        };
    }

    private static (string Did, string? Why) Refusal(RequestContext context, Failure failure)
    {
        var why = Failures.Code(failure);
        why = context.RefusalReason is { } reason ? why + ": " + reason : why;
        var hold = context.SpendingHeld is { RefusedBy: >= 0 } spending ? spending : context.LimitsHeld;
        if (hold is { RefusedBy: >= 0 and var by })
        {
            why = why + " by " + hold.Takes[by].Rule.Name;
        }

        return (Failures.Side(failure) == FailureSide.Caller ? "refused" : "failed", why);
    }

    private static (string Did, string? Why) Authentication(RequestContext context) => context.Caller switch
    {
        null => ("none", null),
        { IsAnonymous: true } => ("anonymous", null),
        var caller => ("accepted", "tier " + (caller.Tier ?? "-") + ", " + caller.Source + ", " + caller.Id),
    };

    private static (string Did, string? Why) Limits(LimitHold? hold)
    {
        if (hold is not { Count: > 0 })
        {
            return ("none", null);
        }

        var text = new StringBuilder();
        foreach (ref readonly var take in hold.Takes)
        {
            // Money is counted in millionths of a dollar.
            var scale = take.Rule.Unit == LimitUnit.MicroDollars ? 1e6 : 1;
            text.Append(text.Length == 0 ? "" : ", ").Append(take.Rule.Name).Append(
                CultureInfo.InvariantCulture, $" {take.Remaining / scale} of {take.Rule.Limit / scale} left");
        }

        return ("admitted", text.ToString());
    }

    private static (string Did, string? Why) Body(RequestContext context) => context.Facts is { IsKnown: true } facts
        ? ("read", string.Create(CultureInfo.InvariantCulture, $"{facts.EstimatedTokens} tokens estimated, model {facts.Model}"))
        : (context.IsBodyTaken ? "read" : "passed", null);

    private static (string Did, string? Why) Forwarding(RequestContext context)
    {
        var why = string.Create(
            CultureInfo.InvariantCulture, $"{context.Upstream.Plan.Name}, status {context.StatusCode}");
        if (context.Attempts > 1)
        {
            why += string.Create(CultureInfo.InvariantCulture, $", attempts {context.Attempts}");
        }

        return context.Repeats is { Fallback: { } fallback, Reason: var reason }
            ? ("answered", why + ", fallback " + fallback + " for " + reason)
            : ("answered", why);
    }
}
