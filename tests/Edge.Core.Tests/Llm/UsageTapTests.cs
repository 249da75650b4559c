using System.Text;
using System.Text.Json;
using CsCheck;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Llm;

public sealed class UsageTapTests
{
    private const string ChatUsage =
        "{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29,\"prompt_tokens_details\":{\"cached_tokens\":8,\"a"
            + "udio_tokens\":0},"
        + "\"completion_tokens_details\":{\"reasoning_tokens\":3,\"accepted_prediction_tokens\":0}}";

    private const string Chat =
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{\"r"
            + "ole\":\"assistant\","
        + "\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":999} \\\\\",\"usage\":{\"prompt_tokens\":777}},\"finish_reason\""
        + ":\"stop\"}],\"usage\":" + ChatUsage + "}";

    private const string ChatStream =
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\\nlo \\\"usage\\\"\"}}],\"usage\":null}\n\n"
        + ": heartbeat \"usage\":{\"prompt_tokens\":5}\n\n"
        + "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
        + "data: {\"id\":\"c\",\"choices\":[],\"usage\":" + ChatUsage + "}\n\ndata: [DONE]\n\n";

    private const string ResponseStream =
        "event: response.created\r\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"usage\":null}}\r\n\r\n"
        + "event: response.output_text.delta\r\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"usage\"}\r\n\r\n"
        + "event: response.completed\r\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"output\":[{\"usage"
        + "\":{\"input_tokens\":1}}],"
        + "\"usage\":{\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":87,\"output_tokens_"
        + "details\":"
        + "{\"reasoning_tokens\":64},\"total_tokens\":123}}}\r\n\r\n";

    private const string AnthropicStream =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":25,\"ca"
            + "che_creation_input_tokens\":"
        + "100,\"cache_read_input_tokens\":0,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"{"
        + "\\\"usage\\\":{}}\"}}\n\n"
        + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"outpu"
        + "t_tokens\":7}}\n\n"
        + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\": 15 }}\n\n"
        + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    private static UsageCounts Tap(string text, bool isStream, params int[] cuts)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tap = new UsageTap();
        tap.Start(isStream);
        var at = 0;
        foreach (var cut in cuts.Append(bytes.Length).Order())
        {
            tap.Take(bytes.AsSpan(at, Math.Min(cut, bytes.Length) - at));
            at = Math.Min(cut, bytes.Length);
        }

        return tap.Usage;
    }

    [Fact]
    public void The_usage_of_a_chat_completion_is_read() =>
        Assert.Equal(new UsageCounts { InputTokens = 19, OutputTokens = 10, CachedTokens = 8, ReasoningTokens = 3 }, Tap(Chat,
            false));

    [Fact]
    public void The_usage_of_a_stream_is_read() =>
        Assert.Equal(new UsageCounts { InputTokens = 19, OutputTokens = 10, CachedTokens = 8, ReasoningTokens = 3 },
            Tap(ChatStream, true));

    [Fact]
    public void The_usage_of_a_response_is_read() =>
        Assert.Equal(new UsageCounts { InputTokens = 36, OutputTokens = 87, CachedTokens = 4, ReasoningTokens = 64 },
            Tap(ResponseStream, true));

    [Fact]
    public void Anthropics_usage_is_cumulative_and_its_cache_comes_on_top()
    {
        var usage = Tap(AnthropicStream, true);
        Assert.Equal(new UsageCounts { InputTokens = 25, OutputTokens = 15, CacheReadTokens = 0, CacheCreationTokens = 100 },
            usage);
        Assert.Equal(125, usage.InputTokensTotal);
    }

    [Fact]
    public void The_usage_of_embeddings_is_read() => Assert.Equal(
        new UsageCounts { InputTokens = 8 },
        Tap("{\"data\":[{\"embedding\":[0.1,-2e-3,{\"usage\":1}]}],\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}", false));

