using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Telemetry;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// The place of one request in its trace. Kept with the connection's context and begun anew for each request; belongs to the
/// request's thread.
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

    /// <summary>The attempt that is under way, as it is told upstream.</summary>
    public TraceParent Attempt { get; private set; }

    /// <summary>The attempts that are over.</summary>
    public ReadOnlySpan<AttemptRecord> Attempts => _attempts.AsSpan(0, _attemptCount);

    /// <summary>Begins with a request.</summary>
    public void Begin(TraceParent id, ulong parentSpan)
    {
        Id = id;
        ParentSpan = parentSpan;
        Attempt = default;
        _attemptCount = 0;
    }

    /// <summary>An attempt is about to go out.</summary>
    public void BeginAttempt() => Attempt = Id with { Span = Tracer.NewSpan() };

    /// <summary>The attempt is over.</summary>
    public void EndAttempt(RequestContext context, TargetPlan target, long endedNs, int status, Failure failure)
    {
        _attemptCount = Math.Min(_attemptCount + 1, AttemptsMax);
        _attempts[_attemptCount - 1] = new AttemptRecord(
            context.Upstream.Plan, target, context.Facts.Model, context.Attempts, Attempt.Span, context.AttemptBeganNs, endedNs,
            status, failure);
    }
}
