using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Http;

namespace Edge.Core.Tests.Bodies;

public sealed class BodyRewriterTests
{
    private static RewriteTemplate Json(string json) => RewriteTemplate.Parse(Encoding.UTF8.GetBytes(json));

    private static RewritePlan Plan(params RewriteRule[] rules) => new([(null, rules)]);

    private static RewriteRule Aliases() => RewriteRule.Alias("m",
    [
        KeyValuePair.Create("old-*", "fast"), KeyValuePair.Create("fast", "gpt-4o"), KeyValuePair.Create("say", "a \"b\""),
    ]);

    private static RewritePlan When(RewriteCondition condition, params RewriteRule[] rules) => new([(condition, rules)]);

    private static string Apply(RewritePlan plan, string body, FakeContext? context = null)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(body)));
        var rewriter = new BodyRewriter();
        var outcome = rewriter.Apply(plan, tape, context ?? new FakeContext());
        if (outcome == RewriteOutcome.Unchanged)
        {
            Assert.Same(tape, BodyOf(rewriter));
            return "=";
        }

        return outcome != RewriteOutcome.Changed ? outcome.ToString()
            : rewriter.TryRead(out var made) ? Encoding.UTF8.GetString(made.Text) : nameof(RewriteOutcome.NotTransformable);
    }

    private static JsonTape BodyOf(BodyRewriter rewriter)
    {
        Assert.True(rewriter.TryRead(out var body));
        return body;
    }

    [Theory]
    [InlineData("{}", "{\"a\":1}")]
    [InlineData(" { } ", " {\"a\":1} ")]
    [InlineData("{\"b\" : 2.50 }\n", "{\"b\" : 2.50,\"a\":1}\n")]
    [InlineData("{\"a\":null}", "=")]
    [InlineData("{\"\\u0061\":0}", "=")]
    [InlineData("[]", "NotAnObject")]
    [InlineData("1", "NotAnObject")]
    public void A_default_is_added_where_the_member_is_missing(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(RewriteRule.Default("a", Json("1"))), body));

    [Theory]
    [InlineData("{\"q\":\"a\\\"b\",\"p\":{\"n\":[1, 2.50]}}",
        "{\"t\":\"user-7: a\\\"b\",\"n\":[1, 2.50],\"k\":{\"r\":\"req-1\"}}")]
    [InlineData("{\"q\":\"a\"}", "NotTransformable")]
    [InlineData("{}", "NotTransformable")]
    [InlineData("[]", "NotAnObject")]
    public void A_body_is_mapped(string body, string expected) => Assert.Equal(expected, Apply(
        Plan(RewriteRule.Map(
            Json("{\"t\":\"{caller.id}: {body./q}\",\"n\":\"{body./p/n}\",\"k\":{\"r\":\"{request.id}\"}}"))), body));

    [Fact]
    public void Rules_see_a_mapped_body_and_a_mapping_sees_what_rules_did() => Assert.Equal(
        "{\"b\":2,\"c\":{\"was\":1}}",
        Apply(
            Plan(
                RewriteRule.Set("a", Json("1")), RewriteRule.Map(Json("{\"b\":\"{body./a}\"}")),
                RewriteRule.Map(Json("{\"b\":2,\"c\":{\"was\":\"{body./b}\"}}"))),
            "{\"a\":0}"));

    [Fact]
    public void A_body_is_mapped_to_nothing_but_an_object() =>
        Assert.Throws<RewriteException>(static () => RewriteRule.Map(Json("[1]")));

    [Theory]
    [InlineData("{\"m\":\"fast\", \"n\":1}", "{\"m\":\"gpt-4o\", \"n\":1}")]
    [InlineData("{\"m\":\"f\\u0061st\"}", "{\"m\":\"gpt-4o\"}")]
    [InlineData("{\"m\":\"old-1\"}", "{\"m\":\"gpt-4o\"}")]
    [InlineData("{\"m\":\"say\"}", "{\"m\":\"a \\\"b\\\"\"}")]
    [InlineData("{\"m\":\"faster\"}", "=")]
    [InlineData("{\"m\":\"gpt-4o\"}", "=")]
    [InlineData("{\"m\":\"fas\"}", "=")]
    [InlineData("{\"m\":[\"fast\"]}", "=")]
    [InlineData("{}", "=")]
    public void An_alias_is_replaced_and_what_it_became_is_looked_for_in_the_lines_behind(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(Aliases()), body));

    [Fact]
    public void An_alias_is_looked_for_in_what_a_rule_has_made() => Assert.Equal(
        "{\"m\":\"gpt-4o\",\"x\":1}",
        Apply(
            Plan(RewriteRule.Rename("model", "m"), RewriteRule.Set("m", Json("\"fast\"")), Aliases()),
            "{\"model\":\"other\",\"x\":1}"));

    [Fact]
    public void The_new_text_is_handed_over_without_a_copy()
    {
        var tape = new JsonTape();
        Assert.True(tape.Read("{\"a\":0}"u8.ToArray()));
        var rewriter = new BodyRewriter();
        Assert.Equal(RewriteOutcome.Changed, rewriter.Apply(Plan(RewriteRule.Set("a", Json("1"))), tape, new FakeContext()));
        var to = new HeadBuffer();
        to.Write("before"u8);
        var body = BodyOf(rewriter);
        rewriter.TakeText(to);
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(to.Written.Span));
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(body.Text));
        rewriter.ReturnMemory();
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(to.Written.Span));
    }

    [Theory]
    [InlineData("{}", "{\"a\":1}")]
    [InlineData("{\"x\":1, \"a\" : [1, 2] , \"y\":2}", "{\"x\":1, \"a\" : 1 , \"y\":2}")]
    [InlineData("{\"a\":1}", "=")]
    [InlineData("{\"a\":1.0}", "{\"a\":1}")]
    public void A_set_replaces_in_place(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(RewriteRule.Set("a", Json("1"))), body));

    [Theory]
    [InlineData("{}", "=")]
    [InlineData("{ \"a\":1 }", "{}")]
    [InlineData("{\"a\":1, \"b\":2}", "{\"b\":2}")]
    [InlineData("{\"b\":2 , \"a\":1 }", "{\"b\":2}")]
    [InlineData("{\"x\":1 , \"a\":1 , \"b\":2 , \"c\":3}", "{\"x\":1,\"b\":2 , \"c\":3}")]
    public void A_removal_takes_one_comma_along(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(RewriteRule.Remove("a")), body));

    [Theory]
    [InlineData("{\"t\":2}", "=")]
    [InlineData("{\"t\":2.0000}", "=")]
    [InlineData("{\"t\":2.0001}", "{\"t\":2}")]
    [InlineData("{\"t\":-1e-400}", "{\"t\":0}")]
    [InlineData("{\"t\":-0}", "=")]
    [InlineData("{\"t\":\"9\"}", "=")]
    [InlineData("{}", "=")]
    public void A_clamp_moves_what_is_outside(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(RewriteRule.Clamp("t", "0", "2")), body));

    [Theory]
    [InlineData("{\"a\" : 1,\"b\":2}", "{\"n\":1,\"b\":2}")]
    [InlineData("{\"n\":0, \"a\":1}", "{\"n\":1}")]
    [InlineData("{\"a\":1, \"n\":0}", "{\"n\":1}")]
    [InlineData("{\"b\":1}", "=")]
    public void A_renamed_member_keeps_its_place(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(RewriteRule.Rename("a", "n")), body));

    [Theory]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        "{\"messages\":[{\"role\":\"system\",\"content\":\"Be \\\"kind\\\".\"},{\"role\":\"user\",\"content\":\"x\"}]}")]
    [InlineData("{\"messages\":[ ]}", "{\"messages\":[{\"role\":\"system\",\"content\":\"Be \\\"kind\\\".\"} ]}")]
    [InlineData("{\"messages\":[{\"role\":\"user\"},{\"role\":\"system\"}]}", "=")]
    [InlineData("{\"messages\":[{\"role\":\"developer\"}]}", "=")]
    [InlineData("{\"messages\":\"x\"}", "=")]
    [InlineData("{}", "=")]
    public void A_system_message_is_put_first_where_there_is_none(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(RewriteRule.SystemMessage(LlmApi.ChatCompletions,
            RewriteTemplate.OfText("Be \"kind\"."))), body));

    [Fact]
    public void Other_APIs_have_the_system_message_as_a_member()
    {
        var text = RewriteTemplate.OfText("Be kind.");
        Assert.Equal("{\"system\":\"Be kind.\"}", Apply(Plan(RewriteRule.SystemMessage(LlmApi.Messages, text)), "{}"));
        Assert.Equal("=", Apply(Plan(RewriteRule.SystemMessage(LlmApi.Messages, text)), "{\"system\":\"x\"}"));
        Assert.Equal("{\"instructions\":\"Be kind.\"}", Apply(Plan(RewriteRule.SystemMessage(LlmApi.Responses, text)), "{}"));
        Assert.Throws<RewriteException>(() => RewriteRule.SystemMessage(LlmApi.Embeddings, text));
    }

    [Theory]
    [InlineData("{\"message\":\"h\\u00e9llo\",\"userId\":\"u1\"}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9llo\"}],\"user\":\"u1\"}")]
    [InlineData("{\"userId\":7, \"message\":\"x\", \"n\":1.0}",
        "{\"user\":\"7\", \"messages\":[{\"role\":\"user\",\"content\":\"x\"}], \"n\":1.0}")]
    [InlineData("{\"message\":\"x\"}", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")]
    [InlineData("{\"message\":\"x\",\"userId\":null}", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")]
    [InlineData("{\"user\":\"a\",\"message\":\"x\",\"userId\":\"b\"}",
        "{\"user\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")]
    [InlineData("{\"messages\":[],\"message\":\"x\"}", "=")]
    [InlineData("{\"message\":1}", "NotTransformable")]
    [InlineData("{\"message\":\"x\",\"userId\":{}}", "NotTransformable")]
    [InlineData("{}", "NotTransformable")]
    [InlineData("[]", "NotAnObject")]
    public void The_mobile_format_becomes_a_chat_completion(string body, string expected) =>
        Assert.Equal(expected, Apply(Plan(RewriteRule.FromMobile()), body));

    [Theory]
    [InlineData("{\"stream\":true}", "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}", true)]
    [InlineData("{\"stream\":true,\"stream_options\":null}", "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
        true)]
    [InlineData("{\"stream\":true,\"stream_options\":{}}", "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}", true)]
    [InlineData("{\"stream\":true,\"stream_options\":{ \"x\":1}}",
        "{\"stream\":true,\"stream_options\":{\"include_usage\":true, \"x\":1}}", true)]
    [InlineData("{\"stream\":true,\"stream_options\":{\"x\":1,\"include_usage\": false }}",
        "{\"stream\":true,\"stream_options\":{\"x\":1,\"include_usage\": true }}", true)]
    [InlineData("{\"stream\":true,\"stream_options\":{\"include_usage\":true}}", "=", false)]
    [InlineData("{\"stream\":true,\"stream_options\":1}", "=", false)]
    [InlineData("{\"stream\":false}", "=", false)]
    [InlineData("{}", "=", false)]
    public void The_usage_of_a_stream_is_asked_for_where_the_caller_did_not(string body, string expected, bool added)
    {
        Assert.Equal(expected, Apply(Plan(RewriteRule.IncludeUsage()), body));
        var tape = new JsonTape();
        tape.Read(Encoding.UTF8.GetBytes(body));
        var rewriter = new BodyRewriter();
        rewriter.Apply(Plan(RewriteRule.IncludeUsage()), tape, new FakeContext());
        Assert.Equal(added, rewriter.AddedIncludeUsage);
    }

    [Fact]
    public void Rules_see_what_those_before_them_did()
    {
        var plan = new RewritePlan(
        [
            (null, [RewriteRule.FromMobile()]),
            (null, [RewriteRule.SystemMessage(LlmApi.ChatCompletions, RewriteTemplate.OfText("You are a helpful assistant."))]),
            (null, [RewriteRule.DefaultByTier("model", new Dictionary<string,
            RewriteTemplate> { ["free"] = Json("\"gpt-3.5-turbo\"") })]),
            (null, [RewriteRule.Default("user", Json("\"{caller.id}\"")), RewriteRule.Default("temperature", Json("0.7"))]),
            (null, [RewriteRule.Clamp("temperature", "0", "2")]),
            (new RewriteCondition { Tiers = ["free"] }, [RewriteRule.Set("max_tokens", Json("256"))]),
            (new RewriteCondition { Models = ["gpt-3*"] }, [RewriteRule.Set("first",
            Json("\"{body./messages/0/role} of {body./model}\""))]),
            (new RewriteCondition { Equal = [("max_tokens", "256.0"u8.ToArray())] }, [RewriteRule.Rename("max_tokens",
            "max_completion_tokens")]),
        ]);
        Assert.Equal(
            "{\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"},{\"role\":\"user\",\"content\":"
                + "\"hi\"}],"
            + "\"user\":\"u\",\"temperature\":2,\"model\":\"gpt-3.5-turbo\",\"max_completion_tokens\":256,\"first\":\"system o"
            + "f gpt-3.5-turbo\"}",
            Apply(plan, "{\"message\":\"hi\",\"userId\":\"u\",\"temperature\":3}"));
    }

    [Fact]
    public void Conditions_ask_tier_model_members_and_headers()
    {
        var rule = RewriteRule.Set("hit", Json("1"));
        bool Holds(RewriteCondition condition, string body) => Apply(When(condition, rule), body).Contains("hit",
            StringComparison.Ordinal);
        Assert.True(Holds(new() { Tiers = ["pro", "free"] }, "{}"));
        Assert.False(Holds(new() { Tiers = ["pro"] }, "{}"));
        Assert.True(Holds(new() { Models = ["x", "gpt-*-mini"] }, "{\"model\":\"gpt-4o-mini\"}"));
        Assert.False(Holds(new() { Models = ["gpt-*-mini"] }, "{\"model\":\"gpt-4o\"}"));
        Assert.False(Holds(new() { Models = ["*"] }, "{\"model\":1}"));
        Assert.False(Holds(new() { Models = ["*"] }, "{}"));
        Assert.True(Holds(new() { Present = ["a"] }, "{\"a\":null}"));
        Assert.False(Holds(new() { Present = ["a", "b"] }, "{\"a\":null}"));
        Assert.True(Holds(new() { Missing = ["b"] }, "{\"a\":null}"));
        Assert.False(Holds(new() { Missing = ["a"] }, "{\"a\":null}"));
        Assert.True(Holds(new() { Equal = [("a", "{\"x\":1}"u8.ToArray())] }, "{\"a\":{\"x\":1.0}}"));
        Assert.False(Holds(new() { Equal = [("a", "true"u8.ToArray())] }, "{\"a\":1}"));
        Assert.False(Holds(new() { Equal = [("a", "true"u8.ToArray())] }, "{}"));
        Assert.True(Holds(new() { Headers = [("x-client", "mobile")] }, "{}"));
        Assert.False(Holds(new() { Headers = [("x-client", "web")] }, "{}"));
        Assert.False(Holds(new() { Tiers = ["free"], Headers = [("x-other", "")] }, "{}"));
        Assert.Throws<RewriteException>(() => When(new() { Equal = [("a", "nope"u8.ToArray())] }, rule));
    }

    [Fact]
    public void What_a_placeholder_stands_for_cannot_leave_its_string()
    {
        var context = new FakeContext
        {
            CallerValues = new() { ["id"] = "\",\"admin\":true,\"x\":\"\n\u2028\\\ud800é😀" },
            RequestId = "r\"",
        };
        Assert.Equal(
            "{\"user\":\"<\\\",\\\"admin\\\":true,\\\"x\\\":\\\"\\n\u2028\\\\\ufffdé😀|r\\\"|mobile>\"}",
            Apply(Plan(RewriteRule.Set("user", Json("\"<{caller.id}|{request.id}|{header.X-Client}>\""))), "{}", context));
    }

    [Theory]
    [InlineData("\"{body./a}\"", "[1,{\"k\":\"v\"}]")]
    [InlineData("\"x{body./a}\"", "\"x[1,{\\\"k\\\":\\\"v\\\"}]\"")]
    [InlineData("\"{body./a/1/k}!\"", "\"v!\"")]
    [InlineData("\"{body./t}!\"", "\"q\\\"\\u00e9!\"")]
    [InlineData("\"{body./n}\"", "1.50")]
    [InlineData("\"n={body./n}\"", "\"n=1.50\"")]
    [InlineData("{\"k\":[\"{caller.id}\",\"{{x}\"]}", "{\"k\":[\"user-7\",\"{x}\"]}")]
    [InlineData("{\"{body./n}\" : true}", "{\"1.50\" : true}")]
    [InlineData("{\"{body./t}\":true}", "{\"q\\\"\\u00e9\":true}")]
    public void A_template_takes_from_the_body(string template, string expected) =>
        Assert.Equal($"{{\"a\":[1,{{\"k\":\"v\"}}],\"t\":\"q\\\"\\u00e9\",\"n\":1.50,\"s\":{expected}}}",
            Apply(Plan(RewriteRule.Set("s", Json(template))), "{\"a\":[1,{\"k\":\"v\"}],\"t\":\"q\\\"\\u00e9\",\"n\":1.50}"));

    [Fact]
    public void A_template_whose_source_is_missing_changes_nothing()
    {
        foreach (var template in (string[])["\"{caller.email}\"", "\"x{header.X-None}\"", "\"{body./none}\"",
            "{\"a\":\"{body./a/9}\"}"])
        {
            Assert.Equal("=", Apply(Plan(RewriteRule.Set("user", Json(template))), "{\"a\":[]}"));
        }

        Assert.Equal("=", Apply(Plan(RewriteRule.Set("user", Json("\"{request.id}\""))), "{}",
            new FakeContext { RequestId = null }));
        Assert.Equal("=", Apply(Plan(RewriteRule.DefaultByTier("m", new Dictionary<string, RewriteTemplate>())), "{}"));
    }

    [Theory]
    [InlineData("\"{nope}\"")]
    [InlineData("\"{caller.}\"")]
    [InlineData("\"{request.time}\"")]
    [InlineData("\"{body.x}\"")]
    [InlineData("\"a{b\"")]
    [InlineData("nope")]
    public void A_template_with_an_unknown_placeholder_is_refused(string json) => Assert.Throws<RewriteException>(() =>
        Json(json));

    [Fact]
    public void Bounds_are_numbers_in_order()
    {
        Assert.Throws<RewriteException>(() => RewriteRule.Clamp("t", "2", "0"));
        Assert.Throws<RewriteException>(() => RewriteRule.Clamp("t", "x", null));
        Assert.Throws<RewriteException>(() => RewriteRule.Clamp("t", " 1", null));
        Assert.Equal("{\"t\":1}", Apply(Plan(RewriteRule.Clamp("t", "1", null)), "{\"t\":0}"));
    }

    [Fact]
    public void A_body_that_would_become_too_deep_cannot_be_transformed()
    {
        var deep = new string('[', JsonTape.DepthMax - 1) + new string(']', JsonTape.DepthMax - 1);
        Assert.Equal("NotTransformable", Apply(Plan(RewriteRule.Set("b", Json("[\"{body./a}\"]"))), $"{{\"a\":{deep}}}"));
    }

    [Fact]
    public void Rewriting_costs_no_allocation_once_warm()
    {
        var condition = new RewriteCondition
        {
            Tiers = ["pro", "free"],
            Models = ["*"],
            Present = ["message"],
            Missing = ["z"],
            Headers = [("X-Client", "mobile")],
            Equal = [("y", "1"u8.ToArray())],
        };
        RewriteRule[] rules =
        [
            RewriteRule.FromMobile(), RewriteRule.SystemMessage(LlmApi.ChatCompletions, RewriteTemplate.OfText("Be kind.")),
            RewriteRule.Default("user", Json("\"{caller.id}\"")), RewriteRule.Set("x", Json("\"{body./message}\"")),
            RewriteRule.Clamp("temperature", "0", "2"), RewriteRule.Remove("y"),
        ];
        var plan = new RewritePlan([(condition, rules)]);
        var context = new FakeContext();
        var tape = new JsonTape();
        Assert.True(tape.Read("{\"model\":\"m\",\"message\":\"hi\",\"temperature\":3,\"y\":1}"u8.ToArray()));
        var rewriter = new BodyRewriter();
        rewriter.Apply(plan, tape, context);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = rewriter.Apply(plan, tape, context);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(RewriteOutcome.Changed, outcome);
    }
}
