using System.Buffers.Text;

namespace Edge.Core.Identity;

/// <summary>The second step: signature first, then claims, so that each reason is of a token that was really issued.</summary>
public sealed partial class JwtReader
{
    // Earlier than any time that a token can name, and far enough from the end of the numbers to be reckoned with.
    private const long Never = long.MinValue / 2;

    private JwtValue _issuer;
    private JwtValue _audience;
    private long? _expiresAtMs;
    private long? _notBeforeMs;
    private long? _issuedAtMs;
    private bool _hasType;
    private Range _type;
    private byte[]? _typeCopy;

    /// <summary>
    /// When the token began to be valid, the policy's skew included: Unix time in milliseconds. After a Verify.
    /// </summary>
    public long ValidFromMs { get; private set; }

    /// <summary>
    /// The first millisecond at which it no longer is; <see cref="long.MaxValue"/> without <c>exp</c>. After a Verify.
    /// </summary>
    public long ValidUntilMs { get; private set; }

    /// <summary>Verifies the token that was read last against an issuer's keys.</summary>
    /// <param name="policy">What is asked of it.</param>
    /// <param name="keys">The issuer's keys.</param>
    /// <param name="nowMs">Unix time in milliseconds.</param>
    /// <returns>
    /// None: it is accepted. <see cref="JwtRejection.KeyUnknown"/>: new keys may help, so fetch them, if that is allowed, and
    /// call again.
    /// </returns>
    public JwtRejection Verify(JwtPolicy policy, JwtKeySet keys, long nowMs)
    {
        var rejection = CheckHeader(policy);
        if (rejection != JwtRejection.None)
        {
            return rejection;
        }

        Span<int> candidates = stackalloc int[JwtLimits.CandidatesMax];
        rejection = keys.FindCandidates(HasKeyId, KeyId, Algorithm, candidates, out var count);
        if (rejection != JwtRejection.None)
        {
            return rejection;
        }

        rejection = JwtRejection.SignatureInvalid;
        foreach (var index in candidates[..count])
        {
            rejection = CheckSignature(keys.Keys[index]);
            if (rejection == JwtRejection.None)
            {
                return Accept(policy, keys.Keys[index], nowMs);
            }
        }

        return rejection;
    }

    /// <summary>
    /// Verifies the token against one key that was found by other means, as a consumer's is by its id. That the token's
    /// <c>kid</c> is the key's is not asked.
    /// </summary>
    /// <param name="policy">What is asked of it.</param>
    /// <param name="key">The key.</param>
    /// <param name="nowMs">Unix time in milliseconds.</param>
    public JwtRejection Verify(JwtPolicy policy, JwtKey key, long nowMs)
    {
        var rejection = CheckHeader(policy);
        if (rejection == JwtRejection.None)
        {
            rejection = key.Algorithms.Contains(Algorithm) ? CheckSignature(key) : JwtRejection.KeyAlgorithmMismatch;
        }

        return rejection == JwtRejection.None ? Accept(policy, key, nowMs) : rejection;
    }

    private JwtRejection CheckHeader(JwtPolicy policy)
    {
        _key = null;
        if (_payloadEnd == 0)
        {
            return JwtRejection.TokenEmpty;
        }

        return _tokenLength > policy.TokenBytesMax ? JwtRejection.TokenTooLarge
            : !policy.Algorithms.Contains(Algorithm) ? JwtRejection.AlgorithmNotAllowed
            : !policy.AcceptsType(_hasType, _typeCopy ?? _buffer.AsSpan(_type)) ? JwtRejection.TypeNotAllowed
            : JwtRejection.None;
    }

    private JwtRejection CheckSignature(JwtKey key) =>
        key.Verify(_hashes, Algorithm, _buffer.AsSpan(0, _signedLength), _buffer.AsSpan(_payloadEnd, _signatureLength));

    private JwtRejection Accept(JwtPolicy policy, JwtKey key, long nowMs)
    {
        var rejection = CheckParties(policy);
        if (rejection == JwtRejection.None)
        {
            rejection = CheckTimes(policy, nowMs);
        }

        _key = rejection == JwtRejection.None ? key : null;
        return rejection;
    }

    private JwtRejection CheckParties(JwtPolicy policy)
    {
        if (policy.ChecksIssuer)
        {
            if (!HasIssuer)
            {
                return JwtRejection.IssuerMissing;
            }

            if (!policy.IsFor(Issuer))
            {
                return JwtRejection.IssuerUnknown;
            }
        }

        if (!policy.ChecksAudience)
        {
            return JwtRejection.None;
        }

        switch (_audience.Kind)
        {
            case JwtValueKind.String:
                return policy.AcceptsAudience(_audience.Text(Payload)) ? JwtRejection.None : JwtRejection.AudienceMismatch;
            case JwtValueKind.None:
                return JwtRejection.AudienceMissing;
        }

        var cursor = new JwtCursor(Payload, _audience);
        while (cursor.Next())
        {
            if (policy.AcceptsAudience(cursor.Value.Text(Payload)))
            {
                return JwtRejection.None;
            }
        }

        return JwtRejection.AudienceMismatch;
    }

