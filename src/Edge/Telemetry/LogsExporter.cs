using System.Globalization;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>
/// Sends lines of logs to a collector, many at once, from memory that is bounded and that nobody waits for. A batch that the
/// collector does not take is tried again once, then dropped and counted. Adding allocates nothing. Owns its sender. Thread-safe.
/// </summary>
internal sealed class LogsExporter : IAsyncDisposable
{
    /// <summary>Most bytes of lines that wait.</summary>
    public const int QueuedBytesMax = 1024 * 1024;

    /// <summary>Most lines that wait: as many as an export has.</summary>
    public const int QueuedLinesMax = 4096;

    /// <summary>Most chars of an attribute.</summary>
    public const int ValueCharsMax = 1024;

    /// <summary>The longest that lines wait for others to be sent with.</summary>
    public static readonly TimeSpan BatchEvery = TimeSpan.FromSeconds(1);

    private readonly OtlpLogsWriter _writer;
    private readonly OtlpSender _sender;
    private readonly TimeProvider _time;
    private readonly StripedCounter _taken;
    private readonly StripedCounter _failed;
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ProtobufWriter _fields = new();
    private readonly Lock _gate = new();
    private readonly Task _running;
    private Batch _filling = new();
    private Batch _sending = new();
    private long _dropped;

    /// <summary>Begins to export.</summary>
    public LogsExporter(OtlpSettings settings, OtlpOrigin origin, GatewayMetrics metrics, TimeProvider time)
    {
        _writer = new OtlpLogsWriter(origin);
        _sender = OtlpSender.OfLogs(settings);
        _time = time;
        _taken = metrics.Exports.Of("logs", "taken");
        _failed = metrics.Exports.Of("logs", "failed");
        Logs = settings.LogNames;
        _running = RunAsync();
    }

    /// <summary>Which logs it wants.</summary>
    public OtlpLogs Logs { get; }

    /// <summary>Lines that could not be sent.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Adds a line; never waits. What does not fit is dropped and counted.</summary>
    /// <param name="severity">OpenTelemetry's number.</param>
    /// <param name="log">Which log.</param>
    /// <param name="trace">Its place in a trace; null: it has none.</param>
    /// <param name="line">The line, without its end.</param>
    public void Add(int severity, string log, RequestTrace? trace, ReadOnlySpan<byte> line)
    {
        var nanos = Nanos;
        var id = trace?.Id ?? default;
        lock (_gate)
        {
            if (!_filling.TryAdd(new OtlpLogHead(nanos, severity, log, id.High, id.Low, id.Span), line, default))
            {
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    /// <summary>Adds a line of the program's log; never waits, either.</summary>
    /// <param name="severity">OpenTelemetry's number.</param>
    /// <param name="what">Which message it is.</param>
    /// <param name="line">The line.</param>
    /// <param name="fields">The values in it: a record has them as attributes, <c>edge.</c> before the name.</param>
    public void Add(int severity, EventId what, string line, IReadOnlyList<KeyValuePair<string, object?>>? fields)
    {
        var text = Encoding.UTF8.GetBytes(line);
        lock (_gate)
        {
            _fields.Clear();
            for (var i = 0; i < fields?.Count; i++)
            {
                var (name, value) = fields[i];
                if (!name.StartsWith('{'))
                {
                    OtlpLogsWriter.PutField(_fields, "edge." + name, ValueOf(value));
                }
            }

            if (!_filling.TryAdd(
                new OtlpLogHead(Nanos, severity, "program", 0, 0, 0, what.Id, what.Name), text, _fields.Written.Span))
            {
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    /// <summary>Sends what is waiting, for <see cref="MetricsExporter.EndMax"/> at most, and ends.</summary>
    public ValueTask DisposeAsync() => EndAsync(MetricsExporter.EndMax);

    /// <summary>The same within a time.</summary>
    public async ValueTask EndAsync(TimeSpan within)
    {
        await _stop.CancelAsync();
        _end.CancelAfter(within);
        await _running;
        _sender.Dispose();
        _stop.Dispose();
        _end.Dispose();
    }

    private long Nanos => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static object? ValueOf(object? value) =>
        value is long or null ? value : OneLine.Of(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", ValueCharsMax);

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(BatchEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await SendAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The end, before which what is waiting goes out.
        }

        await SendAsync();
    }

    private async Task SendAsync()
    {
        lock (_gate)
        {
            (_filling, _sending) = (_sending, _filling);
        }

        if (_sending.Count == 0)
        {
            return;
        }

        var message = _sending.WriteTo(_writer);
        var count = _sending.Count;
        _sending.Clear();
        for (var attempt = 0; attempt < 2 && !_end.IsCancellationRequested; attempt++)
        {
            if (await _sender.SendAsync(message, _end.Token) is null)
            {
                _taken.Increment();
                return;
            }

            _failed.Increment();
        }

        Interlocked.Add(ref _dropped, count);
    }

    /// <summary>Lines one after another, and what else is known of each.</summary>
    private sealed class Batch
    {
        private readonly OtlpLogHead[] _heads = new OtlpLogHead[QueuedLinesMax];
        private readonly int[] _ends = new int[QueuedLinesMax];
        private readonly int[] _lineEnds = new int[QueuedLinesMax];
        private readonly byte[] _bytes = new byte[QueuedBytesMax];

        internal int Count { get; private set; }

        private int Length => Count == 0 ? 0 : _ends[Count - 1];

        internal bool TryAdd(in OtlpLogHead head, ReadOnlySpan<byte> line, ReadOnlySpan<byte> fields)
        {
            var start = Length;
            if (Count == QueuedLinesMax || QueuedBytesMax - start < line.Length + fields.Length)
            {
                return false;
            }

            line.CopyTo(_bytes.AsSpan(start));
            fields.CopyTo(_bytes.AsSpan(start + line.Length));
            _heads[Count] = head;
            _lineEnds[Count] = start + line.Length;
            _ends[Count++] = start + line.Length + fields.Length;
            return true;
        }

        internal ReadOnlyMemory<byte> WriteTo(OtlpLogsWriter writer)
        {
            writer.Begin();
            var start = 0;
            for (var i = 0; i < Count; i++)
            {
                writer.Put(_heads[i], _bytes.AsSpan(start.._lineEnds[i]), _bytes.AsSpan(_lineEnds[i].._ends[i]));
                start = _ends[i];
            }

            return writer.End();
        }

        internal void Clear() => Count = 0;
    }
}
