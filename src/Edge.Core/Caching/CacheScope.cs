using Edge.Core.Configuration;
using Edge.Core.Identity;

namespace Edge.Core.Caching;

/// <summary>
/// Who may be given an answer. There is no key without one, and none can be made that leaves out what it is about: where the
/// caller has no such thing, there is no scope, and nothing is looked up or stored.
/// </summary>
public readonly ref struct CacheScope
{
    private CacheScope(CacheScopeKind kind, ReadOnlySpan<char> source, ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        Kind = kind;
        Source = source;
        Name = name;
        Value = value;
        IsMade = true;
    }

    internal CacheScopeKind Kind { get; }

    internal ReadOnlySpan<char> Source { get; }

    internal ReadOnlySpan<char> Name { get; }

    internal ReadOnlySpan<char> Value { get; }

    /// <summary>False for the default value, of which no key can be made.</summary>
    internal bool IsMade { get; }

    /// <summary>The scope of one consumer: who vouches for it, and its name there.</summary>
    public static CacheScope OfConsumer(ReadOnlySpan<char> source, ReadOnlySpan<char> id) =>
        new(CacheScopeKind.Consumer, source, default, id);

    /// <summary>The scope of a caller, as the route wants it.</summary>
    /// <returns>False where it has none: its answers are nobody's but its own, and not even its own are found again.</returns>
    public static bool TryOf(CacheScopePlan plan, Caller? caller, out CacheScope scope)
    {
        scope = default;
        switch (plan.Kind)
        {
            case CacheScopeKind.Public:
                scope = new CacheScope(CacheScopeKind.Public, default, default, default);
                return true;
            case CacheScopeKind.Consumer when caller is { IsAnonymous: false, Id: { } id }:
                scope = OfConsumer(caller.Source, id);
                return true;
            case CacheScopeKind.Tier when caller is { Tier: { } tier }:
                scope = new CacheScope(CacheScopeKind.Tier, default, default, tier);
                return true;

            // Two issuers may give the same name to different tenants.
            case CacheScopeKind.Claim when caller is { IsAnonymous: false } && caller.Claim(plan.Claim) is { Length: > 0 } value:
                scope = new CacheScope(CacheScopeKind.Claim, caller.Source, plan.Claim, value);
                return true;
            default:
                return false;
        }
    }
}
