using Edge.Core.Configuration;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// What a gateway sends to collectors, as the configuration in force and the environment say. Owns the exporters. Applied by one
/// thread at a time.
/// </summary>
internal sealed class TelemetryExport(GatewayMetrics metrics, TimeProvider time, ProgramLog log) : IAsyncDisposable
{
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private TelemetryPlan? _plan;
    private MetricsExporter? _exporter;
    private TracesExporter? _traces;
    private volatile LogsExporter? _logs;
    private volatile Tracer? _tracer;
    private long _droppedLines;

    /// <summary>Gives requests their places in traces; null: nobody is told of any.</summary>
    public Tracer? Tracer => _tracer;

    /// <summary>Takes the lines of the access log; null: it is not sent.</summary>
    public LogsExporter? AccessLog => _logs is { Logs: var wanted } logs && wanted.HasFlag(OtlpLogs.Access) ? logs : null;

    /// <summary>Lines of logs that a collector did not get.</summary>
    public long DroppedLines => _droppedLines + (_logs?.Dropped ?? 0);

    /// <summary>What the program says of itself; null before the first configuration.</summary>
    public OtlpOrigin? Origin { get; private set; }

    /// <summary>Goes by a configuration from now on. What the exporter of before still has is sent in the background.</summary>
    public void Apply(TelemetryPlan plan)
    {
        if (_plan is not null && _plan.IsSameAs(plan))
        {
            return;
        }

        var variables = Environment.GetEnvironmentVariables();
        IAsyncDisposable?[] old = [_exporter, _traces, _logs];
        _plan = plan;
        Origin = TelemetryResource.Of(plan, variables);
        var settings = OtlpSettings.Of(plan.Otlp, variables);
        _exporter = settings?.Metrics is null
            ? null
            : new MetricsExporter(settings, metrics.Registry, Origin, metrics.Exports, _start, log, time);
        _traces = settings?.Traces is null ? null : new TracesExporter(settings, Origin, metrics, time);
        _droppedLines += _logs?.Dropped ?? 0;
        _logs = settings?.Logs is null ? null : new LogsExporter(settings, Origin, metrics, time);
        log.Also = _logs is { Logs: var wanted } && wanted.HasFlag(OtlpLogs.Program) ? _logs : null;
        _tracer = _traces is null
            ? null
            : new Tracer(OtlpSettings.SamplingOf(plan.Traces, variables), _traces, metrics.GenAi.Names, time);
        foreach (var one in old)
        {
            _ = one?.DisposeAsync().AsTask();
        }
    }

    /// <summary>Sends what there is, for <see cref="MetricsExporter.EndMax"/> at most in all, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        var start = time.GetTimestamp();
        if (_traces is not null)
        {
            await _traces.EndAsync(Left(start));
        }

        if (_exporter is not null)
        {
            await _exporter.EndAsync(Left(start));
        }

        if (_logs is not null)
        {
            log.Also = null;
            await _logs.EndAsync(Left(start));
        }
    }

    private TimeSpan Left(long start)
    {
        var left = MetricsExporter.EndMax - time.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
