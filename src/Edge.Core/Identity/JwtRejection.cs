namespace Edge.Core.Identity;

/// <summary>
/// Why a token is not accepted. <see cref="JwtRejections"/> has each one's code for log and metrics, and what may be told to the
/// caller.
/// </summary>
public enum JwtRejection : byte
{
    /// <summary>It is accepted.</summary>
    None,
    /// <summary>No token at all, or an empty one.</summary>
    TokenEmpty,
    /// <summary>More bytes than the policy or <see cref="JwtLimits.TokenBytesMax"/> allows.</summary>
    TokenTooLarge,
    /// <summary>Not three segments.</summary>
    SegmentCount,
    /// <summary>Five segments: an encrypted token (JWE), which is not understood.</summary>
    TokenEncrypted,
    /// <summary>A segment is not strict base64url: padding, white space, another alphabet, trailing bits.</summary>
    EncodingInvalid,
    /// <summary>Header or payload is not one well-formed JSON object of valid UTF-8.</summary>
    JsonInvalid,
    /// <summary>A member occurs twice in one object.</summary>
    MemberDuplicate,
    /// <summary>More members, or deeper nesting, than <see cref="JwtLimits"/> allow; or a header that is too large.</summary>
    JsonTooComplex,
    /// <summary>The header has no algorithm, or one that is not a string.</summary>
    AlgorithmMissing,
    /// <summary>The algorithm is <c>none</c> in some spelling.</summary>
    AlgorithmNone,
    /// <summary>The algorithm is not one that is known here, or that the platform has.</summary>
    AlgorithmUnknown,
    /// <summary>The algorithm is known but not on the issuer's list.</summary>
    AlgorithmNotAllowed,
    /// <summary>The key is of another type, curve or algorithm than the token's algorithm needs.</summary>
    KeyAlgorithmMismatch,
    /// <summary>The header lists critical extensions; none is understood (RFC 7515, section 4.1.11).</summary>
    CriticalUnknown,
    /// <summary>The payload is not encoded (RFC 7797), which RFC 7519 does not allow.</summary>
    PayloadUnencoded,
    /// <summary>The header brings or points to its own key: <c>jku</c>, <c>jwk</c>, <c>x5u</c> or <c>x5c</c>.</summary>
    KeyInHeader,
    /// <summary>The header's <c>typ</c> is not one that the policy takes.</summary>
    TypeNotAllowed,
    /// <summary>A header parameter has a type or size that it must not have.</summary>
    HeaderInvalid,
    /// <summary>No key id, and there are several keys to choose from.</summary>
    KeyIdMissing,
    /// <summary>No key has this id. New keys may have it: this is the reason to fetch them.</summary>
    KeyUnknown,
    /// <summary>The signature is not of the key's size.</summary>
    SignatureSize,
    /// <summary>The signature does not verify.</summary>
    SignatureInvalid,
    /// <summary>No issuer, where one is required.</summary>
    IssuerMissing,
    /// <summary>The issuer is none of those that are accepted here.</summary>
    IssuerUnknown,
    /// <summary>No audience, where one is required.</summary>
    AudienceMissing,
    /// <summary>The audience is not this resource.</summary>
    AudienceMismatch,
    /// <summary>No expiry, where one is required.</summary>
    ExpiryMissing,
    /// <summary>Its time is over.</summary>
    Expired,
    /// <summary>Its time has not come (<c>nbf</c>).</summary>
    NotYetValid,
    /// <summary>It was issued in the future (<c>iat</c>).</summary>
    IssuedInFuture,
    /// <summary>It lives longer than the policy allows.</summary>
    LifetimeTooLong,
    /// <summary>A claim that is read has the wrong type, or a time that is no date.</summary>
    ClaimInvalid,
}
