using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Telemetry;

namespace Edge.Pipeline;

/// <summary>
/// The last stage, which runs whatever happened: counts the request and its outcome, and writes what failed or was refused to the
/// logs.
/// </summary>
internal sealed class RecordStage(GatewayCounters counters, ProgramLog log, AuditLog audit, UsageLog usage, TimeProvider time)
{
    /// <summary>A request begins; the result is its start.</summary>
    public long Begin()
    {
        counters.RequestBegan();
        return time.GetTimestamp();
    }

    /// <summary>A request is over.</summary>
    public void End(RequestContext context, StageResult result)
    {
        counters.RequestEnded(result.Failure);
        if (context.RefusalReason is { } reason)
        {
            counters.CallerRefused(reason);
        }

        if (context.Usage.Kind != UsageKind.None)
        {
            counters.Used(context.Usage);
            usage.Used(context, result.Failure);
        }

        if (Failures.IsRefusal(result.Failure))
        {
            audit.Refused(context, result.Failure);
        }

        // A caller's own mistakes are answered, not logged: else any caller could fill the log. Of overload its stage tells.
        if (result.Failure is not (Failure.None or Failure.EdgeOverloaded) && Failures.Side(result.Failure) != FailureSide.Caller)
        {
            log.Failed(context, result.Failure, time.GetElapsedTime(context.StartTimestamp));
        }
    }
}
