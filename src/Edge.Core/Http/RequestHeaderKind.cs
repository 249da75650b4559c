namespace Edge.Core.Http;

/// <summary>What a forwarder must know of a request's header before it copies it.</summary>
public enum RequestHeaderKind : byte
{
    /// <summary>Copied as it is.</summary>
    EndToEnd,

    /// <summary>Meant for this hop only (RFC 9110, section 7.6.1): never copied.</summary>
    HopByHop,

    /// <summary>Written anew by the forwarder: Host, Content-Length, Expect.</summary>
    Framing,

    /// <summary>Proves who the caller is: not copied where the upstream has a credential of its own.</summary>
    Credential,

    /// <summary>Tells of the hops before: X-Forwarded-*, Forwarded, X-Real-IP. Not copied; most are written anew.</summary>
    Forwarded,

    /// <summary>Via: extended, not copied.</summary>
    Via,

    /// <summary>Cookie: several fields are joined into one (RFC 9113, section 8.2.3).</summary>
    Cookie,
}
