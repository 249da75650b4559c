using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>Usage read from answers that pass, and told in the usage log, over real sockets.</summary>
public sealed class MeteringTests
{
    private const string Metering = ", metering: { usageHeader: true }";
    private const string Stream = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]}";
    private const string Plain = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]}";

    private const string Chunk =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"12345678\"}}],\"usage\":null}\n\n";

    private const string BareChunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"12345678\"}}]}\n\n";

    private const string UsageChunk =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,\"total_tokens\":21,"
        + "\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\n";

    private const string Done = "data: [DONE]\n\n";

    [Theory]
    [InlineData("{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}", "input=9, output=12, exact", 9, 12, true)]
    [InlineData("{\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}", "input=0, output=0, exact", 0, 0, true)]
    [InlineData(
        "{\"choices\":[{\"message\":{\"content\":\"\\u00e4\u00c3\u00a4345\\n789\"}}]}",
        "input=2, output=3, exact=?0", 2, 3, false)]
    public async Task An_answer_is_counted_as_it_says_or_else_estimated(
        string body, string header, int input, int output, bool exact)
    {
        await using var door = await OpenAsync(Metering, Json(body));
        var answer = await door.PostAsync(Plain, "X-Api-Key: key-of-ann\r\nAccept-Encoding: gzip, br\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(header, answer.Headers["X-Edge-Usage"]);
        Assert.Equal(Encoding.Latin1.GetBytes(body), answer.Body.Bytes);
        Assert.Equal(Plain, door.Seen);
        Assert.Equal("identity", door.Upstream.Requests[0].Headers["Accept-Encoding"]);
        var line = await door.UsageAsync();
        Assert.Equal(input, (int)line["inputTokens"]!);
        Assert.Equal(output, (int)line["outputTokens"]!);
        Assert.Equal(exact, (bool)line["exact"]!);
        Assert.Equal("ann", (string)line["consumer"]!);
        Assert.Equal("starter", (string)line["tier"]!);
        Assert.Equal("m", (string)line["model"]!);
        Assert.Equal("chat", (string)line["route"]!);
        Assert.False((bool)line["stream"]!);
    }

    [Fact]
    public async Task A_stream_is_asked_for_its_usage_and_the_caller_does_not_see_it()
    {
        await using var door = await OpenAsync(Metering, Events(Chunk + Chunk, UsageChunk, Done));
        var answer = await door.PostAsync(Stream);
        Assert.Equal(BareChunk + BareChunk + Done, answer.Text);
        Assert.Equal(Stream[..^1] + ",\"stream_options\":{\"include_usage\":true}}", door.Seen);
        var line = await door.UsageAsync();
        Assert.Equal((9, 12, 3, true), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (int)line["cachedTokens"]!,
            (bool)line["exact"]!));
        Assert.True((bool)line["stream"]!);
    }

    [Fact]
    public async Task The_chunk_is_taken_out_wherever_the_stream_is_cut()
    {
        const string all = Chunk + UsageChunk + Done;
        for (var cut = Chunk.Length - 3; cut < Chunk.Length + UsageChunk.Length + 3; cut += 5)
        {
            await using var door = await OpenAsync(Metering, Events(all[..cut], all[cut..]));
            Assert.Equal(BareChunk + Done, (await door.PostAsync(Stream)).Text);
            Assert.True((bool)(await door.UsageAsync())["exact"]!);
        }
    }

    [Fact]
    public async Task Who_asked_for_the_usage_gets_it()
    {
        var body = Stream[..^1] + ",\"stream_options\":{\"include_usage\":true}}";
        await using var door = await OpenAsync(Metering, Events(Chunk, UsageChunk, Done));
        Assert.Equal(Chunk + UsageChunk + Done, (await door.PostAsync(body)).Text);
        Assert.Equal(body, door.Seen);
    }

    [Fact]
    public async Task An_announced_stream_loses_its_length_with_the_chunk()
    {
        const string all = Chunk + UsageChunk + Done;
        await using var door = await OpenAsync(
            Metering,
            $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {all.Length}\r\n\r\n{all}");
        var answer = await door.PostAsync(Stream);
        Assert.Equal(BareChunk + Done, answer.Text);
        Assert.False(answer.Headers.Contains("Content-Length"));
    }

    [Theory]
    [InlineData("HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 429)]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 500)]
    [InlineData("nonsense\r\n\r\n", 502)]
    public async Task What_the_provider_refuses_is_not_charged(string response, int status)
    {
        await using var door = await OpenAsync(Metering, response);
        Assert.Equal(status, (await door.PostAsync(Plain)).Status);
        Assert.Equal(0, door.Running.Gateway.Counters.Exact + door.Running.Gateway.Counters.Estimated);
    }

    [Fact]
    public async Task A_stream_that_breaks_is_charged_as_far_as_it_came()
    {
        await using var door = await OpenAsync(
            Metering, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            + $"{Chunk.Length:x}\r\n{Chunk}\r\nxyz");
        Assert.Contains("error", (await door.PostAsync(Stream)).Text, StringComparison.Ordinal);
        var line = await door.UsageAsync();
        Assert.Equal((2, 2, false), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
        Assert.Equal("upstream_response_body_invalid", (string)line["failure"]!);
    }

    [Fact]
    public async Task When_the_caller_leaves_the_answer_is_broken_off_and_charged_as_far_as_it_came()
    {
        var ended = new TaskCompletionSource();
        await using var door = await BodyDoor.OpenAsync(
            ", metering: {}", usageLog: true, scripts: async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + $"{Chunk.Length:x}\r\n{Chunk}\r\n");
                await connection.WaitForEndAsync();
                ended.SetResult();
            });
        await LeaveAsync(door);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var line = await door.UsageAsync();
        Assert.Equal((2, 2, false), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
        Assert.Equal("caller_gone", (string)line["failure"]!);
    }

    [Fact]
    public async Task When_the_caller_leaves_a_draining_route_reads_on_and_learns_the_truth()
    {
        var left = new TaskCompletionSource();
        BodyDoor? opened = null;

        // A send that fails is told to the next one, and what comes at once is sent at once: the gateway has to see two apart.
        await using var door = await OpenStallingAsync(
            ", metering: {}, onDisconnect: { drain: 1000 tokens }", left, chunks: 40, () => opened!.Running.PassTimeAsync());
        opened = door;
        await LeaveAsync(door);
        left.SetResult();
        var line = await door.UsageAsync();
        Assert.Equal((9, 12, true), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
        Assert.Equal("caller_gone", (string)line["failure"]!);
    }

    [Fact]
    public async Task A_draining_route_reads_on_also_where_another_had_the_connection_before()
    {
        var left = new TaskCompletionSource();
        await using var door = await BodyDoor.OpenAsync(
            ", metering: {}, onDisconnect: { drain: 1000 tokens }", usageLog: true, scripts: async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(Json("{}"));
                await StallAsync(connection, left, chunks: 40);
            });
        await LeaveAsync(door, before: "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
        await door.Running.PassTimeAsync();
        left.SetResult();
        var line = await door.UsageAsync();
        Assert.Equal((9, 12, true), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
    }

    [Fact]
    public async Task A_draining_route_reads_on_no_further_than_it_may()
    {
        var left = new TaskCompletionSource();
        await using var door = await OpenStallingAsync(
            ", metering: {}, onDisconnect: { drain: 10 tokens }", left, chunks: 2_000_000);
        await LeaveAsync(door);
        await door.Running.PassTimeAsync();
        left.SetResult();
        var line = await door.UsageAsync();
        Assert.False((bool)line["exact"]!);
        Assert.InRange((int)line["outputTokens"]!, 12, 1_000_000);
    }

    [Fact]
    public async Task Anthropics_counts_are_read_with_those_of_its_cache()
    {
        const string events =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5,"
            + "\"cache_read_input_tokens\":2,\"cache_creation_input_tokens\":1,\"output_tokens\":1}}}\n\n"
            + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\","
            + "\"text\":\"hello\"}}\n\n"
            + "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":7}}\n\n"
            + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        await using var door = await OpenAsync(Metering, Events(events));
        var answer = await door.PostAsync(
            "{\"model\":\"c\",\"max_tokens\":5,\"stream\":true,\"messages\":[]}", path: "/v1/messages");
        Assert.Equal(events, answer.Text);
        var line = await door.UsageAsync();
        Assert.Equal((8, 7, 2, 1, true), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (int)line["cachedTokens"]!,
            (int)line["cacheCreationTokens"]!, (bool)line["exact"]!));
    }

    private static Task<BodyDoor> OpenAsync(string route, string response) => BodyDoor.OpenAsync(
        route, usageLog: true, scripts: async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(response);
        });

    private static Task<BodyDoor> OpenStallingAsync(
        string route, TaskCompletionSource left, int chunks, Func<Task>? apart = null) =>
        BodyDoor.OpenAsync(route, usageLog: true, scripts: connection => StallAsync(connection, left, chunks, apart));

    private static async Task StallAsync(
        ScriptedConnection connection, TaskCompletionSource left, int chunks, Func<Task>? apart = null)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            + $"{Chunk.Length:x}\r\n{Chunk}\r\n");
        await connection.StallAsync(left.Task);
        try
        {
            for (var i = 0; i < chunks; i++)
            {
                await connection.SendAsync($"{Chunk.Length:x}\r\n{Chunk}\r\n");
                await (i < 2 && apart is not null ? apart() : Task.CompletedTask);
            }

            await connection.SendAsync($"{UsageChunk.Length:x}\r\n{UsageChunk}\r\n{Done.Length:x}\r\n{Done}\r\n0\r\n\r\n");
        }
        catch (IOException)
        {
            // Broken off, as it should be.
        }
    }

    /// <summary>A caller that has seen the first event and goes.</summary>
    private static async Task LeaveAsync(BodyDoor door, string? before = null)
    {
        await using var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
        if (before is not null)
        {
            await caller.SendAsync(before);
            Assert.Equal(200, (await caller.ReadResponseAsync()).Status);
        }

        await caller.SendAsync(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Stream.Length}\r\n\r\n{Stream}");
        var answer = await caller.ReadHeadAsync("POST");
        await answer.Body.ReadUntilAsync("12345678");
        caller.Reset();
    }

    private static string Json(string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static string Events(params string[] pieces) =>
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + string.Concat(pieces.Select(p => $"{p.Length:x}\r\n{p}\r\n")) + "0\r\n\r\n";
}
