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

    /// <summary>Tells of the hops before: X-Forwarded-*, Forwarded. Written anew.</summary>
    Forwarded,

    /// <summary>Via: extended, not copied.</summary>
    Via,

    /// <summary>Cookie: several fields are joined into one (RFC 9113, section 8.2.3).</summary>
    Cookie,
}

/// <summary>Tells the kind of a request's header by its name.</summary>
public static class RequestHeaderKinds
{
    /// <summary>The kind of the header with this name, in any case. Costs a switch for most names.</summary>
    public static RequestHeaderKind Of(ReadOnlySpan<char> name) => name.Length switch
    {
        2 => Is(name, "TE") ? RequestHeaderKind.HopByHop : RequestHeaderKind.EndToEnd,
        3 => Is(name, "Via") ? RequestHeaderKind.Via : RequestHeaderKind.EndToEnd,
        4 => Is(name, "Host") ? RequestHeaderKind.Framing : RequestHeaderKind.EndToEnd,
        6 => Is(name, "Cookie") ? RequestHeaderKind.Cookie
            : Is(name, "Expect") ? RequestHeaderKind.Framing : RequestHeaderKind.EndToEnd,
        7 => Is(name, "Upgrade") || Is(name, "Trailer") ? RequestHeaderKind.HopByHop
            : Is(name, "Api-Key") ? RequestHeaderKind.Credential : RequestHeaderKind.EndToEnd,
        9 => Is(name, "X-Api-Key") ? RequestHeaderKind.Credential
            : Is(name, "Forwarded") ? RequestHeaderKind.Forwarded : RequestHeaderKind.EndToEnd,
        10 => Is(name, "Connection") || Is(name, "Keep-Alive") ? RequestHeaderKind.HopByHop : RequestHeaderKind.EndToEnd,
        13 => Is(name, "Authorization") ? RequestHeaderKind.Credential : RequestHeaderKind.EndToEnd,
        14 => Is(name, "Content-Length") ? RequestHeaderKind.Framing
            : Is(name, "HTTP2-Settings") ? RequestHeaderKind.HopByHop : RequestHeaderKind.EndToEnd,
        15 => Is(name, "X-Forwarded-For") ? RequestHeaderKind.Forwarded : RequestHeaderKind.EndToEnd,
        16 => OfSixteen(name),
        17 => Is(name, "Transfer-Encoding") ? RequestHeaderKind.HopByHop
            : Is(name, "X-Forwarded-Proto") ? RequestHeaderKind.Forwarded : RequestHeaderKind.EndToEnd,
        19 => Is(name, "Proxy-Authorization") ? RequestHeaderKind.HopByHop : RequestHeaderKind.EndToEnd,
        _ => RequestHeaderKind.EndToEnd,
    };

    // X-Content-Length is what Kestrel makes of a Content-Length beside a Transfer-Encoding: framing of this hop.
    private static RequestHeaderKind OfSixteen(ReadOnlySpan<char> name) =>
        Is(name, "Proxy-Connection") || Is(name, "X-Content-Length") ? RequestHeaderKind.HopByHop
        : Is(name, "X-Forwarded-Host") || Is(name, "X-Forwarded-Port") ? RequestHeaderKind.Forwarded
        : RequestHeaderKind.EndToEnd;

    private static bool Is(ReadOnlySpan<char> name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
