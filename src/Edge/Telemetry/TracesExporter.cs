using System.Threading.Channels;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// Sends spans to a collector, many at once, from a bounded queue that nobody waits for. A batch that the collector does not take
/// is tried again once and then dropped and counted. Owns its sender. Thread-safe.
/// </summary>
internal sealed class TracesExporter : IAsyncDisposable
{
    /// <summary>Most spans that wait: OpenTelemetry's default.</summary>
    public const int QueuedSpansMax = 2048;

    /// <summary>Most spans of an export.</summary>
    public const int BatchSpansMax = 512;

    /// <summary>The longest that spans wait for others to be sent with.</summary>
    public static readonly TimeSpan BatchEvery = TimeSpan.FromSeconds(1);

    private readonly Channel<SpanRecord> _queue = Channel.CreateBounded<SpanRecord>(
        new BoundedChannelOptions(QueuedSpansMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly OtlpTracesWriter _writer;
    private readonly OtlpSender _sender;
    private readonly TimeProvider _time;
    private readonly StripedCounter _taken;
    private readonly StripedCounter _failed;
    private readonly StripedCounter _dropped;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;

    /// <summary>Begins to export.</summary>
    public TracesExporter(OtlpSettings settings, OtlpOrigin origin, GatewayMetrics metrics, TimeProvider time)
    {
        _writer = new OtlpTracesWriter(origin);
        _sender = OtlpSender.OfTraces(settings);
        _time = time;
        _taken = metrics.Exports.Of("traces", "taken");
        _failed = metrics.Exports.Of("traces", "failed");
        _dropped = metrics.SpansDropped.Of();
        _running = RunAsync();
    }

    /// <summary>Adds a span; never waits. What does not fit is dropped and counted.</summary>
    public void Add(SpanRecord span)
    {
        if (!_queue.Writer.TryWrite(span))
        {
            _dropped.Increment();
        }
    }

    /// <summary>Sends what is waiting, for <see cref="MetricsExporter.EndMax"/> at most, and ends.</summary>
    public ValueTask DisposeAsync() => EndAsync(MetricsExporter.EndMax);

    /// <summary>The same within a time.</summary>
    public async ValueTask EndAsync(TimeSpan within)
    {
        _queue.Writer.TryComplete();
        _end.CancelAfter(within);
        await _running;
        _sender.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<SpanRecord>(BatchSpansMax);
        var reader = _queue.Reader;
        while (await reader.WaitToReadAsync())
        {
            await Task.WhenAny(Task.Delay(BatchEvery, _time, _end.Token), reader.Completion);
            batch.Clear();
            while (batch.Count < BatchSpansMax && reader.TryRead(out var span))
            {
                batch.Add(span);
            }

            await SendAsync(batch);
        }
    }

    private async Task SendAsync(List<SpanRecord> batch)
    {
        var message = _writer.Write(batch);
        for (var attempt = 0; attempt < 2 && !_end.IsCancellationRequested; attempt++)
        {
            if (await _sender.SendAsync(message, _end.Token) is null)
            {
                _taken.Increment();
                return;
            }

            _failed.Increment();
        }

        _dropped.Add(batch.Count);
    }
}
