using System.Buffers;
using System.Globalization;
using System.Net;
using System.Threading.Channels;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// Who was refused and why, who was let in by which key, what was administered: a line of JSON each (docs/audit.md has the
/// fields). Never a secret: no credential, no query, no header but the User-Agent.
/// <para>
/// Whoever tells it of an event never waits: the event goes into a bounded queue, and one task formats and writes. What does not
/// fit, or cannot be written, is counted, said in the program's log, and marked by a line where the gap is. What is not asked for
/// costs a comparison. Thread-safe.
/// </para>
/// </summary>
internal sealed class AuditLog : IAsyncDisposable
{
    /// <summary>Most events that wait to be written.</summary>
    public const int QueuedEventsMax = 8192;

    /// <summary>As many bytes are written at once, and what the last event has beyond.</summary>
    public const int BatchBytesMax = 64 * 1024;

    /// <summary>How long the end waits for what is still to be written.</summary>
    public static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    /// <summary>The program's log tells of dropped events at most this often.</summary>
    public static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    private readonly ProgramLog _log;
    private readonly TimeProvider _time;
    private readonly Channel<AuditEntry> _queue;
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytesMax * 2);
    private readonly Lock _gate = new();
    private readonly Task _writing;
    private AuditLogPlan? _plan;
    private AuditSink? _next;
    private AuditSink? _sink;
    private volatile AuditEvents _events;
    private volatile bool _reopens;
    private long _written;
    private long _dropped;
    private long _missing;
    private long _toldTimestamp;
    private long _told;
    private string _fault = "";

    /// <summary>A log that keeps nothing until <see cref="Apply"/> says where to.</summary>
    public AuditLog(ProgramLog log, TimeProvider time)
    {
        _log = log;
        _time = time;
        _queue = Channel.CreateBounded<AuditEntry>(
            new BoundedChannelOptions(QueuedEventsMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Lines written.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Events that were not written: the queue was full, or the file could not be written.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>True where events of this kind are kept. A caller that would have to make something for one asks first.</summary>
    public bool Keeps(AuditEvents kind) => (_events & kind) != 0;

    /// <summary>Goes by a configuration from now on; null: keeps nothing.</summary>
    /// <exception cref="IOException">The file cannot be opened; nothing has changed.</exception>
    public void Apply(AuditLogPlan? plan)
    {
        lock (_gate)
        {
            if (plan is not null && (_plan is null || plan.To != _plan.To || plan.File != _plan.File))
            {
                Interlocked.Exchange(ref _next, AuditSink.Open("audit log", plan.To, plan.File, _time))?.Dispose();
            }

            _plan = plan;
            _events = plan?.Events ?? AuditEvents.None;
        }

        Nudge();
    }

    /// <summary>Opens the file anew, for whoever moved it away (SIGHUP).</summary>
    public void Reopen()
    {
        _reopens = true;
        Nudge();
    }

    /// <summary>A request was refused.</summary>
    public void Refused(RequestContext context, Failure why)
    {
        if (Keeps(AuditEvents.Refusals))
        {
            var entry = Of(context, AuditEvents.Refusals, "refused");
            entry.Reason = context.RefusalReason ?? Failures.Code(why);
            entry.Status = Failures.StatusCode(why);
            Add(entry);
        }
    }

    /// <summary>A request was let in because of a key or a token.</summary>
    public void KeyUsed(RequestContext context)
    {
        if (Keeps(AuditEvents.Keys))
        {
            Add(Of(context, AuditEvents.Keys, "accepted"));
        }
    }

    /// <summary>Something was asked of the administrative listener.</summary>
    /// <param name="action">Method and path.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="from">Who asked.</param>
    public void Administered(string action, string outcome, int status, IPAddress? from)
    {
        if (Keeps(AuditEvents.Admin))
        {
            Add(new AuditEntry
            {
                Kind = AuditEvents.Admin,
                Outcome = outcome,
                Status = status,
                Client = from is { IsIPv4MappedToIPv6: true } ? from.MapToIPv4() : from,
                Detail = action,
            });
        }
    }

    /// <summary>The configuration was read again.</summary>
    /// <param name="succeeded">True: and is in force.</param>
    /// <param name="reason">What caused it: a signal, a changed file.</param>
    /// <param name="detail">What is wrong, or how much there is.</param>
    public void Reloaded(bool succeeded, string reason, string detail)
    {
        if (Keeps(AuditEvents.Reloads))
        {
            Add(new AuditEntry
            {
                Kind = AuditEvents.Reloads,
                Outcome = succeeded ? "reloaded" : "failed",
                Reason = reason,
                Detail = detail,
            });
        }
    }

    /// <summary>The gateway began or ended.</summary>
    public void Lived(string outcome, string? detail)
    {
        if (Keeps(AuditEvents.Lifecycle))
        {
            Add(new AuditEntry { Kind = AuditEvents.Lifecycle, Outcome = outcome, Detail = detail });
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
            _log.Say("edge: audit log: given up on, nobody takes what it writes");
        }

        Tell(isEnd: true);
    }

    private static AuditEntry Of(RequestContext context, AuditEvents kind, string outcome)
    {
        var client = context.ClientAddress;
        return new AuditEntry
        {
            Kind = kind,
            Outcome = outcome,
            Route = context.Route?.Plan.Name,
            Method = context.Request.Method,
            Target = context.Target.Value,
            PathLength = context.Target.Path.Length,
            Client = client,
            Peer = client.Equals(context.Peer) ? null : context.Peer,
            Caller = context.Caller?.Id,
            Source = context.Caller?.Source,
            Credential = context.Caller is { } caller ? NameOf(caller.Kind) : null,
            Key = context.Caller?.CredentialName,
            RequestId = context.RequestId,
            UserAgent = context.RequestHeaders.UserAgent is [{ } agent, ..] ? agent : null,
        };
    }

    private static string NameOf(CallerKind kind) => kind switch
    {
        CallerKind.ApiKey => "api key",
        CallerKind.ConsumerToken => "consumer token",
        CallerKind.IssuerToken => "issuer token",
        _ => "none",
    };

    private void Add(in AuditEntry entry)
    {
        var timed = entry with { Time = _time.GetUtcNow().UtcDateTime };
        if (!_queue.Writer.TryWrite(timed))
        {
            Drop(1, "the queue is full");
        }
    }

    // A full queue needs none: its writer is at work.
    private void Nudge() => _queue.Writer.TryWrite(default);

    private void Drop(long count, string why)
    {
        Interlocked.Add(ref _dropped, count);
        Interlocked.Add(ref _missing, count);
        _fault = why;
        Tell(isEnd: false);
    }

    private void Tell(bool isEnd)
    {
        var last = Volatile.Read(ref _toldTimestamp);
        var now = _time.GetTimestamp();
        if ((!isEnd && last != 0 && _time.GetElapsedTime(last, now) < TellEvery)
            || Interlocked.CompareExchange(ref _toldTimestamp, now, last) != last)
        {
            return;
        }

        var dropped = Dropped;
        var untold = dropped - Interlocked.Exchange(ref _told, dropped);
        if (untold > 0)
        {
            _log.Say(string.Create(CultureInfo.InvariantCulture, $"edge: audit log: {untold} events dropped: {_fault}"));
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
                if (entry.Kind != AuditEvents.None)
                {
                    AuditLine.Write(_batch, entry);
                    count++;
                }
            }

            if (count > 0)
            {
                Flush(count);
            }
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
        if (_sink is not { } sink || !sink.TryWrite(_batch.WrittenSpan))
        {
            _batch.ResetWrittenCount();
            Drop(count, _sink is null ? "it was switched off" : _sink.Fault);
            return;
        }

        Interlocked.Add(ref _written, count);
        _batch.ResetWrittenCount();
        if (Interlocked.Exchange(ref _missing, 0) is > 0 and var missing)
        {
            // Behind what came through: the gap is somewhere between this line and the last one of its kind.
            var gap = new AuditEntry { Time = _time.GetUtcNow().UtcDateTime, Outcome = "dropped", Missing = missing };
            AuditLine.Write(_batch, gap);
            if (!sink.TryWrite(_batch.WrittenSpan))
            {
                Interlocked.Add(ref _missing, missing);
            }

            _batch.ResetWrittenCount();
        }
    }
}
