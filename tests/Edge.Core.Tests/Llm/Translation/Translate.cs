using System.Text;
using System.Text.Json.Nodes;
using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Tests.Llm.Translation;

/// <summary>Translates texts for tests.</summary>
internal static class Translate
{
    public static readonly TranslatePlan Dropping = new() { DropsUnsupported = true };

    public static JsonTape Read(string json)
    {
        var tape = new JsonTape();
        Assert.True(tape.Read(Encoding.UTF8.GetBytes(json)), $"{tape.Fault} at {tape.FaultAt}");
        return tape;
    }

    public static string Request(RequestTranslator translator, string json, TranslatePlan? plan = null, string? model = null)
    {
        var to = new HeadBuffer();
        var isTranslated = translator.TryTranslate(Read(json), plan ?? TranslatePlan.Default, model, to);
        Assert.True(isTranslated, translator.Refusal?.Message);
        return Text(to);
    }

    public static ErrorDetails Refusal(RequestTranslator translator, string json, TranslatePlan? plan = null)
    {
        Assert.False(translator.TryTranslate(Read(json), plan ?? TranslatePlan.Default, null, new HeadBuffer()));
        return translator.Refusal!;
    }

    public static string Answer(string json, bool toChat)
    {
        var to = new HeadBuffer();
        var translator = new AnswerTranslator();
        Assert.True(toChat
            ? translator.TryWriteChat(Read(json), 1_700_000_000, "req"u8, to)
            : translator.TryWriteMessage(Read(json), "req"u8, to));
        return Text(to);
    }

    public static bool IsAnswer(string json, bool toChat)
    {
        var translator = new AnswerTranslator();
        return toChat
            ? translator.TryWriteChat(Read(json), 1_700_000_000, "req"u8, new HeadBuffer())
            : translator.TryWriteMessage(Read(json), "req"u8, new HeadBuffer());
    }

    public static StreamTranslator ToChat(bool includesUsage = false) =>
        new MessageStreamToChat(1_700_000_000, "req", includesUsage);

    public static StreamTranslator ToMessage() => new ChatStreamToMessage("req");

    /// <summary>A stream's translation, fed in pieces that end at the cuts, and whether it was whole.</summary>
    public static (string Text, bool IsWhole) Stream(StreamTranslator translator, string stream, params IEnumerable<int> cuts)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        var to = new HeadBuffer();
        var at = 0;
        foreach (var cut in cuts.Where(cut => cut < bytes.Length).Append(bytes.Length).Order())
        {
            // A copy that is spoilt afterwards: nothing may be kept of it.
            var piece = bytes[at..cut];
            translator.Take(piece, to);
            Array.Fill(piece, (byte)'#');
            at = cut;
        }

        var isWhole = translator.End(to);
        translator.ReturnMemory();
        return (Text(to), isWhole);
    }

    public static void Same(string expected, string actual) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), JsonNode.Parse(actual)!.ToJsonString());

    public static string Text(HeadBuffer buffer) => Encoding.UTF8.GetString(buffer.Written.Span);
}
