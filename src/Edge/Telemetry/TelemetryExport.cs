using Edge.Core.Configuration;

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

    /// <summary>What the program says of itself: attributes of OpenTelemetry's resource.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Resource { get; private set; } = [];

    /// <summary>Goes by a configuration from now on. What the exporter of before still has is sent in the background.</summary>
    public void Apply(TelemetryPlan plan)
    {
        if (_plan is not null && _plan.IsSameAs(plan))
        {
            return;
        }

        var variables = Environment.GetEnvironmentVariables();
        var old = _exporter;
        _plan = plan;
        Resource = TelemetryResource.Of(plan, variables);
        var settings = OtlpSettings.Of(plan.Otlp, variables);
        _exporter = settings?.Metrics is null
            ? null
            : new MetricsExporter(settings, metrics.Registry, Resource, metrics.Exports, _start, log, time);
        if (old is not null)
        {
            _ = old.DisposeAsync().AsTask();
        }
    }

    /// <summary>Sends what there is and ends.</summary>
    public ValueTask DisposeAsync() => _exporter?.DisposeAsync() ?? ValueTask.CompletedTask;
}
