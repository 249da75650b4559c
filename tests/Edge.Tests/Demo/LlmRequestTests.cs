using System.Text;
using CsCheck;
using Edge.Demo;

namespace Edge.Tests.Demo;

public sealed class LlmRequestTests
{
    private const string Chat = """
        {"tool_choice":{"type":"function","function":{"name":"b"}},
         "messages":[{"content":"Be brief.","role":"system"},
                     {"role":"user","content":[{"type":"text","text":"Hel"},{"text":"lo"}]},
                     {"role":"assistant","content":null}],
         "tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"parameters":{"x":[1]},"name":"b"}}],
         "stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"unknown":{"deep":[{}]},"model":"gpt"}
        """;

    private readonly LlmRequest _request = new();

    [Fact]
    public void Members_are_read_in_any_order()
    {
        var body = Encoding.UTF8.GetBytes(Chat);
        Assert.True(_request.Read(body).IsNone);
        Assert.Equal("gpt", _request.Model);
        Assert.Equal("Hello", Encoding.UTF8.GetString(_request.Question));
        Assert.Equal(TokenRule.Tokens("Be brief."u8) + TokenRule.Tokens("Hello"u8), _request.InputTokens);
        Assert.True(_request is { Stream: true, IncludeUsage: true, HasMessages: true, OutputTokensMax: 7 });
        Assert.Equal(MockToolChoice.Named, _request.Tools.Choice);
        Assert.Equal("b", _request.Tools.Named);
        var tool = _request.Tools.Choose(_request.Question, false);
        Assert.Equal("""{"x":[1]}""", Encoding.UTF8.GetString(body[tool!.Value.Schema]));
    }

    [Fact]
    public void Nothing_of_a_request_is_left_in_the_next()
    {
        Assert.True(_request.Read(Encoding.UTF8.GetBytes(Chat)).IsNone);
        Assert.True(_request.Read("{}"u8).IsNone);
        Assert.True(_request is { Stream: false, IncludeUsage: false, HasMessages: false, OutputTokensMax: null, Model: "" });
        Assert.Equal(0, _request.InputTokens);
        Assert.True(_request.Question.IsEmpty);
        Assert.Empty(_request.Tools.Items);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"tool","content":"sunny"}]}""")]
    [InlineData("""
        {"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"sunny"}]}]}]}
        """)]
    [InlineData("""{"input":[{"type":"function_call","arguments":"{}"},{"output":"sunny","type":"function_call_output"}]}""")]
    public void A_tools_result_is_known_in_every_dialect(string body)
    {
        Assert.True(_request.Read(Encoding.UTF8.GetBytes(body)).IsNone);
        Assert.True(_request.QuestionIsToolResult);
        Assert.Equal("sunny", Encoding.UTF8.GetString(_request.Question));
    }

    [Theory]
    [InlineData("""{"model":5}""", "model")]
    [InlineData("""{"messages":"hello"}""", "messages")]
    [InlineData("""{"messages":["hello"]}""", "messages")]
    [InlineData("""{"input":5}""", "input")]
    [InlineData("""{"stream":"yes"}""", "stream")]
    [InlineData("""{"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"max_tokens":1.5}""", "max_tokens")]
    [InlineData("""{"max_completion_tokens":"1"}""", "max_completion_tokens")]
    [InlineData("""{"max_output_tokens":99999999999}""", "max_output_tokens")]
    [InlineData("""{"n":2}""", "n")]
    [InlineData("""{"tools":{}}""", "tools")]
    [InlineData("""{"tools":[{"type":"function"}]}""", "tools")]
    public void A_member_of_the_wrong_kind_is_named(string body, string param)
    {
        var problem = _request.Read(Encoding.UTF8.GetBytes(body));
        Assert.Equal(400, problem.Status);
        Assert.Equal(param, problem.Param);
    }

    [Fact]
    public void As_many_tools_as_allowed_are_read_and_one_more_is_refused()
    {
        static byte[] Body(int count)
            => Encoding.UTF8.GetBytes($$"""{"tools":[{{string.Join(',', Enumerable.Repeat("""{"name":"a"}""", count))}}]}""");

        Assert.True(_request.Read(Body(ToolList.ToolsMax)).IsNone);
        Assert.Equal(400, _request.Read(Body(ToolList.ToolsMax + 1)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{} {}")]
    [InlineData("""{"model":"\ud800"}""")]
    [InlineData("""{"messages":[{"role":"user","content":"\udc00"}]}""")]
    public void What_is_no_JSON_object_is_refused(string body)
        => Assert.Equal(400, _request.Read(Encoding.UTF8.GetBytes(body)).Status);

    [Fact]
    public void Every_beginning_of_a_body_is_refused()
    {
        var body = Encoding.UTF8.GetBytes(Chat.TrimEnd());
        for (var length = 0; length < body.Length; length++)
        {
            Assert.Equal(400, _request.Read(body.AsSpan(0, length)).Status);
        }
    }

    [Fact]
    public void No_bytes_make_it_throw()
        => Gen.Select(Gen.Int[0, Chat.Length - 1], Gen.Byte, Gen.Byte).Sample((at, first, second) =>
        {
            var body = Encoding.UTF8.GetBytes(Chat);
            body[at] = first;
            body[(at + 7) % body.Length] = second;
            var request = new LlmRequest();
            var problem = request.Read(body);
            Assert.True(problem.IsNone || problem.Status == 400);
        });
}