    [Theory]
    [InlineData("{\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}", 0L, 0L)]
    [InlineData("{\"usage\":{\"prompt_tokens\":null}}", null, null)]
    [InlineData("{\"usage\":{\"prompt_tokens\":\"5\",\"completion_tokens\":1.5}}", null, null)]
    [InlineData("{\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1e3}}", null, null)]
    [InlineData("{\"usage\":{\"prompt_tokens\":999999999999999999,\"completion_tokens\":1000000000000000000}}",
        999999999999999999L, null)]
    [InlineData("{\"usage\":[{\"prompt_tokens\":5}]}", null, null)]
    [InlineData("{\"usage\":null{\"prompt_tokens\":5}}", null, null)]
    [InlineData("{\"usage\":{\"x\":{\"prompt_tokens\":5}}}", null, null)]
    [InlineData("{\"x\":{\"usage\":{\"prompt_tokens\":5}}}", null, null)]
    [InlineData("[{\"usage\":{\"prompt_tokens\":5}}]", null, null)]
    [InlineData("{\"a\":[[[[[[{}]]]]]],\"usage\":{\"prompt_tokens\":5}}", 5L, null)]
    [InlineData("{\n  \"usage\" : {\n    \"prompt_tokens\" : 5 ,\n    \"completion_tokens\" : 6\n  }\n}", 5L, 6L)]
    [InlineData("{\"usage\":{\"prompt_tokens\":5", null, null)]
    [InlineData("}}}]]{\"usage\":{\"prompt_tokens\":5}}", 5L, null)]
    public void Only_counts_that_are_named_count(string text, long? input, long? output)
    {
        var usage = Tap(text, false);
        Assert.Equal((input, output), (usage.InputTokens, usage.OutputTokens));
    }

    [Theory]
    [InlineData(Chat, false)]
    [InlineData(ChatStream, true)]
    [InlineData(ResponseStream, true)]
    [InlineData(AnthropicStream, true)]
    [InlineData("data: {\"usage\":null{\"output_tokens\":7}}\n\n", true)]
    public void Every_split_reads_the_same(string text, bool isStream)
    {
        var whole = Tap(text, isStream);
        for (var first = 0; first <= text.Length; first++)
        {
            Assert.Equal(whole, Tap(text, isStream, first));
            Assert.Equal(whole, Tap(text, isStream, first, first + 1, first + 9));
        }

        Assert.Equal(whole, Tap(text, isStream, [.. Enumerable.Range(0, text.Length)]));
    }

    [Fact]
    public void The_tap_equals_a_full_parse() => Gen.Select(Gen.Int[0, 5].Array[1, 6], Gen.Int[0, 100_000].Array[5], Gen.Int[0,
        2000].Array[0, 6], Gen.Bool).Sample(
        static (kinds, numbers, cuts, isStream) =>
        {
            var events = kinds.Select((kind, i) => kind switch
            {
                0 => $"{{\"choices\":[{{\"delta\":{{\"content\":\"w\\\"{numbers[i % 5]}\\\\\"}}}}],\"usage\":null}}",
                1 => $"{{\"type\":\"message_start\",\"message\":{{\"usage\":{{\"input_tokens\":{numbers[0]},\"output_tokens\":"
                    + $"1}}}}}}",
                2 => $"{{\"type\":\"message_delta\",\"usage\":{{\"output_tokens\":{numbers[i % 5]}}}}}",
                3 => $"{{\"usage\":{{\"prompt_tokens\":{numbers[1]},\"completion_tokens\":{numbers[2]},\"prompt_tokens_detail"
                    + $"s\":{{\"cached_tokens\":{numbers[3]}}}}}}}",
                4 => $"{{\"response\":{{\"usage\":{{\"input_tokens\":{numbers[4]} , \"output_tokens\":0}}}}}}",
                _ => "{\"data\":[1,2,[{\"usage\":{\"input_tokens\":1}}]],\"usage\":{}}",
            }).ToArray();
            var text = isStream ? string.Concat(events.Select((data, i) =>
                $"{(i % 2 == 0 ? "event: x\n" : "")}data:{(i % 3 == 0 ? "" : " ")}{data}\n\n")) : events[0];
            var expected = default(UsageCounts);
            foreach (var data in isStream ? events : events[..1])
            {
                Parse(data, ref expected);
            }

            return Tap(text, isStream, cuts) == expected;
        },
        iter: 5_000);

