namespace Edge.Core.Configuration;

/// <summary>A place where a request may carry a credential.</summary>
/// <param name="Kind">What sort of place.</param>
/// <param name="Name">Name of the header, the parameter or the cookie; what the protocol begins with.</param>
public readonly record struct CredentialPlace(CredentialPlaceKind Kind, string Name)
{
    /// <summary>True where both are the same place: the names of headers are so in any case.</summary>
    public bool IsSameAs(CredentialPlace other) => Kind == other.Kind && Name.Equals(
        other.Name, Kind == CredentialPlaceKind.Header ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    /// <summary>As the file writes it.</summary>
    public override string ToString() => Kind switch
    {
        CredentialPlaceKind.Authorization => "authorization",
        CredentialPlaceKind.Query => "query:" + Name,
        CredentialPlaceKind.Cookie => "cookie:" + Name,
        CredentialPlaceKind.Protocol => "protocol:" + Name,
        _ => Name is "x-api-key" or "api-key" ? Name : "header:" + Name,
    };
}

/// <summary>Where a request may carry a credential.</summary>
public enum CredentialPlaceKind : byte
{
    /// <summary>The Authorization header, with the scheme Bearer.</summary>
    Authorization,

    /// <summary>A header whose whole value it is.</summary>
    Header,

    /// <summary>A parameter of the query.</summary>
    Query,

    /// <summary>A cookie.</summary>
    Cookie,

    /// <summary>
    /// A name in Sec-WebSocket-Protocol, behind a prefix: the one header that a page in a browser can set for a WebSocket.
    /// </summary>
    Protocol,
}
