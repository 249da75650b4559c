using CsCheck;
using Edge.Core.Http;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Tests.Llm.Translation;

public sealed class StreamTranslatorTests
{
    private const string MessageStart =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\""
            + ":\"assistant\","
        + "\"model\":\"c\",\"content\":[],\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":100,\"output_tokens\":1}"
            + "}}\n\n";

    private const string MessageEnd =
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
        + "\"usage\":{\"output_tokens\":7}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    private const string MessageText =
        MessageStart
        + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tex"
            + "t\",\"text\":\"\"}}\n\n"
        + "event: ping\ndata: {\"type\": \"ping\"}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta"
            + "\",\"text\":\"He\\\"é\"}}\n\n"
        + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        + MessageEnd;

    private const string MessageTools =
        MessageStart
        + "event: content_block_start\r\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"t"
            + "hinking\",\"thinking\":\"\"}}\r\n\r\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_de"
            + "lta\",\"thinking\":\"Hm\"}}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_d"
            + "elta\",\"signature\":\"x\"}}\n\n"
        + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"too"
            + "l_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_"
            + "delta\",\"partial_json\":\"\"}}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_"
            + "delta\",\"partial_json\":\"{\\\"a\\\":1}\"}}\n\n"
        + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
        + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"too"
            + "l_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}}\n\n"
        + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":2}\n\n"
        + MessageEnd;

    private const string ChatHead = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"mo"
        + "del\":\"c\",\"choices\":[";

    private const string ChatTail = ",\"logprobs\":null,\"finish_reason\":null}]";

    private const string ChatText =
        "data: " + ChatHead + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"u"
            + "sage\":null}\n\n"
        + ": keep\n\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{\"content\":\"He\\\"é\"},\"finish_reason\":null}],\"usage\":null}\n\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
        + "data: " + ChatHead + "],\"usage\":{\"prompt_tokens\":105,\"completion_tokens\":7,\"total_tokens\":112,\"prompt_to"
            + "kens_details\":{\"cached_tokens\":100}}}\n\n"
        + "data: [DONE]\n\n";

    private const string ChatTools =
        "data: {\"id\":\"\",\"object\":\"\",\"model\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\n\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"Hm"
            + "\"}}]}\n\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{\"content\":\"So\"}}]}\r\n\r\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\""
            + "function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}\n\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\"
            + "\":1}\"}}]}}]}\n\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"type\":\"function\",\""
            + "function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}}]}\n\n"
        + "data: " + ChatHead + "{\"index\":1,\"delta\":{\"content\":\"of another choice\"}}]}\n\n"
        + "data: " + ChatHead + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        + "data: [DONE]\n\n";

    private static string Chunk(string delta, string tail = ChatTail + "}\n\n") =>
        "data: " + ChatHead + "{\"index\":0,\"delta\":" + delta + tail;

    private static string Event(string json) => $"event: {json.Split('"')[3]}\ndata: {json}\n\n";

    [Fact]
    public void A_message_becomes_chunks_and_ends_with_DONE()
    {
        var (text, isWhole) = Translate.Stream(Translate.ToChat(), MessageText);
        Assert.True(isWhole);
        Assert.Equal(
            Chunk("{\"role\":\"assistant\",\"content\":\"\"}") + ": ping\n\n" + Chunk("{\"content\":\"He\\\"é\"}")
            + Chunk("{}", ",\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n") + "data: [DONE]\n\n",
            text);
    }

    [Fact]
    public void The_usage_comes_in_a_chunk_of_its_own_where_it_was_asked_for()
    {
        const string Tail = ChatTail + ",\"usage\":null}\n\n";
        Assert.Equal(
            Chunk("{\"role\":\"assistant\",\"content\":\"\"}", Tail) + ": ping\n\n" + Chunk("{\"content\":\"He\\\"é\"}", Tail)
            + Chunk("{}", ",\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}\n\n")
            + "data: " + ChatHead + "],\"usage\":{\"prompt_tokens\":105,\"completion_tokens\":7,\"total_tokens\":112,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":100,\"cache_write_tokens\":0},\"completion_tokens_details\":{\"r"
                + "easoning_tokens\":0}}}\n\n"
            + "data: [DONE]\n\n",
            Translate.Stream(Translate.ToChat(includesUsage: true), MessageText).Text);
    }

