using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;
using Microsoft.IdentityModel.Tokens;

namespace Edge.Core.Tests.Identity;

/// <summary>Signs tokens of any header and payload, right or wrong, and has the key that verifies them.</summary>
internal sealed class Signer
{
    public const long Now = 1_800_000_000_000;
    public const string Issuer = "https://id.example.com/";
    public const string Audience = "https://api.example.com";

    private static readonly Dictionary<JwtAlgorithm, Signer> Made = [];

    private readonly Func<byte[], byte[]> _sign;
    private readonly SecurityKey? _theirKey;

    private Signer(JwtAlgorithm algorithm, string jwk, JwtKey key, SecurityKey? theirKey, Func<byte[], byte[]> sign)
    {
        _theirKey = theirKey;
        Algorithm = algorithm;
        Jwk = jwk;
        Key = key;
        _sign = sign;
    }

    public JwtAlgorithm Algorithm { get; }

    /// <summary>The public key's JSON with the id k1; empty for a secret.</summary>
    public string Jwk { get; }

    public JwtKey Key { get; }

    /// <summary>The key as the library has it that is compared with.</summary>
    public SecurityKey TheirKey => _theirKey ?? throw new NotSupportedException("The library does not have this algorithm.");

    public JwtKeySet Keys => new(Key);

    public static string GoodPayload { get; } =
        $$"""
        {"iss":"{{Issuer}}","aud":"{{Audience}}","sub":"u1","iat":{{Now / 1000}},"exp":{{(Now / 1000) + 600}},
        "scope":"chat.read chat.write"}
        """;

    public static Signer Of(JwtAlgorithm algorithm)
    {
        lock (Made)
        {
            if (!Made.TryGetValue(algorithm, out var signer))
            {
                Made[algorithm] = signer = New(algorithm);
            }

            return signer;
        }
    }

    public static Signer New(JwtAlgorithm algorithm, string? keyId = "k1") =>
        JwtAlgorithms.IsHmac(algorithm) ? NewHmac(algorithm, keyId)
        : JwtAlgorithms.IsRsa(algorithm) ? NewRsa(algorithm, keyId)
        : JwtAlgorithms.IsEc(algorithm) ? NewEc(algorithm, keyId)
        : NewEd(keyId);

    public static JwtPolicy Policy(JwtAlgorithm algorithm) =>
        new() { Issuer = Issuer, Audiences = [Audience], Algorithms = JwtAlgorithmSet.Of(algorithm), ClockSkewSeconds = 30 };

    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    public string GoodHeader => $$"""{"alg":"{{Algorithm}}","kid":"k1","typ":"JWT"}""";

    public string GoodToken => Sign(GoodHeader, GoodPayload);

    public string Sign(string header, string payload) => Sign(Encode(header) + "." + Encode(payload));

    public string Sign(byte[] header, byte[] payload) => Sign(Encode(header) + "." + Encode(payload));

    /// <summary>Signs a text whatever it is and appends the signature.</summary>
    public string Sign(string signed) => signed + "." + Encode(_sign(Encoding.UTF8.GetBytes(signed)));

    public JwtRejection Verify(string token, JwtPolicy? policy = null, long now = Now)
    {
        using var reader = JwtReader.Rent();
        var rejection = reader.Read(token);
        return rejection != JwtRejection.None ? rejection : reader.Verify(policy ?? Policy(Algorithm), Keys, now);
    }

    public JwtRejection VerifyPayload(string payload, JwtPolicy? policy = null, long now = Now) =>
        Verify(Sign(GoodHeader, payload), policy, now);

    public JwtRejection VerifyHeader(string header, JwtPolicy? policy = null) => Verify(Sign(header, GoodPayload), policy);

