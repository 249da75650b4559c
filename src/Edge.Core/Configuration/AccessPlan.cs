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
