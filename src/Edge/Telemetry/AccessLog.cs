using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// A line for each request: JSON (docs/telemetry.md has the fields), or the Common or Combined Log Format of other servers.
/// Of requests that succeed it keeps the share that the file says. Queries are left out of paths: they may carry credentials.
/// Thread-safe.
/// </summary>
internal sealed class AccessLog : IAsyncDisposable
{
    [ThreadStatic]
    private static byte[]? Memory;

    private readonly TimeProvider _time;
    private readonly ByteLog _lines;
    private readonly Lock _gate = new();
    private volatile AccessLogPlan? _plan;

    /// <summary>A log that keeps nothing until <see cref="Apply"/> says where to.</summary>
    public AccessLog(ProgramLog log, TimeProvider time)
    {
        _time = time;
        _lines = new ByteLog("access log", log, time);
    }

    /// <summary>Where lines go besides, if anywhere.</summary>
    public TelemetryExport? Also { get; init; }

    /// <summary>Lines written.</summary>
    public long Written => _lines.Written;

    /// <summary>Requests that were not written: the memory for them was full, or the file could not be written.</summary>
    public long Dropped => _lines.Dropped;

    /// <summary>Goes by a configuration from now on; null: keeps nothing.</summary>
    /// <exception cref="IOException">The file cannot be opened; nothing has changed.</exception>
    public void Apply(AccessLogPlan? plan)
    {
        lock (_gate)
        {
            if (plan is not null && (plan.To != _plan?.To || plan.File != _plan.File))
            {
                _lines.Open(plan.To, plan.File);
            }

            _plan = plan;
        }
    }

    /// <summary>Opens the file anew, for whoever moved it away (SIGHUP).</summary>
    public void Reopen() => _lines.Reopen();

    /// <summary>A request is over.</summary>
    /// <param name="context">The request; its usage is settled.</param>
    /// <param name="failure">How it failed.</param>
    /// <param name="elapsedNs">How long it took.</param>
    public void Served(RequestContext context, Failure failure, long elapsedNs)
    {
        if (_plan is not { } plan || !IsKept(plan, failure, context.StatusCode))
        {
            return;
        }

        var line = new LogLine(Memory ??= new byte[LogLine.BytesMax]);
        if (plan.Format == AccessLogFormat.Json)
        {
            PutJson(ref line, context, failure, elapsedNs);
            DecisionTrace.Put(ref line, context, plan.Stages);
            line.Put("}"u8);
        }
        else
        {
            PutCommon(ref line, context, failure, isCombined: plan.Format == AccessLogFormat.Combined);
        }

        Also?.AccessLog?.Add(SeverityOf(context.StatusCode), "access", context.Trace, line.Written);
        line.Put("\n"u8);
        _lines.Add(line.Written);
    }

    /// <summary>Writes what is waiting and ends.</summary>
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private static bool IsKept(AccessLogPlan plan, Failure failure, int status) =>
        plan.Sample >= 1 || failure != Failure.None || status >= 400 || Random.Shared.NextDouble() < plan.Sample;

    // OpenTelemetry's numbers of information, warning and error.
    private static int SeverityOf(int status) => status >= 500 ? 17 : status >= 400 ? 13 : 9;

    private void PutJson(ref LogLine line, RequestContext context, Failure failure, long elapsedNs)
    {
        line.Put("{\"time\":\""u8);
        LogClock.PutIso(ref line, _time.GetUtcNow());
        line.Put("\",\"method\":\""u8);
        line.PutEscaped(context.Method);
        line.Put("\",\"path\":\""u8);
        line.PutEscaped(context.Target.Path);
        line.Put("\",\"protocol\":\""u8);
        line.PutEscaped(context.Protocol);
        line.Put("\",\"status\":"u8);
        line.Put(StatusOf(context, failure));
        line.Put(",\"bytes\":"u8);
        line.Put(context.ResponseBytes);
        line.Put(",\"ms\":"u8);
        line.PutMilliseconds(elapsedNs);
        line.Put(",\"client\":\""u8);
        PutClient(ref line, context);
        line.Put("\""u8);
        line.PutText(",\"requestId\":"u8, context.RequestId);
        if (context.Trace is { } trace)
        {
            line.Put(",\"traceId\":\""u8);
            line.PutHex(trace.Id.High);
            line.PutHex(trace.Id.Low);
            line.Put("\""u8);
        }

        line.PutText(",\"failure\":"u8, failure == Failure.None ? null : Failures.Code(failure));
        line.PutText(",\"reason\":"u8, context.RefusalReason);
        if (context.Caller is { } caller)
        {
            line.PutText(",\"caller\":"u8, caller.Id);
            line.PutText(",\"source\":"u8, caller.Source);
            line.PutText(",\"tier\":"u8, caller.Tier);
        }

        if (context.Route is { } route)
        {
            line.PutText(",\"route\":"u8, route.Plan.Name);
            line.PutText(",\"upstream\":"u8, context.Upstream.Plan.Name);
            line.PutText(",\"fallback\":"u8, context.Repeats?.Fallback);
            line.PutText(",\"fallbackReason\":"u8, context.Repeats?.Reason);
            line.PutText(",\"cache\":"u8, context.Cache?.OutcomeName);
        }

        PutUpstream(ref line, context);
        PutUsage(ref line, context);
    }

