namespace Edge.Core.Identity;

/// <summary>A signature algorithm of JWS (RFC 7518, section 3.1; EdDSA: RFC 8037).</summary>
public enum JwtAlgorithm : byte
{
    /// <summary>Not said, or not one of the following. Never accepted; the file's <c>none</c> has no member of its own.</summary>
    None,
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256,
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-384.</summary>
    RS384,
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-512.</summary>
    RS512,
    /// <summary>RSASSA-PSS with SHA-256.</summary>
    PS256,
    /// <summary>RSASSA-PSS with SHA-384.</summary>
    PS384,
    /// <summary>RSASSA-PSS with SHA-512.</summary>
    PS512,
    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256,
    /// <summary>ECDSA on P-384 with SHA-384.</summary>
    ES384,
    /// <summary>ECDSA on P-521 with SHA-512.</summary>
    ES512,
    /// <summary>HMAC with SHA-256.</summary>
    HS256,
    /// <summary>HMAC with SHA-384.</summary>
    HS384,
    /// <summary>HMAC with SHA-512.</summary>
    HS512,
    /// <summary>
    /// Ed25519; Ed448, which goes by the same name, is not verified. Only where the platform has it
    /// (<see cref="JwtAlgorithms.IsSupported"/>).
    /// </summary>
    EdDSA,
}
