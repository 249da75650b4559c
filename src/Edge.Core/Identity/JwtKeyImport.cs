using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>Makes keys of their numbers, after checking what the platform would let pass.</summary>
internal static class JwtKeyImport
{
    /// <summary>A public RSA key (RFC 7518, section 6.3.1).</summary>
    /// <param name="modulus">n, unsigned, big-endian.</param>
    /// <param name="exponent">e, likewise.</param>
    /// <param name="keyId">The id, or null.</param>
    /// <param name="algorithms">What it may verify.</param>
    /// <param name="key">The key.</param>
    /// <returns>None, or why there is no key.</returns>
    internal static JwtKeyProblem FromRsa(
        ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent, byte[]? keyId, JwtAlgorithmSet algorithms, out JwtKey? key)
    {
        key = null;
        modulus = modulus.TrimStart((byte)0);
        exponent = exponent.TrimStart((byte)0);
        var bits = modulus.IsEmpty ? 0 : (modulus.Length * 8) - (byte.LeadingZeroCount(modulus[0]));
        if (bits < JwtLimits.RsaBitsMin)
        {
            return JwtKeyProblem.RsaTooSmall;
        }

        if (bits > JwtLimits.RsaBitsMax)
        {
            return JwtKeyProblem.RsaTooLarge;
        }

        // e = 1 would make every message its own signature; a huge e makes each check slow.
        var isOne = exponent.Length == 1 && exponent[0] == 1;
        if ((modulus[^1] & 1) == 0 || exponent.Length is 0 or > 4 || (exponent[^1] & 1) == 0 || isOne)
        {
            return JwtKeyProblem.RsaNumbersInvalid;
        }

        var rsa = RSA.Create();
        try
        {
            rsa.ImportParameters(new RSAParameters { Modulus = modulus.ToArray(), Exponent = exponent.ToArray() });
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            return JwtKeyProblem.RsaNumbersInvalid;
        }

        key = JwtKey.TakePublic(rsa, Fingerprint("RSA"u8, modulus, exponent), keyId, algorithms);
        return JwtKeyProblem.None;
    }

    /// <summary>A public EC key (RFC 7518, section 6.2.1). The platform checks that the point is on the curve.</summary>
    /// <param name="algorithm">ES256, ES384 or ES512: it says the curve.</param>
    /// <param name="x">The coordinate, of the curve's full length.</param>
    /// <param name="y">Likewise.</param>
    /// <param name="keyId">The id, or null.</param>
    /// <param name="key">The key.</param>
    /// <returns>None, or why there is no key.</returns>
    internal static JwtKeyProblem FromEc(
        JwtAlgorithm algorithm, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, byte[]? keyId, out JwtKey? key)
    {
        key = null;
        var bytes = CoordinateBytes(algorithm);
        if (x.Length != bytes || y.Length != bytes)
        {
            return JwtKeyProblem.EncodingInvalid;
        }

        var curve = algorithm switch
        {
            JwtAlgorithm.ES256 => ECCurve.NamedCurves.nistP256,
            JwtAlgorithm.ES384 => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };
        var ec = ECDsa.Create();
        try
        {
            ec.ImportParameters(new ECParameters { Curve = curve, Q = new ECPoint { X = x.ToArray(), Y = y.ToArray() } });
        }
        catch (CryptographicException)
        {
            ec.Dispose();
            return JwtKeyProblem.PointInvalid;
        }

        key = JwtKey.TakePublic(ec, Fingerprint("EC"u8, x, y), keyId, JwtAlgorithmSet.Of(algorithm));
        return JwtKeyProblem.None;
    }

    /// <summary>A public Ed25519 key (RFC 8037, section 2).</summary>
    /// <param name="x">Its bytes.</param>
    /// <param name="keyId">The id, or null.</param>
    /// <param name="key">The key.</param>
    /// <returns>None, or why there is no key.</returns>
    internal static JwtKeyProblem FromEd25519(ReadOnlySpan<byte> x, byte[]? keyId, out JwtKey? key)
    {
        key = null;
        if (x.Length != Ed25519PublicKey.KeyBytes)
        {
            return JwtKeyProblem.EncodingInvalid;
        }

        if (Ed25519PublicKey.TryCreate(x) is not { } publicKey)
        {
            return JwtKeyProblem.PointInvalid;
        }

        key = JwtKey.TakePublic(publicKey, Fingerprint("OKP"u8, x, []), keyId, JwtAlgorithmSet.Of(JwtAlgorithm.EdDSA));
        return JwtKeyProblem.None;
    }

    /// <summary>A public key in PEM for one algorithm.</summary>
    internal static JwtKeyProblem FromPem(ReadOnlySpan<char> pem, JwtAlgorithm algorithm, byte[]? keyId, out JwtKey? key)
    {
        key = null;
        if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return JwtKeyProblem.PrivateKeyPublished;
        }

        try
        {
            if (JwtAlgorithms.IsRsa(algorithm))
            {
                using var rsa = RSA.Create();
                rsa.ImportFromPem(pem);
                var numbers = rsa.ExportParameters(includePrivateParameters: false);
                return FromRsa(numbers.Modulus, numbers.Exponent, keyId, JwtAlgorithmSet.Of(algorithm), out key);
            }

            using var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            var point = ec.ExportParameters(includePrivateParameters: false);
            return IsCurveOf(algorithm, point.Curve)
                ? FromEc(algorithm, point.Q.X, point.Q.Y, keyId, out key)
                : JwtKeyProblem.AlgorithmMismatch;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return JwtKeyProblem.PemInvalid;
        }
    }

    /// <summary>The bytes of a coordinate on the algorithm's curve: 32, 48 or 66.</summary>
    internal static int CoordinateBytes(JwtAlgorithm algorithm) => algorithm switch
    {
        JwtAlgorithm.ES256 => 32,
        JwtAlgorithm.ES384 => 48,
        _ => 66,
    };

    private static bool IsCurveOf(JwtAlgorithm algorithm, ECCurve curve) => curve.Oid.Value == algorithm switch
    {
        JwtAlgorithm.ES256 => "1.2.840.10045.3.1.7",
        JwtAlgorithm.ES384 => "1.3.132.0.34",
        _ => "1.3.132.0.35",
    };

    // The first two parts have lengths that follow from the whole, so no two keys run into one text.
    private static byte[] Fingerprint(ReadOnlySpan<byte> type, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(type);
        hash.AppendData(BitConverter.GetBytes(first.Length));
        hash.AppendData(first);
        hash.AppendData(second);
        return hash.GetHashAndReset();
    }
}