    private static void Parse(string data, ref UsageCounts usage)
    {
        using var document = JsonDocument.Parse(data);
        foreach (var place in (string[])["", "response", "message"])
        {
            var envelope = document.RootElement;
            if ((place.Length > 0 && !envelope.TryGetProperty(place, out envelope))
                || !envelope.TryGetProperty("usage", out var counts) || counts.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            usage.InputTokens = Count(counts, "prompt_tokens") ?? Count(counts, "input_tokens") ?? usage.InputTokens;
            usage.OutputTokens = Count(counts, "completion_tokens") ?? Count(counts, "output_tokens") ?? usage.OutputTokens;
            usage.CachedTokens = counts.TryGetProperty("prompt_tokens_details", out var details) ? Count(details,
                "cached_tokens") : usage.CachedTokens;
        }
    }

    private static long? Count(JsonElement parent, string name) => parent.TryGetProperty(name, out var count) ? count.GetInt64()
        : null;

    [Fact]
    public void The_chunk_that_only_reports_usage_is_found()
    {
        var events = Encoding.UTF8.GetBytes(ChatStream);
        Assert.True(UsageChunk.TryFind(events, out var start, out var length));
        Assert.Equal("data: {\"id\":\"c\",\"choices\":[],\"usage\":" + ChatUsage + "}\n\n", Encoding.UTF8.GetString(events,
            start, length));
        Assert.False(UsageChunk.TryFind(events.AsSpan(start + length), out _, out _));
        for (var cut = 0; cut < start + length - 1; cut++)
        {
            Assert.False(UsageChunk.TryFind(events.AsSpan(0, cut), out _, out _));
        }
    }

    [Theory]
    [InlineData("data: {\"choices\":[],\"usage\":{}}\r\n\r\n", true)]
    [InlineData("data: {\"choices\":[],\"usage\\udc00\":1,\"usage\":{}}\n\n", false)]
    [InlineData("data:{\"usage\": {} ,\"choices\": [ ]}\n\n", true)]
    [InlineData("data: {\"choices\":[],\"usage\":null}\n\n", false)]
    [InlineData("data: {\"choices\":[{\"x\":[1]}],\"usage\":{}}\n\n", false)]
    [InlineData("data: {\"choices\":[],\"prompt_filter_results\":[{\"usage\":{}}]}\n\n", false)]
    [InlineData("data: {\"usage\":{}}\n\n", false)]
    [InlineData("data: {\"choices\":[],\"usage\":{}\n\n", false)]
    [InlineData("data: [\"usage\"]\n\n", false)]
    [InlineData(": {\"choices\":[],\"usage\":{}}\n\n", false)]
    public void Only_that_chunk_is_hidden(string text, bool expected) =>
        Assert.Equal(expected, UsageChunk.TryFind(Encoding.UTF8.GetBytes(text), out _, out _));

    [Fact]
    public void The_tap_costs_no_allocation()
    {
        var bytes = Encoding.UTF8.GetBytes(ChatStream);
        var tap = new UsageTap();
        tap.Start(true);
        tap.Take(bytes);
        UsageChunk.TryFind(bytes, out _, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        tap.Start(true);
        tap.Take(bytes);
        var found = UsageChunk.TryFind(bytes, out _, out _);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(found && tap.Usage.IsKnown);
    }

    [Theory]
    [InlineData("data: {\"a\":1,\"usage\":null}\n\n", "data: {\"a\":1}\n\n")]
    [InlineData("data: {\"a\":1, \"usage\": null, \"b\":2}", "data: {\"a\":1, \"b\":2}")]
    [InlineData("{\"a\":\"\\\"usage\\\":null\",\"usage\":null}{\"b\":1,\"usage\":null}",
        "{\"a\":\"\\\"usage\\\":null\"}{\"b\":1}")]
    [InlineData("{\"a\":1,\"usage\":{\"x\":null}}", "{\"a\":1,\"usage\":{\"x\":null}}")]
    [InlineData("{\"usage\":null}", "{\"usage\":null}")]
    [InlineData("{\"a\":\"usage\"}", "{\"a\":\"usage\"}")]
    [InlineData(",\"usage\"", ",\"usage\"")]
    public void What_says_that_there_is_no_usage_yet_is_found(string events, string without)
    {
        var text = events;
        while (UsageChunk.TryFindNull(Encoding.UTF8.GetBytes(text), out var start, out var length))
        {
            text = text.Remove(start, length);
        }

        Assert.Equal(without, text);
    }
}
