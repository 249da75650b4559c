using System.Collections.Immutable;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Issuers;

namespace Edge.Hosting;

/// <summary>
/// Whose tokens a route takes, and how they are verified: those of its issuers, <c>iss</c> choosing between them, and those that
/// consumers sign with their secrets. Immutable but for the cache that it shares; safe from any thread.
/// </summary>
internal sealed class RouteTokens
{
    private static int LastScope;

    private readonly TokenCache<Caller> _cache;
    private readonly IssuerTokens[] _issuers;
    private readonly ConsumerRegistry? _consumers;
    private readonly JwtPolicy _consumerPolicy;
    private readonly AuthenticatePlan _plan;
    private readonly IdentityPlan _identity;

    // A token that was verified for one route says nothing of another, whose audience, issuers or lifetime may differ.
    private readonly int _scope = Interlocked.Increment(ref LastScope);

    /// <summary>Prepares a route's.</summary>
    /// <param name="plan">What the route asks.</param>
    /// <param name="identity">Who there is.</param>
    /// <param name="running">The issuers of <paramref name="identity"/>, in its order.</param>
    /// <param name="cache">Where verified tokens are remembered.</param>
    public RouteTokens(
        AuthenticatePlan plan, IdentityPlan identity, ImmutableArray<Issuer> running, TokenCache<Caller> cache)
    {
        _cache = cache;
        _plan = plan;
        _identity = identity;
        _consumers = plan.Consumers ? identity.Consumers : null;
        _consumerPolicy = new JwtPolicy
        {
            Algorithms = JwtAlgorithmSet.Hmac,
            Audiences = plan.Resource?.Audiences ?? [],
            LifetimeSecondsMax = Seconds(plan.MaximumLifetime),
            TokenBytesMax = JwtLimits.TokenBytesMax,
        };
        _issuers = new IssuerTokens[plan.Issuers.Length];
        for (var i = 0; i < _issuers.Length; i++)
        {
            var issuer = plan.Issuers[i];
            _issuers[i] = new IssuerTokens(issuer, running[identity.Issuers.IndexOf(issuer)], PolicyFor(plan, issuer));
        }
    }

    /// <summary>Looks whether a token was verified for this route before. Allocates nothing.</summary>
    public TokenCacheOutcome TryRecall(ReadOnlySpan<char> token, long nowMs, out VerifiedToken<Caller>? found) =>
        _cache.TryGet(token, _scope, nowMs, out found);

    /// <summary>Whether a token that was recalled before is one of this route's, and still holds.</summary>
    public bool Holds(VerifiedToken<Caller> token, long nowMs) => token.Ask(_scope, nowMs) == TokenCacheOutcome.Hit;

    /// <summary>Verifies a token, on another thread where that takes long, and waits for keys where that may help.</summary>
    /// <param name="token">The token.</param>
    /// <param name="time">The clock.</param>
    public async ValueTask<TokenVerdict> VerifyAsync(string token, TimeProvider time)
    {
        using var reader = JwtReader.Rent();
        var rejection = reader.Read(token);
        if (rejection != JwtRejection.None)
        {
            return Refused(rejection);
        }

        if (!reader.IsExpensive)
        {
            return VerifyConsumer(reader, NowMs(time));
        }

        if (Find(reader) is not { } issuer)
        {
            return Refused(reader.HasIssuer ? JwtRejection.IssuerUnknown : JwtRejection.IssuerMissing);
        }

        if (issuer.Running.Keys is not { } keys)
        {
            return new TokenVerdict(Failure.EdgeKeysUnavailable, null, "keys_unavailable");
        }

        await Task.Yield();
        rejection = reader.Verify(issuer.Policy, keys, NowMs(time));
        while (rejection == JwtRejection.KeyUnknown)
        {
            var wait = await issuer.Running.WaitForKeyAsync(keys);
            if (wait == KeyWait.Unavailable)
            {
                return new TokenVerdict(Failure.EdgeKeysUnavailable, null, "key_unknown_and_issuer_down");
            }

            if (wait == KeyWait.Unknown)
            {
                break;
            }

            keys = issuer.Running.Keys;
            rejection = reader.Verify(issuer.Policy, keys, NowMs(time));
        }

        return rejection == JwtRejection.None ? Accept(reader, issuer, NowMs(time)) : Refused(rejection);
    }

