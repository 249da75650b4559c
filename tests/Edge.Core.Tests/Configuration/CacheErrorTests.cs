using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>Caches in the file.</summary>
public sealed class CacheErrorTests
{
    private const string Semantic = "cache: { ttl: 1m, scope: public, semantic: { model: e, dimensions: 4, ";

    private const string Top = """
        listeners: [{ address: 0.0.0.0:8080 }]
        identity:
          consumers:
            ann: { apiKeys: [{ name: a, sha256: "0000000000000000000000000000000000000000000000000000000000000000" }] }
        upstreams:
          llm: { dialect: openai, targets: [https://api.openai.com] }
          web: { targets: [https://example.com] }
          claude: { dialect: anthropic, targets: [https://api.anthropic.com] }
          blue: { dialect: openai, azure: { apiVersion: "2024-10-21" }, targets: [https://a.openai.azure.com] }

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
    [InlineData("cache: { ttl: 1m, scope: public, nearness: {} }", "unknown key 'nearness'")]
    [InlineData(Semantic + "upstream: lmm } }", "'lmm' is not an upstream; did you mean")]
    [InlineData(Semantic + "upstream: web } }", "not asked for vectors as OpenAI is; write one of dialect openai")]
    [InlineData(Semantic + "upstream: claude } }", "not asked for vectors as OpenAI is; write one of dialect openai")]
    [InlineData(Semantic + "upstream: blue } }", "not asked for vectors as OpenAI is; write one of dialect openai")]
    [InlineData(Semantic + "upstream: llm, threshold: 0.49 } }", "'0.49' is not a threshold; write a number from 0.5 to 1")]
    [InlineData(Semantic + "upstream: llm, threshold: 1.01 } }", "'1.01' is not a threshold")]
    [InlineData(Semantic + "upstream: llm, threshold: NaN } }", "'NaN' is not a threshold")]
    [InlineData(Semantic + "upstream: llm, timeout: 5001ms } }", "so long every new question might wait; write at most 5s")]
    [InlineData(Semantic + "upstream: llm, entriesMax: 0 } }", "is out of range")]
    [InlineData(Semantic + "upstream: llm, entriesMax: 20001 } }", "is out of range")]
    [InlineData("cache: { ttl: 1m, scope: public, semantic: { upstream: llm, model: e, dimensions: 4097 } }", "is out of range")]
    [InlineData("cache: { ttl: 1m, scope: public, semantic: { upstream: llm, dimensions: 4 } }", "model")]
    [InlineData("cache: { ttl: 1m, scope: public, semantic: { upstream: llm, model: e } }", "dimensions")]
    [InlineData("cache: { ttl: 1m, scope: public, semantic: { model: e, dimensions: 4 } }", "upstream")]
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
    public void Only_an_LLM_is_asked_questions_that_are_alike()
    {
        var loaded = Load(
            Top + "routes: [{ name: a, upstream: web, cache: { scope: public, semantic: "
            + "{ upstream: llm, model: e, dimensions: 4 } } }]\n");
        Assert.Contains("route 'a' goes to no LLM, and is asked no questions", Assert.Single(loaded.Diagnostics).Message);
    }

    [Theory]
    [InlineData("upstream: llm", 0.95, 500, 2000)]
    [InlineData("upstream: llm, threshold: 0.5, timeout: 5s, entriesMax: 20000", 0.5, 5000, 20_000)]
    [InlineData("upstream: llm, threshold: 1, timeout: 1ms, entriesMax: 1", 1, 1, 1)]
    public void Questions_that_are_alike_are_planned(string keys, double threshold, int timeoutMs, int entriesMax)
    {
        var loaded = Load(Route($"{Semantic}{keys} }} }}"));
        Assert.Empty(loaded.Diagnostics);
        var expected = new SemanticPlan
        {
            Upstream = "llm",
            Model = "e",
            Dimensions = 4,
            Threshold = threshold,
            Timeout = TimeSpan.FromMilliseconds(timeoutMs),
            EntriesMax = entriesMax,
        };
        Assert.Equal(expected, loaded.Plan!.Routes[0].Cache!.Semantic);
        Assert.Null(Load(Route("cache: { ttl: 1m, scope: public }")).Plan!.Routes[0].Cache!.Semantic);
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
