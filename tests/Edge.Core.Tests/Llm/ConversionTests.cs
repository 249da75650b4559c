using System.Text;
using System.Text.Json.Nodes;
using Edge.Core.Bodies;
using Edge.Core.Http;
using Edge.Core.Llm.Conversion;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Tests.Llm;

/// <summary>Whole answers made of streams, and streams of whole answers, within a dialect.</summary>
public sealed class ConversionTests
{
    private const string ChatStart = "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",";
    private const string ChatUsage = "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}";
    private const string Stop = ",\"logprobs\":null,\"finish_reason\":\"stop\"}";
    private const string MessageStart = "{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":";
    private const string MessageEnd =
        ",\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}";

    public static TheoryData<string> Chats =>
    [
        ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hello\",\"refusal\":null}"
            + Stop + "]," + ChatUsage,
        ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
            + "\"a \\\"long\\\" text of many words, \\ud83d\\ude00 and \\u00e9 and é \\n "
            + "and one-word-that-is-longer-than-a-piece\","
            + "\"refusal\":null}" + Stop + "]," + ChatUsage,
        ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}"
            + Stop + "]," + ChatUsage,
        ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,"
            + "\"refusal\":\"no, I will not\"}"
            + Stop + "]," + ChatUsage,
        ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"one\",\"refusal\":null}" + Stop
            + ",{\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":\"two\",\"refusal\":null}" + Stop + "]," + ChatUsage,
        ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,"
            + "\"refusal\":null,\"tool_calls\":["
            + "{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
            + "\"arguments\":\"{\\\"a\\\": \\\"some longer text here\\\"}\"}},"
            + "{\"id\":\"t2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]},\"logprobs\":null,"
            + "\"finish_reason\":\"tool_calls\"}]," + ChatUsage[..^1]
            + ",\"service_tier\":\"default\",\"system_fingerprint\":\"fp\"}",
    ];

    public static TheoryData<string> Messages =>
    [
        MessageStart + "[{\"type\":\"text\",\"text\":\"hello\"}]" + MessageEnd,
        MessageStart + "[]" + MessageEnd,
        MessageStart + "[{\"type\":\"thinking\",\"thinking\":\"well, let me see what there is\",\"signature\":\"c2ln\"},"
            + "{\"type\":\"redacted_thinking\",\"data\":\"eA\"},"
            + "{\"type\":\"text\",\"text\":\"a \\\"long\\\" text of many words, é \\u00e9\"},"
            + "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"a\":{\"b\":[1,\"x \\\"y\\\" \\\\ z\"]}}},"
            + "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}]" + MessageEnd,
        MessageStart + "[{\"type\":\"text\",\"text\":\"\"}],\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"END\","
            + "\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":1,\"output_tokens\":4}}",
    ];

    [Theory]
    [MemberData(nameof(Chats))]
    public void A_chat_answer_is_itself_again_after_it_was_a_stream(string answer) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(answer), JsonNode.Parse(Whole(Streamed(answer)!)!)));

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_itself_again_after_it_was_a_stream(string answer) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(answer), JsonNode.Parse(Whole(Streamed(answer)!)!)));

    [Fact]
    public void Every_event_of_a_stream_is_a_line_of_json_and_usage_comes_for_those_who_asked()
    {
        var with = Streamed(Chats.First().Data)!;
        Assert.Contains("\"choices\":[],\"usage\":{\"prompt_tokens\":3", with, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", with, StringComparison.Ordinal);
        var without = Streamed(Chats.First().Data, includesUsage: false)!;
        Assert.DoesNotContain("usage", without, StringComparison.Ordinal);
        foreach (var line in (with + without).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.StartsWith("data: ", line, StringComparison.Ordinal);
            Assert.True(line == "data: [DONE]" || (string?)JsonNode.Parse(line[6..])!["object"] == "chat.completion.chunk");
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData(ChatStart + "\"choices\":[]," + ChatUsage)]
    [InlineData(ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"}" + Stop + "]}")]
    [InlineData(ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\",\"audio\":{}}" + Stop + "]," + ChatUsage)]
    [InlineData(ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"content\":[]}" + Stop + "],\"more\":1," + ChatUsage)]
    [InlineData(ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},"
        + "\"finish_reason\":\"stop\",\"logprobs\":{}}],"
        + ChatUsage)]
    [InlineData(ChatStart + "\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"}" + Stop + "],\"usage\":{\n\"a\":1}}")]
    [InlineData(MessageStart + "[{\"type\":\"server_tool_use\"}]" + MessageEnd)]
    [InlineData(MessageStart + "[{\"type\":\"text\",\"text\":\"x\",\"citations\":[{}]}]" + MessageEnd)]
    [InlineData(MessageStart + "[1]" + MessageEnd)]
    [InlineData(MessageStart + "[],\"usage\":{}}")]
    public void What_would_lose_something_is_no_stream(string answer) => Assert.Null(Streamed(answer));

    [Fact]
    public void A_stream_that_is_cut_anywhere_is_no_answer()
    {
        foreach (var answer in Chats.Concat(Messages).Select(static row => row.Data))
        {
            var stream = Streamed(answer)!;
            var last = stream.LastIndexOf("data: ", StringComparison.Ordinal) + "data: [DONE]".Length;
            for (var i = 0; i < Math.Min(last, stream.Length) - 1; i++)
            {
                Assert.Null(Whole(stream[..i]));
            }
        }
    }

    [Theory]
    [InlineData("\"finish_reason\":\"stop\"", "\"finish_reason\":null")]
    [InlineData(",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}", "")]
    [InlineData("\"logprobs\":null", "\"logprobs\":{\"content\":[]}")]
    [InlineData("\"content\":\"hello\"", "\"content\":\"hello\",\"audio\":{}")]
    [InlineData("\"content\":\"hello\"", "\"content\":[]")]
    [InlineData("\"index\":0", "\"index\":1")]
    [InlineData("\"created\":7", "\"created\":7,\"other\":1")]
    public void A_stream_that_tells_what_an_answer_cannot_is_none(string part, string other) =>
        Assert.Null(Whole(Streamed(Chats.First().Data)!.Replace(part, other, StringComparison.Ordinal)));

    [Theory]
    [InlineData("text_delta", "citations_delta")]
    [InlineData("content_block_stop", "new_event")]
    [InlineData("\"index\":0", "\"index\":2")]
    [InlineData("\"stop_reason\":\"end_turn\"", "\"stop_reason\":null")]
    public void A_stream_of_a_message_that_tells_what_an_answer_cannot_is_none(string part, string other) =>
        Assert.Null(Whole(Streamed(Messages.First().Data)!.Replace(part, other, StringComparison.Ordinal)));

    private static string? Streamed(string answer, bool includesUsage = true)
    {
        var tape = new JsonTape();
        var to = new HeadBuffer();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(answer)));
        var isMade = answer.Contains("\"type\":\"message\"", StringComparison.Ordinal)
            ? MessageAnswerStreamer.TryWrite(tape, to)
            : ChatAnswerStreamer.TryWrite(tape, includesUsage, to);
        return isMade ? Take(to) : null;
    }

    private static string? Whole(string stream)
    {
        StreamTranslator reader = stream.StartsWith("event", StringComparison.Ordinal)
            ? new MessageStreamToAnswer()
            : new ChatStreamToAnswer();
        var to = new HeadBuffer();
        var isWhole = reader.Take(Encoding.UTF8.GetBytes(stream), to) && reader.End(to) && reader.HasEnded;
        reader.ReturnMemory();
        return isWhole ? Take(to) : null;
    }

    private static string Take(HeadBuffer buffer)
    {
        var text = Encoding.UTF8.GetString(buffer.Written.Span);
        buffer.ReturnMemory();
        return text;
    }
}
