using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>Reads JWKS documents: RFC 7517 for the frame, RFC 7518, section 6, for the keys.</summary>
internal static class JwtKeySetReader
{
    /// <summary>
    /// Most members of a document, all keys together: more than <see cref="JwtLimits.KeysMax"/> real keys have.
    /// </summary>
    private const int MembersMax = JwtLimits.MembersMax;

    /// <inheritdoc cref="JwtKeySet.Parse"/>
    internal static JwtKeySetResult Read(ReadOnlySpan<byte> document, JwtKeySet? previous)
    {
        var fault = Open(document, JwtLimits.JwksBytesMax, out var json);
        if (fault != JwtDocumentFault.None)
        {
            return new JwtKeySetResult(fault, null, []);
        }

        var list = json.Find(document, "keys"u8);
        if (list.Kind != JwtValueKind.Array)
        {
            return new JwtKeySetResult(JwtDocumentFault.MemberInvalid, null, []);
        }

        var keys = new List<JwtKey>();
        var skipped = ImmutableArray.CreateBuilder<JwtSkippedKey>();
        var cursor = new JwtCursor(document, list);
        for (var index = 0; cursor.Next(); index++)
        {
            if (index == JwtLimits.KeysMax)
            {
                return new JwtKeySetResult(JwtDocumentFault.TooManyKeys, null, []);
            }

            var problem = ReadKey(cursor.Value.Raw(document), cursor.Value.Kind, json, out var key, out var keyId);
            if (key is null)
            {
                skipped.Add(new JwtSkippedKey(index, keyId is null ? null : Encoding.UTF8.GetString(keyId), problem));
            }
            else
            {
                keys.Add(Known(key, previous));
            }
        }

        return new JwtKeySetResult(JwtDocumentFault.None, new JwtKeySet(keys.ToArray()), skipped.ToImmutable());
    }

    /// <summary>Checks an issuer's document and finds its members.</summary>
    internal static JwtDocumentFault Open(ReadOnlySpan<byte> document, int bytesMax, out JwtJson json)
    {
        // Keys and discovery documents are read a few times an hour: a reader and a hash key of its own each time.
        Span<byte> seed = stackalloc byte[16];
        RandomNumberGenerator.Fill(seed);
        json = new JwtJson(new JwtHash(BitConverter.ToUInt64(seed), BitConverter.ToUInt64(seed[8..])), MembersMax);
        return document.Length > bytesMax ? JwtDocumentFault.TooLarge : json.Scan(document) switch
        {
            JwtRejection.None => JwtDocumentFault.None,
            JwtRejection.JsonTooComplex => JwtDocumentFault.TooComplex,
            _ => JwtDocumentFault.JsonInvalid,
        };
    }

    private static JwtKey Known(JwtKey key, JwtKeySet? previous)
    {
        if (previous is not null)
        {
            foreach (var known in previous.Keys)
            {
                if (known.IsSameAs(key) && !known.IsRetired)
                {
                    return known;
                }
            }
        }

        return key;
    }

    private static JwtKeyProblem ReadKey(
        ReadOnlySpan<byte> text, JwtValueKind kind, JwtJson json, out JwtKey? key, out byte[]? keyId)
    {
        key = null;
        keyId = null;
        if (kind != JwtValueKind.Object)
        {
            return JwtKeyProblem.NotAnObject;
        }

        json.Scan(text);
        var problem = ReadKeyId(text, json, out keyId);
        if (problem == JwtKeyProblem.None)
        {
            problem = CheckPurpose(text, json);
        }

        if (problem != JwtKeyProblem.None)
        {
            return problem;
        }

        var type = json.Find(text, "kty"u8);
        if (type.Kind != JwtValueKind.String)
        {
            return JwtKeyProblem.ParameterInvalid;
        }

        if (type.TextEquals(text, "oct"u8))
        {
            return JwtKeyProblem.SecretPublished;
        }

        // d is the private part of every other type (RFC 7518, sections 6.2.2 and 6.3.2; RFC 8037, section 2).
        if (json.Find(text, "d"u8).Kind != JwtValueKind.None)
        {
            return JwtKeyProblem.PrivateKeyPublished;
        }

        return type.TextEquals(text, "RSA"u8) ? ReadRsa(text, json, keyId, out key)
            : type.TextEquals(text, "EC"u8) ? ReadEc(text, json, keyId, out key)
            : type.TextEquals(text, "OKP"u8) ? ReadOctetPair(text, json, keyId, out key)
            : JwtKeyProblem.TypeUnknown;
    }

    private static JwtKeyProblem ReadKeyId(ReadOnlySpan<byte> text, JwtJson json, out byte[]? keyId)
    {
        keyId = null;
        var value = json.Find(text, "kid"u8);
        if (value.Kind != JwtValueKind.String)
        {
            return value.Kind == JwtValueKind.None ? JwtKeyProblem.None : JwtKeyProblem.ParameterInvalid;
        }

        var id = value.Text(text);
        if (id.Length > JwtLimits.KeyIdBytesMax)
        {
            return JwtKeyProblem.KeyIdTooLong;
        }

        keyId = id.ToArray();
        return JwtKeyProblem.None;
    }

