using System.Globalization;
using System.Text;
using CsCheck;
using Edge.Core.Identity;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Edge.Core.Tests.Identity;

/// <summary>
/// Generated tokens, good and bad, beside Microsoft.IdentityModel.JsonWebTokens with the same issuer, audience, algorithms, skew
/// and key. What is accepted here must be accepted there. What is refused here alone must be refused for one of the reasons that
/// are explained in <see cref="IsStricterHere"/>.
/// </summary>
public sealed class JwtDifferentialTests
{
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static readonly string[] HeaderMembers =
    [
        "\"typ\":\"JWT\"", "\"typ\":\"at+jwt\"", "\"typ\":\"dpop+jwt\"", "\"typ\":1", "\"x\":{\"a\":[1,null]}",
        "\"crit\":[\"a\"],\"a\":1", "\"crit\":[\"exp\"]", "\"jku\":\"https://e.example\"",
        "\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}",
        "\"x5u\":\"https://e.example\"", "\"x5c\":[\"AA\"]", "\"b64\":false", "\"alg\":\"none\"", "\"kid\":\"k2\"", "\"kid\":1",
        "\"cty\":\"text\"", "\"zip\":\"DEF\"", "\"\\u0061lg\":\"none\"",
    ];

    private static readonly string[] PayloadMembers =
    [
        "\"iat\":NOW", "\"iat\":NOW+7200", "\"iat\":\"NOW\"", "\"nbf\":NOW", "\"nbf\":NOW+7200",
        "\"nbf\":NOW-7200",
        "\"nbf\":1e3", "\"nbf\":null", "\"sub\":\"u\"", "\"sub\":7", "\"scope\":\"a b\"", "\"iss\":\"https://e.example\"",
        "\"aud\":\"other\"", "\"exp\":NOW-7200", "\"exp\":NOW+9000", "\"a\":{\"b\":1,\"b\":2}",
        "\"deep\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
        "\"big\":1e999", "\"text\":\"\\ud800\"", "\"text\":\"\\u0000\"", "\"n\":01", "\"n\":NaN", "\"\":\"\"", ",", "\"a\":1,",
    ];

    private static readonly string[] Ends =
    [
        "NOW-7200", "NOW+600.5", "1e999", "-5", "0", "\"NOW+600\"", "null",
        "253402300800",
        "99999999999999999999", "NOW+600e0",
    ];

    private static readonly string[] Audiences =
    [
        "[\"A\"]", "[\"x\",\"A\"]", "[\"x\"]", "[]", "\"x\"", "1", "[1,\"A\"]", "null", "{\"A\":1}",
        "[[\"A\"]]",
    ];

