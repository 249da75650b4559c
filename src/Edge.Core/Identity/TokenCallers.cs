using System.Collections.Immutable;
using Edge.Core.Configuration;

namespace Edge.Core.Identity;

/// <summary>Makes callers of verified claims. Stateless; safe from any thread.</summary>
public static class TokenCallers
{
    /// <summary>The caller of a token that an issuer gave.</summary>
    /// <param name="claims">Verified claims.</param>
    /// <param name="issuer">What the file says of the issuer.</param>
    /// <param name="kid">The id of the key that verified it, or null.</param>
    /// <param name="identity">Which tiers there are, and which claims are asked for later.</param>
    /// <returns>Null where the token does not say who it speaks for.</returns>
    public static Caller? OfIssuer(JwtClaims claims, IssuerPlan issuer, string? kid, IdentityPlan identity)
    {
        var mapping = issuer.ClaimMapping;
        if (claims.Find(mapping.Consumer).Text is not { Length: > 0 } id)
        {
            return null;
        }

        var tier = claims.Find(mapping.Tier).Text;
        return new Caller(CallerKind.IssuerToken, issuer.Name, id, Remember(claims, identity.Claims))
        {
            Email = claims.Find(mapping.Email).Text,
            Tier = string.IsNullOrEmpty(tier) || !identity.HasTier(tier) ? issuer.DefaultTier : tier,
            Scopes = Scopes.Of(claims.Words(mapping.Scopes)),
            CredentialName = kid,
        };
    }

    /// <summary>The claims to remember that a token has, as <see cref="Caller.Claim"/> gives them.</summary>
    public static KeyValuePair<string, string>[]? Remember(JwtClaims claims, ImmutableArray<string> names)
    {
        List<KeyValuePair<string, string>>? kept = null;
        foreach (var name in names)
        {
            var claim = claims.Find(name);
            var text = claim.Kind == JwtValueKind.Array ? Join(claim) : claim.Text;
            var isList = claim.Kind == JwtValueKind.Array;
            if (text is not null && (isList || !text.Contains(Caller.ItemSeparator, StringComparison.Ordinal)))
            {
                (kept ??= []).Add(KeyValuePair.Create(name, text));
            }
        }

        return kept?.ToArray();
    }

    private static string? Join(JwtClaim claim)
    {
        var items = new List<string>();
        claim.AddWordsTo(items);
        for (var i = items.Count - 1; i >= 0; i--)
        {
            if (items[i].Contains(Caller.ItemSeparator, StringComparison.Ordinal))
            {
                items.RemoveAt(i);
            }
        }

        return items.Count == 0 ? null : string.Join(Caller.ItemSeparator, items);
    }
}
