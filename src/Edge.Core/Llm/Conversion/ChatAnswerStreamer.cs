using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Llm.Conversion;

/// <summary>
/// A whole chat completion of OpenAI's dialect as the stream of chunks that the same answer would have been. What has no place in
/// chunks, or is not known here, is not converted. Stateless.
/// </summary>
public static class ChatAnswerStreamer
{
    /// <summary>Least bytes of a piece of a text; it ends with the next word.</summary>
    public const int PieceBytesMin = 24;

    /// <summary>Writes it.</summary>
    /// <param name="answer">The answer, which has been read.</param>
    /// <param name="includesUsage">The caller asked for a last chunk with the usage.</param>
    /// <param name="to">Where to; what is there where it fails means nothing.</param>
    /// <returns>False: it cannot be converted.</returns>
    public static bool TryWrite(JsonTape answer, bool includesUsage, HeadBuffer to)
    {
        if (!JsonMembers.HasOnly(answer, 0, "id object created model choices usage service_tier system_fingerprint"u8))
        {
            return false;
        }

        var choices = answer.Find(0, "choices"u8);
        var usage = answer.Find(0, "usage"u8);
        if (!JsonMembers.IsStringOrNothing(answer, answer.Find(0, "service_tier"u8))
            || !JsonMembers.IsStringOrNothing(answer, answer.Find(0, "system_fingerprint"u8))
            || !JsonMembers.Is(answer, answer.Find(0, "id"u8), JsonKind.String)
            || !JsonMembers.Is(answer, answer.Find(0, "created"u8), JsonKind.Number)
            || !JsonMembers.Is(answer, answer.Find(0, "model"u8), JsonKind.String)
            || !JsonMembers.Is(answer, choices, JsonKind.Array) || answer.Tokens[choices].Count == 0
            || !JsonMembers.IsObjectInALine(answer, usage))
        {
            return false;
        }

        var writer = new Chunks(answer, includesUsage, to);
        for (var choice = choices + 1; choice < answer.Tokens[choices].Next; choice = answer.Tokens[choice].Next)
        {
            if (!TryWriteChoice(answer, choice, writer))
            {
                return false;
            }
        }

        if (includesUsage)
        {
            writer.BeginChunk();
            to.Write("],\"usage\":"u8);
            to.Write(JsonMembers.Raw(answer, usage));
            to.Write("}\n\n"u8);
        }

        to.Write("data: [DONE]\n\n"u8);
        return true;
    }

    private static bool TryWriteChoice(JsonTape answer, int choice, in Chunks writer)
    {
        var message = JsonMembers.Is(answer, choice, JsonKind.Object) ? answer.Find(choice, "message"u8) : -1;
        if (!JsonMembers.HasOnly(answer, choice, "index message finish_reason logprobs"u8)
            || !JsonMembers.HasOnly(
                answer, message,
                "role content refusal tool_calls reasoning_content reasoning annotations audio function_call"u8)
            || !JsonMembers.SaysNothing(answer, answer.Find(message, "annotations"u8))
            || !JsonMembers.SaysNothing(answer, answer.Find(message, "audio"u8))
            || !JsonMembers.SaysNothing(answer, answer.Find(message, "function_call"u8))
            || !JsonMembers.SaysNothing(answer, answer.Find(choice, "logprobs"u8))
            || !JsonMembers.Is(answer, answer.Find(choice, "index"u8), JsonKind.Number)
            || !JsonMembers.IsText(answer, answer.Find(choice, "finish_reason"u8)))
        {
            return false;
        }

        var calls = answer.Find(message, "tool_calls"u8);
        var callsTools = !JsonMembers.SaysNothing(answer, calls);
        var index = answer.Find(choice, "index"u8);
        writer.BeginDelta(index);
        writer.Write("\"role\":\"assistant\",\"content\":"u8);
        writer.Write(callsTools && !JsonMembers.IsText(answer, answer.Find(message, "content"u8)) ? "null"u8 : "\"\""u8);
        writer.Write(",\"refusal\":null"u8);
        writer.EndDelta();
        if (!TryWriteText(answer, message, "reasoning_content"u8, index, writer)
            || !TryWriteText(answer, message, "reasoning"u8, index, writer)
            || !TryWriteText(answer, message, "content"u8, index, writer)
            || !TryWriteText(answer, message, "refusal"u8, index, writer)
            || (callsTools && !TryWriteCalls(answer, calls, index, writer)))
        {
            return false;
        }

        writer.BeginDelta(index);
        writer.EndDelta(answer.Find(choice, "finish_reason"u8));
        return true;
    }