    /// <summary>A payload that is good but for one more member, or for one replaced.</summary>
    public static string PayloadWith(string name, string? json)
    {
        var members = new List<string>();
        var isReplaced = false;
        foreach (var (key, value) in new[]
        {
            ("iss", $"\"{Issuer}\""), ("aud", $"\"{Audience}\""), ("sub", "\"u1\""),
            ("iat", (Now / 1000).ToString(CultureInfo.InvariantCulture)),
            ("exp", ((Now / 1000) + 600).ToString(CultureInfo.InvariantCulture)),
        })
        {
            var own = key == name ? json : value;
            isReplaced |= key == name;
            if (own is not null)
            {
                members.Add($"\"{key}\":{own}");
            }
        }

        if (!isReplaced && json is not null)
        {
            members.Add($"\"{name}\":{json}");
        }

        return "{" + string.Join(",", members) + "}";
    }

    public static JwtKeySet Parse(string jwks)
    {
        var result = JwtKeySet.Parse(Encoding.UTF8.GetBytes(jwks));
        Assert.Equal(JwtDocumentFault.None, result.Fault);
        return result.Keys!;
    }

    private static HashAlgorithmName HashOf(JwtAlgorithm algorithm) => JwtAlgorithms.HashBytes(algorithm) switch
    {
        32 => HashAlgorithmName.SHA256,
        48 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    private static Signer NewHmac(JwtAlgorithm algorithm, string? keyId)
    {
        var secret = RandomNumberGenerator.GetBytes(64);
        Assert.Equal(JwtKeyProblem.None, JwtKey.TryCreateSecret(secret, algorithm, keyId, out var key));
        return new Signer(algorithm, "", key!, new SymmetricSecurityKey(secret) { KeyId = keyId },
            bytes => CryptographicOperations.HmacData(HashOf(algorithm), secret, bytes));
    }

    private static Signer NewRsa(JwtAlgorithm algorithm, string? keyId)
    {
        var rsa = RSA.Create(2048);
        var numbers = rsa.ExportParameters(false);
        var jwk = $$"""{"kty":"RSA",{{KidMember(keyId)}}"n":"{{Encode(numbers.Modulus)}}","e":"{{Encode(numbers.Exponent)}}"}""";
        var padding = JwtAlgorithms.IsPss(algorithm) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return new Signer(algorithm, jwk, KeyOf(jwk), new RsaSecurityKey(rsa) { KeyId = keyId }, bytes => rsa.SignData(bytes,
            HashOf(algorithm), padding));
    }

    private static Signer NewEc(JwtAlgorithm algorithm, string? keyId)
    {
        var (curve, name) = algorithm switch
        {
            JwtAlgorithm.ES256 => (ECCurve.NamedCurves.nistP256, "P-256"),
            JwtAlgorithm.ES384 => (ECCurve.NamedCurves.nistP384, "P-384"),
            _ => (ECCurve.NamedCurves.nistP521, "P-521"),
        };
        var ec = ECDsa.Create(curve);
        var point = ec.ExportParameters(false).Q;
        var jwk = $$"""{"kty":"EC",{{KidMember(keyId)}}"crv":"{{name}}","x":"{{Encode(point.X)}}","y":"{{Encode(point.Y)}}"}""";
        return new Signer(algorithm, jwk, KeyOf(jwk), new ECDsaSecurityKey(ec) { KeyId = keyId }, bytes => ec.SignData(bytes,
            HashOf(algorithm)));
    }

    private static Signer NewEd(string? keyId)
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        var jwk = $$"""{"kty":"OKP",{{KidMember(keyId)}}"crv":"Ed25519","x":"{{Encode(Ed25519Signing.PublicKey(seed))}}"}""";
        return new Signer(JwtAlgorithm.EdDSA, jwk, KeyOf(jwk), null, bytes => Ed25519Signing.Sign(seed, bytes));
    }

    private static string KidMember(string? keyId) => keyId is null ? "" : $"\"kid\":\"{keyId}\",";

    private static JwtKey KeyOf(string jwk) => Parse($$"""{"keys":[{{jwk}}]}""").Keys[0];
}
