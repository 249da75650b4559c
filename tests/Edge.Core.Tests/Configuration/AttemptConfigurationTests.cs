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
