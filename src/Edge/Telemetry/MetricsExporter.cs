using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// Sends the metrics to a collector every so often, and once more at the end. A collector that is away, slow or frozen costs one
/// export at a time and no memory: what it did not take is in the next figures. Owns its sender.
/// </summary>
internal sealed class MetricsExporter : IAsyncDisposable
{
    /// <summary>The longest that the last export may take.</summary>
    public static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    /// <summary>The program's log tells of failures at most this often.</summary>
    public static readonly TimeSpan TellEvery = TimeSpan.FromMinutes(1);

    private readonly MetricRegistry _registry;
    private readonly OtlpMetricsWriter _writer;
    private readonly OtlpSender _sender;
    private readonly ProgramLog _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly StripedCounter _taken;
    private readonly StripedCounter _failed;
    private readonly Task _running;
    private long _toldTimestamp;

    /// <summary>Begins to export.</summary>
    public MetricsExporter(
        OtlpSettings settings,
        MetricRegistry registry,
        OtlpOrigin origin,
        CounterFamily exports,
        DateTimeOffset start,
        ProgramLog log,
        TimeProvider time)
    {
        _registry = registry;
        _writer = new OtlpMetricsWriter(origin, settings.Temporality, Nanos(start));
        _sender = OtlpSender.OfMetrics(settings);
        _taken = exports.Of("metrics", "taken");
        _failed = exports.Of("metrics", "failed");
        _log = log;
        _time = time;
        _running = RunAsync(settings.Interval);
    }

    /// <summary>Exports once more and ends.</summary>
    public ValueTask DisposeAsync() => EndAsync(EndMax);

    /// <summary>The same within a time.</summary>
    public async ValueTask EndAsync(TimeSpan within)
    {
        await _stop.CancelAsync();
        await _running;
        using var end = new CancellationTokenSource(within, _time);
        await ExportAsync(end.Token);
        _sender.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                // Short intervals are called on a thread that others share.
                await Task.Yield();
                await ExportAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end, which exports once more by itself.
        }
    }

    private async Task ExportAsync(CancellationToken cancellation)
    {
        var fault = await _sender.SendAsync(_writer.Write(_registry, Nanos(_time.GetUtcNow())), cancellation);
        if (fault is null)
        {
            _writer.Commit();
            _taken.Increment();
            return;
        }

        _failed.Increment();
        var now = _time.GetTimestamp();
        if (_toldTimestamp == 0 || _time.GetElapsedTime(_toldTimestamp, now) >= TellEvery)
        {
            _toldTimestamp = now;
            _log.MetricsNotExported(fault.ReplaceLineEndings(" "));
        }
    }

    private static long Nanos(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
