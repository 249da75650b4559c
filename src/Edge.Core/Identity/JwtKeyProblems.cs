namespace Edge.Core.Identity;

/// <summary>What is said of a <see cref="JwtKeyProblem"/>.</summary>
public static class JwtKeyProblems
{
    /// <summary>
    /// The end of a sentence that begins with the key: <c>key "a" is not used: it ...</c>. Tells nothing secret.
    /// </summary>
    public static string Describe(JwtKeyProblem problem) => problem switch
    {
        JwtKeyProblem.None => "is usable",
        JwtKeyProblem.NotAnObject => "is not an object",
        JwtKeyProblem.ParameterInvalid => "lacks a parameter, or has one of the wrong type",
        JwtKeyProblem.EncodingInvalid => "has a number that is not strict base64url of its full length",
        JwtKeyProblem.TypeUnknown => "has an unknown kty",
        JwtKeyProblem.TypeUnsupported => "has the kty OKP (Ed25519), which this platform cannot verify",
        JwtKeyProblem.SecretPublished => "is a symmetric key in a public document",
        JwtKeyProblem.PrivateKeyPublished => "is a private key in a public document",
        JwtKeyProblem.NotForSignatures => "has a use other than sig",
        JwtKeyProblem.NotForVerifying => "has key_ops without verify",
        JwtKeyProblem.AlgorithmUnknown => "has an alg that is no supported signature algorithm",
        JwtKeyProblem.AlgorithmMismatch => "has an alg that its type or curve cannot do",
        JwtKeyProblem.RsaTooSmall => "has an RSA modulus of fewer than 2048 bits",
        JwtKeyProblem.RsaTooLarge => "has an RSA modulus of more than 8192 bits",
        JwtKeyProblem.RsaNumbersInvalid => "has an even RSA modulus, or an exponent that is even, under 3 or over 32 bits",
        JwtKeyProblem.CurveUnsupported => "has a curve other than P-256, P-384, P-521 and Ed25519",
        JwtKeyProblem.PointInvalid => "has a point that is not on its curve, or of a small order",
        JwtKeyProblem.SecretTooShort => "has fewer bytes than its hash: HS256 needs 32, HS384 48, HS512 64",
        JwtKeyProblem.SecretTooLong => "has more than 1024 bytes",
        JwtKeyProblem.SecretIsPublicKey => "is the text of a public key or certificate, which is no secret",
        JwtKeyProblem.PemInvalid => "is no public key in PEM",
        JwtKeyProblem.KeyIdTooLong => "has an id of more than 256 bytes",
        _ => problem.ToString(),
    };
}
