using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>What the file says about bodies: what is refused, and what comes of the rest.</summary>
public sealed class BodyConfigurationTests
{
    [Theory]
    [InlineData("validate: { schema: openai-chats }",
        "9:25: schema file 'openai-chats' does not exist; did you mean 'openai-chat'?")]
    [InlineData("validate: { schema: /none.json }", "9:25: schema file '/none.json' does not exist")]
    [InlineData("validate: { query: [\"a%b\"] }",
        "9:25: 'a%b' is not the name of a query parameter; write it in visible ASCII, not percent-encoded")]
    [InlineData("rewrite: [{}]", "9:15: this rule does nothing; write what it changes, such as set: { ... }")]
    [InlineData("rewrite: [{ when: { tier: a } }]", "9:15: this rule does nothing; write what it changes, such as set: { ... }")]
    [InlineData("rewrite: [{ from: desktop }]", "9:23: 'desktop' is not a format; write mobile")]
    [InlineData("rewrite: [{ remove: [/logit_bias] }]",
        "9:26: '/logit_bias' is a pointer; rules are about members of the body itself, such as 'logit_bias'")]
    [InlineData("rewrite: [{ clamp: { n: [0] } }]", "9:29: the list is empty; it needs at least 2 item")]
    [InlineData("rewrite: [{ clamp: { n: [2, 1] } }]", "9:29: the bounds of 'n' are out of order")]
    [InlineData("rewrite: [{ clamp: { n: [a, 1] } }]", "9:29: '\"a\"' is not a number")]
    [InlineData("rewrite: [{ set: { n: +1 } }]",
        "9:27: this number is not written as JSON has it; mend it, or quote it as text")]
    [InlineData("rewrite: [{ set: { n: 0x1F } }]",
        "9:27: this number is not written as JSON has it; mend it, or quote it as text")]
    [InlineData("rewrite: [{ set: { n: \"{caller.name}\" } }]",
        "9:27: 'name' is nothing that is known of a caller; there are id, customId, email, tier, scopes and claims.NAME")]
    [InlineData("rewrite: [{ set: { n: \"{body.x}\" } }]", "9:27: 'x' is not a JSON Pointer: it begins with a slash")]
    [InlineData("rewrite: [{ body: [1] }]", "9:23: a body is mapped to one object; write { ... } with its members")]
    [InlineData("onDisconnect: drain", "9:19: 'drain' is neither abort nor { drain: 2000 tokens }; write one of these")]
    [InlineData("onDisconnect: { drain: 2000 }",
        "9:28: '2000' is not a number of tokens; write one with its unit, such as 2000 tokens")]
    [InlineData("onDisconnect: { drain: 1 tokens }",
        "9:19: nothing is metered here, so that there is nothing to learn; write metering: {} too")]
    [InlineData("metering: { repeatsMax: 1 }", "9:29: '1' is out of range; write a whole number from 2 to 100000")]
    public void What_is_wrong_is_told_with_its_place(string written, string error) =>
        Assert.Equal(error, Samples.Errors(Samples.WithRouteKey(written)));

    [Fact]
    public void A_route_with_limits_of_tokens_is_metered_and_may_drain() =>
        Assert.Equal(5, Samples.Plan("""
            listeners: [{ address: 127.0.0.1:8080 }]
            upstreams: { llm: { dialect: openai, targets: [https://api.example.com] } }
            routes:
              - name: chat
                upstream: llm
                limits: [{ name: t, per: global, tokens: 10, window: 1m }]
                onDisconnect: { drain: 5 tokens }
            """).Routes[0].DrainTokens);

    [Fact]
    public void A_schema_file_is_compiled_and_watched()
    {
        var source = Samples.Source();
        source.AddFile("/etc/edge/order.json", "{\"type\":\"object\"}");
        var plan = Samples.Plan(Samples.WithRouteKey("validate: { schema: order.json, query: [q], headers: [X-A] }"), source);
        var validate = plan.Routes[0].Validate!;
        Assert.NotNull(validate.Schema);
        Assert.Null(validate.Api);
        Assert.Equal(["q"], validate.Query);
        Assert.Equal(["X-A"], validate.Headers);
        Assert.Contains("/etc/edge/order.json", plan.Files);
    }

    [Fact]
    public void What_is_wrong_in_a_schema_file_is_told()
    {
        var source = Samples.Source();
        source.AddFile("/etc/edge/order.json", "{\n \"type\": 7 }");
        Assert.StartsWith(
            "9:25: schema file 'order.json' is no JSON Schema: 2:",
            Samples.Errors(Samples.WithRouteKey("validate: { schema: order.json }"), source), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null", "null")]
    [InlineData("~", "null")]
    [InlineData("true", "true")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("0.70", "0.70")]
    [InlineData("-1e3", "-1e3")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("gpt-4", "\"gpt-4\"")]
    [InlineData("2026-01-01", "\"2026-01-01\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("[a, 1, { b: [] }]", "[\"a\",1,{\"b\":[]}]")]
    [InlineData("${NUMBER}", "12")]
    [InlineData("\"${NUMBER}\"", "\"12\"")]
    public void A_value_is_the_json_that_it_looks_like(string written, string json)
    {
        var source = Samples.Source();
        source.Variables["NUMBER"] = "12";
        var plan = Samples.Plan(
            Samples.WithRouteKey(
                $"rewrite:\n      - when:\n          equals:\n            a: {written}\n        remove: [a]"), source);
        Assert.Equal(json, Encoding.UTF8.GetString(plan.Routes[0].Rewrite[0].When!.Equal[0].Json.Span));
    }

    [Fact]
    public void Claims_in_bodies_are_remembered_of_tokens()
    {
        const string rewrite =
            "rewrite: [{ set: { a: \"{caller.claims.dept}\" }, systemMessage: \"{caller.claims.team}\" }, "
            + "{ body: { a: \"{caller.claims.org}\" } }]";
        Assert.Equal(["dept", "org", "team"], Samples.Plan(Samples.WithRouteKey(rewrite)).Identity.Claims);
    }

    [Fact]
    public void Built_in_schemas_and_metering_are_as_written()
    {
        var plan = Samples.Plan(
            Samples.WithRouteKey("validate: { schema: anthropic-messages }") + "\n    metering: { usageHeader: true, "
            + "answerTokensMax: 10, repeatsMax: 5 }\n    onDisconnect: { drain: 2000 tokens }");
        Assert.Equal(LlmApi.Messages, plan.Routes[0].Validate!.Api);
        Assert.Equal(new MeteringPlan(true) { AnswerTokensMax = 10, RepeatsMax = 5 }, plan.Routes[0].Metering);
        Assert.Equal(2000, plan.Routes[0].DrainTokens);
    }
}