    private static void PutUpstream(ref LogLine line, RequestContext context)
    {
        if (context.Attempts == 0)
        {
            return;
        }

        line.Put(",\"attempts\":"u8);
        line.Put(context.Attempts);
        if (context.Hedges > 0)
        {
            line.Put(",\"hedges\":"u8);
            line.Put(context.Hedges);
            line.Put(context.Attempt.IsHedge ? ",\"hedgeWon\":true"u8 : ",\"hedgeWon\":false"u8);
        }

        line.PutText(",\"target\":"u8, context.Attempt.Target?.Authority);
        if (context.Attempt.HeadNs != 0)
        {
            line.Put(",\"headMs\":"u8);
            line.PutMilliseconds(context.Attempt.HeadNs);
        }

        if (context.FirstEventNs != 0)
        {
            line.Put(",\"firstEventMs\":"u8);
            line.PutMilliseconds(context.FirstEventNs);
        }

        if (context.Tunnel is { } tunnel)
        {
            line.PutText(",\"upgrade\":"u8, context.Upgrade);
            line.PutText(",\"upgradeEnd\":"u8, UpgradeMetrics.NameOf(tunnel.End));
            line.Put(",\"bytesIn\":"u8);
            line.Put(tunnel.BytesUp);
        }
    }

    private static void PutUsage(ref LogLine line, RequestContext context)
    {
        line.PutText(",\"model\":"u8, context.Facts.Model);
        if (context.Usage.Kind == UsageKind.None)
        {
            return;
        }

        line.Put(",\"inputTokens\":"u8);
        line.Put(context.Usage.Counts.InputTokensTotal);
        line.Put(",\"outputTokens\":"u8);
        line.Put(context.Usage.Counts.OutputTokens ?? 0);
        line.Put(context.Usage.Kind == UsageKind.Exact ? ",\"exact\":true"u8 : ",\"exact\":false"u8);
        if (context.CostMicros is { } micros)
        {
            line.Put(",\"dollars\":"u8);
            line.PutMillionths(micros);
        }
    }

    private void PutCommon(ref LogLine line, RequestContext context, Failure failure, bool isCombined)
    {
        PutClient(ref line, context);
        line.Put(" - "u8);
        if (context.Caller is { IsAnonymous: false } caller)
        {
            // A name with a space would shift the fields behind it.
            line.PutToken(caller.Id ?? "-");
        }
        else
        {
            line.Put("-"u8);
        }

        line.Put(" "u8);
        LogClock.PutCommon(ref line, _time.GetUtcNow());
        line.Put(" "u8);
        line.PutQuoted(context.Method, context.Target.Path, context.Protocol);
        line.Put(" "u8);
        line.Put(StatusOf(context, failure));
        line.Put(" "u8);
        line.Put(context.ResponseBytes);
        if (isCombined)
        {
            line.Put(" "u8);
            line.PutQuoted(context.RequestHeaders.Referer);
            line.Put(" "u8);
            line.PutQuoted(context.RequestHeaders.UserAgent);
        }
    }

    private static void PutClient(ref LogLine line, RequestContext context)
    {
        var client = context.ClientAddress;
        if (ReferenceEquals(client, context.Peer))
        {
            line.Put(context.PeerText);
        }
        else
        {
            line.Put(client);
        }
    }

    // Kestrel has 200 where no answer was begun.
    private static int StatusOf(RequestContext context, Failure failure) =>
        failure == Failure.CallerGone && !context.HasAnswerStarted ? Failures.CallerGoneStatus : context.StatusCode;
}
