using System.Net;
using Edge.Core.Configuration;
using Edge.Core.Identity;

namespace Edge.Core.Tests.Configuration;

public sealed class IdentityPlanTests
{
    [Fact]
    public void An_issuer_is_as_written()
    {
        var issuer = Samples.Plan(Samples.Full).Identity.Issuers[0];
        Assert.Equal("corp", issuer.Name);
        Assert.Equal("https://id.example.com/", issuer.Issuer);
        Assert.Equal("https://id.example.com/keys?v=1", issuer.JwksUri);
        Assert.Equal(["https://api.example.com", "chat"], issuer.Audiences);
        Assert.Equal([JwtAlgorithm.RS256, JwtAlgorithm.PS512, JwtAlgorithm.ES384], issuer.Algorithms);
        Assert.Equal(TimeSpan.FromSeconds(10), issuer.ClockSkew);
        Assert.Equal("at+jwt", issuer.Type);
        Assert.Equal(TimeSpan.FromHours(2), issuer.MaximumLifetime);
        Assert.Equal(TimeSpan.FromMinutes(10), issuer.RefreshInterval);
        Assert.Equal(new ClaimMapping("client_id", "mail", "https://example.com/tier", "scp"), issuer.ClaimMapping);
        Assert.Equal("free", issuer.DefaultTier);
        Assert.Equal("/etc/edge/ca.pem", issuer.CaFile);
    }

    [Fact]
    public void An_issuer_needs_its_name_and_an_audience_only()
    {
        var issuer = Samples.Plan(Samples.Full).Identity.Issuers[1];
        Assert.Null(issuer.JwksUri);
        Assert.Equal(["chat"], issuer.Audiences);
        Assert.Equal([JwtAlgorithm.RS256, JwtAlgorithm.ES256], issuer.Algorithms);
        Assert.Equal(TimeSpan.FromSeconds(30), issuer.ClockSkew);
        Assert.Null(issuer.Type);
        Assert.Null(issuer.MaximumLifetime);
        Assert.Equal(TimeSpan.FromHours(1), issuer.RefreshInterval);
        Assert.Equal(new ClaimMapping("sub", "email", "tier", "scope"), issuer.ClaimMapping);
        Assert.Null(issuer.DefaultTier);
        Assert.Null(issuer.CaFile);
    }

    [Fact]
    public void A_route_says_whom_it_lets_in_and_what_they_have_to_be()
    {
        var plan = Samples.Plan(Samples.Full);
        var authenticate = plan.Routes[0].Authenticate!;
        Assert.Same(plan.Identity.Issuers[0], Assert.Single(authenticate.Issuers));
        Assert.True(authenticate.Consumers);
        Assert.Equal(
            ["authorization", "x-api-key", "header:x-token", "query:jwt", "cookie:jwt"],
            authenticate.From.Select(p => p.ToString()));
        Assert.Equal(TimeSpan.FromHours(1), authenticate.MaximumLifetime);
        Assert.Equal(new AnonymousPlan("free"), authenticate.Anonymous);
        var resource = authenticate.Resource!;
        Assert.Equal("https://api.example.com/chat", resource.Identifier);
        Assert.Equal(["https://id.example.com/"], resource.AuthorizationServers);
        Assert.Equal("chat.read chat.admin", resource.ScopesSupported.Text);
        Assert.Equal(("Chat", "https://example.com/docs"), (resource.Name, resource.Documentation));
        Assert.Equal(["https://api.example.com/chat"], authenticate.AudiencesOf(plan.Identity.Issuers[0]));
        var authorize = plan.Routes[0].Authorize!;
        Assert.Equal("chat.write", authorize.Scopes.Text);
        Assert.Equal(["free", "starter"], authorize.Tiers);
        Assert.Equal([KeyValuePair.Create("dept", "sales")], authorize.Claims);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8")], authorize.Addresses!.Allow);
        Assert.Equal([IPNetwork.Parse("10.9.0.0/16")], authorize.Addresses.Deny);
        Assert.Equal(["dept"], plan.Identity.Claims);
        Assert.Equal([new TierPlan("free", "https://example.com/pricing"), new TierPlan("starter", null)], plan.Tiers);
        Assert.Null(plan.Routes[1].Authenticate);
        Assert.Null(plan.Routes[1].Authorize);
    }

    [Theory]
    [InlineData("https://a.example", "https://a.example/.well-known/oauth-protected-resource")]
    [InlineData("https://a.example/", "https://a.example/.well-known/oauth-protected-resource")]
    [InlineData("https://a.example:8443/mcp", "https://a.example:8443/.well-known/oauth-protected-resource/mcp")]
    [InlineData("http://[::1]:80/a/b/", "http://[::1]:80/.well-known/oauth-protected-resource/a/b/")]
    public void The_metadata_of_a_resource_is_between_its_host_and_its_path(string identifier, string url) =>
        Assert.Equal(url, Resource(identifier).MetadataUrl);

    [Theory]
    [InlineData("https://a.example", "https://a.example", "https://a.example/")]
    [InlineData("https://a.example/", "https://a.example/", "https://a.example")]
    [InlineData("https://a.example/mcp", "https://a.example/mcp")]
    [InlineData("https://a.example/mcp/", "https://a.example/mcp/")]
    public void A_token_names_its_resource_exactly_but_for_an_empty_paths_slash(string identifier, params string[] audiences) =>
        Assert.Equal(audiences, Resource(identifier).Audiences);

