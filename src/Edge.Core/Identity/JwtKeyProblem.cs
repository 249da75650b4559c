namespace Edge.Core.Identity;

/// <summary>Why a key cannot be used. <see cref="JwtKeyProblems.Describe"/> has a sentence for each.</summary>
public enum JwtKeyProblem : byte
{
    /// <summary>It can.</summary>
    None,
    /// <summary>The entry is not a JSON object.</summary>
    NotAnObject,
    /// <summary>A parameter is missing or has the wrong JSON type.</summary>
    ParameterInvalid,
    /// <summary>A number or a coordinate is not strict base64url, or not of its full length.</summary>
    EncodingInvalid,
    /// <summary>The key type is none of those that RFC 7518 and RFC 8037 name.</summary>
    TypeUnknown,
    /// <summary>An Ed25519 key where the platform has no such algorithm.</summary>
    TypeUnsupported,
    /// <summary>A symmetric key in a public document: whoever reads it could sign.</summary>
    SecretPublished,
    /// <summary>A private key in a public document: whoever reads it can sign.</summary>
    PrivateKeyPublished,
    /// <summary><c>use</c> is not <c>sig</c>.</summary>
    NotForSignatures,
    /// <summary><c>key_ops</c> is there and does not have <c>verify</c>.</summary>
    NotForVerifying,
    /// <summary><c>alg</c> is no signature algorithm that is known here.</summary>
    AlgorithmUnknown,
    /// <summary><c>alg</c> is one that this type or curve of key cannot do.</summary>
    AlgorithmMismatch,
    /// <summary>An RSA modulus of fewer than <see cref="JwtLimits.RsaBitsMin"/> bits.</summary>
    RsaTooSmall,
    /// <summary>An RSA modulus of more than <see cref="JwtLimits.RsaBitsMax"/> bits.</summary>
    RsaTooLarge,
    /// <summary>An even RSA modulus, or an exponent that is even, under 3, or of more than 32 bits.</summary>
    RsaNumbersInvalid,
    /// <summary>A curve other than P-256, P-384, P-521 and Ed25519.</summary>
    CurveUnsupported,
    /// <summary>A point that is not on its curve, or one of a small order.</summary>
    PointInvalid,
    /// <summary>A shared secret with fewer bytes than the hash (RFC 7518, section 3.2).</summary>
    SecretTooShort,
    /// <summary>A shared secret of more than <see cref="JwtLimits.SecretBytesMax"/> bytes.</summary>
    SecretTooLong,
    /// <summary>A shared secret that is the text of a public key or certificate.</summary>
    SecretIsPublicKey,
    /// <summary>A text that is no public key in PEM.</summary>
    PemInvalid,
    /// <summary>An id of more than <see cref="JwtLimits.KeyIdBytesMax"/> bytes.</summary>
    KeyIdTooLong,
}