    private static JwtPolicy PolicyFor(AuthenticatePlan plan, IssuerPlan issuer)
    {
        var audiences = plan.AudiencesOf(issuer);
        if (audiences.IsEmpty)
        {
            throw new InvalidOperationException("An issuer without an audience is on a route without a resource.");
        }

        var route = Seconds(plan.MaximumLifetime);
        var own = Seconds(issuer.MaximumLifetime);
        return new JwtPolicy
        {
            Issuer = issuer.Issuer,
            Audiences = audiences,
            Algorithms = JwtAlgorithmSet.Of(issuer.Algorithms.AsSpan()),
            ClockSkewSeconds = (int)issuer.ClockSkew.TotalSeconds,
            LifetimeSecondsMax = route == 0 || own == 0 ? Math.Max(route, own) : Math.Min(route, own),
            Types = issuer.Type is { } type ? [type] : [],
            TokenBytesMax = JwtLimits.TokenBytesMax,
        };
    }

    private static long Seconds(TimeSpan? span) => span is { } some ? Math.Max((long)some.TotalSeconds, 1) : 0;

    private static long NowMs(TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static TokenVerdict Refused(JwtRejection rejection) => new(
        rejection == JwtRejection.Expired ? Failure.CallerCredentialExpired : Failure.CallerCredentialInvalid, null,
        JwtRejections.Code(rejection), rejection);

    private IssuerTokens? Find(JwtReader reader)
    {
        foreach (var issuer in _issuers)
        {
            if (issuer.Policy.IsFor(reader.Issuer))
            {
                return issuer;
            }
        }

        return null;
    }

    private TokenVerdict Accept(JwtReader reader, IssuerTokens issuer, long nowMs)
    {
        var caller = TokenCallers.OfIssuer(reader.CopyClaims(), issuer.Plan, reader.Key.KeyId, _identity);
        if (caller is null)
        {
            return new TokenVerdict(Failure.CallerCredentialInvalid, null, "consumer_missing");
        }

        _cache.Add(reader, _scope, caller, nowMs);
        return new TokenVerdict(Failure.None, caller, null);
    }

    private TokenVerdict VerifyConsumer(JwtReader reader, long nowMs)
    {
        if (_consumers is null || !reader.HasKeyId)
        {
            return Refused(_consumers is null ? JwtRejection.AlgorithmNotAllowed : JwtRejection.KeyIdMissing);
        }

        if (!_consumers.TryFindSecret(reader.KeyId, out var secret))
        {
            return Refused(JwtRejection.KeyUnknown);
        }

        if (JwtKey.TryCreateSecret(secret.Secret, secret.Algorithm, null, out var key) != JwtKeyProblem.None)
        {
            return Refused(JwtRejection.KeyAlgorithmMismatch);
        }

        var rejection = reader.Verify(_consumerPolicy, key!, nowMs);
        if (rejection != JwtRejection.None)
        {
            return Refused(rejection);
        }

        var claims = reader.CopyClaims();
        if (!IsMeantForUs(claims))
        {
            return Refused(JwtRejection.AudienceMismatch);
        }

        var narrowed = claims.Find("scope").Kind == JwtValueKind.None ? null : Scopes.Of(claims.Words("scope"));
        var kid = System.Text.Encoding.UTF8.GetString(reader.KeyId);
        var caller = _consumers.MakeTokenCaller(secret.Consumer, kid, narrowed, TokenCallers.Remember(claims, _identity.Claims));
        _cache.Add(reader, _scope, caller, nowMs);
        return new TokenVerdict(Failure.None, caller, null);
    }

    // The secret signs for this gateway alone, so that no audience need be named; but a token that names one is for that one
    // (RFC 7519, section 4.1.3), and this route is one only as a resource.
    private bool IsMeantForUs(JwtClaims claims)
    {
        var audience = claims.Find("aud");
        if (audience.Kind == JwtValueKind.None)
        {
            return true;
        }

        foreach (var own in _plan.Resource?.Audiences ?? [])
        {
            if (audience.Matches(System.Text.Encoding.UTF8.GetBytes(own)))
            {
                return true;
            }
        }

        return false;
    }

    private sealed record IssuerTokens(IssuerPlan Plan, Issuer Running, JwtPolicy Policy);
}

/// <summary>What came of verifying a token.</summary>
/// <param name="Failure">Why it is not taken, or None.</param>
/// <param name="Caller">Who it speaks for; null where it is not taken.</param>
/// <param name="Reason">Why it is not taken, as a stable code for log and metrics; or null.</param>
/// <param name="Rejection">What is wrong with the token itself, or None.</param>
internal readonly record struct TokenVerdict(
    Failure Failure, Caller? Caller, string? Reason, JwtRejection Rejection = JwtRejection.None);
