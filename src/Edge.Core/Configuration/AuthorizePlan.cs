using System.Collections.Immutable;
using Edge.Core.Identity;

namespace Edge.Core.Configuration;

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