    private static readonly Func<string, string>[] Changes =
    [
        static token => token + "=", static token => token + "A", static token => token[..^1], static token => token + ".",
        static token => token[..(token.LastIndexOf('.') + 1)], static token => " " + token, static token => token + "\n",
        static token => token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), static token => token.Replace('.', '~'),
        static token => token.Replace("eyJ", "eyK", StringComparison.Ordinal),
        static token => "e30" + token[token.IndexOf('.')..],
    ];

    [Fact]
    public void What_is_accepted_here_is_accepted_there_and_what_is_refused_here_alone_has_a_known_reason()
    {
        var algorithms = new[] { JwtAlgorithm.RS256, JwtAlgorithm.PS256, JwtAlgorithm.ES256, JwtAlgorithm.ES384,
            JwtAlgorithm.HS256 };
        var counts = new int[4];
        Gen.Select(
            Gen.OneOf(algorithms), Mostly("", HeaderMembers), Mostly("", PayloadMembers), Mostly("NOW+600", Ends),
            Mostly("\"A\"", Audiences), Mostly(static token => token, Changes)).Sample((algorithm, header, payload, end, audience,
                change) =>
        {
            var signer = Signer.Of(algorithm);
            var text = $"{{\"iss\":\"{Signer.Issuer}\",\"aud\":{audience},\"exp\":{end}{Comma(payload)}{payload}}}";
            var token = change(
                signer.Sign($"{{\"alg\":\"{algorithm}\",\"kid\":\"k1\"{Comma(header)}{header}}}", WithTimes(text)));
            var here = Here(signer, token);
            var there = There(signer, token);
            Interlocked.Increment(ref counts[(here == JwtRejection.None ? 0 : 1) + (there ? 0 : 2)]);
            var isRight = here == JwtRejection.None ? there : !there || IsStricterHere(here);
            Assert.True(isRight, $"{here} here, {(there ? "accepted" : "refused")} there: {text} {header} {token}");
        }, iter: 4_000);

        // Not a comparison of refusals with refusals.
        Assert.True(counts[0] > 400, $"both accept {counts[0]}");
        Assert.True(counts[1] > 20, $"refused here alone {counts[1]}");
        Assert.True(counts[3] > 100, $"both refuse {counts[3]}");
    }

    private static Gen<T> Mostly<T>(T good, T[] others) => Gen.Frequency((3, Gen.Const(good)), (1, Gen.OneOf(others)));

    // Why this side refuses what the other one takes:
    private static bool IsStricterHere(JwtRejection here) => here switch
    {
        // They ignore what RFC 7515, section 4.1.11, says must be refused, and header parameters that bring a key (unused there).
        JwtRejection.CriticalUnknown or JwtRejection.KeyInHeader or JwtRejection.PayloadUnencoded => true,

        // They take the last of two members with one name; here nobody has to know which of the two counts.
        JwtRejection.MemberDuplicate => true,

        // They decode base64url with padding, and drop bits at its end that should be zero.
        JwtRejection.EncodingInvalid => true,

        // They take lone surrogates and JSON that ends in a comma after the last member, and nest as deep as 64.
        JwtRejection.JsonInvalid or JwtRejection.JsonTooComplex => true,

        // They look at typ only where told to; here a token of another declared kind is never taken for an access token.
        JwtRejection.TypeNotAllowed or JwtRejection.HeaderInvalid => true,

        // They do not look at iat.
        JwtRejection.IssuedInFuture => true,

        // They take numbers for strings, strings for numbers and times beyond the years that there are.
        JwtRejection.ClaimInvalid => true,

        // They try the other keys where no key has the token's id.
        JwtRejection.KeyUnknown => true,
        _ => false,
    };

    private static JwtRejection Here(Signer signer, string token) =>
        signer.Verify(token, new JwtPolicy
        {
            Issuer = Signer.Issuer,
            Audiences = ["A"],
            Algorithms = JwtAlgorithmSet.Of(signer.Algorithm),
            ClockSkewSeconds = 30,
        }, Now * 1000);

    private static bool There(Signer signer, string token)
    {
        var parameters = new TokenValidationParameters
        {
            ValidIssuer = Signer.Issuer,
            ValidAudience = "A",
            ValidAlgorithms = [signer.Algorithm.ToString()],
            ClockSkew = TimeSpan.FromSeconds(30),
            IssuerSigningKey = signer.TheirKey,
        };
        var task = new JsonWebTokenHandler().ValidateTokenAsync(token, parameters);
        return task.IsCompleted && task.Result.IsValid;
    }

    private static string Comma(string member) => member.Length > 0 ? "," : "";

    // NOW, NOW+n and NOW-n as numbers.
    private static string WithTimes(string text)
    {
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (string.CompareOrdinal(text, at, "NOW", 0, 3) != 0)
            {
                result.Append(text[at++]);
                continue;
            }

            at += 3;
            var end = at;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || (end == at && text[end] is '+' or '-')))
            {
                end++;
            }

            var offset = end > at ? long.Parse(text[at..end], CultureInfo.InvariantCulture) : 0;
            result.Append(CultureInfo.InvariantCulture, $"{Now + offset}");
            at = end;
        }

        return result.ToString();
    }
}
