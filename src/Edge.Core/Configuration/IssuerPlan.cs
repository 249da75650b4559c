using System.Collections.Immutable;
using Edge.Core.Identity;

namespace Edge.Core.Configuration;

/// <summary>An issuer of tokens.</summary>
public sealed record IssuerPlan
{
    /// <summary>Its name in the file.</summary>
    public required string Name { get; init; }

    /// <summary>What <c>iss</c> says, character by character (RFC 7519, section 4.1.1).</summary>
    public required string Issuer { get; init; }

    /// <summary>Where its keys are; null: its discovery document says.</summary>
    public string? JwksUri { get; init; }

    /// <summary>
    /// One of them has to be in <c>aud</c>. Empty only where every route that takes the issuer is of a resource; see
    /// <see cref="AuthenticatePlan.AudiencesOf"/>.
    /// </summary>
    public required ImmutableArray<string> Audiences { get; init; }

    /// <summary>The only algorithms that its tokens may be signed with; never one with a shared secret.</summary>
    public required ImmutableArray<JwtAlgorithm> Algorithms { get; init; }

    /// <summary>How far its clock and ours may be apart.</summary>
    public required TimeSpan ClockSkew { get; init; }

    /// <summary>What <c>typ</c> in a token's header has to be, without <c>application/</c>; null: anything.</summary>
    public string? Type { get; init; }

    /// <summary>Longest time between <c>iat</c> and <c>exp</c>; null: any.</summary>
    public TimeSpan? MaximumLifetime { get; init; }

    /// <summary>After this time its keys are fetched anew.</summary>
    public required TimeSpan RefreshInterval { get; init; }

    /// <summary>Absolute path of a PEM file of the only certificate authorities to trust; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Which claims say what.</summary>
    public required ClaimMapping ClaimMapping { get; init; }

    /// <summary>The tier of a caller whose token names none; null: none.</summary>
    public string? DefaultTier { get; init; }

    /// <summary>True where another plan says the same, list by list.</summary>
    public bool IsSameAs(IssuerPlan other) =>
        Audiences.AsSpan().SequenceEqual(other.Audiences.AsSpan())
        && Algorithms.AsSpan().SequenceEqual(other.Algorithms.AsSpan())
        && this == other with { Audiences = Audiences, Algorithms = Algorithms };
}

/// <summary>Names of the claims that a caller is made of.</summary>
/// <param name="Consumer">Its id; a token without it is refused.</param>
/// <param name="Email">Its e-mail address.</param>
/// <param name="Tier">Its tier.</param>
/// <param name="Scopes">Its scopes: text with spaces, or an array.</param>
public sealed record ClaimMapping(string Consumer, string Email, string Tier, string Scopes);
