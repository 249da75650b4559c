using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Tests.Llm.Translation;

public sealed class AnswerTranslatorTests
{
    private const string Usage =
        """{"input_tokens":5,"cache_creation_input_tokens":20,"cache_read_input_tokens":100,"output_tokens":7}""";

    private const string ChatUsage =
        """
        {"prompt_tokens":125,"completion_tokens":7,"total_tokens":132,
         "prompt_tokens_details":{"cached_tokens":100,"cache_write_tokens":20},"completion_tokens_details":{"reasoning_tokens":0}}
        """;

    private static string Message(string content, string reason) =>
        $$"""
        {"id":"msg_1","type":"message","role":"assistant","model":"c","content":{{content}},
        "stop_reason":{{reason}},"usage":{{Usage}} }
        """;

    private static string Chat(string message, string reason, string id = "chatcmpl-1") =>
        $$"""
        {"id":"{{id}}","object":"chat.completion","created":1700000000,"model":"c","choices":[{"index":0,"message":{{message}},
        "logprobs":null,"finish_reason":"{{reason}}"}],"usage":{{ChatUsage}} }
        """;

    [Fact]
    public void A_message_becomes_a_completion() => Translate.Same(
        Chat("""{"role":"assistant","content":"Hello \"you\"é","refusal":null}""", "stop"),
        Translate.Answer(
            Message(
                """[{"type":"text","text":"Hello "},{"type":"text","text":"\"you\"\u00e9"}]""", "\"end_turn\""),
            toChat: true));

    [Fact]
    public void Calls_of_tools_and_thoughts_become_those_of_a_completion() => Translate.Same(
        Chat(
            """
            {"role":"assistant","content":null,"refusal":null,"reasoning_content":"Hm","tool_calls":[
              {"id":"toolu_1","type":"function","function":{"name":"f","arguments":"{\"a\": \"b\"}"}},
              {"id":"toolu_2","type":"function","function":{"name":"g","arguments":"{}"}}]}
            """,
            "tool_calls"),
        Translate.Answer(
            Message(
                """
                [{"type":"thinking","thinking":"Hm","signature":"s"},
                 {"type":"tool_use","id":"toolu_1","name":"f","input":{"a": "b"}},
                 {"type":"tool_use","id":"toolu_2","name":"g","input":{}}]
                """,
                "\"tool_use\""),
            toChat: true));

    [Theory]
    [InlineData("\"end_turn\"", "stop")]
    [InlineData("\"stop_sequence\"", "stop")]
    [InlineData("\"max_tokens\"", "length")]
    [InlineData("\"model_context_window_exceeded\"", "length")]
    [InlineData("\"refusal\"", "content_filter")]
    [InlineData("\"pause_turn\"", "stop")]
    [InlineData("\"something_new\"", "stop")]
    [InlineData("null", "stop")]
    public void Stop_reasons_become_finish_reasons(string reason, string expected)
    {
        var text = Translate.Answer(Message("[]", reason), toChat: true);
        Assert.Contains(
            $"\"content\":\"\",\"refusal\":null}},\"logprobs\":null,\"finish_reason\":\"{expected}\"", text,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"end_turn\"", "tool_calls")]
    [InlineData("\"stop_sequence\"", "tool_calls")]
    [InlineData("\"max_tokens\"", "length")]
    public void Who_calls_a_tool_says_so(string reason, string expected) => Assert.Contains(
        $"\"finish_reason\":\"{expected}\"",
        Translate.Answer(Message("""[{"type":"tool_use","id":"a","name":"f","input":{}}]""", reason), toChat: true),
        StringComparison.Ordinal);

    [Fact]
    public void A_completion_becomes_a_message() => Translate.Same(
        $$"""
        {"id":"msg_1","type":"message","role":"assistant","model":"c","content":[
        {"type":"thinking","thinking":"Hm","signature":""},
        {"type":"text","text":"Hi"},{"type":"tool_use","id":"call_1","name":"f","input":{"a":"b\""} },
        {"type":"tool_use","id":"call_2","name":"g","input":{} }],
        "stop_reason":"tool_use","stop_sequence":null,"usage":{{Usage}} }
        """,
        Translate.Answer(
            Chat(
                """
                {"role":"assistant","content":"Hi","reasoning_content":"Hm","tool_calls":[
                {"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"b\\\"\"}"}},
                {"id":"call_2","type":"function","function":{"name":"g","arguments":""}}]}
                """,
                "stop"),
            toChat: false));

