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
}

/// <summary>What callers without a credential are.</summary>
/// <param name="Tier">Their tier, or null.</param>
public sealed record AnonymousPlan(string? Tier);
