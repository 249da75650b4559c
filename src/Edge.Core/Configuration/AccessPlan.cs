using System.Collections.Immutable;
using Edge.Core.Identity;

namespace Edge.Core.Configuration;

/// <summary>Whom a route asks for a credential, and where it looks for it.</summary>
public sealed record AuthenticatePlan
{
    /// <summary>Issuers whose tokens are taken.</summary>
    public required ImmutableArray<IssuerPlan> Issuers { get; init; }

    /// <summary>True where API keys and tokens of the file's consumers are taken.</summary>
    public required bool Consumers { get; init; }

    /// <summary>Where a credential may stand. At least one place; none twice.</summary>
    public required ImmutableArray<CredentialPlace> From { get; init; }

    /// <summary>Longest time between <c>iat</c> and <c>exp</c> of a token; null: any.</summary>
    public TimeSpan? MaximumLifetime { get; init; }

    /// <summary>What callers without a credential are; null: they are refused.</summary>
    public AnonymousPlan? Anonymous { get; init; }

    /// <summary>The OAuth 2.0 resource that the route is part of; null: of none.</summary>
    public ResourcePlan? Resource { get; init; }

    /// <summary>
    /// What <c>aud</c> of an issuer's token has to say here, or one of several: on a route of a resource that resource, whatever
    /// the issuer's own list says, so that a token for one resource opens no other (RFC 8707, section 2).
    /// </summary>
    public ImmutableArray<string> AudiencesOf(IssuerPlan issuer) => Resource?.Audiences ?? issuer.Audiences;
}

/// <summary>A protected resource in the sense of RFC 9728: what its metadata says.</summary>
public sealed record ResourcePlan
{
    /// <summary>Its identifier: the URL at which clients know it.</summary>
    public required string Identifier { get; init; }

    /// <summary>Identifiers of the authorisation servers that give tokens for it.</summary>
    public required ImmutableArray<string> AuthorizationServers { get; init; }

    /// <summary>Scopes that it knows beside those that its routes ask for.</summary>
    public required Scopes ScopesSupported { get; init; }

    /// <summary>Its name for people, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Where people read about it, or null.</summary>
    public string? Documentation { get; init; }

    /// <summary>
    /// What <c>aud</c> may say: the identifier. Of one without a path there are two spellings of the same URL (RFC 3986, section
    /// 6.2.3), and clients send either.
    /// </summary>
    public ImmutableArray<string> Audiences =>
        PathStart < 0 ? [Identifier, Identifier + "/"]
        : PathStart == Identifier.Length - 1 ? [Identifier, Identifier[..^1]]
        : [Identifier];

    /// <summary>Where its metadata is (RFC 9728, section 3.1): below the host, with its own path behind.</summary>
    public string MetadataUrl => Origin + MetadataPath;

    /// <summary>The path of that.</summary>
    public string MetadataPath => WellKnownPath + Path;

    /// <summary>Where the metadata of resources without a path is; that of others is below.</summary>
    public const string WellKnownPath = "/.well-known/oauth-protected-resource";

    /// <summary>Scheme and authority of the identifier.</summary>
    public string Origin => PathStart < 0 ? Identifier : Identifier[..PathStart];

    private string Path => PathStart < 0 || PathStart == Identifier.Length - 1 ? "" : Identifier[PathStart..];

    private int PathStart => Identifier.IndexOf('/', Identifier.IndexOf("://", StringComparison.Ordinal) + 3);
}

/// <summary>What callers without a credential are.</summary>
/// <param name="Tier">Their tier, or null.</param>
public sealed record AnonymousPlan(string? Tier);

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
}

/// <summary>A place where a request may carry a credential.</summary>
/// <param name="Kind">What sort of place.</param>
/// <param name="Name">Name of the header, the parameter or the cookie.</param>
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
        _ => Name is "x-api-key" or "api-key" ? Name : "header:" + Name,
    };
}

/// <summary>What a caller has to be in order to use a route: all of these together.</summary>
public sealed record AuthorizePlan
{
    /// <summary>Scopes that it needs, all of them.</summary>
    public required Scopes Scopes { get; init; }

    /// <summary>Tiers of which it needs one; empty: any or none.</summary>
    public required ImmutableArray<string> Tiers { get; init; }

    /// <summary>Claims of its token and what they have to say.</summary>
    public required ImmutableArray<KeyValuePair<string, string>> Claims { get; init; }

    /// <summary>From where it may call; null: from anywhere.</summary>
    public AddressRulesPlan? Addresses { get; init; }

    /// <summary>True where it has to be known who calls.</summary>
    public bool AsksForCaller => !Scopes.IsEmpty || !Tiers.IsEmpty || !Claims.IsEmpty;
}
