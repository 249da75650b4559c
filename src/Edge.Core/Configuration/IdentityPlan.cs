using System.Collections.Immutable;
using Edge.Core.Identity;

namespace Edge.Core.Configuration;

/// <summary>Who may call: issuers of tokens, and consumers of the file.</summary>
public sealed class IdentityPlan
{
    /// <summary>Nobody is known.</summary>
    public static IdentityPlan Empty { get; } = new() { Issuers = [], Consumers = ConsumerRegistry.Empty, Claims = [] };

    /// <summary>Issuers of tokens, in file order.</summary>
    public required ImmutableArray<IssuerPlan> Issuers { get; init; }

    /// <summary>The consumers of the file.</summary>
    public required ConsumerRegistry Consumers { get; init; }

    /// <summary>
    /// Names of the claims that some part of the configuration looks at, in ordinal order: what is to be remembered of a token.
    /// </summary>
    public required ImmutableArray<string> Claims { get; init; }

    /// <summary>Names of the tiers; empty: any name is one.</summary>
    public ImmutableArray<string> Tiers { get; init; } = [];

    /// <summary>True where a tier that a token names is one of ours.</summary>
    public bool HasTier(string tier) => Tiers.IsEmpty || Tiers.Contains(tier);

    /// <summary>How many credentials from one address may be wrong; null: any number.</summary>
    public FailureLimitPlan? FailureLimit { get; init; }

    /// <summary>True where another plan says the same, so that what was verified under one still holds under the other.</summary>
    public bool IsSameAs(IdentityPlan other) =>
        Issuers.Length == other.Issuers.Length
        && Claims.AsSpan().SequenceEqual(other.Claims.AsSpan())
        && Tiers.AsSpan().SequenceEqual(other.Tiers.AsSpan())
        && Consumers.IsSameAs(other.Consumers)
        && HasSameIssuers(other);

    private bool HasSameIssuers(IdentityPlan other)
    {
        for (var i = 0; i < Issuers.Length; i++)
        {
            if (!Issuers[i].IsSameAs(other.Issuers[i])) return false;
        }

        return true;
    }
}

/// <summary>A tier of callers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="UpgradeUrl">Where a caller whose tier does not reach gets a higher one; told in the refusal. Or null.</param>
public sealed record TierPlan(string Name, string? UpgradeUrl)
{
    /// <summary>Models that its callers may use, with <c>*</c> for any text; empty: all.</summary>
    public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>Models that its callers ask for, and those that are asked for instead.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Aliases { get; init; } = [];

    /// <summary>Most tokens of one request and its answer, as estimated; null: any.</summary>
    public long? RequestTokensMax { get; init; }
}
