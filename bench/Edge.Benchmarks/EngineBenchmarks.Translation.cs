using System.Text;
using BenchmarkDotNet.Attributes;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm.Translation;

namespace Edge.Benchmarks;

/// <content>Translation between the dialects: an event of a stream, and a request of 1.2 KB.</content>
public partial class EngineBenchmarks
{
    private static readonly byte[] MessageEvent = Encoding.ASCII.GetBytes(
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
        + "\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n");

    private static readonly byte[] MessageStart = Encoding.ASCII.GetBytes(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01AbCdEfGhIjKlMn\","
        + "\"model\":\"claude-sonnet-4-5\",\"content\":[],\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n");

    private readonly HeadBuffer _translated = new();
    private readonly ChatToMessages _toMessages = new();
    private readonly StreamTranslator _eventsToChat = Begun(new MessageStreamToChat(1_700_000_000, "id", true), MessageStart);
    private readonly StreamTranslator _eventsToMessage = Begun(new ChatStreamToMessage("id"), ChatEvent);

    [Benchmark]
    public int TranslateEventToChat()
    {
        _translated.Clear();
        _eventsToChat.Take(MessageEvent, _translated);
        return _translated.Length;
    }

    [Benchmark]
    public int TranslateEventToMessage()
    {
        _translated.Clear();
        _eventsToMessage.Take(ChatEvent, _translated);
        return _translated.Length;
    }

    /// <summary>The event comes in two pieces.</summary>
    [Benchmark]
    public int TranslateSplitEventToMessage()
    {
        _translated.Clear();
        _eventsToMessage.Take(ChatEvent.AsMemory(0, 100), _translated);
        _eventsToMessage.Take(ChatEvent.AsMemory(100), _translated);
        return _translated.Length;
    }

    [Benchmark]
    public bool TranslateChatRequest()
    {
        _translated.Clear();
        return _toMessages.TryTranslate(_read, TranslatePlan.Default, null, _translated);
    }

    private static StreamTranslator Begun(StreamTranslator translator, byte[] start)
    {
        translator.Take(start, new HeadBuffer());
        return translator;
    }
}
