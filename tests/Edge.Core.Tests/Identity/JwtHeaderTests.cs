using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class JwtHeaderTests
{
    private static readonly Signer Rsa = Signer.Of(JwtAlgorithm.RS256);
    private static readonly Signer Hmac = Signer.Of(JwtAlgorithm.HS256);
    private static readonly Signer Ec = Signer.Of(JwtAlgorithm.ES256);

    [Theory]
    [InlineData("""{"alg":"RS256"}""", JwtRejection.None)]
    [InlineData("""{"\u0061l\u0067":"RS\u0032\u0035\u0036"}""", JwtRejection.None)]
    [InlineData(" { \"alg\" :\t\"RS256\" \r\n} ", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","x5t":"abc","cty":"JWT","unknown":{"a":[1,2,{}]}}""", JwtRejection.None)]
    [InlineData("""{"alg":"none"}""", JwtRejection.AlgorithmNone)]
    [InlineData("""{"alg":"None"}""", JwtRejection.AlgorithmNone)]
    [InlineData("""{"alg":"nOnE"}""", JwtRejection.AlgorithmNone)]
    [InlineData("""{"alg":"rs256"}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":""}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":"RS256 "}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":"RS256\u0000"}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":"RS257"}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":"ES256K"}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":"EdDSA"}""", JwtRejection.AlgorithmNotAllowed)]
    [InlineData("""{"alg":"Ed25519"}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":"RSA-OAEP"}""", JwtRejection.AlgorithmUnknown)]
    [InlineData("""{"alg":256}""", JwtRejection.AlgorithmMissing)]
    [InlineData("""{"alg":null}""", JwtRejection.AlgorithmMissing)]
    [InlineData("""{"alg":["RS256"]}""", JwtRejection.AlgorithmMissing)]
    [InlineData("""{}""", JwtRejection.AlgorithmMissing)]
    [InlineData("""{"ALG":"RS256"}""", JwtRejection.AlgorithmMissing)]
    [InlineData("""{"alg":"RS384"}""", JwtRejection.AlgorithmNotAllowed)]
    [InlineData("""{"alg":"PS256"}""", JwtRejection.AlgorithmNotAllowed)]
    [InlineData("""{"alg":"HS256"}""", JwtRejection.AlgorithmNotAllowed)]
    [InlineData("""{"alg":"RS256","alg":"none"}""", JwtRejection.MemberDuplicate)]
    [InlineData("""{"alg":"none","alg":"RS256"}""", JwtRejection.MemberDuplicate)]
    [InlineData("""{"alg":"RS256","\u0061lg":"RS256"}""", JwtRejection.MemberDuplicate)]
    [InlineData("""{"\u0061lg":"RS256","a\u006Cg":"RS256"}""", JwtRejection.MemberDuplicate)]
    [InlineData("""{"alg":"RS256","a":{"b":1,"b":1}}""", JwtRejection.MemberDuplicate)]
    [InlineData("""{"alg":"RS256","crit":["exp"],"exp":1}""", JwtRejection.CriticalUnknown)]
    [InlineData("""{"alg":"RS256","crit":[]}""", JwtRejection.CriticalUnknown)]
    [InlineData("""{"alg":"RS256","crit":["b64"],"b64":true}""", JwtRejection.CriticalUnknown)]
    [InlineData("""{"alg":"RS256","b64":false}""", JwtRejection.PayloadUnencoded)]
    [InlineData("""{"alg":"RS256","b64":"false"}""", JwtRejection.PayloadUnencoded)]
    [InlineData("""{"alg":"RS256","b64":true}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","jku":"https://evil.example"}""", JwtRejection.KeyInHeader)]
    [InlineData("""{"alg":"RS256","jwk":{"kty":"oct"}}""", JwtRejection.KeyInHeader)]
    [InlineData("""{"alg":"RS256","x5u":"https://evil.example"}""", JwtRejection.KeyInHeader)]
    [InlineData("""{"alg":"RS256","x5c":["abc"]}""", JwtRejection.KeyInHeader)]
    [InlineData("""{"alg":"RS256","j\u006Bu":null}""", JwtRejection.KeyInHeader)]
    [InlineData("""{"alg":"RS256","kid":"k1"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","kid":"\u006b1"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","kid":"k2"}""", JwtRejection.KeyUnknown)]
    [InlineData("""{"alg":"RS256","kid":"k1\u0000"}""", JwtRejection.KeyUnknown)]
    [InlineData("""{"alg":"RS256","kid":""}""", JwtRejection.KeyUnknown)]
    [InlineData("""{"alg":"RS256","kid":"../../dev/null"}""", JwtRejection.KeyUnknown)]
    [InlineData("""{"alg":"RS256","kid":"k1' OR '1'='1"}""", JwtRejection.KeyUnknown)]
    [InlineData("""{"alg":"RS256","kid":1}""", JwtRejection.HeaderInvalid)]
    [InlineData("""{"alg":"RS256","kid":null}""", JwtRejection.HeaderInvalid)]
    [InlineData("""{"alg":"RS256","typ":1}""", JwtRejection.HeaderInvalid)]
    [InlineData("""{"alg":"RS256","typ":"jwt"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","typ":"at+jwt"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","typ":"application/AT+JWT"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","typ":"JOSE"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","typ":"logout+jwt"}""", JwtRejection.TypeNotAllowed)]
    [InlineData("""{"alg":"RS256","typ":"dpop+jwt"}""", JwtRejection.TypeNotAllowed)]
    [InlineData("""{"alg":"RS256","typ":"application/secevent+JWT"}""", JwtRejection.TypeNotAllowed)]
    public void A_header_is_taken_or_refused_for_its_reason(string header, JwtRejection expected) =>
        Assert.Equal(expected, Rsa.VerifyHeader(header));

    [Theory]
    [InlineData("""{"alg":"RS256","typ":"at+jwt"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","typ":"APPLICATION/at+JWT"}""", JwtRejection.None)]
    [InlineData("""{"alg":"RS256","typ":"JWT"}""", JwtRejection.TypeNotAllowed)]
    [InlineData("""{"alg":"RS256","typ":""}""", JwtRejection.TypeNotAllowed)]
    [InlineData("""{"alg":"RS256"}""", JwtRejection.TypeNotAllowed)]
    public void A_policy_with_types_takes_those_only(string header, JwtRejection expected)
    {
        var policy = new JwtPolicy { Algorithms = JwtAlgorithmSet.Rsa, Types = ["at+jwt"] };
        Assert.Equal(expected, Rsa.VerifyHeader(header, policy));
    }

    [Fact]
    public void A_key_id_may_have_256_bytes_and_not_one_more()
    {
        var longest = new string('k', JwtLimits.KeyIdBytesMax);
        Assert.Equal(JwtRejection.KeyUnknown, Rsa.VerifyHeader($$"""{"alg":"RS256","kid":"{{longest}}"}"""));
        Assert.Equal(JwtRejection.HeaderInvalid, Rsa.VerifyHeader($$"""{"alg":"RS256","kid":"{{longest}}k"}"""));
    }

    [Fact]
    public void A_header_may_have_1024_bytes_and_not_one_more()
    {
        var start = """{"alg":"RS256","a":"}""".Length;
        var filling = new string('a', JwtLimits.HeaderBytesMax - start - 1);
        Assert.Equal(JwtRejection.None, Rsa.VerifyHeader($$"""{"alg":"RS256","a":"{{filling}}"}"""));
        Assert.Equal(JwtRejection.JsonTooComplex, Rsa.VerifyHeader($$"""{"alg":"RS256","a":"{{filling}}a"}"""));
    }

    [Fact]
    public void A_public_key_is_no_secret_in_any_of_its_texts()
    {
        using var rsa = RSA.Create(2048);
        foreach (var text in new[] { rsa.ExportSubjectPublicKeyInfoPem(), rsa.ExportRSAPublicKeyPem() })
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Assert.Equal(JwtKeyProblem.SecretIsPublicKey, JwtKey.TryCreateSecret(bytes, JwtAlgorithm.HS256, null, out _));

            // And a token that was signed so does not verify, since an RSA key does RSA only, whatever the policy allows.
            Assert.Equal(JwtKeyProblem.None, JwtKey.TryCreatePublic(text, JwtAlgorithm.RS256, "k1", out var key));
            var signed = Signer.Encode("""{"alg":"HS256","kid":"k1"}""") + "." + Signer.Encode(Signer.GoodPayload);
            var token = signed + "." + Signer.Encode(HMACSHA256.HashData(bytes, Encoding.ASCII.GetBytes(signed)));
            var policy = new JwtPolicy { Algorithms = JwtAlgorithmSet.Of(JwtAlgorithm.RS256, JwtAlgorithm.HS256) };
            using var reader = JwtReader.Rent();
            Assert.Equal(JwtRejection.None, reader.Read(token));
            Assert.Equal(JwtRejection.KeyAlgorithmMismatch, reader.Verify(policy, key!, Signer.Now));
            Assert.Equal(JwtRejection.KeyAlgorithmMismatch, reader.Verify(policy, new JwtKeySet(key!), Signer.Now));
        }
    }

    [Fact]
    public void A_key_of_the_wrong_type_under_the_right_id_is_refused()
    {
        var everything = new JwtPolicy
        {
            Algorithms = JwtAlgorithmSet.Of([.. Enum.GetValues<JwtAlgorithm>().Where(JwtAlgorithms.IsSupported)]),
        };
        foreach (var (signer, keys) in new[] { (Rsa, Ec.Keys), (Ec, Rsa.Keys), (Hmac, Rsa.Keys), (Rsa, Hmac.Keys) })
        {
            using var reader = JwtReader.Rent();
            Assert.Equal(JwtRejection.None, reader.Read(signer.GoodToken));
            Assert.Equal(JwtRejection.KeyAlgorithmMismatch, reader.Verify(everything, keys, Signer.Now));
            Assert.False(reader.IsVerified);
        }
    }

    [Fact]
    public void Signatures_of_zeros_and_of_the_order_of_the_curve_are_refused()
    {
        var order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        var one = new byte[32];
        one[31] = 1;
        var zero = new byte[32];
        var token = Ec.GoodToken;
        var signed = token[..(token.LastIndexOf('.') + 1)];
        foreach (var (r, s) in new[]
        {
            (zero, zero), (zero, one), (one, zero), (order, order), (order, one), (one, order), (one, one), (order, zero),
        })
        {
            Assert.Equal(JwtRejection.SignatureInvalid, Ec.Verify(signed + Signer.Encode([.. r, .. s])));
        }
    }

    [Fact]
    public void A_signature_in_DER_is_no_JWS_signature()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(JwtKeyProblem.None,
            JwtKey.TryCreatePublic(ec.ExportSubjectPublicKeyInfoPem(), JwtAlgorithm.ES256, "k1", out var key));
        var signed = Signer.Encode(Ec.GoodHeader) + "." + Signer.Encode(Signer.GoodPayload);
        var der = ec.SignData(
            Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.None, reader.Read(signed + "." + Signer.Encode(der)));
        Assert.Equal(JwtRejection.SignatureSize, reader.Verify(Signer.Policy(JwtAlgorithm.ES256), key!, Signer.Now));
    }

    [Fact]
    public void A_PSS_signature_does_not_count_as_PKCS1_nor_the_other_way()
    {
        var pss = Signer.Of(JwtAlgorithm.PS256);
        Assert.Equal(JwtRejection.SignatureInvalid,
            Rsa.Verify(pss.Sign("""{"alg":"RS256"}""", Signer.GoodPayload), Signer.Policy(JwtAlgorithm.RS256)));
        using var reader = JwtReader.Rent();
        reader.Read(pss.Sign("""{"alg":"RS256"}""", Signer.GoodPayload));
        Assert.Equal(JwtRejection.SignatureInvalid, reader.Verify(Signer.Policy(JwtAlgorithm.RS256), pss.Key, Signer.Now));
    }

    [Fact]
    public void Without_an_id_all_keys_of_the_kind_are_tried_up_to_four()
    {
        var others = Enumerable.Range(0, 4).Select(static _ => Signer.New(JwtAlgorithm.ES256)).ToArray();
        var policy = Signer.Policy(JwtAlgorithm.ES256);
        var token = Ec.Sign("""{"alg":"ES256"}""", Signer.GoodPayload);
        using var reader = JwtReader.Rent();
        reader.Read(token);
        var four = new JwtKeySet([Rsa.Key, others[0].Key, others[1].Key, others[2].Key, Ec.Key]);
        Assert.Equal(JwtRejection.None, reader.Verify(policy, four, Signer.Now));
        Assert.Same(Ec.Key, reader.Key);
        var five = new JwtKeySet([others[0].Key, others[1].Key, others[2].Key, others[3].Key, Ec.Key]);
        Assert.Equal(JwtRejection.KeyIdMissing, reader.Verify(policy, five, Signer.Now));
        Assert.Equal(JwtRejection.SignatureInvalid, reader.Verify(policy, new JwtKeySet(others[0].Key), Signer.Now));
        Assert.Equal(JwtRejection.KeyAlgorithmMismatch, reader.Verify(policy, Rsa.Keys, Signer.Now));
        Assert.Equal(JwtRejection.KeyUnknown, reader.Verify(policy, JwtKeySet.Empty, Signer.Now));
    }

    [Fact]
    public void A_key_without_an_id_is_not_taken_for_a_token_with_one()
    {
        var signer = Signer.New(JwtAlgorithm.ES256, keyId: null);
        Assert.Equal(JwtRejection.KeyUnknown, signer.Verify(signer.GoodToken));
        Assert.Equal(JwtRejection.None, signer.VerifyHeader("""{"alg":"ES256"}"""));
    }

    [Fact]
    public void Of_keys_with_the_same_id_each_of_the_right_kind_is_tried()
    {
        var twin = Signer.New(JwtAlgorithm.ES256);
        using var reader = JwtReader.Rent();
        reader.Read(Ec.GoodToken);
        Assert.Equal(JwtRejection.None,
            reader.Verify(Signer.Policy(JwtAlgorithm.ES256), new JwtKeySet(Rsa.Key, twin.Key, Ec.Key), Signer.Now));
    }

    [Fact]
    public void Verifying_what_was_not_read_refuses()
    {
        using var reader = JwtReader.Rent();
        Assert.NotEqual(JwtRejection.None, reader.Read("a.b.c"));
        Assert.Equal(JwtRejection.TokenEmpty, reader.Verify(Signer.Policy(JwtAlgorithm.RS256), Rsa.Keys, Signer.Now));
        Assert.Throws<InvalidOperationException>(() => reader.Key);
        Assert.Throws<InvalidOperationException>(reader.CopyClaims);
    }

    [Fact]
    public void A_reader_that_is_given_back_twice_is_not_lent_to_two()
    {
        var first = JwtReader.Rent();
        first.Dispose();
        first.Dispose();
        using var second = JwtReader.Rent();
        using var third = JwtReader.Rent();
        Assert.NotSame(second, third);
    }

    [Fact]
    public void RSA_and_EC_are_expensive_and_HMAC_is_not()
    {
        using var reader = JwtReader.Rent();
        foreach (var (signer, expected) in new[] { (Rsa, true), (Ec, true), (Hmac, false) })
        {
            reader.Read(signer.GoodToken);
            Assert.Equal(expected, reader.IsExpensive);
            Assert.Equal(expected, signer.Key.IsExpensive);
        }
    }

    [Fact]
    public void HMAC_of_our_own_is_the_platforms_for_secrets_and_messages_of_any_length()
    {
        var hmac = new JwtHmac();
        var own = new byte[64];
        foreach (var length in new[] { 32, 48, 63, 64, 65, 100, 127, 128, 129, 1024 })
        {
            var secret = RandomNumberGenerator.GetBytes(length);
            foreach (var size in new[] { 0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 1000 })
            {
                var message = RandomNumberGenerator.GetBytes(size);
                Assert.Equal(HMACSHA256.HashData(secret, message), own[..hmac.Compute(JwtAlgorithm.HS256, secret, message, own)]);
                Assert.Equal(HMACSHA384.HashData(secret, message), own[..hmac.Compute(JwtAlgorithm.HS384, secret, message, own)]);
                Assert.Equal(HMACSHA512.HashData(secret, message), own[..hmac.Compute(JwtAlgorithm.HS512, secret, message, own)]);
            }
        }
    }

    [Fact]
    public void HMAC_of_more_secrets_than_are_kept_is_the_platforms_in_any_order()
    {
        var hmac = new JwtHmac();
        var own = new byte[64];
        var secrets = Enumerable.Range(0, 50).Select(_ => RandomNumberGenerator.GetBytes(32)).ToArray();
        var random = new Random(1);
        for (var i = 0; i < 5000; i++)
        {
            var secret = secrets[i % 3 == 0 ? random.Next(3) : random.Next(secrets.Length)];
            var message = RandomNumberGenerator.GetBytes(i % 200);
            Assert.Equal(HMACSHA256.HashData(secret, message), own[..hmac.Compute(JwtAlgorithm.HS256, secret, message, own)]);
            if (i % 7 == 0)
            {
                Assert.Equal(HMACSHA512.HashData(secret, message), own[..hmac.Compute(JwtAlgorithm.HS512, secret, message, own)]);
            }
        }
    }

    [Theory]
    [InlineData(JwtAlgorithm.HS256, 32)]
    [InlineData(JwtAlgorithm.HS384, 48)]
    [InlineData(JwtAlgorithm.HS512, 64)]
    public void A_secret_has_at_least_the_bytes_of_its_hash(JwtAlgorithm algorithm, int bytes)
    {
        Assert.Equal(JwtKeyProblem.None, JwtKey.TryCreateSecret(new byte[bytes], algorithm, null, out _));
        Assert.Equal(JwtKeyProblem.SecretTooShort, JwtKey.TryCreateSecret(new byte[bytes - 1], algorithm, null, out _));
        Assert.Equal(JwtKeyProblem.None, JwtKey.TryCreateSecret(new byte[1024], algorithm, null, out _));
        Assert.Equal(JwtKeyProblem.SecretTooLong, JwtKey.TryCreateSecret(new byte[1025], algorithm, null, out _));
        Assert.Equal(JwtKeyProblem.AlgorithmMismatch,
            JwtKey.TryCreateSecret(new byte[64], JwtAlgorithm.RS256, null, out _));
    }

    [Fact]
    public void A_secret_verifies_its_own_algorithm_only()
    {
        var policy = new JwtPolicy { Algorithms = JwtAlgorithmSet.Hmac };
        var token = Signer.Of(JwtAlgorithm.HS512).GoodToken;
        using var reader = JwtReader.Rent();
        reader.Read(token);
        Assert.Equal(JwtRejection.KeyAlgorithmMismatch, reader.Verify(policy, Hmac.Key, Signer.Now));
    }
}