    // RFC 7517, sections 4.2 and 4.3: both are optional, and what is there must allow verifying.
    private static JwtKeyProblem CheckPurpose(ReadOnlySpan<byte> text, JwtJson json)
    {
        var use = json.Find(text, "use"u8);
        if (use.Kind != JwtValueKind.None)
        {
            if (use.Kind != JwtValueKind.String)
            {
                return JwtKeyProblem.ParameterInvalid;
            }

            if (!use.TextEquals(text, "sig"u8))
            {
                return JwtKeyProblem.NotForSignatures;
            }
        }

        var operations = json.Find(text, "key_ops"u8);
        if (operations.Kind == JwtValueKind.None)
        {
            return JwtKeyProblem.None;
        }

        if (operations.Kind != JwtValueKind.Array)
        {
            return JwtKeyProblem.ParameterInvalid;
        }

        var canVerify = false;
        var cursor = new JwtCursor(text, operations);
        while (cursor.Next())
        {
            if (cursor.Value.Kind != JwtValueKind.String)
            {
                return JwtKeyProblem.ParameterInvalid;
            }

            canVerify |= cursor.Value.TextEquals(text, "verify"u8);
        }

        return canVerify ? JwtKeyProblem.None : JwtKeyProblem.NotForVerifying;
    }

    private static JwtKeyProblem ReadRsa(ReadOnlySpan<byte> text, JwtJson json, byte[]? keyId, out JwtKey? key)
    {
        key = null;
        var problem = Narrow(text, json, JwtAlgorithmSet.Rsa, out var algorithms);
        if (problem == JwtKeyProblem.None)
        {
            problem = ReadNumber(text, json.Find(text, "n"u8), out var modulus);
            if (problem == JwtKeyProblem.None)
            {
                problem = ReadNumber(text, json.Find(text, "e"u8), out var exponent);
                if (problem == JwtKeyProblem.None)
                {
                    return JwtKeyImport.FromRsa(modulus, exponent, keyId, algorithms, out key);
                }
            }
        }

        return problem;
    }

    private static JwtKeyProblem ReadEc(ReadOnlySpan<byte> text, JwtJson json, byte[]? keyId, out JwtKey? key)
    {
        key = null;
        var curve = json.Find(text, "crv"u8);
        if (curve.Kind != JwtValueKind.String)
        {
            return JwtKeyProblem.ParameterInvalid;
        }

        var algorithm = curve.TextEquals(text, "P-256"u8) ? JwtAlgorithm.ES256
            : curve.TextEquals(text, "P-384"u8) ? JwtAlgorithm.ES384
            : curve.TextEquals(text, "P-521"u8) ? JwtAlgorithm.ES512
            : JwtAlgorithm.None;
        if (algorithm == JwtAlgorithm.None)
        {
            return JwtKeyProblem.CurveUnsupported;
        }

        var problem = Narrow(text, json, JwtAlgorithmSet.Of(algorithm), out _);
        if (problem == JwtKeyProblem.None)
        {
            problem = ReadNumber(text, json.Find(text, "x"u8), out var x);
            if (problem == JwtKeyProblem.None)
            {
                problem = ReadNumber(text, json.Find(text, "y"u8), out var y);
                if (problem == JwtKeyProblem.None)
                {
                    return JwtKeyImport.FromEc(algorithm, x, y, keyId, out key);
                }
            }
        }

        return problem;
    }

    private static JwtKeyProblem ReadOctetPair(ReadOnlySpan<byte> text, JwtJson json, byte[]? keyId, out JwtKey? key)
    {
        key = null;
        if (!Ed25519PublicKey.IsAvailable)
        {
            return JwtKeyProblem.TypeUnsupported;
        }

        var curve = json.Find(text, "crv"u8);
        if (curve.Kind != JwtValueKind.String)
        {
            return JwtKeyProblem.ParameterInvalid;
        }

        if (!curve.TextEquals(text, "Ed25519"u8))
        {
            return JwtKeyProblem.CurveUnsupported;
        }

        var problem = Narrow(text, json, JwtAlgorithmSet.Of(JwtAlgorithm.EdDSA), out _);
        if (problem == JwtKeyProblem.None)
        {
            problem = ReadNumber(text, json.Find(text, "x"u8), out var x);
            if (problem == JwtKeyProblem.None)
            {
                return JwtKeyImport.FromEd25519(x, keyId, out key);
            }
        }

        return problem;
    }

    private static JwtKeyProblem Narrow(
        ReadOnlySpan<byte> text, JwtJson json, JwtAlgorithmSet able, out JwtAlgorithmSet algorithms)
    {
        algorithms = able;
        var value = json.Find(text, "alg"u8);
        if (value.Kind == JwtValueKind.None)
        {
            return JwtKeyProblem.None;
        }

        if (value.Kind != JwtValueKind.String)
        {
            return JwtKeyProblem.ParameterInvalid;
        }

        if (!JwtAlgorithms.TryParse(value.Text(text), out var algorithm) || !JwtAlgorithms.IsSupported(algorithm))
        {
            return JwtKeyProblem.AlgorithmUnknown;
        }

        algorithms = JwtAlgorithmSet.Of(algorithm);
        return able.Contains(algorithm) ? JwtKeyProblem.None : JwtKeyProblem.AlgorithmMismatch;
    }

    private static JwtKeyProblem ReadNumber(ReadOnlySpan<byte> text, JwtValue value, out byte[] number)
    {
        number = [];
        if (value.Kind != JwtValueKind.String)
        {
            return JwtKeyProblem.ParameterInvalid;
        }

        var encoded = value.Text(text);
        number = new byte[JwtBase64Url.DecodedLength(encoded.Length)];
        return JwtBase64Url.TryDecode(encoded, number, out var written) && written == number.Length && written > 0
            ? JwtKeyProblem.None
            : JwtKeyProblem.EncodingInvalid;
    }
}