    [Fact]
    public void Blocks_of_tools_become_numbered_calls_and_end_turn_is_not_believed() => Assert.Equal(
        Chunk("{\"role\":\"assistant\",\"content\":\"\"}") + Chunk("{\"reasoning_content\":\"Hm\"}")
        + Chunk("{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments"
            + "\":\"\"}}]}")
        + Chunk("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":1}\"}}]}")
        + Chunk("{\"tool_calls\":[{\"index\":1,\"id\":\"t2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments"
            + "\":\"\"}}]}")
        + Chunk("{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]}")
        + Chunk("{}", ",\"logprobs\":null,\"finish_reason\":\"tool_calls\"}]}\n\n") + "data: [DONE]\n\n",
        Translate.Stream(Translate.ToChat(), MessageTools).Text);

    [Fact]
    public void Chunks_become_a_message()
    {
        var (text, isWhole) = Translate.Stream(Translate.ToMessage(), ChatText);
        Assert.True(isWhole);
        Assert.Equal(
            Event(Started)
            + Event("""{"type":"ping"}""")
            + Event("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""")
            + Event("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"He\"é"}}""")
            + Event("""{"type":"content_block_stop","index":0}""")
            + Event("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{"
                + "\"input_tokens\":5,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":100,\"output_tokens\":7}"
                + "}")
            + Event("""{"type":"message_stop"}"""),
            text);
    }

    private const string Started =
        "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c"
            + "\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":0,\"cache_creation_"
            + "input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":0}}}";

    [Fact]
    public void Calls_become_blocks_one_behind_the_other_and_stop_is_not_believed() => Assert.Equal(
        Event(Started)
        + Event("""{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""")
        + Event("""{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}""")
        + Event("""{"type":"content_block_stop","index":0}""")
        + Event("""{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""")
        + Event("""{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"So"}}""")
        + Event("""{"type":"content_block_stop","index":1}""")
        + Event("{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c1\",\"name"
            + "\":\"f\",\"input\":{}}}")
        + Event("""{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}""")
        + Event("""{"type":"content_block_stop","index":2}""")
        + Event("{\"type\":\"content_block_start\",\"index\":3,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c2\",\"name"
            + "\":\"g\",\"input\":{}}}")
        + Event("""{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{}"}}""")
        + Event("""{"type":"content_block_stop","index":3}""")
        + Event("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"in"
            + "put_tokens\":0,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":0}}")
        + Event("""{"type":"message_stop"}"""),
        Translate.Stream(Translate.ToMessage(), ChatTools).Text);

    [Theory]
    [InlineData(MessageText, true)]
    [InlineData(MessageTools, true)]
    [InlineData(ChatText, false)]
    [InlineData(ChatTools, false)]
    public void Where_the_bytes_are_cut_does_not_matter(string stream, bool toChat)
    {
        var length = System.Text.Encoding.UTF8.GetByteCount(stream);
        StreamTranslator New() => toChat ? Translate.ToChat(includesUsage: true) : Translate.ToMessage();
        var expected = Translate.Stream(New(), stream);
        for (var cut = 1; cut < length; cut++)
        {
            Assert.Equal(expected, Translate.Stream(New(), stream, cut));
        }

        Assert.Equal(expected, Translate.Stream(New(), stream, Enumerable.Range(1, length - 1)));
        Gen.Int[1, length - 1].Array[0, 40].Sample(
            cuts => Assert.Equal(expected, Translate.Stream(New(), stream, cuts.Distinct())));
        foreach (var lines in new[] { "\r\n", "\r" })
        {
            var other = stream.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", lines, StringComparison.Ordinal);
            Gen.Int[1, length - 1].Array[0, 40].Sample(
                cuts => Assert.Equal(expected, Translate.Stream(New(), other, cuts.Distinct())));
        }
    }

    [Theory]
    [InlineData(MessageText, true)]
    [InlineData(MessageTools, true)]
    [InlineData(ChatText, false)]
    [InlineData(ChatTools, false)]
    public void A_stream_that_is_cut_never_ends(string stream, bool toChat)
    {
        // Of a completion all is told once its reason is; of a message nothing is until message_stop.
        var whole = toChat ? stream.LastIndexOf('}') + 1
            : stream.LastIndexOf("\"finish_reason\":\"stop\"}]", StringComparison.Ordinal) + 24;
        var last = toChat ? "[DONE]" : "message_stop";
        for (var length = 0; length < whole; length++)
        {
            var (text, isWhole) = Translate.Stream(toChat ? Translate.ToChat() : Translate.ToMessage(), stream[..length]);
            Assert.False(isWhole, stream[..length]);
            Assert.DoesNotContain(last, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_completion_may_end_without_DONE_once_it_has_told_its_reason()
    {
        var (text, isWhole) = Translate.Stream(
            Translate.ToMessage(), ChatText.Replace("data: [DONE]\n\n", "", StringComparison.Ordinal));
        Assert.True(isWhole);
        Assert.EndsWith("{\"type\":\"message_stop\"}\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_a_message_becomes_one_of_the_chunks_and_nothing_follows()
    {
        var (text, isWhole) = Translate.Stream(
            Translate.ToChat(),
            MessageStart + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"F"
                + "ull\"}}\n\n" + MessageEnd);
        Assert.True(isWhole);
        Assert.EndsWith(
            "data: {\"error\":{\"message\":\"Full\",\"type\":\"server_error\",\"param\":null,\"code\":\"overloaded_error\"}}"
                + "\n\n", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_chunks_becomes_an_event_and_nothing_follows()
    {
        var (text, isWhole) = Translate.Stream(
            Translate.ToMessage(),
            ChatText[..ChatText.IndexOf(": keep", StringComparison.Ordinal)]
            + "data: {\"error\":{\"message\":\"Slow\",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}}\n\ndata: [DON"
                + "E]\n\n");
        Assert.True(isWhole);
        Assert.EndsWith(
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Slow\"},\"reques"
                + "t_id\":null}\n\n",
            text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data: {\n\n")]
    [InlineData("data: []\n\n")]
    [InlineData("data: 7\n\n")]
    [InlineData("data: {\"type\":\"message_stop\"}\n\n")]
    [InlineData("data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"text\":\"x\"}}\n\n")]
    [InlineData("data: {\"type\":\"message_start\"}\n\n")]
    [InlineData("data: {\"type\":\"a\",\"type\":\"b\"}\n\n")]
    [InlineData("data: [DONE]\n\n")]
    [InlineData(MessageStart + MessageStart)]
    [InlineData(MessageStart + "data: {\"type\":\"content_block_start\",\"index\":1024,\"content_block\":{\"type\":\"text\"}"
        + "}\n\n")]
    [InlineData(MessageStart + "data: {\"type\":\"content_block_start\",\"index\":-1,\"content_block\":{\"type\":\"text\"}}\n\n")]
    [InlineData(MessageStart + "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\""
        + ",\"id\":7,\"name\":\"f\"}}\n\n")]
    [InlineData(MessageStart + "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"text\":7}}\n\n")]
    public void What_is_no_message_breaks_the_stream(string stream)
    {
        var (text, isWhole) = Translate.Stream(Translate.ToChat(), stream + MessageText);
        Assert.False(isWhole);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data: {\n\n")]
    [InlineData("data: [DONE]\n\n")]
    [InlineData("data: {\"choices\":7}\n\n")]
    [InlineData("data: {\"choices\":[7]}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n")]
    [InlineData("data: {\"model\":\"c\",\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\""
        + "{}\"}}]}}]}\n\n")]
    [InlineData("data: {\"model\":\"c\",\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-1,\"id\":\"a\",\"function\":{\""
        + "name\":\"f\"}}]}}]}\n\n")]
    [InlineData("data: {\"model\":\"c\",\"choices\":[{\"delta\":{\"tool_calls\":[7]}}]}\n\n")]
    public void What_is_no_completion_breaks_the_stream(string stream)
    {
        var (text, isWhole) = Translate.Stream(Translate.ToMessage(), stream + ChatText);
        Assert.False(isWhole);
        Assert.DoesNotContain("message_stop", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_piece_of_a_call_that_has_ended_breaks_the_stream()
    {
        var late = ChatTools.Replace(
            "\"delta\":{},\"finish_reason\":\"stop\"", "\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                + "\" \"}}]}",
            StringComparison.Ordinal);
        Assert.False(Translate.Stream(Translate.ToMessage(), late).IsWhole);
    }

    [Fact]
    public void Calls_that_all_have_the_same_number_are_told_apart_by_their_identifiers()
    {
        var (text, isWhole) = Translate.Stream(
            Translate.ToMessage(),
            ChatTools.Replace("\"index\":1,\"id\":\"c2\"", "\"index\":0,\"id\":\"c2\"", StringComparison.Ordinal));
        Assert.True(isWhole);
        Assert.Equal(Translate.Stream(Translate.ToMessage(), ChatTools).Text, text);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void An_event_may_have_so_many_bytes(int more, bool expected)
    {
        const string Frame = "{\"type\":\"new\",\"x\":\"\"}";
        var stream = MessageStart + "data: {\"type\":\"new\",\"x\":\""
            + new string('x', StreamTranslator.EventBytesMax - Frame.Length + more)
            + "\"}\n\n" + MessageEnd;
        Assert.Equal(expected, Translate.Stream(Translate.ToChat(), stream).IsWhole);
        Assert.Equal(expected, Translate.Stream(Translate.ToChat(), stream, 1000).IsWhole);
    }

    [Fact]
    public void An_event_that_never_ends_is_not_kept_for_ever()
    {
        var translator = Translate.ToChat();
        var to = new HeadBuffer();
        var piece = new byte[64 * 1024];
        Array.Fill(piece, (byte)'x');
        for (var i = 0; i < StreamTranslator.HeldBytesMax / piece.Length; i++)
        {
            Assert.True(translator.Take(piece, to));
        }

        Assert.False(translator.Take(piece, to));
        Assert.True(translator.IsBroken);
        Assert.False(translator.End(to));
    }

    [Fact]
    public void Data_in_several_lines_are_one_text()
    {
        var split = MessageText.Replace(",\"index\":0,", ",\ndata: \"index\":0,\ndata:", StringComparison.Ordinal);
        Assert.Equal(Translate.Stream(Translate.ToChat(), MessageText), Translate.Stream(Translate.ToChat(), split));
    }

    [Fact]
    public void There_and_back_is_the_same_answer()
    {
        var there = Translate.Stream(Translate.ToChat(includesUsage: true), MessageText).Text;
        var back = Translate.Stream(Translate.ToMessage(), there).Text;
        Assert.Equal(there, Translate.Stream(Translate.ToChat(includesUsage: true), back).Text);
    }

    [Fact]
    public void Whatever_comes_nothing_is_thrown_and_what_is_no_stream_does_not_end_well() =>
        Gen.Byte.Array[0, 400].Sample(bytes =>
        {
            foreach (var translator in new[] { Translate.ToChat(), Translate.ToMessage() })
            {
                translator.Take(bytes, new HeadBuffer());
                Assert.False(translator.End(new HeadBuffer()));
            }
        });
}
