using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Configuration;

/// <summary>Retries and fallbacks in the file.</summary>
public sealed class AttemptConfigurationTests
{
    [Theory]
    [InlineData("attempts: 0", "'0' is out of range; write a whole number from 1 to 10")]
    [InlineData("attempts: 11", "'11' is out of range")]
    [InlineData("budget: 101%", "'101%' is not a share; write a number from 0 to 100 with a %")]
    [InlineData("budget: 0.2", "'0.2' is not a share")]
    [InlineData("budget: \"-1%\"", "'-1%' is not a share")]
    [InlineData("budgetMin: 10001", "'10001' is out of range")]
    [InlineData("on: []", "the list is empty")]
    [InlineData("on: [\"200\"]", "'200' is not a cause; write connect, timeout, reset, a status")]
    [InlineData("on: [unavailable]", "'unavailable' is not a cause")]
    [InlineData("on: [connect, connect]", "'connect' is in this list already")]
    [InlineData("backoff: { base: 3s }", "this is more than max")]
    [InlineData("retryAfterMax: 0s", "'0s' is out of range")]
    [InlineData("hedge: { attempts: 0 }", "'0' is out of range; write a whole number from 1 to 3")]
    [InlineData("hedge: { attempts: 4 }", "'4' is out of range")]
    [InlineData("hedge: { percentile: 49 }", "'49' is out of range; write a whole number from 50 to 99")]
    [InlineData("hedge: { percentile: 100 }", "'100' is out of range")]
    [InlineData("hedge: { after: 0s }", "'0s' is out of range")]
    [InlineData("hedge: { methods: [] }", "the list is empty")]
    [InlineData("hedge: { methods: [GET, GET] }", "'GET' is in this list already")]
    [InlineData("hedge: { delay: 1s }", "unknown key 'delay'")]
    [InlineData("attempt: 3", "unknown key 'attempt'; did you mean 'attempts'?")]
    public void Wrong_retries_are_told(string keys, string error) =>
        Assert.Contains(error, Assert.Single(Load(retries: $"{{ {keys} }}").Diagnostics).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{}", "a fallback has one of upstream, cached and status")]
    [InlineData("{ upstream: other, status: 503 }", "a fallback has one of upstream, cached and status")]
    [InlineData("{ upstream: othr }", "'othr' is not an upstream; did you mean 'other'?")]
    [InlineData("{ upstream: it }", "this is the upstream that has failed; write another, or another model")]
    [InlineData("{ upstream: web }", "this upstream has another dialect")]
    [InlineData("{ status: 503, model: m }", "no upstream is asked here, for a model or else")]
    [InlineData("{ upstream: other, body: x }", "this belongs to a fixed answer")]
    [InlineData("{ upstream: other, model: \"gpt-*\" }", "'gpt-*' is not a model")]
    [InlineData("{ cached: stale }", "the route keeps no answers; write cache too")]
    [InlineData("{ cached: fresh }", "'fresh' is no answer from memory; write stale")]
    [InlineData("{ status: 199 }", "'199' is out of range")]
    [InlineData("{ status: 600 }", "'600' is out of range")]
    [InlineData("{ status: 503, on: [unavailble] }", "'unavailble' is not a cause")]
    [InlineData("{ status: 503, on: [connect, connect] }", "'connect' is in this list already")]
    public void A_wrong_fallback_is_told(string item, string error) =>
        Assert.Contains(error, Assert.Single(Load(fallback: $"[{item}]").Diagnostics).Message, StringComparison.Ordinal);

    [Fact]
    public void An_upstream_of_the_other_dialect_is_asked_where_the_route_translates()
    {
        Assert.Equal("claude", Load(fallback: "[{ upstream: claude }]").Plan!.Routes[0].Fallback[0].Upstream!.Name);
        Assert.Contains(
            "another dialect than the route's own, and its requests are not translated",
            Assert.Single(Load(fallback: "[{ upstream: claude }]", route: ", translate: none").Diagnostics).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_without_an_LLM_dialect_knows_no_models() => Assert.Contains(
        "has no LLM dialect, and its requests no model",
        Assert.Single(Load(dialect: "http", fallback: "[{ upstream: web, model: m }]").Diagnostics).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("canary: { weight: 5% }", "'upstream' is missing")]
    [InlineData("canary: { upstream: other }", "'weight' is missing")]
    [InlineData("canary: { upstream: othr, weight: 5% }", "'othr' is not an upstream; did you mean 'other'?")]
    [InlineData("canary: { upstream: it, weight: 5% }", "this is the route's own upstream; a canary is another one")]
    [InlineData("canary: { upstream: claude, weight: 5% }", "a canary has the dialect of the route's own upstream")]
    [InlineData("canary: { upstream: other, weight: 101% }", "'101%' is not a share")]
    [InlineData("canary: { upstream: other, weight: 5% , by: cookie }", "'cookie' is not caller or request")]
    [InlineData("shadow: {}", "'upstream' is missing")]
    [InlineData("shadow: { upstream: othr }", "'othr' is not an upstream; did you mean 'other'?")]
    [InlineData("shadow: { upstream: it }", "this is the route's own upstream; a shadow is another one")]
    [InlineData("shadow: { upstream: web }", "a shadow has the dialect of the route's own upstream")]
    [InlineData("shadow: { upstream: other, atOnce: 0 }", "'0' is out of range")]
    [InlineData("shadow: { upstream: other, atOnce: 1025 }", "'1025' is out of range")]
    [InlineData("shadow: { upstream: other, share: 10 }", "'10' is not a share")]
    public void A_wrong_canary_or_shadow_is_told(string key, string error) =>
        Assert.Contains(error, Assert.Single(Load(route: ", " + key).Diagnostics).Message, StringComparison.Ordinal);

    [Fact]
    public void A_canary_and_a_shadow_are_planned()
    {
        var route = Load(route: ", canary: { upstream: other, weight: 5% }, shadow: { upstream: other }").Plan!.Routes[0];
        Assert.Equal(("other", 0.05, true), (route.Canary!.Upstream.Name, route.Canary.Weight, route.Canary.ByCaller));
        Assert.Equal(("other", 1.0, 16), (route.Shadow!.Upstream.Name, route.Shadow.Share, route.Shadow.AtOnce));
        var other = Load(route: ", canary: { upstream: other, weight: 5%, by: request }").Plan!.Routes[0];
        Assert.Equal((false, null), (other.Canary!.ByCaller, other.Shadow));
        Assert.Equal(["it", "other"], other.Upstreams.Select(static u => u.Name));
    }

    [Fact]
    public void An_upstream_may_know_only_the_older_name_of_the_bound_of_an_answer()
    {
        Assert.False(Load().Plan!.Upstreams[0].SaysMaxTokens);
        Assert.True(Load(retries: "{}, maxTokensKey: max_tokens").Plan!.Upstreams[0].SaysMaxTokens);
        Assert.Contains(
            "only OpenAI's dialect has this member in two names",
            Assert.Single(Load(dialect: "anthropic", retries: "{}, maxTokensKey: max_tokens").Diagnostics).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_line_is_a_cause_of_fallbacks_and_of_no_retry()
    {
        var full = AttemptEnd.Failed(Failure.EdgeOverloaded);
        Assert.True(Load(fallback: "[{ upstream: other }]").Plan!.Routes[0].Fallback[0].On.Include(full));
        Assert.True(Load(fallback: "[{ upstream: other, on: [overload] }]").Plan!.Routes[0].Fallback[0].On.Include(full));
        Assert.False(Load(fallback: "[{ upstream: other, on: [unavailable] }]").Plan!.Routes[0].Fallback[0].On.Include(full));
        Assert.Contains(
            "'overload' is not a cause", Assert.Single(Load(retries: "{ on: [overload] }").Diagnostics).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Retries_as_in_the_example_are_planned()
    {
        var retries = Load(retries: "{ attempts: 3, budget: 20%, on: [connect, \"429\", \"5xx\"] }").Plan!.Upstreams[0].Retries!;
        Assert.Equal(new RetryPlan(), retries);
        Assert.Equal((3, 0.2, 10, false), (retries.Attempts, retries.Budget, retries.BudgetMin, retries.NonIdempotent));
        Assert.True(retries.On.Include(AttemptEnd.Answered(503)));
        Assert.False(retries.On.Include(AttemptEnd.Failed(Failure.UpstreamClosed)));
        Assert.Equal(new RetryPlan(), Load(retries: "{}").Plan!.Upstreams[0].Retries);
        Assert.Null(Load().Plan!.Upstreams[0].Retries);
    }

    [Theory]
    [InlineData("{}", 0, 95)]
    [InlineData("{ after: 1s }", 1000, 0)]
    [InlineData("{ percentile: 90 }", 0, 90)]
    [InlineData("{ after: 1s, percentile: 90 }", 1000, 90)]
    public void A_hedge_waits_for_a_time_or_a_share_of_the_answers_or_both(string hedge, int afterMs, int percentile)
    {
        var plan = Load(retries: $"{{ hedge: {hedge} }}").Plan!.Upstreams[0].Retries!.Hedge!;
        Assert.Equal((afterMs, percentile, 1), (plan.After.TotalMilliseconds, plan.Percentile, plan.Attempts));
        Assert.True(plan.Takes("GET") && plan.Takes("HEAD") && plan.Takes("OPTIONS"));
        Assert.False(plan.Takes("POST") || plan.Takes("ET") || plan.Takes("GE") || plan.Takes("PUT") || plan.Takes("GET HEAD X"));
        Assert.Null(Load(retries: "{}").Plan!.Upstreams[0].Retries!.Hedge);
    }

    [Fact]
    public void Two_upstreams_that_are_retried_differently_are_not_the_same()
    {
        var one = Load(retries: "{ on: [\"503\"] }").Plan!.Upstreams[0];
        Assert.True(one.IsSameAs(Load(retries: "{ on: [\"503\"] }").Plan!.Upstreams[0]));
        Assert.False(one.IsSameAs(Load(retries: "{ on: [\"504\"] }").Plan!.Upstreams[0]));
        Assert.False(one.IsSameAs(Load(retries: "{ on: [\"503\"], budget: 1% }").Plan!.Upstreams[0]));
    }

    [Fact]
    public void Fallbacks_are_planned_in_their_order()
    {
        var items = Load(
            fallback: "[{ upstream: other, model: gpt-4o-mini, on: [\"429\"] }, { upstream: it, model: m }, { cached: stale }, " +
            "{ status: 503, body: { error: { code: busy } } }, { status: 200, body: \"say \\\"hi\\\"\" }, { status: 204 }]",
            route: ", cache: { ttl: 1m, scope: public }").Plan!.Routes[0].Fallback;
        Assert.Equal(
            [FallbackKind.Upstream, FallbackKind.Upstream, FallbackKind.Stale, FallbackKind.Fixed, FallbackKind.Fixed,
                FallbackKind.Fixed],
            items.Select(static i => i.Kind));
        Assert.Equal(("other", "gpt-4o-mini"), (items[0].Upstream!.Name, items[0].Model));
        Assert.Equal(("it", "m"), (items[1].Upstream!.Name, items[1].Model));
        Assert.False(items[0].On.Include(AttemptEnd.Answered(503)));
        Assert.True(items[1].On.Include(AttemptEnd.Failed(Failure.UpstreamCircuitOpen)));
        Assert.Equal(("{\"error\":{\"code\":\"busy\"}}", "application/json"), (TextOf(items[3]), items[3].ContentType));
        Assert.Equal(("say \"hi\"", "text/plain; charset=utf-8"), (TextOf(items[4]), items[4].ContentType));
        Assert.Equal(("", null), (TextOf(items[5]), items[5].ContentType));
        Assert.Empty(Load().Plan!.Routes[0].Fallback);
    }

    private static string TextOf(FallbackPlan plan) => Encoding.UTF8.GetString(plan.Body.AsSpan());

    private static ConfigurationResult Load(
        string? retries = null, string? fallback = null, string route = "", string dialect = "openai") => Samples.Load(
        $$"""
        listeners: [{ address: 0.0.0.0:8080 }]
        upstreams:
          it: { dialect: {{dialect}}, targets: [http://a.example]{{(retries is null ? "" : ", retries: " + retries)}} }
          other: { dialect: openai, targets: [http://b.example] }
          claude: { dialect: anthropic, targets: [http://c.example] }
          web: { targets: [http://d.example] }
        routes:
          - { name: all, upstream: it{{(fallback is null ? "" : ", fallback: " + fallback)}}{{route}} }
        """);
}
