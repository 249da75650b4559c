using System.Net;
using Edge.Core.Configuration;

namespace Edge.Telemetry;

/// <summary>
/// What is known of an event when it happens. Its texts may come from anybody; whoever writes them down bounds and escapes them.
/// </summary>
internal struct AuditEntry
{
    /// <summary>The kind; <see cref="AuditEvents.None"/> is no event but asks the writer to look around.</summary>
    public AuditEvents Kind;

    /// <summary>When, in UTC.</summary>
    public DateTime Time;

    /// <summary>What became of it, or what was done.</summary>
    public string Outcome;

    /// <summary>Why, as a stable code; or null.</summary>
    public string? Reason;

    /// <summary>The status of the answer; 0: none.</summary>
    public int Status;

    /// <summary>The route's name, or null.</summary>
    public string? Route;

    /// <summary>The request's method, or null.</summary>
    public string? Method;

    /// <summary>The request's target with its query, which is not written: it may carry a credential.</summary>
    public string? Target;

    /// <summary>How many chars of <see cref="Target"/> are the path.</summary>
    public int PathLength;

    /// <summary>The address of the caller, seen through trusted proxies; or null.</summary>
    public IPAddress? Client;

    /// <summary>The other end of the connection, where that is another one; or null.</summary>
    public IPAddress? Peer;

    /// <summary>Who the caller proved to be, or null.</summary>
    public string? Caller;

    /// <summary>Who vouched for it: an issuer's name or "consumers"; or null.</summary>
    public string? Source;

    /// <summary>How the caller proved it, or null.</summary>
    public string? Credential;

    /// <summary>The name of the key: an API key's in the file, or a token's kid; or null.</summary>
    public string? Key;

    /// <summary>The request's identifier, or null.</summary>
    public string? RequestId;

    /// <summary>The caller's User-Agent, or null.</summary>
    public string? UserAgent;

    /// <summary>More in words, or null.</summary>
    public string? Detail;

    /// <summary>How many events are missing before this one; 0: none.</summary>
    public long Missing;
}
