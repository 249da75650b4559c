using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// What each metered request has used: a line of JSON each (docs/bodies.md has the fields). Whoever tells it of a request never
/// waits: it goes into a bounded queue, and one task formats and writes. What does not fit, or cannot be written, is counted and
/// said in the program's log. Thread-safe.
/// </summary>
internal sealed class UsageLog : IAsyncDisposable
{
    /// <summary>Most requests that wait to be written.</summary>
    public const int QueuedEntriesMax = 8192;

    /// <summary>As many bytes are written at once, and what the last line has beyond.</summary>
    public const int BatchBytesMax = 64 * 1024;

    /// <summary>Most chars of a text of the caller's.</summary>
    public const int TextCharsMax = 256;

    /// <summary>How long the end waits for what is still to be written.</summary>
    public static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    private readonly ProgramLog _log;
    private readonly TimeProvider _time;
    private readonly Channel<UsageEntry> _queue;
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytesMax * 2);
    private readonly Lock _gate = new();
    private readonly Task _writing;
    private UsageLogPlan? _plan;
    private AuditSink? _next;
    private AuditSink? _sink;
    private volatile bool _isKept;
    private volatile bool _reopens;
    private long _written;
    private long _dropped;

    /// <summary>A log that keeps nothing until <see cref="Apply"/> says where to.</summary>
    public UsageLog(ProgramLog log, TimeProvider time)
    {
        _log = log;
        _time = time;
        _queue = Channel.CreateBounded<UsageEntry>(
            new BoundedChannelOptions(QueuedEntriesMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Lines written.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Requests that were not written: the queue was full, or the file could not be written.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Goes by a configuration from now on; null: keeps nothing.</summary>
    /// <exception cref="IOException">The file cannot be opened; nothing has changed.</exception>
    public void Apply(UsageLogPlan? plan)
    {
        lock (_gate)
        {
            if (plan is not null && plan != _plan)
            {
                Interlocked.Exchange(ref _next, AuditSink.Open("usage log", plan.To, plan.File, _time))?.Dispose();
            }

            _plan = plan;
            _isKept = plan is not null;
        }
    }

    /// <summary>Opens the file anew before the next line, for whoever moved it away (SIGHUP).</summary>
    public void Reopen() => _reopens = true;

    /// <summary>A metered request is over.</summary>
    public void Used(RequestContext context, Failure failure)
    {
        if (!_isKept)
        {
            return;
        }

        var entry = new UsageEntry
        {
            Time = _time.GetUtcNow().UtcDateTime,
            Route = context.Route!.Plan.Name,
            Upstream = context.Route.Upstream.Plan.Name,
            Caller = context.Caller?.Id,
            Source = context.Caller?.Source,
            Tier = context.Caller?.Tier,
            Model = context.Facts.Model,
            RequestId = context.RequestId,
            IsStreaming = context.Facts.IsStreaming,
            Failure = failure == Failure.None ? null : Failures.Code(failure),
            Usage = context.Usage,
        };
        if (!_queue.Writer.TryWrite(entry))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what is waiting, for <see cref="EndMax"/> at most, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        try
        {
            await _writing.WaitAsync(EndMax, _time);
        }
        catch (TimeoutException)
        {
            _log.Say("edge: usage log: given up on, nobody takes what it writes");
        }

        if (Dropped > 0)
        {
            _log.Say(string.Create(CultureInfo.InvariantCulture, $"edge: usage log: {Dropped} lines dropped in all"));
        }
    }

    private async Task WriteAsync()
    {
        var reader = _queue.Reader;
        while (await reader.WaitToReadAsync())
        {
            LookAround();
            var count = 0;
            while (_batch.WrittenCount < BatchBytesMax && reader.TryRead(out var entry))
            {
                WriteLine(_batch, entry);
                count++;
            }

            Flush(count);
        }

        LookAround();
        _sink?.Dispose();
    }

    /// <summary>Takes over what <see cref="Apply"/> and <see cref="Reopen"/> have asked for.</summary>
    private void LookAround()
    {
        if (Interlocked.Exchange(ref _next, null) is { } next)
        {
            _sink?.Dispose();
            _sink = next;
        }

        if (_reopens)
        {
            _reopens = false;
            _sink?.Reopen();
        }
    }

    private void Flush(int count)
    {
        if (_sink is { } sink && !sink.TryWrite(_batch.WrittenSpan))
        {
            if (Interlocked.Add(ref _dropped, count) == count)
            {
                _log.Say($"edge: usage log: {sink.Fault}");
            }
        }
        else
        {
            Interlocked.Add(ref _written, count);
        }

        _batch.ResetWrittenCount();
    }

    private static void WriteLine(IBufferWriter<byte> to, in UsageEntry entry)
    {
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteString("time"u8, entry.Time);
        Write(json, "route"u8, entry.Route);
        Write(json, "upstream"u8, entry.Upstream);
        Write(json, "consumer"u8, entry.Caller);
        Write(json, "source"u8, entry.Source);
        Write(json, "tier"u8, entry.Tier);
        Write(json, "model"u8, entry.Model);
        Write(json, "requestId"u8, entry.RequestId);
        json.WriteBoolean("stream"u8, entry.IsStreaming);
        var counts = entry.Usage.Counts;
        json.WriteNumber("inputTokens"u8, counts.InputTokensTotal);
        json.WriteNumber("outputTokens"u8, counts.OutputTokens ?? 0);
        if ((counts.CachedTokens ?? counts.CacheReadTokens) is { } cached)
        {
            json.WriteNumber("cachedTokens"u8, cached);
        }

        if (counts.CacheCreationTokens is { } created)
        {
            json.WriteNumber("cacheCreationTokens"u8, created);
        }

        if (counts.ReasoningTokens is { } reasoning)
        {
            json.WriteNumber("reasoningTokens"u8, reasoning);
        }

        json.WriteBoolean("exact"u8, entry.Usage.Kind == UsageKind.Exact);
        Write(json, "failure"u8, entry.Failure);
        json.WriteEndObject();
        json.Flush();
        to.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text.Length > TextCharsMax ? text.AsSpan(0, TextCharsMax) : text);
        }
    }
}
