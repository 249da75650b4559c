using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>
/// The signature algorithms of RFC 7518, section 3, and RFC 8037, over the platform's cryptography. Nothing is allocated here.
/// </summary>
internal static class JwtSignatures
{
    private const int HashBytesMax = 64;

    /// <summary>HMAC (section 3.2), compared in constant time.</summary>
    internal static JwtRejection VerifyHmac(
        JwtHmac hmac, byte[] secret, JwtAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        Span<byte> expected = stackalloc byte[HashBytesMax];
        expected = expected[..hmac.Compute(algorithm, secret, signed, expected)];
        return signature.Length != expected.Length ? JwtRejection.SignatureSize
            : Outcome(CryptographicOperations.FixedTimeEquals(expected, signature));
    }

    /// <summary>RSASSA-PKCS1-v1_5 (section 3.3) and RSASSA-PSS with a salt of the hash's size (section 3.5).</summary>
    internal static JwtRejection VerifyRsa(
        RSA key, JwtAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != (key.KeySize + 7) / 8)
        {
            return JwtRejection.SignatureSize;
        }

        Span<byte> hash = stackalloc byte[HashBytesMax];
        hash = hash[..Hash(algorithm, signed, hash, out var name)];
        var padding = JwtAlgorithms.IsPss(algorithm) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return Outcome(key.VerifyHash(hash, signature, name, padding));
    }

    /// <summary>ECDSA (section 3.4): r and s, each of the full length of the curve's order.</summary>
    internal static JwtRejection VerifyEc(
        ECDsa key, JwtAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        var half = (key.KeySize + 7) / 8;
        if (signature.Length != 2 * half)
        {
            return JwtRejection.SignatureSize;
        }

        // Neither may be zero. The platform checks that too; here it stands where it can be read.
        if (!signature[..half].ContainsAnyExcept((byte)0) || !signature[half..].ContainsAnyExcept((byte)0))
        {
            return JwtRejection.SignatureInvalid;
        }

        Span<byte> hash = stackalloc byte[HashBytesMax];
        hash = hash[..Hash(algorithm, signed, hash, out _)];
        return Outcome(key.VerifyHash(hash, signature));
    }

    /// <summary>Ed25519 (RFC 8037, section 3.1), which hashes the message itself.</summary>
    internal static JwtRejection VerifyEd(Ed25519PublicKey key, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) =>
        signature.Length != Ed25519PublicKey.SignatureBytes
            ? JwtRejection.SignatureSize
            : Outcome(key.Verify(signed, signature));

    private static JwtRejection Outcome(bool isValid) => isValid ? JwtRejection.None : JwtRejection.SignatureInvalid;

    private static int Hash(JwtAlgorithm algorithm, ReadOnlySpan<byte> signed, Span<byte> hash, out HashAlgorithmName name)
    {
        switch (JwtAlgorithms.HashBytes(algorithm))
        {
            case 32:
                name = HashAlgorithmName.SHA256;
                return SHA256.HashData(signed, hash);
            case 48:
                name = HashAlgorithmName.SHA384;
                return SHA384.HashData(signed, hash);
            default:
                name = HashAlgorithmName.SHA512;
                return SHA512.HashData(signed, hash);
        }
    }
}
