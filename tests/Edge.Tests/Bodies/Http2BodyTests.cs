using System.IO.Compression;
using System.Net;
using System.Text;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>Bodies of requests, good and hostile, over HTTP/2 frame by frame.</summary>
public sealed class Http2BodyTests
{
    private const string Chat = "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private const string Chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"12345678\"}}]}\n\n";

    private const string UsageChunk = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}\n\n";

    /// <summary>A payload of DATA: below the smallest limit of a frame (RFC 9113, section 4.2).</summary>
    private const int PieceBytes = 16_000;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(PieceBytes)]
    public async Task A_body_in_frames_of_any_size_is_validated_and_rewritten(int bytes)
    {
        await using var door = await BodyDoor.OpenAsync(
            ", validate: { schema: openai-chat-lenient }, rewrite: [{ default: { user: \"u\" } }]");
        var (status, _) = await PostAsync(door, Encoding.UTF8.GetBytes(Chat), bytes);
        Assert.Equal(200, status);
        Assert.Equal(Chat[..^1] + ",\"user\":\"u\"}", door.Seen);
        Assert.Equal($"{door.Seen.Length}", door.Upstream.Requests[^1].Headers["Content-Length"]);
    }

    [Fact]
    public async Task Every_error_of_a_body_is_told()
    {
        await using var door = await BodyDoor.OpenAsync(", validate: { schema: openai-chat }");
        var (status, text) = await PostAsync(
            door, "{\"temperature\":3,\"messages\":[{\"role\":\"x\",\"content\":\"\"}]}"u8.ToArray());
        Assert.Equal(400, status);
        Assert.Contains("/temperature", text, StringComparison.Ordinal);
        Assert.Contains("/messages/0/role", text, StringComparison.Ordinal);
        Assert.Contains("/messages/0/content", text, StringComparison.Ordinal);
        Assert.Empty(door.Upstream.Requests);
    }

    public static TheoryData<string, string, int> Hostile => new()
    {
        { "depth", "body_not_json", 400 },
        { "brackets", "body_too_large", 413 },
        { "duplicate", "body_not_json", 400 },
        { "utf-8", "body_not_json", 400 },
        { "surrogate", "body_not_json", 400 },
        { "nan", "body_not_json", 400 },
        { "infinity", "body_not_json", 400 },
        { "mark", "body_not_json", 400 },
        { "trailing", "body_not_json", 400 },
        { "empty", "body_not_json", 400 },
        { "type", "media_type_unsupported", 415 },
        { "bomb", "content_coding_unsupported", 415 },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_body_is_refused_and_nothing_of_it_is_forwarded(string kind, string code, int status)
    {
        await using var door = await BodyDoor.OpenAsync(", validate: { schema: openai-chat-lenient }");
        var (answered, text) = await PostAsync(
            door, Make(kind), type: kind == "type" ? "text/plain" : "application/json",
            more: kind == "bomb" ? [("content-encoding", "gzip")] : []);
        Assert.Equal(status, answered);
        Assert.Contains(code, text, StringComparison.Ordinal);
        Assert.Empty(door.Upstream.Requests);

        // The connection, and the gateway, are as good as before.
        Assert.Equal(200, (await PostAsync(door, Encoding.UTF8.GetBytes(Chat))).Status);
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 413)]
    public async Task A_body_has_at_most_so_many_bytes_announced_or_not(int above, int status)
    {
        await using var door = await BodyDoor.OpenAsync(", validate: { schema: openai-chat-lenient }, requestBodyMax: 100B");
        var body = Encoding.UTF8.GetBytes(Chat.PadRight(100 + above));
        Assert.Equal(status, (await PostAsync(door, body, announces: true)).Status);
        Assert.Equal(status, (await PostAsync(door, body, announces: false)).Status);
        Assert.Equal(status == 200 ? 2 : 0, door.Upstream.Requests.Count);
    }

    [Fact]
    public async Task A_caller_that_resets_its_stream_while_it_sends_its_body_costs_nothing()
    {
        await using var door = await BodyDoor.OpenAsync(", metering: {}");
        await using (var caller = await Http2Caller.ConnectAsync(door.Http2Endpoint))
        {
            for (var stream = 1; stream < 40; stream += 2)
            {
                await caller.SendHeadersAsync(stream, Head(Chat.Length), isWhole: false);
                await caller.SendAsync(Http2FrameType.Data, 0, stream, Encoding.UTF8.GetBytes(Chat[..(stream % Chat.Length)]));
                await caller.SendAsync(Http2FrameType.Reset, 0, stream, new byte[] { 0, 0, 0, 8 });
            }

            await SettledAsync(door, 20);
        }

        Assert.Empty(door.Upstream.Requests);
        Assert.Equal(0, door.Running.Gateway.Counters.Exact + door.Running.Gateway.Counters.Estimated);
        Assert.Equal(200, (await PostAsync(door, Encoding.UTF8.GetBytes(Chat))).Status);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(", onDisconnect: { drain: 1000 tokens }", true)]
    public async Task A_stream_that_its_caller_resets_is_broken_off_or_read_on(string route, bool exact)
    {
        var left = new TaskCompletionSource();
        await using var door = await BodyDoor.OpenAsync(", metering: {}" + route, usageLog: true, scripts: async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                + $"{Chunk.Length:x}\r\n{Chunk}\r\n");
            await connection.StallAsync(left.Task);
            try
            {
                await connection.SendAsync($"{Chunk.Length:x}\r\n{Chunk}\r\n");
                await connection.SendAsync($"{UsageChunk.Length:x}\r\n{UsageChunk}\r\n0\r\n\r\n");
            }
            catch (IOException)
            {
                // Broken off, as it should be.
            }
        });
        await using (var caller = await Http2Caller.ConnectAsync(door.Http2Endpoint))
        {
            var body = Encoding.UTF8.GetBytes(Chat[..^1] + ",\"stream\":true}");
            await caller.SendHeadersAsync(1, Head(body.Length), isWhole: false);
            await caller.SendAsync(Http2FrameType.Data, Http2Caller.EndStream, 1, body);
            while (await caller.ReadAsync() is { Type: not Http2FrameType.Data })
            {
            }

            await caller.SendAsync(Http2FrameType.Reset, 0, 1, new byte[] { 0, 0, 0, 8 });
            if (!exact)
            {
                await SettledAsync(door, 1);
            }

            left.SetResult();
            var line = await door.UsageAsync();
            Assert.Equal(exact ? (9, 12, true) : (1, 2, false),
                ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
            Assert.True(exact || (string)line["failure"]! == "caller_gone");
        }
    }

    private static byte[] Make(string kind) => kind switch
    {
        "depth" => Encoding.ASCII.GetBytes(new string('[', 10_000) + new string(']', 10_000)),
        "brackets" => Encoding.ASCII.GetBytes(new string('[', 50_000_000)),
        "duplicate" => "{\"model\":\"a\",\"m\\u006fdel\":\"b\",\"messages\":[]}"u8.ToArray(),
        "utf-8" => [.. "{\"model\":\""u8, 0xC0, 0xAF, .. "\"}"u8],
        "surrogate" => "{\"model\":\"\\ud800\"}"u8.ToArray(),
        "nan" => "{\"temperature\":NaN}"u8.ToArray(),
        "infinity" => "{\"temperature\":1e999999}"u8.ToArray(),
        "mark" => [0xEF, 0xBB, 0xBF, .. "{}"u8],
        "trailing" => "{} {}"u8.ToArray(),
        "empty" => [],
        "bomb" => Bomb(),
        _ => Encoding.UTF8.GetBytes(Chat),
    };

    private static byte[] Bomb()
    {
        using var target = new MemoryStream();
        using (var stream = new GZipStream(target, CompressionLevel.Optimal))
        {
            stream.Write(new byte[50_000_000]);
        }

        return target.ToArray();
    }

    private static byte[] Head(int? length, string type = "application/json", params (string,
        string)[] more) => Http2Caller.Request(
        "POST", "/v1/chat/completions",
        [("content-type", type), .. length is null ? [] : new[] { ("content-length", $"{length}") }, .. more]);

    private static async Task<(int Status, string Text)> PostAsync(
        BodyDoor door, byte[] body, int piece = PieceBytes, bool announces = true, string type = "application/json",
        params (string, string)[] more)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{door.Http2Endpoint}/v1/chat/completions")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new PiecewiseContent(body, piece, announces),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        foreach (var (name, value) in more)
        {
            request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task SettledAsync(BodyDoor door, int requests)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        var counters = door.Running.Gateway.Counters;
        while (counters.Running > 0 || counters.Began < requests)
        {
            await Task.Delay(1, deadline.Token);
        }
    }
}