    private JwtRejection CheckTimes(JwtPolicy policy, long nowMs)
    {
        // All times are within the years that there are, so none of these sums overflows.
        var skew = policy.ClockSkewSeconds * 1000L;
        var lifetime = policy.LifetimeSecondsMax * 1000L;
        ValidUntilMs = _expiresAtMs is { } end ? end + skew : long.MaxValue;
        ValidFromMs = Math.Max(_notBeforeMs ?? Never, _issuedAtMs ?? Never) - skew;
        if (_expiresAtMs is null && (policy.RequireExpiry || lifetime > 0))
        {
            return JwtRejection.ExpiryMissing;
        }

        if (nowMs >= ValidUntilMs)
        {
            return JwtRejection.Expired;
        }

        if (nowMs < (_notBeforeMs ?? Never) - skew)
        {
            return JwtRejection.NotYetValid;
        }

        if (nowMs < (_issuedAtMs ?? Never) - skew)
        {
            return JwtRejection.IssuedInFuture;
        }

        if (lifetime == 0)
        {
            return JwtRejection.None;
        }

        // Of a clock that goes back, too: a token that had little left is then too long again.
        var expires = _expiresAtMs!.Value;
        ValidFromMs = Math.Max(ValidFromMs, expires - lifetime - skew);
        return nowMs < ValidFromMs || (_issuedAtMs is { } issued && expires - issued > lifetime)
            ? JwtRejection.LifetimeTooLong
            : JwtRejection.None;
    }

    private JwtRejection ReadPayload()
    {
        var payload = Payload;
        _expiresAtMs = _notBeforeMs = _issuedAtMs = null;
        var rejection = _json.Scan(payload);
        if (rejection != JwtRejection.None)
        {
            return rejection;
        }

        var isRight = true;
        foreach (ref readonly var member in _json.Members)
        {
            isRight = isRight && ReadClaim(member, payload);
        }

        return isRight ? JwtRejection.None : JwtRejection.ClaimInvalid;
    }

    // The registered claims (RFC 7519, section 4.1) have the types that it gives them, whether or not a policy asks for them.
    private bool ReadClaim(in JwtMember member, ReadOnlySpan<byte> payload)
    {
        var name = member.Name.Text(payload);
        var value = member.Value;
        if (name.Length != 3)
        {
            return true;
        }

        if (name.SequenceEqual("iss"u8))
        {
            _issuer = value;
            return value.Kind == JwtValueKind.String;
        }

        if (name.SequenceEqual("sub"u8))
        {
            return value.Kind == JwtValueKind.String;
        }

        if (name.SequenceEqual("aud"u8))
        {
            _audience = value;
            return value.Kind == JwtValueKind.String || IsArrayOfStrings(value, payload);
        }

        return name.SequenceEqual("exp"u8) ? TryReadTime(value, payload, out _expiresAtMs)
            : name.SequenceEqual("nbf"u8) ? TryReadTime(value, payload, out _notBeforeMs)
            : !name.SequenceEqual("iat"u8) || TryReadTime(value, payload, out _issuedAtMs);
    }

    private static bool IsArrayOfStrings(JwtValue value, ReadOnlySpan<byte> payload)
    {
        if (value.Kind != JwtValueKind.Array)
        {
            return false;
        }

        var cursor = new JwtCursor(payload, value);
        while (cursor.Next())
        {
            if (cursor.Value.Kind != JwtValueKind.String)
            {
                return false;
            }
        }

        return true;
    }

    // A NumericDate (RFC 7519, section 2) may have a fraction and an exponent; what is under a millisecond is dropped.
    private static bool TryReadTime(JwtValue value, ReadOnlySpan<byte> payload, out long? milliseconds)
    {
        milliseconds = null;
        var text = value.Raw(payload);
        if (value.Kind != JwtValueKind.Number || text.Length > JwtLimits.NumberCharactersMax)
        {
            return false;
        }

        // Whole seconds, as nearly everyone writes them.
        if (Utf8Parser.TryParse(text, out long whole, out var consumed) && consumed == text.Length)
        {
            milliseconds = whole * 1000;
            return whole is >= -JwtLimits.UnixSecondsMax and <= JwtLimits.UnixSecondsMax;
        }

        if (!Utf8Parser.TryParse(text, out double seconds, out consumed) || consumed != text.Length
            || !(Math.Abs(seconds) <= JwtLimits.UnixSecondsMax))
        {
            return false;
        }

        milliseconds = (long)Math.Floor(seconds * 1000);
        return true;
    }
}