    [Theory]
    [InlineData("stop", "end_turn")]
    [InlineData("length", "max_tokens")]
    [InlineData("content_filter", "refusal")]
    [InlineData("something_new", "end_turn")]
    public void Finish_reasons_become_stop_reasons(string reason, string expected) => Assert.Contains(
        $"\"content\":[],\"stop_reason\":\"{expected}\"",
        Translate.Answer(Chat("""{"role":"assistant","content":""}""", reason), toChat: false), StringComparison.Ordinal);

    [Fact]
    public void A_refusal_is_a_text_and_a_reason() => Assert.Contains(
        """[{"type":"text","text":"No."}],"stop_reason":"refusal""",
        Translate.Answer(Chat("""{"role":"assistant","content":null,"refusal":"No."}""", "stop"), toChat: false),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("stop", false)]
    [InlineData("tool_calls", false)]
    [InlineData("length", true)]
    public void Arguments_that_are_no_JSON_are_no_answer_unless_they_were_cut(string reason, bool expected) => Assert.Equal(
        expected,
        Translate.IsAnswer(
            Chat("""{"content":null,"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"a\":"}}]}""", reason),
            toChat: false));

    [Theory]
    [InlineData("[]", true)]
    [InlineData("{}", true)]
    [InlineData("""{"model":"c","content":"text"}""", true)]
    [InlineData("""{"model":"c","content":[{"type":"text"}]}""", true)]
    [InlineData("""{"model":"c","content":[{"type":"tool_use","id":1,"name":"f","input":{}}]}""", true)]
    [InlineData("""{"model":"c","content":[{"type":"tool_use","id":"1","name":"f","input":"{}"}]}""", true)]
    [InlineData("[]", false)]
    [InlineData("{}", false)]
    [InlineData("""{"model":"c","choices":[]}""", false)]
    [InlineData("""{"model":"c","choices":[7]}""", false)]
    [InlineData("""{"model":"c","choices":[{"message":"x"}]}""", false)]
    [InlineData("""{"model":"c","choices":[{"message":{"tool_calls":[{"id":"1"}]}}]}""", false)]
    public void What_is_no_answer_is_not_made_one(string answer, bool toChat) => Assert.False(Translate.IsAnswer(answer, toChat));

    [Theory]
    [InlineData("chatcmpl-x", "msg_x")]
    [InlineData("x", "msg_x")]
    [InlineData("", "msg_req")]
    public void Identifiers_look_as_the_dialect_has_them(string id, string expected) => Assert.StartsWith(
        $"{{\"id\":\"{expected}\"", Translate.Answer(Chat("""{"content":"x"}""", "stop", id), toChat: false),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"type":"error","error":{"type":"rate_limit_error","message":"Slow \"down\""},"request_id":"r"}""", 429,
        """{"error":{"message":"Slow \"down\"","type":"requests","param":null,"code":"rate_limit_exceeded"}}""")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Full"}}""", 529,
        """{"error":{"message":"Full","type":"server_error","param":null,"code":"overloaded_error"}}""")]
    [InlineData("""{"type":"error","error":{"type":"invalid_request_error","message":"Bad"}}""", 400,
        """{"error":{"message":"Bad","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""")]
    [InlineData("<html>", 502,
        "{\"error\":{\"message\":\"The provider answered with status 502 and no message.\",\"type\":\"server_error\",\"param"
            + "\":null,\"code\":null}}")]
    public void Errors_become_those_of_OpenAI(string error, int status, string expected) =>
        Assert.Equal(expected, Error(error, Dialect.OpenAI, status));

    [Theory]
    [InlineData("{\"error\":{\"message\":\"Slow\",\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}"
        + "", 429, "rate_limit_error", "Slow")]
    [InlineData("""{"error":{"message":"Key","type":"x","code":"invalid_api_key"}}""", 401, "authentication_error", "Key")]
    [InlineData("""{"error":"model 'x' not found"}""", 404, "not_found_error", "model 'x' not found")]
    [InlineData("{\"object\":\"error\",\"message\":\"Too long\",\"type\":\"BadRequestError\",\"code\":400}", 400,
        "invalid_request_error", "Too long")]
    [InlineData("""{"detail":"Not Found"}""", 404, "not_found_error", "Not Found")]
    [InlineData("[]", 500, "api_error", "The provider answered with status 500 and no message.")]
    public void Errors_become_those_of_Anthropic(string error, int status, string type, string message) => Assert.Equal(
        $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"{{{message}}}"},"request_id":"r\"1"}""",
        Error(error, Dialect.Anthropic, status));

    private static string Error(string error, Dialect dialect, int status)
    {
        var to = new HeadBuffer();
        var tape = new JsonTape();
        tape.Read(System.Text.Encoding.UTF8.GetBytes(error));
        ErrorTranslator.Write(to, tape, dialect, status, "r\"1");
        return Translate.Text(to);
    }
}