    [Fact]
    public void A_resources_servers_are_the_routes_issuers_and_its_audience_is_itself()
    {
        var plan = Samples.Plan($$"""
            {{Samples.Minimal}}
              - name: mcp
                match: { path: /mcp }
                upstream: openai
                authenticate: { with: [corp, other, consumers], resource: { identifier: "https://a.example/mcp" } }
              - { name: plain, match: { path: /plain }, upstream: openai, authenticate: { with: [other] } }
            identity:
              issuers: { corp: { issuer: "https://id.example" }, other: { issuer: "https://b.example", audience: api } }
            """);
        var mcp = plan.Routes[1].Authenticate!;
        Assert.Equal(["https://id.example", "https://b.example"], mcp.Resource!.AuthorizationServers);
        Assert.Equal(["https://a.example/mcp"], mcp.AudiencesOf(plan.Identity.Issuers[0]));
        Assert.Equal(["https://a.example/mcp"], mcp.AudiencesOf(plan.Identity.Issuers[1]));
        Assert.Equal(["api"], plan.Routes[2].Authenticate!.AudiencesOf(plan.Identity.Issuers[1]));
    }

    private static ResourcePlan Resource(string identifier) =>
        new() { Identifier = identifier, AuthorizationServers = [], ScopesSupported = Scopes.None };

    [Fact]
    public void Defaults_hold_for_routes_that_say_nothing_and_none_takes_them_away()
    {
        var plan = Samples.Plan($$"""
            {{Samples.Minimal}}
              - { name: own, match: { path: /own }, upstream: openai, authenticate: { with: [consumers], from: ["cookie:k"] } }
              - { name: none, match: { path: /none }, upstream: openai, authenticate: none, authorize: none }
            defaults:
              authenticate: { with: [consumers] }
              authorize: { scopes: [a] }
            """);
        Assert.Equal(["authorization", "x-api-key", "api-key"], plan.Routes[0].Authenticate!.From.Select(p => p.ToString()));
        Assert.Equal("a", plan.Routes[0].Authorize!.Scopes.Text);
        Assert.Equal(["cookie:k"], plan.Routes[1].Authenticate!.From.Select(p => p.ToString()));
        Assert.Null(plan.Routes[1].Authenticate!.Anonymous);
        Assert.Null(plan.Routes[2].Authenticate);
        Assert.Null(plan.Routes[2].Authorize);
    }

    [Fact]
    public void A_consumer_is_found_by_its_key_while_the_key_is_valid()
    {
        var consumers = Samples.Plan(Samples.Full).Identity.Consumers;
        Assert.Equal(1, consumers.Count);
        var hash = System.Security.Cryptography.SHA256.HashData("test"u8);
        var begin = DateTimeOffset.Parse("2026-01-01T00:00:00Z").ToUnixTimeSeconds();
        var end = DateTimeOffset.Parse("2027-01-31T10:00:00Z").ToUnixTimeSeconds();
        Assert.Equal(ApiKeyOutcome.NotYetValid, consumers.FindApiKey(hash, begin - 1, out _));
        Assert.Equal(ApiKeyOutcome.Found, consumers.FindApiKey(hash, begin, out var caller));
        Assert.Equal(ApiKeyOutcome.Found, consumers.FindApiKey(hash, end - 1, out _));
        Assert.Equal(ApiKeyOutcome.Expired, consumers.FindApiKey(hash, end, out _));
        hash[31] ^= 1;
        Assert.Equal(ApiKeyOutcome.Unknown, consumers.FindApiKey(hash, begin, out _));
        Assert.Equal(CallerKind.ApiKey, caller!.Kind);
        Assert.Equal("mobile-app", caller.Id);
        Assert.Equal("app_mobile_v1", caller.CustomId);
        Assert.Equal("mobile@example.com", caller.Email);
        Assert.Equal("starter", caller.Tier);
        Assert.Equal("chat.read chat.write", caller.Scopes.Text);
        Assert.Equal("laptop", caller.CredentialName);
    }

    [Fact]
    public void The_same_file_gives_the_same_identity_and_another_another()
    {
        var plan = Samples.Plan(Samples.Full).Identity;
        Assert.True(plan.IsSameAs(Samples.Plan(Samples.Full).Identity));
        foreach (var (old, other) in new[]
        {
            ("app_mobile_v1", "app_mobile_v2"), ("[RS256, PS512, ES384]", "[RS256, PS512]"), ("9f86d081", "9f86d082"),
            ("HS384", "HS256"), ("{ dept: sales }", "{ team: sales }"), ("refresh: 10m", "refresh: 11m"),
            ("scopes: [chat.read, chat.write]", "scopes: [chat.read]"), ("2027-01-31T12", "2027-01-31T13"),
        })
        {
            var changed = Samples.Plan(Samples.Full.Replace(old, other, StringComparison.Ordinal)).Identity;
            Assert.False(plan.IsSameAs(changed), old);
        }
    }
}
