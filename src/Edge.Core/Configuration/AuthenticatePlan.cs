using System.Collections.Immutable;

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

/// <summary>What callers without a credential are.</summary>
/// <param name="Tier">Their tier, or null.</param>
public sealed record AnonymousPlan(string? Tier);
