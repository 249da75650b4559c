using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using Edge.Core.Identity;

namespace Edge.Benchmarks;

/// <summary>
/// A token of ten claims: found in the cache, read, and verified, beside what the platform alone takes for the same signature.
/// Beyond the platform's own, nothing may be allocated (ECDSA's platform call allocates; RSA's and HMAC's do not).
/// </summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    private const long Now = 1_800_000_000_000;

    private static readonly string Payload = Encode(
        """
        {"iss":"https://id.example.com/","aud":["https://api.example.com","https://id.example.com/userinfo"],
        "sub":"auth0|5f7c8ec7c33c6c004bbafe82","iat":1800000000,"exp":1800003600,"azp":"my_client_id_0123456789abcdef",
        "scope":"openid profile email chat.read chat.write","email":"someone@example.com","tier":"starter",
        "jti":"2f6b3a0c-6ad0-4b0c-9a53-0f9d7d3b9f11"}
        """u8);

    private readonly JwtPolicy _policy = new()
    {
        Issuer = "https://id.example.com/",
        Audiences = ["https://api.example.com"],
        Algorithms = JwtAlgorithmSet.Of(JwtAlgorithm.RS256, JwtAlgorithm.ES256, JwtAlgorithm.HS256),
    };

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _hash = new byte[64];
    private readonly TokenCache<string> _cache = new(4096, secret: 1);
    private readonly JwtKeySet _keys;
    private readonly JwtKey _secretKey;
    private readonly JwtKey[] _otherKeys = new JwtKey[1000];
    private int _other;
    private readonly (string Token, byte[] Signed, byte[] Signature) _rs256, _es256, _hs256;

    public TokenBenchmarks()
    {
        _rs256 = Sign("RS256", signed => _rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        _es256 = Sign("ES256", signed => _ec.SignData(signed, HashAlgorithmName.SHA256));
        _hs256 = Sign("HS256", signed => HMACSHA256.HashData(_secret, signed));
        var rsa = _rsa.ExportParameters(false);
        var point = _ec.ExportParameters(false).Q;
        _keys = JwtKeySet.Parse(Encoding.ASCII.GetBytes(
            $$"""
            {"keys":[{"kty":"RSA","kid":"key-2026-11","n":"{{Encode(rsa.Modulus)}}","e":"AQAB"},
            {"kty":"EC","kid":"key-2026-11","crv":"P-256","x":"{{Encode(point.X)}}","y":"{{Encode(point.Y)}}"}]}
            """)).Keys!;
        JwtKey.TryCreateSecret(_secret, JwtAlgorithm.HS256, "key-2026-11", out var key);
        _secretKey = key!;
        for (var i = 0; i < _otherKeys.Length; i++)
        {
            JwtKey.TryCreateSecret([.. _secret], JwtAlgorithm.HS256, "key-2026-11", out var other);
            _otherKeys[i] = other!;
        }

        using var reader = JwtReader.Rent();
        reader.Read(_rs256.Token);
        reader.Verify(_policy, _keys, Now);
        _cache.Add(reader, 1, "caller", Now);
    }

    [Benchmark]
    public bool FindCachedToken() => _cache.TryGet(_rs256.Token, 1, Now, out _) == TokenCacheOutcome.Hit;

    [Benchmark]
    public bool MissCachedToken() => _cache.TryGet(_es256.Token, 1, Now, out _) == TokenCacheOutcome.Miss;

    [Benchmark]
    public bool ReadToken()
    {
        using var reader = JwtReader.Rent();
        return reader.Read(_rs256.Token) == JwtRejection.None;
    }

    [Benchmark]
    public bool VerifyHs256()
    {
        using var reader = JwtReader.Rent();
        return reader.Read(_hs256.Token) == JwtRejection.None && reader.Verify(_policy, _secretKey, Now) == JwtRejection.None;
    }

    /// <summary>Of a thousand callers in turn, each with a secret of its own.</summary>
    [Benchmark]
    public bool VerifyHs256OfMany()
    {
        _other = (_other + 1) % _otherKeys.Length;
        using var reader = JwtReader.Rent();
        return reader.Read(_hs256.Token) == JwtRejection.None
            && reader.Verify(_policy, _otherKeys[_other], Now) == JwtRejection.None;
    }

    [Benchmark]
    public bool VerifyRs256() => Verify(_rs256.Token);

    [Benchmark]
    public bool VerifyEs256() => Verify(_es256.Token);

    [Benchmark]
    public bool BareHs256() =>
        HMACSHA256.HashData(_secret, _hs256.Signed, _hash) == 32
        && CryptographicOperations.FixedTimeEquals(_hash.AsSpan(0, 32), _hs256.Signature);

    [Benchmark]
    public bool BareRs256() =>
        _rsa.VerifyData(_rs256.Signed.AsSpan(), _rs256.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    [Benchmark]
    public bool BareEs256() => _ec.VerifyData(_es256.Signed.AsSpan(), _es256.Signature, HashAlgorithmName.SHA256);

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private static (string Token, byte[] Signed, byte[] Signature) Sign(string algorithm, Func<byte[], byte[]> sign)
    {
        var header = Encoding.ASCII.GetBytes($$"""{"alg":"{{algorithm}}","typ":"JWT","kid":"key-2026-11"}""");
        var text = Encode(header) + "." + Payload;
        var signed = Encoding.ASCII.GetBytes(text);
        var signature = sign(signed);
        return (text + "." + Encode(signature), signed, signature);
    }

    private bool Verify(string token)
    {
        using var reader = JwtReader.Rent();
        return reader.Read(token) == JwtRejection.None && reader.Verify(_policy, _keys, Now) == JwtRejection.None;
    }
}
