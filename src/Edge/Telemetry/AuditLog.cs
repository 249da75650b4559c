using System.Net;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// Who was refused and why, who was let in by which key, what was administered: a line of JSON each (docs/audit.md has the
/// fields). Never a secret: no credential, no query, no header but the User-Agent.
/// <para>
/// Whoever tells it of an event never waits (<see cref="LineLog{TEntry}"/>), and where events are missing a line marks the gap.
/// What is not asked for costs a comparison. Thread-safe.
/// </para>
/// </summary>
internal sealed class AuditLog : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly LineLog<AuditEntry> _lines;
    private readonly Lock _gate = new();
    private AuditLogPlan? _plan;
    private volatile AuditEvents _events;

    /// <summary>A log that keeps nothing until <see cref="Apply"/> says where to.</summary>
    public AuditLog(ProgramLog log, TimeProvider time)
    {
        _time = time;
        _lines = new LineLog<AuditEntry>(
            "audit log", "events", log, time, static (to, entry) => AuditLine.Write(to, entry),
            missing => new AuditEntry { Time = time.GetUtcNow().UtcDateTime, Outcome = "dropped", Missing = missing });
    }

    /// <summary>Lines written.</summary>
    public long Written => _lines.Written;

    /// <summary>Events that were not written: the queue was full, or the file could not be written.</summary>
    public long Dropped => _lines.Dropped;

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
                _lines.Open(plan.To, plan.File);
            }

            _plan = plan;
            _events = plan?.Events ?? AuditEvents.None;
        }
    }

    /// <summary>Opens the file anew, for whoever moved it away (SIGHUP).</summary>
    public void Reopen() => _lines.Reopen();

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
    /// <param name="from">Where it was asked from.</param>
    /// <param name="by">Who asked, as they say; null: they did not.</param>
    /// <param name="reason">Why, as they say; or null.</param>
    public void Administered(
        string action, string outcome, int status, IPAddress? from, string? by = null, string? reason = null)
    {
        if (Keeps(AuditEvents.Admin))
        {
            Add(new AuditEntry
            {
                Kind = AuditEvents.Admin,
                Outcome = outcome,
                Status = status,
                Client = from is { IsIPv4MappedToIPv6: true } ? from.MapToIPv4() : from,
                Caller = by,
                Reason = reason,
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

    /// <summary>Writes what is waiting, for <see cref="LineLogs.EndMax"/> at most, and ends.</summary>
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private static AuditEntry Of(RequestContext context, AuditEvents kind, string outcome)
    {
        var client = context.ClientAddress;
        return new AuditEntry
        {
            Kind = kind,
            Outcome = outcome,
            Route = context.Route?.Plan.Name,
            Method = context.Method,
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

    private void Add(in AuditEntry entry) => _lines.Add(entry with { Time = _time.GetUtcNow().UtcDateTime });
}