    private static bool TryWriteText(JsonTape answer, int message, ReadOnlySpan<byte> name, int index, in Chunks writer)
    {
        var text = answer.Find(message, name);
        if (JsonMembers.SaysNothing(answer, text))
        {
            return true;
        }

        if (answer.Tokens[text].Kind != JsonKind.String)
        {
            return false;
        }

        for (var rest = answer.Tokens[text].Inner(answer.Text); !rest.IsEmpty;)
        {
            var length = PieceOf(rest);
            writer.BeginDelta(index);
            writer.Write("\""u8);
            writer.Write(name);
            writer.Write("\":\""u8);
            writer.Write(rest[..length]);
            writer.Write("\""u8);
            writer.EndDelta();
            rest = rest[length..];
        }

        return true;
    }

    private static bool TryWriteCalls(JsonTape answer, int calls, int index, in Chunks writer)
    {
        if (answer.Tokens[calls].Kind != JsonKind.Array)
        {
            return false;
        }

        var number = 0;
        for (var call = calls + 1; call < answer.Tokens[calls].Next; call = answer.Tokens[call].Next, number++)
        {
            var function = JsonMembers.Is(answer, call, JsonKind.Object) ? answer.Find(call, "function"u8) : -1;
            if (!JsonMembers.HasOnly(answer, call, "id type function index"u8)
                || !JsonMembers.HasOnly(answer, function, "name arguments"u8)
                || !JsonMembers.IsText(answer, answer.Find(call, "id"u8))
                || !JsonMembers.IsText(answer, answer.Find(function, "name"u8))
                || !JsonMembers.Is(answer, answer.Find(function, "arguments"u8), JsonKind.String))
            {
                return false;
            }

            writer.BeginCall(index, number);
            writer.Write(",\"id\":"u8);
            writer.Write(JsonMembers.Raw(answer, answer.Find(call, "id"u8)));
            writer.Write(",\"type\":\"function\",\"function\":{\"name\":"u8);
            writer.Write(JsonMembers.Raw(answer, answer.Find(function, "name"u8)));
            writer.Write(",\"arguments\":\"\"}}]"u8);
            writer.EndDelta();
            var arguments = answer.Find(function, "arguments"u8);
            for (var rest = answer.Tokens[arguments].Inner(answer.Text); !rest.IsEmpty;)
            {
                var length = PieceOf(rest);
                writer.BeginCall(index, number);
                writer.Write(",\"function\":{\"arguments\":\""u8);
                writer.Write(rest[..length]);
                writer.Write("\"}}]"u8);
                writer.EndDelta();
                rest = rest[length..];
            }
        }

        return true;
    }

    /// <summary>
    /// Bytes of the next piece of what stands between quotes: to the end of a word, since a blank is within no escape.
    /// </summary>
    internal static int PieceOf(ReadOnlySpan<byte> text)
    {
        var blank = text.Length > PieceBytesMin ? text[PieceBytesMin..].IndexOf((byte)' ') : -1;
        return blank < 0 ? text.Length : PieceBytesMin + blank;
    }

    /// <summary>Writes chunks, all of which begin alike.</summary>
    private readonly struct Chunks(JsonTape answer, bool includesUsage, HeadBuffer to)
    {
        public void Write(ReadOnlySpan<byte> bytes) => to.Write(bytes);

        public void BeginChunk()
        {
            to.Write("data: {\"id\":"u8);
            to.Write(JsonMembers.Raw(answer, answer.Find(0, "id"u8)));
            to.Write(",\"object\":\"chat.completion.chunk\",\"created\":"u8);
            to.Write(JsonMembers.Raw(answer, answer.Find(0, "created"u8)));
            to.Write(",\"model\":"u8);
            to.Write(JsonMembers.Raw(answer, answer.Find(0, "model"u8)));
            WriteMember("service_tier"u8);
            WriteMember("system_fingerprint"u8);
            to.Write(",\"choices\":["u8);
        }

        public void BeginDelta(int index)
        {
            BeginChunk();
            to.Write("{\"index\":"u8);
            to.Write(JsonMembers.Raw(answer, index));
            to.Write(",\"delta\":{"u8);
        }

        public void BeginCall(int index, int number)
        {
            BeginDelta(index);
            to.Write("\"tool_calls\":[{\"index\":"u8);
            to.WriteDecimal(number);
        }

        public void EndDelta(int reason = -1)
        {
            to.Write("},\"logprobs\":null,\"finish_reason\":"u8);
            to.Write(reason < 0 ? "null"u8 : JsonMembers.Raw(answer, reason));
            to.Write(includesUsage ? "}],\"usage\":null}\n\n"u8 : "}]}\n\n"u8);
        }

        private void WriteMember(ReadOnlySpan<byte> name)
        {
            if (answer.Find(0, name) is >= 0 and var value)
            {
                to.Write(",\""u8);
                to.Write(name);
                to.Write("\":"u8);
                to.Write(JsonMembers.Raw(answer, value));
            }
        }
    }
}
