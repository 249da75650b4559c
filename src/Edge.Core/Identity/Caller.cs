using Edge.Core.Limits;

namespace Edge.Core.Identity;

/// <summary>How a caller was recognised.</summary>
public enum CallerKind : byte
{
    /// <summary>It brought no credential, and the route lets such callers in.</summary>
    Anonymous,

    /// <summary>By an API key of a consumer of the file.</summary>
    ApiKey,

    /// <summary>By a token signed with a secret of a consumer of the file.</summary>
    ConsumerToken,

    /// <summary>By a token of an issuer.</summary>
    IssuerToken,
}

/// <summary>
/// Who calls: the outcome of authentication, which everything after it goes by. Immutable and shared: requests with the same
/// credential have the same object, for as long as it is remembered. Safe from any thread.
/// </summary>
/// <remarks>
/// Its texts come from tokens and may hold any character. Whatever writes one into a header, a log or a body encodes it there;
/// see <see cref="Templating.Template"/> for headers.
/// </remarks>
public sealed class Caller
{
    /// <summary>Keys that are remembered: of all routes that a caller uses, and of configurations that are gone.</summary>
    private const int KeysMax = 64;

    private readonly KeyValuePair<string, string>[] _claims;
    private volatile LimitKey[] _keys = [];
    private int _nextKey;

    /// <summary>A caller.</summary>
    /// <param name="kind">How it was recognised.</param>
    /// <param name="source">
    /// Who vouches for it: the issuer's name in the file, or <see cref="ConsumersSource"/>; empty for an anonymous one.
    /// </param>
    /// <param name="id">Its name: the consumer's in the file, or the issuer's claim; null for an anonymous one.</param>
    /// <param name="claims">Claims of its token that the configuration asks for, as text; not copied.</param>
    public Caller(CallerKind kind, string source, string? id, KeyValuePair<string, string>[]? claims = null)
    {
        Kind = kind;
        Source = source;
        Id = id;
        _claims = claims ?? [];
    }

    /// <summary>The <see cref="Source"/> of consumers of the file, and what <c>authenticate.with</c> calls them.</summary>
    public const string ConsumersSource = "consumers";

    /// <summary>Separates the items of a claim that is an array. No text that is a claim by itself has one in it.</summary>
    public const char ItemSeparator = '\n';

    /// <summary>How it was recognised.</summary>
    public CallerKind Kind { get; }

    /// <summary>
    /// Who vouches for it. Two callers are the same only where both <see cref="Source"/> and <see cref="Id"/> are: two issuers
    /// may give the same name to different people.
    /// </summary>
    public string Source { get; }

    /// <summary>Its name, unique within <see cref="Source"/>; null for an anonymous one.</summary>
    public string? Id { get; }

    /// <summary>The name that the operator's own systems know it by, or null.</summary>
    public string? CustomId { get; init; }

    /// <summary>Its e-mail address, or null.</summary>
    public string? Email { get; init; }

    /// <summary>Its tier, or null.</summary>
    public string? Tier { get; init; }

    /// <summary>What it may do.</summary>
    public Scopes Scopes { get; init; } = Scopes.None;

    /// <summary>Which of its credentials it used, for the audit log: an API key's name, a token's <c>kid</c>; or null.</summary>
    public string? CredentialName { get; init; }

    /// <summary>True where it brought no credential.</summary>
    public bool IsAnonymous => Kind == CallerKind.Anonymous;

    /// <summary>A caller without a credential.</summary>
    public static Caller Anonymous(string? tier) => new(CallerKind.Anonymous, "", null) { Tier = tier };

    /// <summary>
    /// The text of a claim: a string as it is, a number or a boolean as JSON writes it, the strings of an array separated by
    /// <see cref="ItemSeparator"/>. Null where the token has no such claim, or where no part of the configuration names it.
    /// </summary>
    public string? Claim(ReadOnlySpan<char> name)
    {
        foreach (var claim in _claims)
        {
            if (name.SequenceEqual(claim.Key))
            {
                return claim.Value;
            }
        }

        return null;
    }

    /// <summary>True where a claim says exactly this, or has it among the items of its array.</summary>
    public bool HasClaim(string name, ReadOnlySpan<char> value)
    {
        var rest = Claim(name).AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf(ItemSeparator);
            if ((end < 0 ? rest : rest[..end]).SequenceEqual(value))
            {
                return true;
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return false;
    }

    /// <summary>
    /// The key of its bucket of a limit in which nothing but the caller has a part, where that was found out before.
    /// </summary>
    /// <param name="hasher">The limit's own.</param>
    /// <param name="key">The key.</param>
    public bool TryGetLimitKey(KeyHasher hasher, out Limits.KeyHash key)
    {
        foreach (ref readonly var known in _keys.AsSpan())
        {
            if (ReferenceEquals(known.Hasher, hasher))
            {
                key = known.Key;
                return true;
            }
        }

        key = default;
        return false;
    }

    /// <summary>Remembers it. Where many are known, the one that was remembered first makes room.</summary>
    public void KeepLimitKey(KeyHasher hasher, Limits.KeyHash key)
    {
        // Of two threads that add one at the same time, one has to find it out once more.
        LimitKey[] known = [.. _keys];
        if (known.Length < KeysMax)
        {
            _keys = [.. known, new LimitKey(hasher, key)];
            return;
        }

        known[(_nextKey++ & int.MaxValue) % KeysMax] = new LimitKey(hasher, key);
        _keys = known;
    }

    /// <summary>Never tells more than how and by whom it was recognised.</summary>
    public override string ToString() => $"{Kind} {Source}";

    private readonly record struct LimitKey(KeyHasher Hasher, Limits.KeyHash Key);
}
