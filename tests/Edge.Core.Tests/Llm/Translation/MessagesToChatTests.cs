using Edge.Core.Llm.Translation;

namespace Edge.Core.Tests.Llm.Translation;

public sealed class MessagesToChatTests
{
    [Fact]
    public void A_server_that_knows_only_max_tokens_is_told_so()
    {
        const string Request = "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        Assert.Contains(
            "\"max_completion_tokens\":9", Translate.Request(new MessagesToChat(), Request), StringComparison.Ordinal);
        var text = Translate.Request(new MessagesToChat { SaysMaxTokens = true }, Request);
        Assert.Contains("\"max_tokens\":9", text, StringComparison.Ordinal);
        Assert.DoesNotContain("max_completion_tokens", text, StringComparison.Ordinal);
    }

    private const string Hello = """[{"role":"user","content":"Hello"}]""";

    private readonly MessagesToChat _translator = new();

    private string Of(string messages, string rest = "") => Translate.Request(
        _translator, $$"""{"model":"m","max_tokens":9,"messages":{{messages}}{{rest}}}""");

    private void Becomes(string messages, string expected, string rest = "", string expectedRest = "") => Translate.Same(
        $$"""{"model":"m","max_completion_tokens":9,"messages":{{expected}}{{expectedRest}}}""", Of(messages, rest));

    [Fact]
    public void A_plain_request_is_carried() => Becomes(Hello, Hello);

    [Theory]
    [InlineData("\"Be brief.\"", "\"Be brief.\"")]
    [InlineData("[{\"type\":\"text\",\"text\":\"Be brief.\"}]", "\"Be brief.\"")]
    [InlineData("[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]",
        "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]")]
    public void The_system_becomes_the_first_message(string system, string expected) => Becomes(
        Hello, $$"""[{"role":"system","content":{{expected}}},{"role":"user","content":"Hello"}]""", ",\"system\":" + system);

    [Fact]
    public void Calls_of_tools_and_their_results_are_carried()
    {
        Becomes(
            """
            [{"role":"user","content":[{"type":"text","text":"Weather?"}]},
             {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"I look."},
               {"type":"tool_use","id":"toolu_1","name":"get","input":{"city":"Z\"ürich"}},
               {"type":"tool_use","id":"toolu_2","name":"now","input":{}}]},
             {"role":"user","content":[
               {"type":"tool_result","tool_use_id":"toolu_1","content":"warm"},
               {"type":"text","text":"And?"},
               {"type":"tool_result","tool_use_id":"toolu_2","is_error":true,"content":[{"type":"text","text":"late"}]}]}]
            """,
            """
            [{"role":"user","content":[{"type":"text","text":"Weather?"}]},
             {"role":"assistant","content":"I look.","tool_calls":[
               {"id":"toolu_1","type":"function","function":{"name":"get","arguments":"{\"city\":\"Z\\\"ürich\"}"}},
               {"id":"toolu_2","type":"function","function":{"name":"now","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"toolu_1","content":"warm"},
             {"role":"tool","tool_call_id":"toolu_2","content":[{"type":"text","text":"late"}]},
             {"role":"user","content":[{"type":"text","text":"And?"}]}]
            """);
        Assert.Equal(["messages.content.thinking", "messages.content.is_error"], _translator.Dropped);
    }

    [Fact]
    public void Images_and_documents_are_carried() => Becomes(
        """
        [{"role":"user","content":[
          {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}},
          {"type":"image","source":{"type":"url","url":"https://example.com/a.png"}},
          {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"a.pdf"},
          {"type":"document","source":{"type":"text","media_type":"text/plain","data":"Words"}}]}]
        """,
        """
        [{"role":"user","content":[
          {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}},
          {"type":"image_url","image_url":{"url":"https://example.com/a.png"}},
          {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}},
          {"type":"text","text":"Words"}]}]
        """);

    [Fact]
    public void An_image_that_a_tool_answered_is_shown_by_the_user_right_after_it()
    {
        Becomes(
            """
            [{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[
              {"type":"text","text":"Here"},{"type":"image","source":{"type":"url","url":"https://e/a.png"}}]}]}]
            """,
            """
            [{"role":"tool","tool_call_id":"t","content":[{"type":"text","text":"Here"}]},
             {"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e/a.png"}}]}]
            """);
        Assert.Equal(["messages.content.tool_result"], _translator.Changed);
    }

    [Theory]
    [InlineData("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}")]
    [InlineData("\"temperature\":0.3,\"top_p\":0.9", "\"temperature\":0.3,\"top_p\":0.9")]
    [InlineData("\"stop_sequences\":[\"a\",\"b\",\"c\",\"d\"]", "\"stop\":[\"a\",\"b\",\"c\",\"d\"]")]
    [InlineData("\"metadata\":{\"user_id\":\"u\"}", "\"user\":\"u\"")]
    [InlineData("\"output_config\":{\"effort\":\"xhigh\"}", "\"reasoning_effort\":\"xhigh\"")]
    [InlineData("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":4096}", "\"reasoning_effort\":\"low\"")]
    [InlineData("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":4097}", "\"reasoning_effort\":\"medium\"")]
    [InlineData("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":16385}", "\"reasoning_effort\":\"high\"")]
    [InlineData("\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",\"strict\":true,\"schema\":{\"ty"
            + "pe\":\"object\"}}}")]
    public void What_has_an_equivalent_is_carried(string member, string expected) =>
        Becomes(Hello, Hello, "," + member, "," + expected);

    [Theory]
    [InlineData("{\"type\":\"auto\"}", "\"auto\"")]
    [InlineData("{\"type\":\"none\"}", "\"none\"")]
    [InlineData("{\"type\":\"any\",\"disable_parallel_tool_use\":true}", "\"required\",\"parallel_tool_calls\":false")]
    [InlineData("{\"type\":\"tool\",\"name\":\"f\"}", "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}")]
    public void Tools_and_the_choice_of_them_are_carried(string choice, string expected) => Becomes(
        Hello, Hello,
        """,  "tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true}],"tool_choice":""" + choice,
        """
        ,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],
        "tool_choice":
        """ + expected);

    [Theory]
    [InlineData("\"top_k\":5", "top_k")]
    [InlineData("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]", "tools.type")]
    [InlineData("\"container\":\"c\"", "container")]
    [InlineData("\"inference_geo\":\"eu\"", "inference_geo")]
    [InlineData("\"mcp_servers\":[{}]", "mcp_servers")]
    public void What_bears_on_the_answer_is_refused_or_dropped_and_named(string member, string name)
    {
        var request = $$"""{"model":"m","max_tokens":9,"messages":{{Hello}},{{member}}}""";
        Assert.NotEmpty(Translate.Refusal(_translator, request).Param!);
        Assert.Equal(Of(Hello), Translate.Request(_translator, request, Translate.Dropping));
        Assert.Equal([name], _translator.Dropped);
    }

    [Fact]
    public void Of_many_stop_sequences_the_first_four_are_kept_where_the_route_drops()
    {
        var request = $$"""{"model":"m","max_tokens":9,"messages":{{Hello}},"stop_sequences":["a","b","c","d","e"]}""";
        Assert.Equal("/stop_sequences", Translate.Refusal(_translator, request).Param);
        Assert.EndsWith(
            """,  "stop":["a","b","c","d"]}""".Replace(" ", "", StringComparison.Ordinal),
            Translate.Request(_translator, request, Translate.Dropping), StringComparison.Ordinal);
        Assert.Equal(["stop_sequences"], _translator.Dropped);
    }

    [Theory]
    [InlineData("\"service_tier\":\"auto\"", "service_tier")]
    [InlineData("\"cache_control\":{\"type\":\"ephemeral\"}", "cache_control")]
    [InlineData("\"thinking\":{\"type\":\"adaptive\"}", "thinking")]
    [InlineData("\"metadata\":{\"user_id\":\"u\",\"other\":1}", "metadata")]
    [InlineData("\"system\":[{\"type\":\"text\",\"text\":\"x\",\"cache_control\":{\"type\":\"ephemeral\"}}]", "cache_control")]
    public void What_is_for_the_providers_books_is_dropped_and_named(string member, string name)
    {
        Of(Hello, "," + member);
        Assert.Equal([name], _translator.Dropped);
    }

    [Theory]
    [InlineData("""{"model":"m","max_tokens":9}""", "")]
    [InlineData("""{"model":"m","messages":[]}""", "")]
    [InlineData("""{"model":"m","max_tokens":"9","messages":[]}""", "/max_tokens")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":["x"]}""", "/messages/0")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[{"role":"tool","content":"x"}]}""", "/messages/0/role")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":7}]}""", "/messages/0/content")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":["x"]}]}""", "/messages/0/content/0")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"search_result\""
        + "}]}]}", "/messages/0/content/0")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\"}]"
        + "}]}", "/messages/0/content/0")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"sourc"
        + "e\":{\"type\":\"file\",\"file_id\":\"f\"}}]}]}",
        "/messages/0/content/0/source")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"server_too"
        + "l_use\"}]}]}", "/messages/0/content/0")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\""
        + ",\"id\":\"a\",\"name\":\"b\",\"input\":\"{}\"}]}]}",
        "/messages/0/content/0")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[],"tools":[{"name":"x"}]}""", "/tools/0")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[],"system":7}""", "/system")]
    public void What_is_of_the_wrong_kind_is_refused_and_pointed_at(string request, string pointer) =>
        Assert.Equal(pointer, Translate.Refusal(_translator, request, Translate.Dropping).Param);

    [Fact]
    public void A_conversation_survives_both_ways()
    {
        const string Chat =
            """
            {"model":"m","max_tokens":50,"messages":[{"role":"system","content":"Be brief."},
             {"role":"user","content":[{"type":"text","text":"a\u00e9\n"},
               {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]},
             {"role":"assistant","content":null,"tool_calls":[
               {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":[1,2]}"}}]},
             {"role":"tool","tool_call_id":"c1","content":"r"}],
             "temperature":0.5,"top_p":0.25,"stop":["x"],"user":"u",
             "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],
             "tool_choice":"required"}
            """;
        var there = Translate.Request(new ChatToMessages(), Chat);
        var back = Translate.Request(_translator, there);
        Translate.Same(Chat.Replace("max_tokens", "max_completion_tokens", StringComparison.Ordinal), back);
        Assert.Equal(there, Translate.Request(new ChatToMessages(), back));
    }
}
