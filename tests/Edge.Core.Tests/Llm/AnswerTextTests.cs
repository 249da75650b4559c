using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Llm;

public sealed class AnswerTextTests
{
    private const string Chat =
        "data: {\"id\":\"content\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"a\\u00e4\\\"\\n\"}}]}\n\n"
        + ": a \"stray quote\ndata: {\"choices\":[{\"delta\":{\"content\" : \"m\u00e9\u6f22\"}}],\"usage\":null}\n\n"
        + "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"a\\\":1}\"}}]}}]}\n\n"
        + "data: [DONE]\n\n";

    private const string Messages =
        "event: content_block_delta\ndata: {\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n"
        + "data: {\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"\"}}\n\n"
        + "data: {\"delta\":{\"thinking\":\"hm\"}}\n\n";

    private const string Responses =
        "data: {\"type\":\"response.output_text.delta\",\"delta\":\"abc\"}\n\n"
        + "data: {\"type\":\"response.output_text.done\",\"text\":\"abc\"}\n\n";

    private static AnswerText Count(LlmApi api, bool isStream, string answer, params int[] cuts)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        var text = default(AnswerText);
        text.Start(api, isStream);
        var at = 0;
        foreach (var cut in cuts.Append(bytes.Length))
        {
            text.Take(bytes.AsSpan(at, cut - at));
            at = cut;
        }

        return text;
    }

    [Theory]
    [InlineData(LlmApi.ChatCompletions, true, Chat, 4 + 3 + 7)]
    [InlineData(LlmApi.Messages, true, Messages, 5 + 2 + 2)]
    [InlineData(LlmApi.Responses, true, Responses, 3)]
    [InlineData(LlmApi.Embeddings, false, "{\"content\":\"x\",\"text\":\"y\"}", 0)]
    [InlineData(LlmApi.ChatCompletions, false, "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"no\"}}]}", 2)]
    [InlineData(LlmApi.Responses, false, "{\"output\":[{\"content\":[{\"text\":\"abcd\"}]}]}", 4)]
    [InlineData(LlmApi.ChatCompletions, false, "{\"content\":[\"not counted\"],\"content\":{\"x\":\"nor this\"}}", 0)]
    public void Text_is_counted_the_same_at_every_split(LlmApi api, bool isStream, string answer, int chars)
    {
        Assert.Equal(chars, Count(api, isStream, answer).Chars);
        for (var cut = 0; cut <= Encoding.UTF8.GetByteCount(answer); cut++)
        {
            Assert.Equal(chars, Count(api, isStream, answer, cut).Chars);
        }
    }

    [Theory]
    [InlineData("abc", 5, 4)]
    [InlineData("abc", 1, 0)]
    [InlineData("\\n\\n", 5, 0)]
    [InlineData("ab", 5, 0)]
    [InlineData("\u6f22", 5, 4)]
    public void Repetitions_are_counted(string piece, int times, int repeats)
    {
        var chunk = $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{piece}\"}}}}]}}\n\n";
        var answer = string.Concat(Enumerable.Repeat(chunk, times));
        for (var cut = 0; cut < answer.Length; cut++)
        {
            Assert.Equal(repeats, Count(LlmApi.ChatCompletions, true, answer, cut).Repeats);
        }
    }

    [Theory]
    [InlineData("abc", "abd")]
    [InlineData("abc", "abcd")]
    [InlineData("\\u4f60", "\\u4f61")]
    [InlineData("a\\nb", "a\\tb")]
    public void Texts_that_differ_are_no_repetition(string one, string other)
    {
        var answer = $"{{\"content\":\"{one}\"}}{{\"content\":\"{other}\"}}{{\"content\":\"{one}\"}}";
        Assert.Equal(0, Count(LlmApi.ChatCompletions, true, answer).Repeats);
    }
}
