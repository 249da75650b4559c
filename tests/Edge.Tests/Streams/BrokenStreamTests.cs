using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Streams;

public sealed class BrokenStreamTests
{
    private const string Whole = "event: a\ndata: 1\n\n";
    private const int H2InternalError = 2;

    /// <summary>How an upstream breaks a stream.</summary>
    public enum Cut
    {
        Close,
        Reset,
        BadChunk,
        Silence,
    }

    public static MatrixTheoryData<Cut, CallerKind, string> Cuts =>
        new([Cut.Close, Cut.Reset, Cut.BadChunk], Enum.GetValues<CallerKind>(),
            ["", "data: x", "event: b\nda", "data: half\n", "data: x\r", ": comm"]);

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task The_caller_gets_whole_events_an_error_and_a_broken_body(Cut cut, CallerKind kind, string unfinished)
    {
        await using var upstream = ScriptedUpstream.Start(connection => BreakAsync(connection, cut, Whole, unfinished));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai");
        using var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.StartsWith(Whole + "data: {\"error\":", caller.Text, StringComparison.Ordinal);
        AssertEndsWithError(caller.Text, kind);
        AssertBroken(caller, kind);
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.H2)]
    public async Task A_stream_that_falls_silent_ends_with_an_error_when_its_time_is_up(CallerKind kind)
    {
        await using var upstream = ScriptedUpstream.Start(connection => BreakAsync(connection, Cut.Silence, Whole, "data: x"));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai", "{ idle: 500ms }");
        using var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.StartsWith(Whole + "data: {\"error\":", caller.Text, StringComparison.Ordinal);
        Assert.Contains("timeout", caller.Text, StringComparison.Ordinal);
        AssertBroken(caller, kind);
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.H2c)]
    public async Task A_stream_that_breaks_before_its_first_event_is_an_error_too(CallerKind kind)
    {
        await using var upstream = ScriptedUpstream.Start(connection => BreakAsync(connection, Cut.Close, "", ""));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai");
        using var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.StartsWith("data: {\"error\":", caller.Text, StringComparison.Ordinal);
        AssertBroken(caller, kind);
    }

    [Theory]
    [InlineData("openai", "data: {\"error\":{\"message\":")]
    [InlineData("anthropic", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"")]
    [InlineData("http", "event: error\ndata: {\"type\":\"urn:edge:problem:")]
    public async Task The_error_is_told_in_the_words_of_the_dialect(string dialect, string beginning)
    {
        await using var upstream = ScriptedUpstream.Start(connection => BreakAsync(connection, Cut.Close, Whole, "data: x"));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, dialect);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.StartsWith(Whole + beginning, caller.Text, StringComparison.Ordinal);
        AssertEndsWithError(caller.Text, CallerKind.Http1);
        var data = caller.Text[(caller.Text.LastIndexOf("data: ", StringComparison.Ordinal) + 6)..];
        using var json = JsonDocument.Parse(data);
        AssertBroken(caller, CallerKind.Http1);
    }

    [Fact]
    public async Task An_event_of_which_a_part_has_gone_out_is_ended_before_the_error()
    {
        var part = "data: " + new string('x', 100_000);
        await using var upstream = ScriptedUpstream.Start(connection => BreakAsync(connection, Cut.Close, part, ""));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai");
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        var error = caller.Text.IndexOf("\n\ndata: {\"error\":", StringComparison.Ordinal);
        Assert.StartsWith(caller.Text[..error], part, StringComparison.Ordinal);
        AssertBroken(caller, CallerKind.Http1);
    }

    [Fact]
    public async Task On_http1_there_is_no_last_chunk()
    {
        await using var upstream = ScriptedUpstream.Start(connection => BreakAsync(connection, Cut.Close, Whole, ""));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai");
        await using var client = await RawHttpClient.ConnectAsync(gateway.EndpointOf(CallerKind.Http1));
        await client.SendAsync("GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
        var wire = System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.Equal(ConnectionEnd.Closed, client.End);
        Assert.Contains("data: {\"error\":", wire, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n", wire, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task On_http2_the_error_comes_before_the_reset(int events)
    {
        var whole = string.Concat(Enumerable.Repeat("data: " + new string('y', 1000) + "\n\n", events));
        await using var upstream = ScriptedUpstream.Start(connection => BreakAsync(connection, Cut.Close, whole, "data: x"));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "anthropic");
        await using var caller = await RawH2Caller.AskAsync(gateway.EndpointOf(CallerKind.H2c), "/v1/messages");
        await caller.ReadToEndAsync();
        Assert.False(caller.IsEnded);
        Assert.Equal((uint)H2InternalError, caller.ResetCode);
        Assert.StartsWith(whole + "event: error\ndata: {", caller.Text, StringComparison.Ordinal);
        AssertEndsWithError(caller.Text, CallerKind.H2c);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/json")]
    public async Task To_http10_the_break_is_a_reset(string contentType)
    {
        await using var upstream = ScriptedUpstream.Start(
            connection => BreakAsync(connection, Cut.Close, Whole, "", contentType));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai");
        await using var client = await RawHttpClient.ConnectAsync(gateway.EndpointOf(CallerKind.Http1));
        await client.SendAsync("GET /v1/x HTTP/1.0\r\nHost: a\r\n\r\n");
        var wire = System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.Equal(ConnectionEnd.Reset, client.End);
        Assert.Equal(contentType == "text/event-stream", wire.Contains("data: {\"error\":", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.H2c)]
    public async Task A_body_of_known_length_is_never_filled_up_with_an_error(CallerKind kind)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 4000\r\n\r\n{Whole}data");
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai", route: ", heartbeat: 10ms");
        using var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.StartsWith(caller.Text, Whole, StringComparison.Ordinal);
        AssertBroken(caller, kind);
        await gateway.DisposeAsync();
        Assert.Contains("upstream_response_incomplete", gateway.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.H2)]
    public async Task A_body_that_is_no_event_stream_is_broken_off_as_it_is(CallerKind kind)
    {
        await using var upstream = ScriptedUpstream.Start(
            connection => BreakAsync(connection, Cut.Close, "{\"choices\":", "", "application/json"));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "openai");
        using var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.StartsWith(caller.Text, "{\"choices\":", StringComparison.Ordinal);
        AssertBroken(caller, kind);
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.Http1Tls)]
    [InlineData(CallerKind.H2c)]
    [InlineData(CallerKind.H2)]
    public async Task The_error_reaches_a_caller_that_was_slow_to_read(CallerKind kind)
    {
        var sent = new TaskCompletionSource();
        var events = string.Concat(Enumerable.Repeat("data: " + new string('y', 1000) + "\n\n", 1000));
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await BreakAsync(connection, Cut.Close, events, "data: x");
            sent.SetResult();
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, "anthropic");
        using var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync("/v1/messages");

        // A megabyte is on its way and the caller has not begun to read.
        await Task.WhenAny(sent.Task, Task.Delay(200, TestContext.Current.CancellationToken));
        await caller.ReadToEndAsync();
        Assert.StartsWith(events + "event: error\n", caller.Text, StringComparison.Ordinal);
        AssertBroken(caller, kind);
    }

    [Theory]
    [InlineData("openai", "/v1/chat/completions", "data: {}\n\n", false)]
    [InlineData("openai", "/v1/chat/completions", "data: {}\n\ndata: [DONE]\n\n", true)]
    [InlineData("openai", "/v1/responses", "event: response.completed\ndata: {}\n\n", true)]
    [InlineData("openai", "/v1/audio/speech", "data: {}\n\n", true)]
    [InlineData("anthropic", "/v1/messages", "event: ping\ndata: {}\n\n", false)]
    [InlineData("anthropic", "/v1/messages", "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", true)]
    [InlineData("http", "/v1/chat/completions", "data: {}\n\n", true)]
    public async Task A_stream_that_ends_with_its_connection_is_whole_only_with_its_last_event(
        string dialect, string path, string stream, bool whole)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.CloseHead + stream);
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, dialect);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync(path);
        await caller.ReadToEndAsync();
        Assert.Equal(whole, caller.Break is null);
        Assert.StartsWith(stream, caller.Text, StringComparison.Ordinal);
        Assert.Equal(whole, caller.Text.Length == stream.Length);
    }

    private static async Task BreakAsync(
        ScriptedConnection connection, Cut cut, string whole, string unfinished, string contentType = "text/event-stream")
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(Wire.ChunkedHead.Replace("text/event-stream", contentType, StringComparison.Ordinal));
        if (whole.Length > 0)
        {
            await connection.SendAsync(Wire.Chunk(whole));
        }

        if (unfinished.Length > 0)
        {
            await connection.SendAsync(Wire.Chunk(unfinished));
        }

        switch (cut)
        {
            case Cut.Reset:
                // What is not yet read would go down with the connection.
                await connection.WaitUntilReceivedAsync();
                connection.Reset();
                break;
            case Cut.BadChunk:
                await connection.SendAsync("zz\r\n");
                await connection.WaitForEndAsync();
                break;
            case Cut.Silence:
                await connection.WaitForEndAsync();
                break;
        }
    }

    // On HTTP/2 a comment follows: see EventStream.
    private static void AssertEndsWithError(string text, CallerKind kind) =>
        Assert.EndsWith("}\n\n", kind is CallerKind.H2c or CallerKind.H2 ? text.TrimEnd('\n').TrimEnd(':') : text,
            StringComparison.Ordinal);

    private static void AssertBroken(StreamCaller caller, CallerKind kind)
    {
        var exception = Assert.IsAssignableFrom<IOException>(caller.Break);
        if (kind is CallerKind.H2c or CallerKind.H2)
        {
            var reset = exception as HttpProtocolException ?? exception.InnerException as HttpProtocolException;
            Assert.Equal(H2InternalError, reset?.ErrorCode);
        }
        else
        {
            Assert.Equal(HttpRequestError.ResponseEnded, Assert.IsType<HttpIOException>(exception).HttpRequestError);
        }
    }
}
