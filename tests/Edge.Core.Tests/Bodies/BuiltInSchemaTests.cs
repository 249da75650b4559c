using Edge.Core.Bodies.Schemas;

namespace Edge.Core.Tests.Bodies;

public sealed class BuiltInSchemaTests
{
    private const string Hello = """{"role":"user","content":"Hello"}""";

    private static string[] Said(string schema, string body) =>
        [.. SchemaTable.Errors(new SchemaValidator(), BuiltInSchemas.Find(schema)!, body).Select(static error =>
        $"{error.Pointer} {error.Rule}")];

    private static string Chat(string rest) => $"{{\"messages\":[{Hello}]{(rest.Length > 0 ? "," : "")}{rest}}}";

    private static string Text(int length) => new('x', length);

    [Fact]
    public void All_are_there_without_warnings()
    {
        Assert.All(BuiltInSchemas.Names, static name => Assert.Empty(BuiltInSchemas.Find(name)!.Warnings));
        Assert.Null(BuiltInSchemas.Find("openai"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"model\":\"gpt-3.5-turbo\"")]
    [InlineData("\"model\":\"gpt-4-turbo\",\"temperature\":0,\"max_tokens\":1,\"top_p\":0")]
    [InlineData("\"temperature\":2,\"max_tokens\":4096,\"top_p\":1")]
    [InlineData("\"temperature\":0.7,\"max_tokens\":256.0")]
    [InlineData("\"frequency_penalty\":-2,\"presence_penalty\":2,\"user\":\"u\"")]
    public void Strict_chat_takes(string rest) => Assert.Empty(Said("openai-chat", Chat(rest)));

    [Theory]
    [InlineData("\"model\":\"gpt-5\"", "/model enum")]
    [InlineData("\"model\":1", "/model enum")]
    [InlineData("\"temperature\":2.0001", "/temperature maximum")]
    [InlineData("\"temperature\":-0.1", "/temperature minimum")]
    [InlineData("\"temperature\":\"1\"", "/temperature type")]
    [InlineData("\"max_tokens\":0", "/max_tokens minimum")]
    [InlineData("\"max_tokens\":4097", "/max_tokens maximum")]
    [InlineData("\"max_tokens\":1.5", "/max_tokens type")]
    [InlineData("\"top_p\":1.1", "/top_p maximum")]
    [InlineData("\"top_p\":-1", "/top_p minimum")]
    [InlineData("\"frequency_penalty\":2.1", "/frequency_penalty maximum")]
    [InlineData("\"presence_penalty\":-2.1", "/presence_penalty minimum")]
    [InlineData("\"user\":1", "/user type")]
    [InlineData("\"user\":null", "/user type")]
    [InlineData("\"stream\":true", "/stream additionalProperties")]
    [InlineData("\"__proto__\":1", "/__proto__ additionalProperties")]
    public void Strict_chat_refuses(string rest, string error) => Assert.Equal([error], Said("openai-chat", Chat(rest)));

    [Fact]
    public void Strict_chat_bounds_messages()
    {
        static string Many(int count) => $"{{\"messages\":[{string.Join(',', Enumerable.Repeat(Hello, count))}]}}";
        Assert.Equal(["/messages minItems"], Said("openai-chat", Many(0)));
        Assert.Empty(Said("openai-chat", Many(1)));
        Assert.Empty(Said("openai-chat", Many(50)));
        Assert.Equal(["/messages maxItems"], Said("openai-chat", Many(51)));
        Assert.Equal(["/messages required"], Said("openai-chat", "{}"));
        Assert.Equal([" type"], Said("openai-chat", "[]"));
        Assert.Equal(["/messages type"], Said("openai-chat", "{\"messages\":\"hi\"}"));
    }

    [Fact]
    public void Strict_chat_bounds_each_message()
    {
        static string[] One(string message) => Said("openai-chat", $"{{\"messages\":[{message}]}}");
        Assert.Empty(One($"{{\"role\":\"system\",\"content\":\"{Text(10_000)}\",\"name\":\"n\"}}"));
        Assert.Equal(["/messages/0/content maxLength"], One($"{{\"role\":\"assistant\",\"content\":\"{Text(10_001)}\"}}"));
        Assert.Equal(["/messages/0/content minLength"], One("{\"role\":\"user\",\"content\":\"\"}"));
        Assert.Equal(["/messages/0/role enum"], One("{\"role\":\"tool\",\"content\":\"x\"}"));
        Assert.Equal(["/messages/0/content required"], One("{\"role\":\"user\"}"));
        Assert.Equal(["/messages/0/role required"], One("{\"content\":\"x\"}"));
        Assert.Equal(["/messages/0/name type"], One("{\"role\":\"user\",\"content\":\"x\",\"name\":1}"));
        Assert.Equal(["/messages/0/extra additionalProperties"], One("{\"role\":\"user\",\"content\":\"x\",\"extra\":1}"));
        Assert.Equal(["/messages/0/content type"], One("{\"role\":\"user\",\"content\":[]}"));
        Assert.Equal(["/messages/0 type"], One("\"hi\""));
    }

    [Fact]
    public void Strict_chat_says_all_that_is_wrong() =>
        Assert.Equal(
            ["/model enum", "/messages/0/role enum", "/messages/0/content minLength", "/temperature maximum",
            "/max_tokens minimum", "/bogus additionalProperties"],
            Said("openai-chat",
                """{"model":"x","messages":[{"role":"bad","content":""}],"temperature":3,"max_tokens":0,"bogus":1}"""));

    [Theory]
    [InlineData(
        """
            {"model":"gpt-4o","messages":[{"role":"developer","content":"be brief"},{"role":"user",
            "content":[{"type":"text","text":"what is it?"},{"type":"image_url",
            "image_url":{"url":"data:image/png;base64,AA==","detail":"low"}}]}],"stream":true,
            "stream_options":{"include_usage":true}}
            """)]
    [InlineData(
        """
            {"model":"o3","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":100,
            "reasoning_effort":"low","store":null,"metadata":{"a":"b"},"service_tier":"auto","n":null,"stop":null,
            "seed":1,"logit_bias":{"50256":-100},"user":"u"}
            """)]
    [InlineData(
        """
            {"model":"gpt-4o","messages":[{"role":"user","content":"weather?"},{"role":"assistant","content":null,
            "tool_calls":[{"id":"c1","type":"function","function":{"name":"w","arguments":"{}"}}]},{"role":"tool",
            "tool_call_id":"c1","content":"sunny"}],"tools":[{"type":"function","function":{"name":"w",
            "parameters":{"type":"object","properties":{}}}}],"tool_choice":"auto","parallel_tool_calls":false}
            """)]
    [InlineData(
        """
            {"model":"gpt-4o","messages":[{"role":"assistant","refusal":"no","tool_calls":[]},{"role":"user",
            "content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{},
            "strict":true}},"tool_choice":{"type":"function","function":{"name":"w"}},"stop":["a","b"],"logprobs":true,
            "top_logprobs":5}
            """)]
    public void Lenient_chat_takes_what_SDKs_send(string body) => Assert.Empty(Said("openai-chat-lenient", body));

    [Theory]
    [InlineData("""{"messages":[]}""", "/messages minItems")]
    [InlineData("""{"model":""}""", "/model minLength|/messages required")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "/messages/0/role required")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "/messages/0/content required")]
    [InlineData("""{"messages":[{"role":"user","content":null}]}""", "/messages/0/content not")]
    [InlineData("""{"messages":[{"role":"user","content":1}]}""", "/messages/0/content anyOf")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "/messages/0/content/0/text required")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "/messages/0/tool_call_id required")]
    [InlineData("""{"messages":[{"role":"nobody","content":"x"}]}""", "/messages/0/role enum")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":"hot","stream":"yes","n":0}""",
        "/temperature type|/stream type|/n minimum")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":["a","b","c","d","e"]}""", "/stop maxItems")]
    public void Lenient_chat_refuses(string body, string errors) => Assert.Equal(errors.Split('|'), Said("openai-chat-lenient",
        body));

    [Theory]
    [InlineData("""{"model":"m","input":"text"}""", "")]
    [InlineData("""{"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":256,"user":"u"}""", "")]
    [InlineData("""{"model":"m","input":[1,2,3]}""", "")]
    [InlineData("""{"model":"m","input":[[1,2],[3]]}""", "")]
    [InlineData("""{"model":"m"}""", "/input required")]
    [InlineData("""{"model":"m","input":""}""", "/input minLength")]
    [InlineData("""{"model":"m","input":[]}""", "/input anyOf")]
    [InlineData("""{"model":"m","input":{}}""", "/input anyOf")]
    [InlineData("""{"model":"m","input":"x","encoding_format":"hex","dimensions":0}""",
        "/encoding_format enum|/dimensions minimum")]
    public void Embeddings_are_checked(string body, string errors) =>
        Assert.Equal(errors.Length == 0 ? [] : errors.Split('|'), Said("openai-embeddings", body));

    [Theory]
    [InlineData("""{"model":"m","input":"text","stream":true,"max_output_tokens":100}""", "")]
    [InlineData(
        """
            {"model":"m","instructions":"be","input":[{"role":"user","content":[{"type":"input_text","text":"x"}]},
            {"type":"function_call_output","call_id":"c","output":"1"}],"tools":[{"type":"web_search"}],
            "text":{"format":{"type":"text"}},"reasoning":{"effort":"low"}}
            """, "")]
    [InlineData("""{"model":"m","input":[{"role":"user"}]}""", "/input/0/content required")]
    [InlineData("""{"model":"m","input":1,"max_output_tokens":0}""", "/input anyOf|/max_output_tokens minimum")]
    public void Responses_are_checked(string body, string errors) =>
        Assert.Equal(errors.Length == 0 ? [] : errors.Split('|'), Said("openai-responses", body));

    [Theory]
    [InlineData("""{"model":"claude","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}""", "")]
    [InlineData(
        """
            {"model":"claude","max_tokens":10,"system":[{"type":"text","text":"x",
            "cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"image","source":{}},
            {"type":"text","text":"x"}]},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n",
            "input":{}}]}],"tools":[{"name":"n","input_schema":{}}],"tool_choice":{"type":"auto"},
            "thinking":{"type":"enabled","budget_tokens":1024},"metadata":{"user_id":"u"},"stop_sequences":["x"],
            "stream":true}
            """, "")]
    [InlineData("""{"model":"claude","messages":[{"role":"user","content":"hi"}]}""", "/max_tokens required")]
    [InlineData("""{"model":"claude","max_tokens":10,"messages":[{"role":"system","content":"hi"}],"temperature":1.5}""",
        "/messages/0/role enum|/temperature maximum")]
    [InlineData("""{"model":"claude","max_tokens":10,"messages":[{"role":"user","content":[{"type":"text"}]}]}""",
        "/messages/0/content/0/text required")]
    public void Messages_are_checked(string body, string errors) =>
        Assert.Equal(errors.Length == 0 ? [] : errors.Split('|'), Said("anthropic-messages", body));
}
