namespace Edge.Core.Http;

/// <summary>What a response header field means to whoever copies it from one connection to another.</summary>
public enum ResponseHeaderKind : byte
{
    /// <summary>Nothing in particular: copied as it is, unless the Connection header names it.</summary>
    Other,

    /// <summary>
    /// Speaks of one connection only and is never copied (RFC 9110, section 7.6.1): Connection, Keep-Alive, Proxy-Connection,
    /// Proxy-Authenticate, Proxy-Authentication-Info, TE, Trailer, Transfer-Encoding, Upgrade.
    /// </summary>
    HopByHop,

    /// <summary>Content-Length: written anew from <see cref="ResponseHead.ContentLength"/>, never copied as text.</summary>
    ContentLength,

    /// <summary>Content-Type.</summary>
    ContentType,

    /// <summary>Content-Encoding.</summary>
    ContentEncoding,

    /// <summary>Date.</summary>
    Date,

    /// <summary>Server.</summary>
    Server,

    /// <summary>Via, to which the gateway adds itself.</summary>
    Via,

    /// <summary>Alt-Svc, which invites callers to another door (RFC 7838).</summary>
    AltSvc,

    /// <summary>Set-Cookie: one field a cookie, never joined with commas, and never worth remembering.</summary>
    SetCookie,
}
