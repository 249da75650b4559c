using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

/// <summary>EdDSA with Ed25519: the vectors of RFC 8032 and RFC 8037, and tokens that are signed here.</summary>
public sealed class Ed25519Tests
{
    private const string Seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    private const string Public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    private const string Jwk = """{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""";

    private static readonly JwtPolicy Policy = new()
    {
        Issuer = Signer.Issuer,
        Audiences = [Signer.Audience],
        Algorithms = JwtAlgorithmSet.Asymmetric,
    };

    private static JwtKey Key =>
        Assert.Single(JwtKeySet.Parse(Encoding.UTF8.GetBytes($$"""{"keys":[{{Jwk}}]}""")).Keys!.Keys.ToArray());

    [Theory]
    [InlineData(
        Public, "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void The_vectors_of_RFC_8032_verify_and_no_others(string key, string message, string signature)
    {
        using var verifier = Ed25519PublicKey.TryCreate(Convert.FromHexString(key));
        var signed = Convert.FromHexString(message);
        var proof = Convert.FromHexString(signature);
        Assert.True(verifier!.Verify(signed, proof));
        Assert.False(verifier.Verify([.. signed, 0], proof));
        for (var bit = 0; bit < proof.Length * 8; bit++)
        {
            proof[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(verifier.Verify(signed, proof));
            proof[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.False(verifier.Verify(signed, []));
        Assert.False(verifier.Verify(signed, proof.AsSpan(..^1)));
        Assert.False(verifier.Verify(signed, [.. proof, 0]));
    }

    [Fact]
    public void A_signature_whose_number_is_not_reduced_is_refused()
    {
        // S and S + L sign the same; RFC 8032, section 5.1.7, takes only the one under L.
        var order = Convert.FromHexString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        var proof = Sign("text"u8.ToArray());
        using var verifier = Ed25519PublicKey.TryCreate(Convert.FromHexString(Public));
        Assert.True(verifier!.Verify("text"u8, proof));
        var carry = 0;
        for (var i = 0; i < 32; i++)
        {
            carry += proof[32 + i] + order[i];
            proof[32 + i] = (byte)carry;
            carry >>= 8;
        }

        Assert.False(verifier.Verify("text"u8, proof));
    }

    [Fact]
    public void The_example_of_RFC_8037_verifies_and_is_no_token()
    {
        using var reader = JwtReader.Rent();
        var read = reader.Read(
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4k" +
            "i4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
        Assert.NotEqual(JwtRejection.None, read == JwtRejection.None ? reader.Verify(Policy, Key, Signer.Now) : read);
        using var verifier = Ed25519PublicKey.TryCreate(Convert.FromHexString(Public));
        Assert.True(verifier!.Verify(
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"u8,
            Base64Url.DecodeFromChars(
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")));
    }

    [Fact]
    public void A_token_is_accepted_and_one_that_was_changed_is_not()
    {
        var token = Token("""{"alg":"EdDSA","kid":"k1"}""", Signer.GoodPayload);
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.None, reader.Read(token));
        Assert.Equal(JwtRejection.None, reader.Verify(Policy, Key, Signer.Now));
        Assert.True(Key.IsExpensive);
        var others = new JwtPolicy { Algorithms = JwtAlgorithmSet.Of(JwtAlgorithm.ES256) };
        Assert.Equal(JwtRejection.AlgorithmNotAllowed, reader.Verify(others, Key, Signer.Now));
        var other = string.Concat(token.AsSpan(..^4), token[^4] == 'A' ? "B" : "A", token.AsSpan(^3..));
        Assert.Equal(JwtRejection.None, reader.Read(other));
        Assert.Equal(JwtRejection.SignatureInvalid, reader.Verify(Policy, Key, Signer.Now));
        Assert.Equal(JwtRejection.None, reader.Read(
            string.Concat(token.AsSpan(..token.LastIndexOf('.')), ".", Signer.Encode(new byte[60]))));
        Assert.Equal(JwtRejection.SignatureSize, reader.Verify(Policy, Key, Signer.Now));
        Assert.Equal(JwtRejection.None, reader.Read(Token("""{"alg":"ES256","kid":"k1"}""", Signer.GoodPayload)));
        Assert.Equal(JwtRejection.KeyAlgorithmMismatch, reader.Verify(Policy, Key, Signer.Now));
    }

    [Fact]
    public void Whatever_is_signed_verifies_under_its_key_and_no_other()
    {
        using var verifier = Ed25519PublicKey.TryCreate(Convert.FromHexString(Public));
        Gen.Byte.Array[0, 2000].Sample(
            message =>
            {
                var proof = Sign(message);
                return verifier!.Verify(message, proof) && !verifier.Verify([.. message, 1], proof);
            },
            iter: 300);
    }

    [Fact]
    public async Task Many_threads_share_a_key()
    {
        using var verifier = Ed25519PublicKey.TryCreate(Convert.FromHexString(Public));
        var proof = Sign("text"u8.ToArray());
        var turns = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < 500; i++) Assert.Equal(i % 2 == 0, verifier!.Verify(i % 2 == 0 ? "text"u8 : "tex"u8, proof));
            },
            TestContext.Current.CancellationToken));
        await Task.WhenAll(turns);
    }

    [Fact]
    public void A_signature_that_does_not_hold_leaves_nothing_behind_for_other_cryptography()
    {
        using var verifier = Ed25519PublicKey.TryCreate(Convert.FromHexString(Public));
        Assert.False(verifier!.Verify("a"u8, new byte[64]));
        Assert.Null(Ed25519PublicKey.TryCreate(new byte[31]));
        using var rsa = RSA.Create(2048);
        var proof = rsa.SignData("a"u8, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Assert.True(rsa.VerifyData("a"u8, proof, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static string Token(string header, string payload)
    {
        var signed = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + "." +
            Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload));
        return $"{signed}.{Base64Url.EncodeToString(Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static byte[] Sign(byte[] message) => Ed25519Signing.Sign(Convert.FromHexString(Seed), message);
}
