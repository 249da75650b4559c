using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Telemetry;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// The place of one request in its trace. Kept with the connection's context and begun anew for each request; belongs to the
/// request's thread, but for <see cref="EndAttempt"/>.
/// </summary>
internal sealed class RequestTrace
{
    /// <summary>Most attempts that are told; of more, the first ones and the last.</summary>
    public const int AttemptsMax = 8;

    private readonly AttemptRecord[] _attempts = new AttemptRecord[AttemptsMax];
    private int _attemptCount;

    /// <summary>The request's own span.</summary>
    public TraceParent Id { get; private set; }

    /// <summary>The caller's span; 0: the trace begins here.</summary>
    public ulong ParentSpan { get; private set; }

    /// <summary>The caller named a span, so what it says in <c>tracestate</c> belongs to it.</summary>
    public bool HasParent => ParentSpan != 0;

    /// <summary>The attempts that are over.</summary>
    public ReadOnlySpan<AttemptRecord> Attempts => _attempts.AsSpan(0, _attemptCount);

    /// <summary>Begins with a request.</summary>
    public void Begin(TraceParent id, ulong parentSpan)
    {
        Id = id;
        ParentSpan = parentSpan;
        _attemptCount = 0;
    }

    /// <summary>What an attempt that is about to go out is called upstream.</summary>
    public TraceParent NextAttempt() => Id with { Span = Tracer.NewSpan() };

    /// <summary>An attempt is over. Those of a race may say so at the same time.</summary>
    public void EndAttempt(
        RequestContext context, RequestAttempt attempt, TargetPlan target, long endedNs, int status, Failure failure)
    {
        lock (_attempts)
        {
            _attemptCount = Math.Min(_attemptCount + 1, AttemptsMax);
            _attempts[_attemptCount - 1] = new AttemptRecord(
                context.Upstream.Plan, target, context.Facts.Model, attempt.Number, attempt.Trace.Span, attempt.BeganNs, endedNs,
                status, failure, attempt.IsHedge);
        }
    }
}
