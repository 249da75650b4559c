using System.Text;
using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm.Translation;

namespace Edge.Fuzz.Targets;

/// <summary>What is translated between the dialects of providers.</summary>
internal static class TranslationTargets
{
    private static readonly TranslatePlan Dropping = new() { DropsUnsupported = true };

    /// <summary>All of them.</summary>
    public static FuzzTarget[] All =>
    [
        new("translate-request", Requests, Request),
        new("translate-stream", Streams, Stream),
    ];

    private static byte[][] Requests =>
    [
        .. new[]
        {
            "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":["
            + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,aa==\"}}]},{\"role\":\"assistant\","
            + "\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]},"
            + "{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"r\"}],\"tools\":[{\"function\":{\"name\":\"f\"}}],"
            + "\"tool_choice\":\"required\",\"temperature\":1.5,\"stop\":\"x\",\"seed\":1}",
            "{\"model\":\"m\",\"max_tokens\":9,\"system\":[{\"type\":\"text\",\"text\":\"s\"}],\"messages\":["
            + "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":{}}]},"
            + "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"content\":[{\"type\":"
            + "\"text\",\"text\":\"x\"}]}]}],\"tool_choice\":{\"type\":\"any\"},"
            + "\"tools\":[{\"name\":\"f\",\"input_schema\":{}}]}",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static byte[][] Streams =>
    [
        .. new[]
        {
            "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"c\"}}\n\ndata: {\"type\":"
            + "\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\"}}\n\n"
            + "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"partial_json\":\"{}\"}}\n\n"
            + "data: {\"type\":\"message_stop\"}\n\n",
            "data: {\"id\":\"1\",\"model\":\"c\",\"choices\":[{\"delta\":{\"content\":\"a\",\"tool_calls\":[{\"index\":0,"
            + "\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: [DONE]\n\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    // What is translated is JSON whatever came, and names nothing that could end a header.
    private static int Request(ReadOnlySpan<byte> input)
    {
        var tape = new JsonTape();
        if (!tape.Read(input.ToArray()))
        {
            return 0;
        }

        var ways = 0;
        foreach (var translator in new RequestTranslator[] { new ChatToMessages(), new MessagesToChat() })
        {
            var to = new HeadBuffer();
            if (translator.TryTranslate(tape, Dropping, null, to))
            {
                var read = new JsonTape();
                FuzzException.ThrowUnless(
                    read.Read(to.Written) || read.Fault == JsonFault.TooDeep, "what was written is no JSON");
                ways = HashCode.Combine(ways, translator.Dropped.Count, translator.Changed.Count, read.Tokens.Length);
            }

            foreach (var name in translator.Dropped)
            {
                FuzzException.ThrowUnless(name.All(static c => c is > ' ' and < '\x7f' and not ','), "a name is no token");
            }
        }

        return ways;
    }

    // Cut anywhere, it becomes the same; and each event that comes out is JSON.
    private static int Stream(ReadOnlySpan<byte> input)
    {
        var cut = input.Length == 0 ? 0 : (input[0] * 7919) % (input.Length + 1);
        var ways = 0;
        for (var i = 0; i < 2; i++)
        {
            var whole = Translate(i == 0, input, input.Length, out var isWhole);
            FuzzException.ThrowUnless(
                Translate(i == 0, input, cut, out var isSame) == whole && isWhole == isSame,
                $"cut at {cut} it becomes something else");
            var events = whole.Split("\n\n");
            foreach (var line in events)
            {
                var data = line[(line.IndexOf("data: ", StringComparison.Ordinal) is var at and >= 0 ? at + 6 : line.Length)..];
                FuzzException.ThrowUnless(
                    data is "" or "[DONE]" || new JsonTape().Read(Encoding.UTF8.GetBytes(data)), "an event is no JSON");
            }

            ways = HashCode.Combine(ways, Math.Min(events.Length, 8), isWhole);
        }

        return ways;
    }

    private static string Translate(bool toChat, ReadOnlySpan<byte> input, int cut, out bool isWhole)
    {
        StreamTranslator translator = toChat ? new MessageStreamToChat(1, "id", true) : new ChatStreamToMessage("id");
        var to = new HeadBuffer();
        translator.Take(input[..cut].ToArray(), to);
        translator.Take(input[cut..].ToArray(), to);
        isWhole = translator.End(to);
        translator.ReturnMemory();
        return Encoding.UTF8.GetString(to.Written.Span);
    }
}
