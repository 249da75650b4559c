using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Hosting;
using Edge.Telemetry;

namespace Edge.Pipeline;

/// <summary>
/// The last stage, which runs whatever happened: counts the request and its outcome, and writes what failed or was refused to the
/// logs.
/// </summary>
internal sealed class RecordStage(Gateway gateway, ProgramLog log, TimeProvider time)
{
    private readonly GatewayCounters _counters = gateway.Counters;
    private readonly GatewayMetrics _metrics = gateway.Metrics;
    private readonly AuditLog _audit = gateway.Audit;
    private readonly UsageLog _usage = gateway.Usage;
    private readonly AccessLog _access = gateway.Access;

    /// <summary>A request begins: under the configuration of this moment, and with a place in a trace.</summary>
    public void Begin(RequestContext context)
    {
        _counters.RequestBegan();
        context.Begin(gateway.Snapshot, time.GetTimestamp());
        context.Running = _metrics.Running(context);
        context.Running.Increment();
        gateway.Exporting.Tracer?.Begin(context);
    }

    /// <summary>A request is over.</summary>
    public void End(RequestContext context, StageResult result)
    {
        var elapsedNs = context.ElapsedNs;
        _counters.RequestEnded(result.Failure);
        context.Running!.Decrement();
        (context.Route?.Metrics ?? _metrics.NoRoute).Ended(context, result.Failure, elapsedNs);
        if (context.RefusalReason is { } reason)
        {
            _counters.CallerRefused(reason);
        }

        if (context.Usage.Kind != UsageKind.None)
        {
            _counters.Used(context.Usage);
            _usage.Used(context, result.Failure);
            if (context.Usage.Kind == UsageKind.Exact)
            {
                gateway.Estimates.Learn(context.Facts, context.Usage.Counts);
            }
        }
        else if (context is { Meter: not null, Cache.Outcome: CacheOutcome.Hit or CacheOutcome.Collapsed })
        {
            _usage.Used(context, result.Failure);
        }

        if (context.Trace is not null)
        {
            gateway.Exporting.Tracer?.End(context, result.Failure, elapsedNs);
        }

        _access.Served(context, result.Failure, elapsedNs);
        if (Failures.IsRefusal(result.Failure))
        {
            _audit.Refused(context, result.Failure);
        }

        // A caller's own mistakes are answered, not logged: else any caller could fill the log. Of overload its stage tells, of
        // targets that are not to be asked what made them so, of the end the drain's own line.
        if (result.Failure is not (Failure.None or Failure.EdgeOverloaded or Failure.EdgeStopping or Failure.UpstreamCircuitOpen
                or Failure.UpstreamUnavailable or Failure.UpstreamRateLimited)
            && Failures.Side(result.Failure) != FailureSide.Caller)
        {
            log.Failed(context, result.Failure, TimeSpan.FromMicroseconds(elapsedNs / 1000));
        }
    }
}
