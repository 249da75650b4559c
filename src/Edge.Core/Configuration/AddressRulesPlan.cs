using System.Collections.Immutable;
using System.Net;

namespace Edge.Core.Configuration;

/// <summary>From where a route may be called.</summary>
/// <param name="Allow">Networks that may; empty: all.</param>
/// <param name="Deny">Networks that may not, even where they are allowed.</param>
public sealed record AddressRulesPlan(ImmutableArray<IPNetwork> Allow, ImmutableArray<IPNetwork> Deny);
