using System.Buffers.Text;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class JwtSignatureTests
{
    public static TheoryData<JwtAlgorithm> Algorithms =>
        [.. Enum.GetValues<JwtAlgorithm>().Where(JwtAlgorithms.IsSupported)];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void A_good_token_is_accepted(JwtAlgorithm algorithm)
    {
        var signer = Signer.Of(algorithm);
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.None, reader.Read(signer.GoodToken));
        Assert.Equal(algorithm, reader.Algorithm);
        Assert.Equal("k1", Encoding.UTF8.GetString(reader.KeyId));
        Assert.Equal(Signer.Issuer, Encoding.UTF8.GetString(reader.Issuer));
        Assert.False(reader.IsVerified);
        Assert.Equal(JwtRejection.None, reader.Verify(Signer.Policy(algorithm), signer.Keys, Signer.Now));
        Assert.Same(signer.Key, reader.Key);
        var claims = reader.CopyClaims();
        Assert.Equal("u1", claims.Subject);
        Assert.Equal(["chat.read", "chat.write"], claims.Words("scope"));
        Assert.Equal(Signer.Now + 630_000, claims.ValidUntilMs);
        Assert.Equal(Signer.Now - 30_000, claims.ValidFromMs);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Bytes_and_characters_are_the_same_token(JwtAlgorithm algorithm)
    {
        var signer = Signer.Of(algorithm);
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.None, reader.Read(Encoding.ASCII.GetBytes(signer.GoodToken)));
        Assert.Equal(JwtRejection.None, reader.Verify(Signer.Policy(algorithm), signer.Key, Signer.Now));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void A_token_of_another_key_is_refused(JwtAlgorithm algorithm) =>
        Assert.Equal(JwtRejection.SignatureInvalid, Signer.Of(algorithm).Verify(Signer.New(algorithm).GoodToken));

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Each_bit_of_the_signature_counts(JwtAlgorithm algorithm)
    {
        var signer = Signer.Of(algorithm);
        var token = signer.GoodToken;
        var dot = token.LastIndexOf('.');
        var signature = Base64Url.DecodeFromChars(token.AsSpan(dot + 1));
        for (var bit = 0; bit < signature.Length * 8; bit += 7)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            var changed = token[..(dot + 1)] + Signer.Encode(signature);
            Assert.Equal(JwtRejection.SignatureInvalid, signer.Verify(changed));
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void A_signature_of_another_size_is_refused(JwtAlgorithm algorithm)
    {
        var signer = Signer.Of(algorithm);
        var token = signer.GoodToken;
        var dot = token.LastIndexOf('.') + 1;
        var signature = Base64Url.DecodeFromChars(token.AsSpan(dot));
        foreach (var other in new[] { [], signature[..^1], signature[1..], [0, .. signature], [.. signature, 0] })
        {
            Assert.Equal(JwtRejection.SignatureSize, signer.Verify(token[..dot] + Signer.Encode(other)));
        }
    }
}
