using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class JwtKeySetTests
{
    private static readonly Signer Rsa = Signer.Of(JwtAlgorithm.RS256);
    private static readonly Signer Ec = Signer.Of(JwtAlgorithm.ES256);

    public static TheoryData<string, JwtKeyProblem> UnusableEdKeys => new()
    {
        {
            """{"kty":"OKP","crv":"Ed448","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""",
            JwtKeyProblem.CurveUnsupported
        },
        {
            """{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""",
            JwtKeyProblem.CurveUnsupported
        },
        { """{"kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""", JwtKeyProblem.ParameterInvalid },
        { """{"kty":"OKP","crv":"Ed25519"}""", JwtKeyProblem.ParameterInvalid },
        { """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURoA"}""", JwtKeyProblem.EncodingInvalid },
        { """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcH"}""", JwtKeyProblem.EncodingInvalid },
        {
            """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"ES256"}""",
            JwtKeyProblem.AlgorithmMismatch
        },
        {
            """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AQ"}""",
            JwtKeyProblem.PrivateKeyPublished
        },
        { """{"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""", JwtKeyProblem.PointInvalid },
        { """{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA"}""", JwtKeyProblem.PointInvalid },
        { """{"kty":"OKP","crv":"Ed25519","x":"7P_______________________________________38"}""", JwtKeyProblem.PointInvalid },
    };

    public static TheoryData<string, JwtKeyProblem> UnusableKeys => new()
    {
        { "1", JwtKeyProblem.NotAnObject },
        { "null", JwtKeyProblem.NotAnObject },
        { "{}", JwtKeyProblem.ParameterInvalid },
        { """{"kty":1}""", JwtKeyProblem.ParameterInvalid },
        { """{"kty":"rsa"}""", JwtKeyProblem.TypeUnknown },
        { """{"kty":"RSA"}""", JwtKeyProblem.ParameterInvalid },
        { """{"kty":"oct","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}""", JwtKeyProblem.SecretPublished },
        { With(Rsa.Jwk, """ "use":"enc" """), JwtKeyProblem.NotForSignatures },
        { With(Rsa.Jwk, """ "use":1 """), JwtKeyProblem.ParameterInvalid },
        { With(Rsa.Jwk, """ "key_ops":["sign"] """), JwtKeyProblem.NotForVerifying },
        { With(Rsa.Jwk, """ "key_ops":[] """), JwtKeyProblem.NotForVerifying },
        { With(Rsa.Jwk, """ "key_ops":"verify" """), JwtKeyProblem.ParameterInvalid },
        { With(Rsa.Jwk, """ "key_ops":["verify",1] """), JwtKeyProblem.ParameterInvalid },
        { With(Rsa.Jwk, """ "alg":"ES256" """), JwtKeyProblem.AlgorithmMismatch },
        { With(Rsa.Jwk, """ "alg":"HS256" """), JwtKeyProblem.AlgorithmMismatch },
        { With(Rsa.Jwk, """ "alg":"RSA-OAEP" """), JwtKeyProblem.AlgorithmUnknown },
        { With(Rsa.Jwk, """ "alg":"none" """), JwtKeyProblem.AlgorithmUnknown },
        { With(Rsa.Jwk, """ "alg":1 """), JwtKeyProblem.ParameterInvalid },
        { With(Rsa.Jwk, """ "d":"AQ" """), JwtKeyProblem.PrivateKeyPublished },
        { With(Ec.Jwk, """ "d":"AQ" """), JwtKeyProblem.PrivateKeyPublished },
        { With(Ec.Jwk, """ "alg":"ES384" """), JwtKeyProblem.AlgorithmMismatch },
        { Ec.Jwk.Replace("P-256", "secp256k1", StringComparison.Ordinal), JwtKeyProblem.CurveUnsupported },
        { Ec.Jwk.Replace("P-256", "P-384", StringComparison.Ordinal), JwtKeyProblem.EncodingInvalid },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"AQ\"", StringComparison.Ordinal), JwtKeyProblem.RsaNumbersInvalid },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"AAEAAQ\"", StringComparison.Ordinal), JwtKeyProblem.None },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"Ag\"", StringComparison.Ordinal), JwtKeyProblem.RsaNumbersInvalid },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"AA\"", StringComparison.Ordinal), JwtKeyProblem.RsaNumbersInvalid },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"Aw\"", StringComparison.Ordinal), JwtKeyProblem.None },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"_____w\"", StringComparison.Ordinal), JwtKeyProblem.None },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"AQAAAAE\"", StringComparison.Ordinal), JwtKeyProblem.RsaNumbersInvalid },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"AQAB=\"", StringComparison.Ordinal), JwtKeyProblem.EncodingInvalid },
        { Rsa.Jwk.Replace("\"AQAB\"", "\"\"", StringComparison.Ordinal), JwtKeyProblem.EncodingInvalid },
        { Rsa.Jwk.Replace("\"k1\"", "1", StringComparison.Ordinal), JwtKeyProblem.ParameterInvalid },
        { Rsa.Jwk.Replace("\"k1\"", $"\"{new string('k', 256)}\"", StringComparison.Ordinal), JwtKeyProblem.None },
        { Rsa.Jwk.Replace("\"k1\"", $"\"{new string('k', 257)}\"", StringComparison.Ordinal), JwtKeyProblem.KeyIdTooLong },
        { RsaOf(2047), JwtKeyProblem.RsaTooSmall },
        { RsaOf(2048), JwtKeyProblem.None },
        { RsaOf(8192), JwtKeyProblem.None },
        { RsaOf(8193), JwtKeyProblem.RsaTooLarge },
        { RsaOf(2048, isOdd: false), JwtKeyProblem.RsaNumbersInvalid },
        { EcOf(new byte[32], new byte[32]), JwtKeyProblem.PointInvalid },
        { EcOf([.. new byte[31], 1], [.. new byte[31], 1]), JwtKeyProblem.PointInvalid },
        { EcOf(new byte[31], new byte[32]), JwtKeyProblem.EncodingInvalid },
        { EcOf(new byte[33], new byte[32]), JwtKeyProblem.EncodingInvalid },
        { With(Rsa.Jwk, """ "use":"sig","key_ops":["verify","sign"],"alg":"RS256","x5c":["a"],"ext":{"a":[1]} """),
            JwtKeyProblem.None },
    };

    [Theory]
    [MemberData(nameof(UnusableKeys))]
    [MemberData(nameof(UnusableEdKeys))]
    public void A_key_is_used_or_left_out_for_its_reason(string key, JwtKeyProblem expected)
    {
        var result = Parse($$"""{"keys":[{{Ec.Jwk}},{{key}}],"other":1}""");
        Assert.Equal(JwtDocumentFault.None, result.Fault);
        if (expected == JwtKeyProblem.None)
        {
            Assert.Empty(result.Skipped);
            Assert.Equal(2, result.Keys!.Count);
        }
        else
        {
            var skipped = Assert.Single(result.Skipped);
            Assert.Equal(1, skipped.Index);
            Assert.Equal(expected, skipped.Problem);
            Assert.Equal(1, result.Keys!.Count);
        }
    }

    [Theory]
    [InlineData("", JwtDocumentFault.JsonInvalid)]
    [InlineData("<html>", JwtDocumentFault.JsonInvalid)]
    [InlineData("[]", JwtDocumentFault.JsonInvalid)]
    [InlineData("{\"keys\":[]", JwtDocumentFault.JsonInvalid)]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"kty\":\"EC\"}]}", JwtDocumentFault.JsonInvalid)]
    [InlineData("{\"keys\":[],\"keys\":[]}", JwtDocumentFault.JsonInvalid)]
    [InlineData("{}", JwtDocumentFault.MemberInvalid)]
    [InlineData("{\"keys\":{}}", JwtDocumentFault.MemberInvalid)]
    [InlineData("{\"keys\":null}", JwtDocumentFault.MemberInvalid)]
    [InlineData("{\"keys\":[]}", JwtDocumentFault.None)]
    [InlineData("{\"k\\u0065ys\":[]}", JwtDocumentFault.None)]
    [InlineData("{\"keys\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", JwtDocumentFault.TooComplex)]
    public void A_document_is_a_key_set_or_not(string document, JwtDocumentFault expected)
    {
        var result = Parse(document);
        Assert.Equal(expected, result.Fault);
        Assert.Equal(expected == JwtDocumentFault.None, result.Keys is not null);
    }

    [Fact]
    public void A_document_may_have_100_keys_and_not_101()
    {
        static string Keys(int count) => $$"""{"keys":[{{string.Join(",", Enumerable.Repeat(Ec.Jwk, count))}}]}""";
        Assert.Equal(JwtLimits.KeysMax, Parse(Keys(JwtLimits.KeysMax)).Keys!.Count);
        Assert.Equal(JwtDocumentFault.TooManyKeys, Parse(Keys(JwtLimits.KeysMax + 1)).Fault);
    }

    [Fact]
    public void A_document_may_have_512_KiB_and_not_one_byte_more()
    {
        var text = """{"keys":[]}""";
        Assert.Equal(JwtDocumentFault.None, Parse(text.PadRight(JwtLimits.JwksBytesMax)).Fault);
        Assert.Equal(JwtDocumentFault.TooLarge, Parse(text.PadRight(JwtLimits.JwksBytesMax + 1)).Fault);
        Assert.Equal(JwtDocumentFault.TooLarge, JwtKeySet.Parse(new byte[10 * 1024 * 1024]).Fault);
    }

    [Fact]
    public void A_key_that_stays_is_the_same_object_and_one_that_goes_is_retired()
    {
        var first = Parse($$"""{"keys":[{{Rsa.Jwk}},{{Ec.Jwk}}]}""").Keys!;
        var second = JwtKeySet.Parse(Encoding.UTF8.GetBytes($$"""{ "keys" : [ {{Ec.Jwk}} ] }"""), first).Keys!;
        Assert.Same(first.Keys[1], second.Keys[0]);
        first.RetireKeysNotIn(second);
        Assert.True(first.Keys[0].IsRetired);
        Assert.False(first.Keys[1].IsRetired);

        // What comes back is new, and what changed its id or purpose is another key.
        var third = JwtKeySet.Parse(Encoding.UTF8.GetBytes($$"""{"keys":[{{Rsa.Jwk}}]}"""), first).Keys!;
        Assert.NotSame(first.Keys[0], third.Keys[0]);
        Assert.False(third.Keys[0].IsRetired);
        foreach (var changed in new[] { Ec.Jwk.Replace("\"k1\"", "\"k2\"", StringComparison.Ordinal),
            Signer.New(JwtAlgorithm.ES256).Jwk })
        {
            var other = JwtKeySet.Parse(Encoding.UTF8.GetBytes($$"""{"keys":[{{changed}}]}"""), first).Keys!;
            Assert.NotSame(first.Keys[1], other.Keys[0]);
        }
    }

    [Fact]
    public void A_set_that_was_replaced_still_verifies_for_those_who_hold_it()
    {
        var signer = Signer.New(JwtAlgorithm.ES256);
        var old = signer.Keys;
        old.RetireKeysNotIn(JwtKeySet.Empty);
        using var reader = JwtReader.Rent();
        reader.Read(signer.GoodToken);
        Assert.Equal(JwtRejection.None, reader.Verify(Signer.Policy(JwtAlgorithm.ES256), old, Signer.Now));
        Assert.True(old.Has("k1"u8));
        Assert.False(old.Has("k"u8));
    }

    [Fact]
    public void A_key_in_PEM_is_for_its_one_algorithm()
    {
        using var rsa = RSA.Create(2048);
        using var small = RSA.Create(1024);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var pem = rsa.ExportSubjectPublicKeyInfoPem();
        Assert.Equal(JwtKeyProblem.None, JwtKey.TryCreatePublic(pem, JwtAlgorithm.PS256, "a", out var key));
        Assert.Equal(JwtAlgorithmSet.Of(JwtAlgorithm.PS256), key!.Algorithms);
        Assert.Equal("a", key.KeyId);
        Assert.Equal(JwtKeyProblem.None,
            JwtKey.TryCreatePublic(ec.ExportSubjectPublicKeyInfoPem(), JwtAlgorithm.ES384, null, out key));
        Assert.Null(key!.KeyId);
        foreach (var (text, algorithm, expected) in new[]
        {
            (pem, JwtAlgorithm.HS256, JwtKeyProblem.AlgorithmMismatch),
            (pem, JwtAlgorithm.ES256, JwtKeyProblem.PemInvalid),
            (pem, JwtAlgorithm.None, JwtKeyProblem.AlgorithmMismatch),
            (ec.ExportSubjectPublicKeyInfoPem(), JwtAlgorithm.ES256, JwtKeyProblem.AlgorithmMismatch),
            (ec.ExportSubjectPublicKeyInfoPem(), JwtAlgorithm.RS256, JwtKeyProblem.PemInvalid),
            (small.ExportSubjectPublicKeyInfoPem(), JwtAlgorithm.RS256, JwtKeyProblem.RsaTooSmall),
            (rsa.ExportPkcs8PrivateKeyPem(), JwtAlgorithm.RS256, JwtKeyProblem.PrivateKeyPublished),
            ("", JwtAlgorithm.RS256, JwtKeyProblem.PemInvalid),
            ("rubbish", JwtAlgorithm.ES256, JwtKeyProblem.PemInvalid),
            (pem.Replace("MII", "AAA", StringComparison.Ordinal), JwtAlgorithm.RS256, JwtKeyProblem.PemInvalid),
        })
        {
            Assert.Equal(expected, JwtKey.TryCreatePublic(text, algorithm, null, out key));
            Assert.Null(key);
        }
    }

    [Theory]
    [InlineData("""{"issuer":"https://a.example/","jwks_uri":"https://a.example/keys?x=1"}""", JwtDocumentFault.None)]
    [InlineData("""{"issuer":"https:\/\/a.example\/","jwks_uri":"http:\/\/a.example\/keys"}""", JwtDocumentFault.None)]
    [InlineData("""{"issuer":"https://a.example","jwks_uri":"https://a.example/keys"}""", JwtDocumentFault.IssuerMismatch)]
    [InlineData("""{"issuer":"https://b.example/","jwks_uri":"https://b.example/keys"}""", JwtDocumentFault.IssuerMismatch)]
    [InlineData("""{"issuer":"https://a.example/"}""", JwtDocumentFault.MemberInvalid)]
    [InlineData("""{"jwks_uri":"https://a.example/keys"}""", JwtDocumentFault.MemberInvalid)]
    [InlineData("""{"issuer":1,"jwks_uri":"https://a.example/keys"}""", JwtDocumentFault.MemberInvalid)]
    [InlineData("""{"issuer":"https://a.example/","jwks_uri":"/keys"}""", JwtDocumentFault.UriInvalid)]
    [InlineData("""{"issuer":"https://a.example/","jwks_uri":"file:///etc/passwd"}""", JwtDocumentFault.UriInvalid)]
    [InlineData("""{"issuer":"https://a.example/","jwks_uri":"https://u:p@a.example/keys"}""", JwtDocumentFault.UriInvalid)]
    [InlineData("""{"issuer":"https://a.example/","issuer":"https://a.example/"}""", JwtDocumentFault.JsonInvalid)]
    [InlineData("<html>", JwtDocumentFault.JsonInvalid)]
    public void A_discovery_document_must_speak_for_its_issuer(string document, JwtDocumentFault expected)
    {
        var result = JwtDiscovery.Parse(Encoding.UTF8.GetBytes(document), "https://a.example/");
        Assert.Equal(expected, result.Fault);
        Assert.Equal(expected == JwtDocumentFault.None, result.JwksUri?.Contains("a.example/keys",
            StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void A_discovery_document_may_have_128_KiB_and_not_one_byte_more()
    {
        var text = """{"issuer":"i","jwks_uri":"https://a.example/keys"}""";
        Assert.Equal(JwtDocumentFault.None,
            JwtDiscovery.Parse(Encoding.UTF8.GetBytes(text.PadRight(JwtLimits.DiscoveryBytesMax)), "i").Fault);
        Assert.Equal(JwtDocumentFault.TooLarge,
            JwtDiscovery.Parse(Encoding.UTF8.GetBytes(text.PadRight(JwtLimits.DiscoveryBytesMax + 1)), "i").Fault);
    }

    [Fact]
    public void No_document_makes_the_reader_throw()
    {
        var pieces = new[]
        {
            "{", "}", "[", "]", ",", ":", "\"keys\"", "\"kty\"", "\"RSA\"", "\"EC\"", "\"n\"", "\"e\"", "\"AQAB\"", "\"crv\"",
            "\"P-256\"", "\"x\"", "\"y\"", "\"\"", "1", "null", "\\", "\"", " ", Rsa.Jwk, Ec.Jwk, "{\"keys\":[",
        };
        Gen.OneOf(pieces).Array[0, 12].Select(string.Concat).Sample(static text =>
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Assert.Equal(JwtKeySet.Parse(bytes).Fault == JwtDocumentFault.None, JwtKeySet.Parse(bytes).Keys is not null);
            Assert.NotEqual(JwtDocumentFault.None, JwtDiscovery.Parse(bytes, "a").Fault);
        }, iter: 5_000);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(JwtAlgorithm.RS256, "RS256")]
    [InlineData(JwtAlgorithm.HS512, "HS512")]
    public void A_set_of_algorithms_has_what_was_put_in(JwtAlgorithm algorithm, string expected)
    {
        var set = JwtAlgorithmSet.Of(algorithm);
        Assert.Equal(expected, set.ToString());
        Assert.Equal(expected.Length == 0, set.IsEmpty);
        Assert.Equal(expected.Length > 0, set.Contains(algorithm));
        Assert.False(set.Contains(JwtAlgorithm.ES256));
    }

    [Fact]
    public void Names_of_algorithms_are_read_as_they_are_written()
    {
        Assert.Equal(13, JwtAlgorithms.SupportedNames.Count);
        foreach (var name in JwtAlgorithms.SupportedNames)
        {
            Assert.True(JwtAlgorithms.TryParse(name, out var algorithm));
            Assert.True(JwtAlgorithms.TryParse(Encoding.ASCII.GetBytes(name), out var same));
            Assert.Equal(algorithm, same);
            Assert.Equal(name, JwtAlgorithms.Name(algorithm));
        }

        foreach (var name in new[] { "", "none", "None", "rs256", "RS255", "XS256", "RS2567", "EdDSB" })
        {
            Assert.False(JwtAlgorithms.TryParse(name, out _));
            Assert.False(JwtAlgorithms.TryParse(Encoding.ASCII.GetBytes(name), out _));
        }
    }

    private static JwtKeySetResult Parse(string document) => JwtKeySet.Parse(Encoding.UTF8.GetBytes(document));

    private static string With(string jwk, string members) => jwk[..^1] + "," + members + "}";

    // A modulus of so many bits: nobody's key, but a number that a key could have.
    private static string RsaOf(int bits, bool isOdd = true)
    {
        var modulus = new byte[(bits + 7) / 8];
        RandomNumberGenerator.Fill(modulus);
        var top = (bits - 1) % 8;
        modulus[0] = (byte)((modulus[0] & ((1 << top) - 1)) | (1 << top));
        modulus[^1] = (byte)(isOdd ? modulus[^1] | 1 : modulus[^1] & 0xFE);
        return $$"""{"kty":"RSA","n":"{{Base64Url.EncodeToString(modulus)}}","e":"AQAB"}""";
    }

    private static string EcOf(byte[] x, byte[] y) =>
        $$"""{"kty":"EC","crv":"P-256","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}""";
}
