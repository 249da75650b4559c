using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Edge.Core.Bodies;
using Edge.Core.Bodies.Rewriting;
using Edge.Core.Bodies.Schemas;
using Edge.Core.Llm;

namespace Edge.Benchmarks;

/// <content>Bodies: a chat completion of 1.2 KB and one of 100 KB, whose text has a line end each 80 characters.</content>
public partial class EngineBenchmarks
{
    private static readonly byte[] ChatBody = MakeChat(900);
    private static readonly byte[] LargeBody = MakeChat(100_000);
    private static readonly byte[] ChatEvent = Encoding.ASCII.GetBytes(
        "data: {\"id\":\"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"m"
            + "odel\":"
        + "\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"logprobs\":null,\"finish_reason"
        + "\":null}],"
        + "\"usage\":null}\n\n");

    private static readonly byte[] ChatAnswer = Encoding.ASCII.GetBytes(
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
            + "\"content\":\""
        + string.Concat(Enumerable.Repeat("some words of an answer that is not short, with a line end each now and then\\n", 50))
        + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":1000,\"total_tokens\":1019}}");

    private readonly JsonTape _tape = new();
    private readonly TokenCalibration _calibration = new();
    private readonly JsonTape _read = MakeTape(ChatBody);
    private readonly SchemaValidator _validator = new();
    private readonly JsonSchema _schema = BuiltInSchemas.Find("openai-chat-lenient")!;
    private readonly BodyRewriter _rewriter = new();
    private readonly UsageTap _tap = new();
    private readonly NoContext _context = new();
    private AnswerText _text;
    private readonly RewritePlan _rules = new(
    [
        (null, [RewriteRule.SystemMessage(LlmApi.ChatCompletions, RewriteTemplate.OfText("You are a helpful assistant."))]),
        (null, [RewriteRule.Default("user", RewriteTemplate.OfText("{caller.id}"))]),
        (null, [RewriteRule.Default("temperature", RewriteTemplate.Parse("0.7"u8.ToArray()))]),
        (null, [RewriteRule.Clamp("temperature", "0", "2")]),
        (new RewriteCondition { Tiers = ["free"] }, [RewriteRule.Set("max_tokens", RewriteTemplate.Parse("256"u8.ToArray()))]),
    ]);

    /// <summary>Read, validate, measure and rewrite.</summary>
    [Benchmark]
    public int WholeChatBody() => Whole(ChatBody);

    [Benchmark]
    public bool ReadChatBody() => _tape.Read(ChatBody);

    [Benchmark]
    public bool ValidateChatBody() => _validator.Validate(_schema, _read) == SchemaOutcome.Valid;

    [Benchmark]
    public bool RewriteChatBody() => _rewriter.Apply(_rules, _read, _context) == RewriteOutcome.Changed;

    [Benchmark]
    public int MeasureChatBody() => (int)BodyFacts.Of(_read, LlmApi.ChatCompletions).EstimatedTokens;

    [Benchmark]
    public int CorrectEstimate()
    {
        var sample = default(ScriptSample);
        PromptTexts.Show(_read, LlmApi.ChatCompletions, ref sample);
        return (int)_calibration.Correct("gpt-4o", sample.Script, 100);
    }

    [Benchmark]
    public bool ReadLargeBody() => _tape.Read(LargeBody);

    [Benchmark]
    public int WholeLargeBody() => Whole(LargeBody);

    /// <summary>What the framework's reader takes to walk over the same bytes, without looking at what strings say.</summary>
    [Benchmark]
    public bool WalkLargeBodyWithUtf8JsonReader()
    {
        var reader = new Utf8JsonReader(LargeBody);
        while (reader.Read())
        {
        }

        return true;
    }

    [Benchmark]
    public bool TapEvent()
    {
        _tap.Start(isEventStream: true);
        _tap.Take(ChatEvent);
        return _tap.Usage.IsKnown;
    }

    [Benchmark]
    public bool TapAnswer()
    {
        _tap.Start(isEventStream: false);
        _tap.Take(ChatAnswer);
        return _tap.Usage.IsKnown;
    }

    [Benchmark]
    public int CountAnswerText()
    {
        _text.Start(LlmApi.ChatCompletions, isEventStream: true);
        _text.Take(ChatEvent);
        return (int)_text.Chars;
    }

    private int Whole(byte[] body)
    {
        if (!_tape.Read(body) || _validator.Validate(_schema, _tape) != SchemaOutcome.Valid
            || _rewriter.Apply(_rules, _tape, _context) != RewriteOutcome.Changed)
        {
            throw new InvalidOperationException("The body is not what the benchmark is about.");
        }

        return (int)BodyFacts.Of(_tape, LlmApi.ChatCompletions).EstimatedTokens;
    }

    private static JsonTape MakeTape(byte[] body)
    {
        var tape = new JsonTape();
        tape.Read(body);
        return tape;
    }

    private static byte[] MakeChat(int chars)
    {
        const string Line = "This is a line of a prompt that goes on for a while, as they do, to its end.\\n";
        var lines = string.Concat(Enumerable.Repeat(Line, (chars / Line.Length) + 1))[..(chars / Line.Length * Line.Length)];
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"model\":\"gpt-4o-mini\",\"messages\":[{{\"role\":\"user\",\"content\":\"{lines}\"}},{{\"role\":\"assistant\""
                + $",\"content\":\"Yes.\"}},"
            + $"{{\"role\":\"user\",\"content\":\"And what else?\"}}],\"temperature\":0.70,\"top_p\":1,\"presence_penalty\":0"
            + $",\"stream\":false}}"));
    }

    private sealed class NoContext : IRewriteContext
    {
        public string? Tier => "free";

        public string? RequestId => "4bf92f3577b34da6a3ce929d0e0e4736";

        public string? Caller(string name) => "user-4711";

        public string? Header(string name) => null;
    }
}
