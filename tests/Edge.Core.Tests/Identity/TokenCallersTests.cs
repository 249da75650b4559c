using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class TokenCallersTests
{
    private static readonly IssuerPlan Issuer = new()
    {
        Name = "corp",
        Issuer = "https://id.example",
        Audiences = ["api"],
        Algorithms = [JwtAlgorithm.RS256],
        ClockSkew = TimeSpan.Zero,
        RefreshInterval = TimeSpan.FromHours(1),
        ClaimMapping = new ClaimMapping("sub", "email", "https://example.com/tier", "scp"),
        DefaultTier = "free",
    };

    [Fact]
    public void A_caller_is_who_the_mapped_claims_say()
    {
        var caller = Make("""{"sub":"me","email":"a@b","https://example.com/tier":"gold","scp":["a","b c","d"],"scope":"no"}""")!;
        Assert.Equal((CallerKind.IssuerToken, "corp", "me"), (caller.Kind, caller.Source, caller.Id));
        Assert.Equal(("a@b", "gold", "a d", "kid"), (caller.Email, caller.Tier, caller.Scopes.Text, caller.CredentialName));
    }

    [Theory]
    [InlineData("""{"sub":"me"}""")]
    [InlineData("""{"sub":"me","https://example.com/tier":""}""")]
    [InlineData("""{"sub":"me","https://example.com/tier":null}""")]
    [InlineData("""{"sub":"me","https://example.com/tier":["gold"]}""")]
    public void Without_a_tier_it_has_the_issuers(string payload) => Assert.Equal("free", Make(payload)!.Tier);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"sub":""}""")]
    [InlineData("""{"sub":null}""")]
    [InlineData("""{"sub":{"sub":"me"}}""")]
    public void A_token_that_does_not_say_who_it_speaks_for_makes_no_caller(string payload) => Assert.Null(Make(payload));

    [Fact]
    public void A_tier_that_is_none_of_the_files_counts_as_none()
    {
        var claims = new JwtClaims("""{"sub":"me","https://example.com/tier":"gold"}"""u8.ToArray(), 0, 0);
        var known = new IdentityPlan { Issuers = [], Consumers = ConsumerRegistry.Empty, Claims = [], Tiers = ["free", "gold"] };
        var other = new IdentityPlan { Issuers = [], Consumers = ConsumerRegistry.Empty, Claims = [], Tiers = ["free"] };
        Assert.Equal("gold", TokenCallers.OfIssuer(claims, Issuer, null, known)!.Tier);
        Assert.Equal("free", TokenCallers.OfIssuer(claims, Issuer, null, other)!.Tier);
    }

    [Fact]
    public void Only_claims_that_are_asked_for_are_remembered()
    {
        var caller = Make("""{"sub":"me","a":1,"b":true,"c":["x","y"],"d":{"e":"deep"},"f":"no"}""", "a", "b", "c", "d.e", "g")!;
        Assert.Equal(
            ("1", "true", "x\ny", "deep"), (caller.Claim("a"), caller.Claim("b"), caller.Claim("c"), caller.Claim("d.e")));
        Assert.Null(caller.Claim("f"));
        Assert.Null(caller.Claim("g"));
    }

    [Fact]
    public void No_text_with_a_line_feed_is_taken_for_a_list()
    {
        var caller = Make("""{"sub":"me","a":"user\nadmin","b":["user\nadmin","x"],"c":["\n"]}""", "a", "b", "c")!;
        Assert.False(caller.HasClaim("a", "admin"));
        Assert.False(caller.HasClaim("b", "admin"));
        Assert.True(caller.HasClaim("b", "x"));
        Assert.Null(caller.Claim("c"));
    }

    private static Caller? Make(string payload, params string[] remembered) =>
        TokenCallers.OfIssuer(new JwtClaims(Encoding.UTF8.GetBytes(payload), 0, 0), Issuer, "kid", Identity(remembered));

    private static IdentityPlan Identity(string[] claims) =>
        new() { Issuers = [], Consumers = ConsumerRegistry.Empty, Claims = [.. claims] };
}
