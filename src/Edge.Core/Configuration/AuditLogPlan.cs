namespace Edge.Core.Configuration;

/// <summary>Where the audit log goes and what is in it.</summary>
/// <param name="To">Standard output, standard error, or a file.</param>
/// <param name="File">The absolute path of the file; null where it is none.</param>
/// <param name="Events">What is written.</param>
public sealed record AuditLogPlan(LogTarget To, string? File, AuditEvents Events);

/// <summary>The kinds of events in an audit log.</summary>
[Flags]
public enum AuditEvents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Requests that were refused: not authenticated, not allowed, over a limit.</summary>
    Refusals = 1,

    /// <summary>Requests that an API key or a signing key opened the door for: one line each.</summary>
    Keys = 2,

    /// <summary>What was asked of the administrative listener, health and readiness excepted.</summary>
    Admin = 4,

    /// <summary>Reloads of the configuration, those that failed included.</summary>
    Reloads = 8,

    /// <summary>Start and stop.</summary>
    Lifecycle = 16,

    /// <summary>All of them.</summary>
    All = Refusals | Keys | Admin | Reloads | Lifecycle,
}
