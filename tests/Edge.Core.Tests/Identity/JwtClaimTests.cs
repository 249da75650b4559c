using System.Globalization;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class JwtClaimTests
{
    private const long Second = Signer.Now / 1000;

    private static readonly Signer Hmac = Signer.Of(JwtAlgorithm.HS256);

    [Theory]
    [InlineData("iss", null, JwtRejection.IssuerMissing)]
    [InlineData("iss", "\"https://id.example.com\"", JwtRejection.IssuerUnknown)]
    [InlineData("iss", "\"HTTPS://id.example.com/\"", JwtRejection.IssuerUnknown)]
    [InlineData("iss", "\"https:\\/\\/id.example.com\\/\"", JwtRejection.None)]
    [InlineData("iss", "\"https://id.example.com/\\u0000\"", JwtRejection.IssuerUnknown)]
    [InlineData("iss", "[\"https://id.example.com/\"]", JwtRejection.ClaimInvalid)]
    [InlineData("iss", "null", JwtRejection.ClaimInvalid)]
    [InlineData("aud", null, JwtRejection.AudienceMissing)]
    [InlineData("aud", "\"https://api.example.com/\"", JwtRejection.AudienceMismatch)]
    [InlineData("aud", "\"\"", JwtRejection.AudienceMismatch)]
    [InlineData("aud", "[]", JwtRejection.AudienceMismatch)]
    [InlineData("aud", "[\"a\",\"b\"]", JwtRejection.AudienceMismatch)]
    [InlineData("aud", "[\"a\",\"https://api.example.com\"]", JwtRejection.None)]
    [InlineData("aud", "[ \"https:\\/\\/api.example.com\" , \"b\" ]", JwtRejection.None)]
    [InlineData("aud", "[\"https://api.example.com\",1]", JwtRejection.ClaimInvalid)]
    [InlineData("aud", "[[\"https://api.example.com\"]]", JwtRejection.ClaimInvalid)]
    [InlineData("aud", "{\"https://api.example.com\":1}", JwtRejection.ClaimInvalid)]
    [InlineData("aud", "null", JwtRejection.ClaimInvalid)]
    [InlineData("sub", "1", JwtRejection.ClaimInvalid)]
    [InlineData("sub", null, JwtRejection.None)]
    [InlineData("exp", null, JwtRejection.ExpiryMissing)]
    [InlineData("exp", "\"1800000600\"", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "null", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "true", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "1e999", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "-1e999", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "1800000600000", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "99999999999999999999999999", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "9223372036854775807", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "-9223372036854775808", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "253402300799", JwtRejection.None)]
    [InlineData("exp", "253402300800", JwtRejection.ClaimInvalid)]
    [InlineData("exp", "1.8000006e9", JwtRejection.None)]
    [InlineData("exp", "18000006E2", JwtRejection.None)]
    [InlineData("exp", "1800000600.25", JwtRejection.None)]
    [InlineData("exp", "0", JwtRejection.Expired)]
    [InlineData("exp", "-0", JwtRejection.Expired)]
    [InlineData("exp", "-1", JwtRejection.Expired)]
    [InlineData("exp", "1e-999", JwtRejection.Expired)]
    [InlineData("nbf", "-1", JwtRejection.None)]
    [InlineData("nbf", "\"0\"", JwtRejection.ClaimInvalid)]
    [InlineData("nbf", "253402300799", JwtRejection.NotYetValid)]
    [InlineData("iat", "253402300799", JwtRejection.IssuedInFuture)]
    [InlineData("iat", null, JwtRejection.None)]
    [InlineData("iat", "{}", JwtRejection.ClaimInvalid)]
    public void A_claim_is_taken_or_refused_for_its_reason(string name, string? json, JwtRejection expected) =>
        Assert.Equal(expected, Hmac.VerifyPayload(Signer.PayloadWith(name, json)));

    [Fact]
    public void A_number_of_64_characters_is_read_and_one_of_65_is_not()
    {
        var longest = "1800000600." + new string('0', 53);
        Assert.Equal(JwtRejection.None, Hmac.VerifyPayload(Signer.PayloadWith("exp", longest)));
        Assert.Equal(JwtRejection.ClaimInvalid, Hmac.VerifyPayload(Signer.PayloadWith("exp", longest + "0")));
    }

    [Theory]
    [InlineData("exp", "1800000600", 1_800_000_629_999, JwtRejection.None)]
    [InlineData("exp", "1800000600", 1_800_000_630_000, JwtRejection.Expired)]
    [InlineData("exp", "1800000600.5", 1_800_000_630_499, JwtRejection.None)]
    [InlineData("exp", "1800000600.5", 1_800_000_630_500, JwtRejection.Expired)]
    [InlineData("nbf", "1800000100", 1_800_000_070_000, JwtRejection.None)]
    [InlineData("nbf", "1800000100", 1_800_000_069_999, JwtRejection.NotYetValid)]
    [InlineData("iat", "1800000100", 1_800_000_070_000, JwtRejection.None)]
    [InlineData("iat", "1800000100", 1_800_000_069_999, JwtRejection.IssuedInFuture)]
    public void Times_hold_to_the_millisecond_with_the_skew_of_30_s(string name, string json, long now, JwtRejection expected) =>
        Assert.Equal(expected, Hmac.VerifyPayload(Signer.PayloadWith(name, json), now: now));

    [Theory]
    [InlineData(long.MinValue / 4, JwtRejection.IssuedInFuture)]
    [InlineData(0, JwtRejection.IssuedInFuture)]
    [InlineData(long.MaxValue / 4, JwtRejection.Expired)]
    public void A_clock_that_is_far_off_refuses_and_does_not_overflow(long now, JwtRejection expected) =>
        Assert.Equal(expected, Hmac.Verify(Hmac.GoodToken, now: now));

    [Theory]
    [InlineData(600, 600, JwtRejection.None)]
    [InlineData(599, 600, JwtRejection.LifetimeTooLong)]
    [InlineData(600, 601, JwtRejection.LifetimeTooLong)]
    public void A_lifetime_is_from_its_issue_to_its_end(long maximum, long lifetime, JwtRejection expected)
    {
        var payload = Signer.PayloadWith("exp", (Second + lifetime).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(expected, Hmac.VerifyPayload(payload, WithLifetime(maximum)));
    }

    [Theory]
    [InlineData(630, JwtRejection.None)]
    [InlineData(631, JwtRejection.LifetimeTooLong)]
    public void A_lifetime_without_an_issue_is_from_now_with_the_skew(long lifetime, JwtRejection expected)
    {
        var payload = Signer.PayloadWith("iat", null).Replace(
            (Second + 600).ToString(CultureInfo.InvariantCulture),
            (Second + lifetime).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Equal(expected, Hmac.VerifyPayload(payload, WithLifetime(600)));
    }

    [Fact]
    public void A_maximum_lifetime_asks_for_an_end_even_where_the_policy_does_not()
    {
        var open = new JwtPolicy { Algorithms = JwtAlgorithmSet.Hmac, RequireExpiry = false };
        var bounded = new JwtPolicy { Algorithms = JwtAlgorithmSet.Hmac, RequireExpiry = false, LifetimeSecondsMax = 60 };
        Assert.Equal(JwtRejection.None, Hmac.VerifyPayload("{}", open));
        Assert.Equal(JwtRejection.ExpiryMissing, Hmac.VerifyPayload("{}", bounded));
    }

    [Fact]
    public void A_policy_knows_its_issuer_among_several()
    {
        var policy = Signer.Policy(JwtAlgorithm.HS256);
        Assert.True(policy.IsFor(Encoding.UTF8.GetBytes(Signer.Issuer)));
        Assert.False(policy.IsFor("https://other.example/"u8));
        Assert.False(new JwtPolicy { Algorithms = JwtAlgorithmSet.Hmac }.IsFor(default));
    }

    [Theory]
    [InlineData("email", "a@example.com")]
    [InlineData("realm_access.roles", null)]
    [InlineData("realm_access.level", "3")]
    [InlineData("realm_access.deep.deeper", "true")]
    [InlineData("https://example.com/tier", "gold")]
    [InlineData("https://example.com/app.plan", "pro")]
    [InlineData("a.b", "dotted")]
    [InlineData("a.b.c", null)]
    [InlineData("a.x", "nested")]
    [InlineData("n", "-1.5e3")]
    [InlineData("nothing", null)]
    [InlineData("missing", null)]
    [InlineData("missing.more", null)]
    [InlineData("email.more", null)]
    [InlineData("", null)]
    [InlineData(".", null)]
    [InlineData("esc\"aped", "\u00e9\ud83d\ude00\n")]
    public void Claims_are_found_by_name_and_by_path(string path, string? expected) =>
        Assert.Equal(expected, Sample().Find(path).Text);

    [Fact]
    public void Claims_match_as_one_value_and_as_one_of_several()
    {
        var claims = Sample();
        Assert.True(claims.Find("realm_access.roles").Matches("admin"u8));
        Assert.False(claims.Find("realm_access.roles").Matches("adm"u8));
        Assert.False(claims.Find("realm_access.roles").Matches("[\"admin\"]"u8));
        Assert.True(claims.Find("email").Matches("a@example.com"u8));
        Assert.False(claims.Find("missing").Matches(""u8));
        Assert.False(claims.Find("nothing").Matches("null"u8));
        Assert.True(claims.Find("realm_access.level").TryGetInt64(out var level));
        Assert.Equal(3, level);
        Assert.False(claims.Find("n").TryGetInt64(out _));
        Assert.Equal(["admin", "x\"y"], claims.Words("realm_access.roles"));
        Assert.Equal(["a", "b"], claims.Words("scope"));
        Assert.Empty(claims.Words("missing"));
    }

    [Fact]
    public void Claims_outlive_the_reader_and_its_next_token()
    {
        var claims = Sample();
        using var reader = JwtReader.Rent();
        reader.Read(Hmac.Sign(Hmac.GoodHeader, "{\"email\":\"mallory\"}"));
        Assert.Equal("a@example.com", claims.Find("email").Text);
    }

    [Fact]
    public void What_is_unverified_is_said_to_be_so()
    {
        using var reader = JwtReader.Rent();
        reader.Read(Hmac.Sign(Hmac.GoodHeader, """{"client":"c\u0031","n":1}"""));
        Assert.Equal("c1", reader.UnverifiedText("client"u8));
        Assert.Null(reader.UnverifiedText("n"u8));
        Assert.Null(reader.UnverifiedText("missing"u8));
        Assert.False(reader.HasIssuer);
        Assert.True(reader.Issuer.IsEmpty);
    }

    [Fact]
    public void Every_reason_has_a_code_of_its_own_and_words_that_fit_a_header()
    {
        var all = Enum.GetValues<JwtRejection>();
        Assert.Equal(all.Length, all.Select(JwtRejections.Code).Distinct().Count());
        Assert.Equal(all.Length, JwtRejections.Count);
        Assert.Equal("signature_invalid", JwtRejections.Code(JwtRejection.SignatureInvalid));
        foreach (var rejection in all.Where(static rejection => rejection != JwtRejection.None))
        {
            Assert.Matches("^[A-Za-z ]+$", JwtRejections.Description(rejection));
        }

        // What tells a forger nothing: how far the token came.
        Assert.Equal(JwtRejections.Description(JwtRejection.SignatureInvalid),
            JwtRejections.Description(JwtRejection.KeyUnknown));
        Assert.Equal(JwtRejections.Description(JwtRejection.SignatureInvalid),
            JwtRejections.Description(JwtRejection.IssuerUnknown));
        foreach (var problem in Enum.GetValues<JwtKeyProblem>())
        {
            Assert.NotEqual(problem.ToString(), JwtKeyProblems.Describe(problem));
        }
    }

    private static JwtPolicy WithLifetime(long seconds) => new()
    {
        Issuer = Signer.Issuer,
        Algorithms = JwtAlgorithmSet.Hmac,
        ClockSkewSeconds = 30,
        LifetimeSecondsMax = seconds,
    };

    private static JwtClaims Sample()
    {
        const string Payload =
            """
             {"email":"a@example.com","nothing":null,"n":-1.5e3,"scope":"a  b","a":{"x":"nested","b":"shadowed"},"a.b":"dotted",
            "realm_access":{"roles":["admin",1,"x\"y"],"level":3,"deep":{"deeper":true}},"https:\/\/example.com\/tier":"gold",
            "https://example.com/app":{"plan":"pro"},"esc\"aped":"\u00e9\ud83d\ude00\n"}
            """;
        using var reader = JwtReader.Rent();
        Assert.Equal(JwtRejection.None, reader.Read(Hmac.Sign(Hmac.GoodHeader, Payload)));
        var policy = new JwtPolicy { Algorithms = JwtAlgorithmSet.Hmac, RequireExpiry = false };
        Assert.Equal(JwtRejection.None, reader.Verify(policy, Hmac.Key, Signer.Now));
        return reader.CopyClaims();
    }
}
