using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>Caches in the file.</summary>
public sealed class CacheErrorTests
{
    private const string Top = """
        listeners: [{ address: 0.0.0.0:8080 }]
        identity:
          consumers:
            ann: { apiKeys: [{ name: a, sha256: "0000000000000000000000000000000000000000000000000000000000000000" }] }
        upstreams:
          llm: { dialect: openai, targets: [https://api.openai.com] }
          web: { targets: [https://example.com] }

        """;

    [Theory]
    [InlineData(
        "authenticate: { with: [consumers] }, cache: { ttl: 1m, scope: public }",
        "asks for credentials, and with scope public")]
    [InlineData("cache: { ttl: 1m }", "asks nobody for a credential")]
    [InlineData("cache: { ttl: 1m, scope: tier }", "asks nobody for a credential")]
    [InlineData("cache: { ttl: 1m, scope: public, shared: true }", "shared says nothing but beside scope public")]
    [InlineData("authenticate: { with: [consumers] }, cache: { ttl: 1m, shared: true }", "shared says nothing but beside")]
    [InlineData(
        "authenticate: { with: [consumers] }, cache: { ttl: 1m, scope: tenant }",
        "'tenant' is not a scope; write consumer, tier, claim:NAME or public")]
    [InlineData("cache: { ttl: 1m, scope: public, varyOn: [\"header:A\"] }", "without body every question")]
    [InlineData("cache: { ttl: 1m, scope: public, varyOn: [body, \"header:A\", \"header:a\"] }", "is in this list already")]
    [InlineData("cache: { ttl: 1m, scope: public, varyOn: [body, user] }", "'user' tells no answers apart")]
    [InlineData("cache: { ttl: 1m, scope: public, store: redis }", "there is no redis in this file; add it, or keep")]
    [InlineData("cache: { ttl: 1m, scope: public, store: disk }", "'disk' is not where answers can be kept; write memory")]
    [InlineData("cache: { ttl: 1m, scope: public, tags: [\"a b\"] }", "'a b' is not a tag")]
    [InlineData("cache: { ttl: 1m, scope: public, tags: [\"a,b\"] }", "'a,b' is not a tag")]
    [InlineData("cache: { ttl: 1m, scope: public, temperatureMax: 2.1 }", "'2.1' is not a temperature")]
    [InlineData("cache: { ttl: 1m, scope: public, maxObject: 65MiB }", "is out of range")]
    [InlineData("cache: { scope: public }", "goes to an LLM, whose answers say nothing of their time; write ttl")]
    [InlineData("cache: { ttl: 1m, scope: public, semantic: {} }", "unknown key 'semantic'")]
    public void A_wrong_cache_is_told(string keys, string error) =>
        Assert.Contains(error, Assert.Single(Errors(Route(keys))), StringComparison.Ordinal);

    [Fact]
    public void Answers_of_upstreams_that_are_no_llm_may_say_themselves_how_long_they_are_kept()
    {
        var loaded = Load(Top + "routes: [{ name: a, upstream: web, cache: { scope: public, callerDirectives: true } }]\n");
        Assert.Empty(loaded.Diagnostics);
        Assert.Null(loaded.Plan!.Routes[0].Cache!.Ttl);
        Assert.True(loaded.Plan.Routes[0].Cache!.CallerDirectives);
    }

    [Fact]
    public void A_right_one_is_planned()
    {
        var loaded = Load(Route(
            "authenticate: { with: [consumers] }, cache: { ttl: 5m, scope: \"claim:org\", " +
            "varyOn: [body, \"header:Accept-Language\"], maxObject: 2KiB, store: memory, temperatureMax: 0.5 }"));
        var cache = loaded.Plan!.Routes[0].Cache!;
        Assert.Equal(TimeSpan.FromMinutes(5), cache.Ttl);
        Assert.Equal(new CacheScopePlan(CacheScopeKind.Claim, "org"), cache.Scope);
        Assert.Equal(["Accept-Language"], cache.VaryHeaders.ToArray());
        Assert.Equal((2048, 0.5, false), (cache.ObjectBytesMax, cache.TemperatureMax, cache.Tools));
        Assert.Contains("org", loaded.Plan.Identity.Claims);
    }

    private static string Route(string keys) => $"{Top}routes: [{{ name: a, upstream: llm, {keys} }}]\n";

    private static ConfigurationResult Load(string text) => ConfigurationLoader.LoadText(text, Samples.Path, Samples.Source());

    private static List<string> Errors(string text) => [.. Load(text).Diagnostics.Select(d => d.Message)];
}
