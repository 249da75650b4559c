using Edge.Core.Configuration;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Tests.Llm.Translation;

public sealed class ChatToMessagesTests
{
    private const string Hello = """[{"role":"user","content":"Hello"}]""";

    private readonly ChatToMessages _translator = new();

    private void Becomes(string messages, string expected, string rest = "", string expectedRest = "")
    {
        var chat = $$"""{"model":"m","messages":{{messages}}{{rest}}}""";
        Translate.Same(
            $$"""{"model":"m","max_tokens":4096{{expected}}{{expectedRest}}}""",
            Translate.Request(_translator, chat));
    }

    private void IsCarried(string member, string expected) =>
        Becomes(
            Hello, """,  "messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]""", "," + member,
            "," + expected);

    private string Refuses(string member)
    {
        var chat = $$"""{"model":"m","messages":{{Hello}},{{member}}}""";
        return Translate.Refusal(_translator, chat).Param!;
    }

    [Fact]
    public void A_limit_is_set_where_the_request_has_none() =>
        Assert.StartsWith(
            """{"model":"m","max_tokens":77,""",
            Translate.Request(_translator, $$"""{"messages":{{Hello}},"model":"m"}""", new TranslatePlan { MaxTokens = 77 }));

    [Theory]
    [InlineData("\"max_tokens\":5")]
    [InlineData("\"max_completion_tokens\":5")]
    [InlineData("\"max_tokens\":9,\"max_completion_tokens\":5")]
    public void The_requests_own_limit_is_carried(string limit) =>
        Assert.Contains(
            "\"max_tokens\":5,", Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},{{limit}}}"""),
            StringComparison.Ordinal);

    [Fact]
    public void The_model_can_be_another() =>
        Assert.StartsWith(
            """{"model":"claude-\"x","max""",
            Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}}}""", model: "claude-\"x"));

    [Fact]
    public void System_and_developer_messages_become_the_system_wherever_they_stand()
    {
        Becomes(
            """
            [{"role":"system","content":"Be \"brief\"."},{"role":"user","content":"Hi"},
             {"role":"developer","content":[{"type":"text","text":"Be kind."},{"type":"text","text":""}]}]
            """,
            """
            ,"system":[{"type":"text","text":"Be \"brief\"."},{"type":"text","text":"Be kind."}],
            "messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]
            """);
        Assert.Equal(["messages.system"], _translator.Changed);
    }

    [Fact]
    public void System_messages_at_the_start_are_no_change()
    {
        Translate.Request(_translator, "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"a\"},{\"role\":\"u"
            + "ser\",\"content\":\"b\"}]}");
        Assert.Empty(_translator.Changed);
        Assert.Empty(_translator.Dropped);
    }

    [Fact]
    public void Neighbours_of_one_role_become_one_message_and_empty_texts_none() => Becomes(
        """
        [{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]},
         {"role":"assistant","content":""},{"role":"user","content":"c"},
         {"role":"assistant","content":"d"},{"role":"assistant","content":[{"type":"refusal","refusal":"e"}]}]
        """,
        """
        ,"messages":[
          {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"text","text":"c"}]},
          {"role":"assistant","content":[{"type":"text","text":"d"},{"type":"text","text":"e"}]}]
        """);

    [Fact]
    public void Calls_of_tools_and_their_results_are_carried_and_results_stand_together() => Becomes(
        """
        [{"role":"user","content":"Weather?"},
         {"role":"assistant","content":null,"tool_calls":[
           {"id":"call_1","type":"function","function":{"name":"get","arguments":"{\"city\":\"Z\\u00fcrich\", \"n\":1}"}},
           {"id":"call_2","type":"function","function":{"name":"now","arguments":""}}]},
         {"role":"tool","tool_call_id":"call_1","content":"warm"},
         {"role":"tool","tool_call_id":"call_2","content":[{"type":"text","text":"12"},{"type":"text","text":":00"}]},
         {"role":"user","content":"And?"}]
        """,
        """
        ,"messages":[
          {"role":"user","content":[{"type":"text","text":"Weather?"}]},
          {"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"get","input":{"city":"Zürich","n":1}},
            {"type":"tool_use","id":"call_2","name":"now","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"warm"},
            {"type":"tool_result","tool_use_id":"call_2","content":[{"type":"text","text":"12"},{"type":"text","text":":00"}]},
            {"type":"text","text":"And?"}]}]
        """);

    [Theory]
    [InlineData("{\\\"a\\\":")]
    [InlineData("[1]")]
    [InlineData("\\\"text\\\"")]
    [InlineData("{\\\"a\\\":1,\\\"a\\\":2}")]
    public void Arguments_that_are_no_JSON_object_are_refused(string arguments)
    {
        var refusal = Translate.Refusal(
            _translator,
            """{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"""
            + $"\"{arguments}\"" + "}}]}]}");
        Assert.Equal("/messages/0/tool_calls/0/function/arguments", refusal.Param);
    }

    [Fact]
    public void Images_are_carried_as_data_and_by_address()
    {
        Becomes(
            """
            [{"role":"user","content":[
              {"type":"text","text":"What?"},
              {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO\/Rw=="}},
              {"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"high"}},
              {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}]}]
            """,
            """
            ,"messages":[{"role":"user","content":[
              {"type":"text","text":"What?"},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO/Rw=="}},
              {"type":"image","source":{"type":"url","url":"https://example.com/a.png"}},
              {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"a.pdf"}]}]
            """);
        Assert.Equal(["messages.content.image_url.detail"], _translator.Dropped);
    }

    [Theory]
    [InlineData("""{"type":"image_url","image_url":{"url":"ftp://x/a.png"}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/png,abc"}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:text/html;base64,abc"}}""")]
    [InlineData("""{"type":"image_url","image_url":"https://x/a.png"}""")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"x","format":"wav"}}""")]
    [InlineData("""{"type":"file","file":{"file_id":"file-1"}}""")]
    [InlineData("""{"type":"text"}""")]
    [InlineData("""{"type":"text","text":7}""")]
    [InlineData("\"text\"")]
    public void Content_that_cannot_be_carried_over_is_never_dropped(string part)
    {
        var chat = $$"""{"model":"m","messages":[{"role":"user","content":[{{part}}]}]}""";
        Assert.StartsWith("/messages/0/content/0", Translate.Refusal(_translator, chat, Translate.Dropping).Param);
    }

    [Theory]
    [InlineData("\"temperature\":0.3", "\"temperature\":0.3")]
    [InlineData("\"temperature\":1.0", "\"temperature\":1.0")]
    [InlineData("\"top_p\":0.9,\"top_k\":5", "\"top_p\":0.9,\"top_k\":5")]
    [InlineData("\"stop\":\"END\"", "\"stop_sequences\":[\"END\"]")]
    [InlineData("\"stop\":[\"a\",\"b\"]", "\"stop_sequences\":[\"a\",\"b\"]")]
    [InlineData("\"stream\":true", "\"stream\":true")]
    [InlineData("\"user\":\"u1\"", "\"metadata\":{\"user_id\":\"u1\"}")]
    [InlineData("\"safety_identifier\":\"u1\"", "\"metadata\":{\"user_id\":\"u1\"}")]
    [InlineData("\"reasoning_effort\":\"high\"", "\"output_config\":{\"effort\":\"high\"}")]
    [InlineData("\"reasoning_effort\":\"minimal\"", "\"output_config\":{\"effort\":\"low\"}")]
    [InlineData("\"reasoning_effort\":\"none\"", "\"thinking\":{\"type\":\"disabled\"}")]
    [InlineData(
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,\"schema\":{\"type\":"
            + "\"object\"}}}",
        "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}}]",
        "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}},\"strict\":true}]")]
    public void What_has_an_equivalent_is_carried(string member, string expected) => IsCarried(member, expected);

    [Theory]
    [InlineData("\"n\":1")]
    [InlineData("\"n\":null,\"seed\":null,\"user\":null,\"stop\":null,\"tools\":null,\"response_format\":null")]
    [InlineData("\"frequency_penalty\":0,\"presence_penalty\":0.0")]
    [InlineData("\"logprobs\":false,\"top_logprobs\":0,\"logit_bias\":{}")]
    [InlineData("\"modalities\":[\"text\"],\"store\":false,\"metadata\":{}")]
    [InlineData("\"response_format\":{\"type\":\"text\"},\"parallel_tool_calls\":true")]
    public void What_says_nothing_is_not_missed(string member)
    {
        var hello = Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}}}""");
        Assert.Equal(hello, Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},{{member}}}"""));
        Assert.Empty(_translator.Dropped);
    }

    [Theory]
    [InlineData("\"none\"", "{\"type\":\"none\"}")]
    [InlineData("\"auto\"", "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}")]
    [InlineData("\"required\"", "{\"type\":\"any\",\"disable_parallel_tool_use\":true}")]
    [InlineData("{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", "{\"type\":\"tool\",\"name\":\"f\",\"disable_parall"
        + "el_tool_use\":true}")]
    [InlineData("null", "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}")]
    public void The_choice_of_tools_is_carried(string choice, string expected) => IsCarried(
        """
        "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],
        "parallel_tool_calls":false,
        "tool_choice":
        """ + choice,
        """
        "tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],"tool_choice":
        """ + expected);

    [Theory]
    [InlineData("\"auto\"")]
    [InlineData("\"none\"")]
    public void A_wish_about_tools_without_tools_is_no_wish(string choice) =>
        Assert.DoesNotContain(
            "tool_choice", Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},"tool_choice":{{choice}}}"""),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("\"temperature\":1.7", "temperature")]
    [InlineData("\"reasoning_effort\":\"minimal\"", "reasoning_effort")]
    public void What_is_changed_is_named(string member, string name)
    {
        Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},{{member}}}""");
        Assert.Equal([name], _translator.Changed);
    }

    [Fact]
    public void A_temperature_above_one_becomes_one() =>
        Assert.Contains(
            "\"temperature\":1,",
            Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},"temperature":1.01,"top_p":1}"""),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"top_logprobs\":3", "top_logprobs")]
    [InlineData("\"seed\":42", "seed")]
    [InlineData("\"frequency_penalty\":0.1", "frequency_penalty")]
    [InlineData("\"presence_penalty\":-1", "presence_penalty")]
    [InlineData("\"logit_bias\":{\"1\":2}", "logit_bias")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    [InlineData("\"verbosity\":\"low\"", "verbosity")]
    [InlineData("\"web_search_options\":{}", "web_search_options")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format")]
    [InlineData("\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}]", "tools.type")]
    [InlineData("\"tool_choice\":{\"type\":\"allowed_tools\"}", "tool_choice")]
    [InlineData("\"functions\":[{\"name\":\"f\"}]", "functions")]
    [InlineData("\"what\\u0020ever\\r\\nX: y\":1", "an-unknown-member")]
    public void What_bears_on_the_answer_is_refused_or_dropped_and_named(string member, string name)
    {
        Assert.NotEmpty(Refuses(member));
        var hello = Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}}}""");
        Assert.Equal(
            hello,
            Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},{{member}}}""", Translate.Dropping));
        Assert.Equal([name], _translator.Dropped);
    }

    [Theory]
    [InlineData("\"metadata\":{\"a\":\"b\"}", "metadata")]
    [InlineData("\"service_tier\":\"flex\"", "service_tier")]
    [InlineData("\"store\":true", "store")]
    [InlineData("\"prompt_cache_key\":\"k\"", "prompt_cache_key")]
    [InlineData("\"stream_options\":{\"include_obfuscation\":false}", "stream_options.include_obfuscation")]
    public void What_is_for_the_providers_books_is_dropped_and_named(string member, string name)
    {
        Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},{{member}}}""");
        Assert.Equal([name], _translator.Dropped);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public void Whether_the_usage_is_wanted_is_remembered(string value, bool expected)
    {
        Translate.Request(
            _translator, $$"""{"model":"m","messages":{{Hello}},"stream":true,"stream_options":{"include_usage":{{value}} } }""");
        Assert.Equal(expected, _translator.IncludesUsage);
    }

    [Theory]
    [InlineData("""[1]""", "")]
    [InlineData("""{"messages":[]}""", "")]
    [InlineData("""{"model":7,"messages":[]}""", "/model")]
    [InlineData("""{"model":"m"}""", "")]
    [InlineData("""{"model":"m","messages":{}}""", "/messages")]
    [InlineData("""{"model":"m","messages":[]}""", "/messages")]
    [InlineData("""{"model":"m","messages":[{"role":"system","content":"x"}]}""", "/messages")]
    [InlineData("""{"model":"m","messages":["x"]}""", "/messages/0")]
    [InlineData("""{"model":"m","messages":[{"content":"x"}]}""", "/messages/0")]
    [InlineData("""{"model":"m","messages":[{"role":"function","content":"x"}]}""", "/messages/0/role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":{}}]}""", "/messages/0/content")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}]}""", "/messages/0")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","content":"x"}]}""", "/messages/0")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":{}}]}""", "/messages/0/tool_calls")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"x"}]}]}""", "/messages/0/tool_calls/0")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"1"}""", "/temperature")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":"1"}""", "/max_tokens")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"stream":1}""", "/stream")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"stop":[1]}""", "/stop/0")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"tools":{}}""", "/tools")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"function":{}}]}""", "/tools/0")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":"maybe"}""", "/tool_choice")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"user":{}}""", "/user")]
    public void What_is_of_the_wrong_kind_is_refused_and_pointed_at(string chat, string pointer) =>
        Assert.Equal(pointer, Translate.Refusal(_translator, chat, Translate.Dropping).Param);

    [Fact]
    public void The_name_of_who_speaks_is_refused_or_dropped()
    {
        const string Chat = """{"model":"m","messages":[{"role":"user","name":"Bob","content":"Hello"}]}""";
        Assert.Equal("/messages/0/name", Translate.Refusal(_translator, Chat).Param);
        Translate.Request(_translator, Chat, Translate.Dropping);
        Assert.Equal(["messages.name"], _translator.Dropped);
    }

    [Fact]
    public void Only_so_many_names_are_told()
    {
        var members = string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"m{i}\":1"));
        Translate.Request(_translator, $$"""{"model":"m","messages":{{Hello}},{{members}}}""", Translate.Dropping);
        Assert.Equal(RequestTranslator.NamesMax, _translator.Dropped.Count);
    }
}
