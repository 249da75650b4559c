using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>Requests to an upstream of the other dialect, over real sockets.</summary>
public sealed class TranslationTests
{
    private const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hello"}]}""";
    private const string AskStream = """{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}""";
    private const string Say = """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""";
    private const string SayStream = "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\",\"c"
        + "ontent\":\"Hello\"}]}";
    private const string ChatPath = "/v1/chat/completions";
    private const string MessagesPath = "/v1/messages";

    private const string Message =
        """
        {"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"Hi"}],
            "stop_reason":"end_turn",
        "stop_sequence":null,"usage":{"input_tokens":5,"cache_read_input_tokens":100,"output_tokens":7}}
        """;

    private const string Completion =
        """
        {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"c","choices":[{"index":0,"message":{"role":"assistant",
        "content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":105,"completion_tokens":7,"total_tokens":112}}
        """;

    private const string MessageStart =
        "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"c\",\"usage\":{\"input_tokens\":5,\"out"
            + "put_tokens\":1}}}" + "\n\n";

    private const string MessageDelta =
        """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi there, you"}}""" + "\n\n";

    private const string MessageEnd =
        """data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}""" + "\n\n"
        + """data: {"type":"message_stop"}""" + "\n\n";

    private const string Chunks =
        """data: {"id":"chatcmpl-1","model":"c","choices":[{"index":0,"delta":{"content":"Hi"}}]}""" + "\n\n"
        + """data: {"id":"chatcmpl-1","model":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n"
        + """data: {"id":"chatcmpl-1","model":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12}}""" + "\n\n"
        + "data: [DONE]\n\n";

    [Fact]
    public async Task A_completion_is_asked_for_as_a_message_and_comes_back_as_a_completion()
    {
        await using var door = await OpenAsync(", metering: { usageHeader: true }", Whole(Message));
        var answer = await door.PostAsync(
            Ask, "Authorization: Bearer sk-own\r\nOpenAI-Organization: o\r\nX-Stainless-Lang: js\r\nX-Other: x\r\n"
            + "Accept-Encoding: gzip, identity;q=0\r\n", ChatPath + "?beta=true");
        var seen = door.Upstream.Requests[0];
        Assert.Equal("POST", seen.Method);
        Assert.Equal(MessagesPath, seen.Target);
        Assert.Equal("sk-claude", seen.Headers["x-api-key"]);
        Assert.Equal("2023-06-01", seen.Headers["anthropic-version"]);
        Assert.Equal("identity", seen.Headers["Accept-Encoding"]);
        Assert.Equal("x", seen.Headers["X-Other"]);
        Assert.Null(seen.Headers["Authorization"]);
        Assert.Null(seen.Headers["OpenAI-Organization"]);
        Assert.Null(seen.Headers["X-Stainless-Lang"]);
        Assert.Equal(
            "{\"model\":\"m\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                + "\"Hello\"}]}]}", seen.Text);

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.Equal("input=105, output=7, exact", answer.Headers["X-Edge-Usage"]);
        var json = JsonNode.Parse(answer.Text)!;
        Assert.Equal("chatcmpl-1", (string)json["id"]!);
        Assert.Equal("Hi", (string)json["choices"]![0]!["message"]!["content"]!);
        Assert.Equal(105, (int)json["usage"]!["prompt_tokens"]!);
        Assert.Equal(100, (int)json["usage"]!["prompt_tokens_details"]!["cached_tokens"]!);
    }

    [Fact]
    public async Task A_message_is_asked_for_as_a_completion_and_comes_back_as_a_message()
    {
        await using var door = await OpenAsync(", metering: { usageHeader: true }", Whole(Completion));
        var answer = await door.PostAsync(Say, "x-api-key: sk-own\r\nanthropic-version: 2023-06-01\r\n", MessagesPath);
        var seen = door.Upstream.Requests[0];
        Assert.Equal(ChatPath, seen.Target);
        Assert.Equal("Bearer sk-openai", seen.Headers["Authorization"]);
        Assert.Null(seen.Headers["x-api-key"]);
        Assert.Null(seen.Headers["anthropic-version"]);
        Assert.Equal("""{"model":"m","max_completion_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""", seen.Text);
        Assert.Equal("input=105, output=7, exact", answer.Headers["X-Edge-Usage"]);
        var json = JsonNode.Parse(answer.Text)!;
        Assert.Equal("msg_1", (string)json["id"]!);
        Assert.Equal("Hi", (string)json["content"]![0]!["text"]!);
        Assert.Equal("end_turn", (string)json["stop_reason"]!);
    }

    [Theory]
    [InlineData("")]
    [InlineData(", metering: { usageHeader: true }")]
    public async Task A_stream_of_a_message_comes_back_as_chunks(string keys)
    {
        await using var door = await OpenAsync(keys, Events(MessageStart[..20], MessageStart[20..] + MessageDelta, MessageEnd));
        var answer = await door.PostAsync(AskStream, path: ChatPath);
        Assert.Equal("text/event-stream; charset=utf-8", answer.Headers["Content-Type"]);
        Assert.Equal(1, Count(answer.Text, "\"content\":\"Hi there, you\""));
        Assert.EndsWith("\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"usage\"", answer.Text, StringComparison.Ordinal);
        if (keys.Length > 0)
        {
            var line = await door.UsageAsync();
            Assert.Equal((5, 7, true), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
        }
    }

    [Fact]
    public async Task The_usage_of_a_stream_is_told_to_whom_it_was_promised()
    {
        await using var door = await OpenAsync(", metering: {}", Events(MessageStart + MessageDelta + MessageEnd));
        var answer = await door.PostAsync(
            AskStream[..^1] + ""","stream_options":{"include_usage":true}}""", path: ChatPath);
        Assert.Equal(1, Count(answer.Text, "\"prompt_tokens\":5,\"completion_tokens\":7"));
    }

    [Fact]
    public async Task A_stream_of_chunks_comes_back_as_a_message()
    {
        await using var door = await OpenAsync(", metering: {}", Events(Chunks[..50], Chunks[50..]));
        var answer = await door.PostAsync(SayStream, path: MessagesPath);
        Assert.Contains("\"stream_options\":{\"include_usage\":true}", door.Upstream.Requests[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("event: message_start\ndata: {\"type\":\"message_start\"", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\"input_tokens\":9,", answer.Text, StringComparison.Ordinal);
        Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", answer.Text, StringComparison.Ordinal);
        var line = await door.UsageAsync();
        Assert.Equal((9, 12, true), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
    }

    [Theory]
    [InlineData(ChatPath, AskStream, MessageStart + MessageDelta, "data: {\"error\":{", "[DONE]")]
    [InlineData(ChatPath, AskStream, MessageStart + "data: {\"type\":7}\n\n" + MessageEnd, "data: {\"error\":{", "[DONE]")]
    [InlineData(MessagesPath, SayStream, "data: {\"model\":\"c\",\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n",
        "event: error\ndata: {\"type\":\"error\"", "message_stop")]
    public async Task A_stream_that_is_cut_or_broken_ends_with_an_error_in_the_callers_words(
        string path, string ask, string events, string error, string ending)
    {
        await using var door = await OpenAsync("", Events(events));
        await using var connection = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
        await connection.SendAsync(Post(path, ask));
        var answer = await connection.ReadHeadAsync();
        Assert.Equal(200, answer.Status);
        await answer.Body.ReadToEndAsync();
        Assert.True(answer.Body.IsBroken);
        Assert.Contains(error, answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(ending, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChatPath, Ask, """{"type":"error","error":{"type":"rate_limit_error","message":"Slow"}}""",
        """{"error":{"message":"Slow","type":"requests","param":null,"code":"rate_limit_exceeded"}}""")]
    [InlineData(ChatPath, AskStream, "<html>",
        "{\"error\":{\"message\":\"The provider answered with status 429 and no message.\",\"type\":\"requests\",\"param\":n"
            + "ull,\"code\":null}}")]
    [InlineData(MessagesPath, Say, """{"error":{"message":"Slow","type":"requests","code":"rate_limit_exceeded"}}""",
        """{"type":"error","error":{"type":"rate_limit_error","message":"Slow"},"request_id":"id-1"}""")]
    public async Task Errors_keep_their_status_and_when_to_come_again(string path, string ask, string error, string expected)
    {
        await using var door = await OpenAsync(
            "", Raw($"HTTP/1.1 429 No\r\nRetry-After: 7\r\nx-ratelimit-limit-requests: 5\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {error.Length}\r\n\r\n{error}"));
        var answer = await door.PostAsync(ask, "X-Id: id-1\r\n", path);
        Assert.Equal(429, answer.Status);
        Assert.Equal("7", answer.Headers["Retry-After"]);
        Assert.Null(answer.Headers["x-ratelimit-limit-requests"]);
        Assert.Equal(expected, answer.Text);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData(Completion)]
    public async Task What_is_no_answer_is_an_error_and_never_half_an_answer(string body)
    {
        await using var door = await OpenAsync("", Whole(body));
        var answer = await door.PostAsync(Ask, path: ChatPath);
        Assert.Equal(502, answer.Status);
        Assert.Equal("upstream_answer_not_translatable", (string)JsonNode.Parse(answer.Text)!["error"]!["code"]!);
    }

    [Theory]
    [InlineData("204 None\r\n\r\n")]
    [InlineData("205 Reset\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("304 Same\r\n\r\n")]
    [InlineData("201 Made\r\nContent-Type: text/event-stream\r\nContent-Length: 2\r\n\r\n{}")]
    public async Task A_status_that_neither_API_knows_is_an_error(string head)
    {
        await using var door = await OpenAsync("", Raw("HTTP/1.1 " + head));
        var answer = await door.PostAsync(Ask, path: ChatPath);
        Assert.Equal(502, answer.Status);
        Assert.Equal("upstream_answer_not_translatable", (string)JsonNode.Parse(answer.Text)!["error"]!["code"]!);
    }

    [Fact]
    public async Task What_cannot_be_carried_over_is_refused_and_the_upstream_is_not_asked()
    {
        await using var door = await OpenAsync("", Whole(Message));
        var answer = await door.PostAsync(Ask[..^1] + ",\"seed\":7}", path: ChatPath);
        Assert.Equal(400, answer.Status);
        var error = JsonNode.Parse(answer.Text)!["error"]!;
        Assert.Equal(("body_not_translatable", "/seed"), ((string)error["code"]!, (string)error["param"]!));
        Assert.Contains("'seed'", (string)error["message"]!, StringComparison.Ordinal);
        Assert.Empty(door.Upstream.Requests);
    }

    [Fact]
    public async Task What_cannot_be_carried_over_is_dropped_and_named_where_the_route_says_so()
    {
        await using var door = await OpenAsync(", translate: { unsupported: drop, maxTokens: 50 }", Whole(Message));
        var answer = await door.PostAsync(Ask[..^1] + ",\"seed\":7,\"logprobs\":true,\"temperature\":2}", path: ChatPath);
        Assert.Equal(200, answer.Status);
        Assert.Equal("seed, logprobs", answer.Headers["X-Edge-Dropped"]);
        Assert.Equal("temperature", answer.Headers["X-Edge-Changed"]);
        Assert.Contains("\"max_tokens\":50,", door.Upstream.Requests[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_comes_compressed_all_the_same_is_translated(bool isStream)
    {
        using var memory = new MemoryStream();
        await using (var gzip = new GZipStream(memory, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(isStream ? MessageStart + MessageDelta + MessageEnd : Message));
        }

        await using var door = await OpenAsync(", metering: {}", async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: {(isStream ? "text/event-stream" : "application/json")}\r\n"
                + $"Content-Encoding: gzip\r\nContent-Length: {memory.Length}\r\n\r\n");
            await connection.SendAsync(memory.ToArray());
        });
        var answer = await door.PostAsync(isStream ? AskStream : Ask, path: ChatPath);
        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Headers["Content-Encoding"]);
        Assert.Contains(isStream ? "data: [DONE]" : "\"content\":\"Hi\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal(7, (int)(await door.UsageAsync())["outputTokens"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_from_memory_is_in_the_callers_words(bool isStream)
    {
        await using var door = await OpenAsync(
            ", cache: { ttl: 1m, scope: public, temperatureMax: 1 }",
            isStream ? Events(MessageStart + MessageDelta + MessageEnd) : Whole(Message));
        var ask = isStream ? AskStream : Ask;
        var first = await door.PostAsync(ask, path: ChatPath);
        var second = await door.PostAsync(ask, path: ChatPath);
        Assert.Equal(("MISS", "HIT"), (first.Headers["X-Cache"], second.Headers["X-Cache"]));
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.Headers["Content-Type"], second.Headers["Content-Type"]);
        Assert.Contains("chat.completion", second.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_that_does_not_translate_passes_what_it_gets()
    {
        await using var door = await OpenAsync(", translate: none", Whole(Message));
        var answer = await door.PostAsync(Ask, path: ChatPath);
        Assert.Equal(ChatPath, door.Upstream.Requests[0].Target);
        Assert.Equal(Ask, door.Upstream.Requests[0].Text);
        Assert.Equal(Message, answer.Text);
    }

    [Theory]
    [InlineData(ChatPath, Ask, "Authorization: Bearer sk-own\r\n", "x-api-key", "sk-own", "Authorization")]
    [InlineData(MessagesPath, Say, "x-api-key: sk-own\r\n", "Authorization", "Bearer sk-own", "x-api-key")]
    public async Task A_callers_own_credential_is_told_in_the_upstreams_way(
        string path, string ask, string header, string name, string value, string gone)
    {
        await using var door = await OpenAsync("", Whole("{}"), hasCredential: false);
        await door.PostAsync(ask, header, path);
        Assert.Equal(value, door.Upstream.Requests[0].Headers[name]);
        Assert.Null(door.Upstream.Requests[0].Headers[gone]);
    }

    [Fact]
    public async Task Errors_of_the_gateway_itself_are_in_the_callers_words()
    {
        await using var door = await OpenAsync("", _ => Task.CompletedTask);
        Assert.StartsWith("{\"error\":{", (await door.PostAsync(Ask, path: ChatPath)).Text, StringComparison.Ordinal);
        Assert.StartsWith(
            "{\"type\":\"error\"", (await door.PostAsync(Say, path: MessagesPath)).Text, StringComparison.Ordinal);
        Assert.StartsWith("{\"error\":{", (await door.PostAsync("{", path: ChatPath)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_request_is_translated_and_sent_behind_its_head()
    {
        await using var door = await OpenAsync("", Whole(Message));
        var ask = Ask.Replace("Hello", new string('x', 300_000), StringComparison.Ordinal);
        var answer = await door.PostAsync(ask, path: ChatPath);
        Assert.Equal(200, answer.Status);
        Assert.Contains(new string('x', 300_000), door.Upstream.Requests[0].Text, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static string Post(string path, string body) =>
        $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static Func<ScriptedConnection, Task> Raw(string answer) => async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(answer);
        }
    };

    private static Func<ScriptedConnection, Task> Whole(string body) => Raw(
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private static Func<ScriptedConnection, Task> Events(params string[] pieces) => async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            foreach (var piece in pieces)
            {
                await connection.SendAsync($"{Encoding.UTF8.GetByteCount(piece):x}\r\n{piece}\r\n");
            }

            await connection.SendAsync("0\r\n\r\n");
        }
    };

    private static Task<BodyDoor> OpenAsync(string keys, Func<ScriptedConnection, Task> script, bool hasCredential = true) =>
        BodyDoor.OpenCrossedAsync(keys, hasCredential, script);
}
