using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Llm.Conversion;

/// <summary>
/// A whole message of Anthropic's dialect as the stream of events that the same answer would have been. Blocks of other kinds
/// than text, thoughts and calls of the caller's tools are not converted. Stateless.
/// </summary>
public static class MessageAnswerStreamer
{
    /// <summary>Writes it.</summary>
    /// <param name="answer">The answer, which has been read.</param>
    /// <param name="to">Where to; what is there where it fails means nothing.</param>
    /// <returns>False: it cannot be converted.</returns>
    public static bool TryWrite(JsonTape answer, HeadBuffer to)
    {
        if (!JsonMembers.HasOnly(answer, 0, "id type role model content stop_reason stop_sequence usage container"u8))
        {
            return false;
        }

        var content = answer.Find(0, "content"u8);
        var usage = answer.Find(0, "usage"u8);
        if (!JsonMembers.SaysNothing(answer, answer.Find(0, "container"u8))
            || !JsonMembers.IsText(answer, answer.Find(0, "id"u8)) || !JsonMembers.IsText(answer, answer.Find(0, "model"u8))
            || !JsonMembers.IsText(answer, answer.Find(0, "stop_reason"u8))
            || !JsonMembers.IsStringOrNothing(answer, answer.Find(0, "stop_sequence"u8))
            || !JsonMembers.IsObjectInALine(answer, usage) || !JsonMembers.Is(answer, content, JsonKind.Array))
        {
            return false;
        }

        to.Write("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":"u8);
        to.Write(JsonMembers.Raw(answer, answer.Find(0, "id"u8)));
        to.Write(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8);
        to.Write(JsonMembers.Raw(answer, answer.Find(0, "model"u8)));
        to.Write(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"u8);
        to.Write(JsonMembers.Raw(answer, usage));
        to.Write("}}\n\n"u8);
        var number = 0;
        for (var block = content + 1; block < answer.Tokens[content].Next; block = answer.Tokens[block].Next, number++)
        {
            if (!JsonMembers.Is(answer, block, JsonKind.Object) || !TryWriteBlock(answer, block, number, to))
            {
                return false;
            }
        }

        var sequence = answer.Find(0, "stop_sequence"u8);
        to.Write("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"u8);
        to.Write(JsonMembers.Raw(answer, answer.Find(0, "stop_reason"u8)));
        to.Write(",\"stop_sequence\":"u8);
        to.Write(sequence < 0 ? "null"u8 : JsonMembers.Raw(answer, sequence));
        to.Write("},\"usage\":"u8);
        to.Write(JsonMembers.Raw(answer, usage));
        to.Write("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
        return true;
    }

    private static bool TryWriteBlock(JsonTape answer, int block, int number, HeadBuffer to)
    {
        var type = answer.Find(block, "type"u8);
        if (!JsonMembers.IsText(answer, type))
        {
            return false;
        }

        to.Write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8);
        to.WriteDecimal(number);
        to.Write(",\"content_block\":"u8);
        var isWritten = answer.IsNamed(type, "text"u8) ? TryWriteText(answer, block, number, to)
            : answer.IsNamed(type, "thinking"u8) ? TryWriteThinking(answer, block, number, to)
            : answer.IsNamed(type, "tool_use"u8) ? TryWriteTool(answer, block, number, to)
            : answer.IsNamed(type, "redacted_thinking"u8) && TryWriteWhole(answer, block, to);
        to.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8);
        to.WriteDecimal(number);
        to.Write("}\n\n"u8);
        return isWritten;
    }

    private static bool TryWriteText(JsonTape answer, int block, int number, HeadBuffer to)
    {
        var text = answer.Find(block, "text"u8);
        to.Write("{\"type\":\"text\",\"text\":\"\"}}\n\n"u8);
        return JsonMembers.HasOnly(answer, block, "type text citations"u8)
            && JsonMembers.SaysNothing(answer, answer.Find(block, "citations"u8))
            && TryWriteDeltas(answer, text, number, "text_delta"u8, "text"u8, to);
    }

    private static bool TryWriteThinking(JsonTape answer, int block, int number, HeadBuffer to)
    {
        var signature = answer.Find(block, "signature"u8);
        to.Write("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n"u8);
        if (!JsonMembers.HasOnly(answer, block, "type thinking signature"u8)
            || !TryWriteDeltas(answer, answer.Find(block, "thinking"u8), number, "thinking_delta"u8, "thinking"u8, to))
        {
            return false;
        }

        if (JsonMembers.IsText(answer, signature))
        {
            WriteDelta(number, "signature_delta"u8, "signature"u8, answer.Tokens[signature].Inner(answer.Text), to);
        }

        return true;
    }

    private static bool TryWriteTool(JsonTape answer, int block, int number, HeadBuffer to)
    {
        var (id, name, input) = (answer.Find(block, "id"u8), answer.Find(block, "name"u8), answer.Find(block, "input"u8));
        if (!JsonMembers.HasOnly(answer, block, "type id name input"u8) || !JsonMembers.IsText(answer, id)
            || !JsonMembers.IsText(answer, name) || !JsonMembers.Is(answer, input, JsonKind.Object))
        {
            return false;
        }

        to.Write("{\"type\":\"tool_use\",\"id\":"u8);
        to.Write(JsonMembers.Raw(answer, id));
        to.Write(",\"name\":"u8);
        to.Write(JsonMembers.Raw(answer, name));
        to.Write(",\"input\":{}}}\n\n"u8);
        BeginDelta(number, "input_json_delta"u8, "partial_json"u8, to);
        JsonText.WriteEscaped(to, JsonMembers.Raw(answer, input));
        to.Write("\"}}\n\n"u8);
        return true;
    }

    private static bool TryWriteWhole(JsonTape answer, int block, HeadBuffer to)
    {
        to.Write(JsonMembers.Raw(answer, block));
        to.Write("}\n\n"u8);

        return JsonMembers.IsObjectInALine(answer, block);
    }

    private static bool TryWriteDeltas(
        JsonTape answer, int text, int number, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name, HeadBuffer to)
    {
        if (!JsonMembers.Is(answer, text, JsonKind.String))
        {
            return false;
        }

        for (var rest = answer.Tokens[text].Inner(answer.Text); !rest.IsEmpty;)
        {
            var length = ChatAnswerStreamer.PieceOf(rest);
            WriteDelta(number, type, name, rest[..length], to);
            rest = rest[length..];
        }

        return true;
    }

    private static void WriteDelta(
        int number, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> piece, HeadBuffer to)
    {
        BeginDelta(number, type, name, to);
        to.Write(piece);
        to.Write("\"}}\n\n"u8);
    }

    private static void BeginDelta(int number, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name, HeadBuffer to)
    {
        to.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        to.WriteDecimal(number);
        to.Write(",\"delta\":{\"type\":\""u8);
        to.Write(type);
        to.Write("\",\""u8);
        to.Write(name);
        to.Write("\":\""u8);
    }
}
