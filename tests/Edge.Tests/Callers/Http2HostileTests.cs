using Edge.Hosting;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>HTTP/2 as an enemy writes it: nothing of it may become another HTTP/1.1 request behind us.</summary>
public sealed class Http2HostileTests
{
    private const string H2c = "h2c: true";

    [Theory]
    [InlineData("X-Upper", "1")]
    [InlineData("connection", "close")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("keep-alive", "1")]
    [InlineData("proxy-connection", "x")]
    [InlineData("upgrade", "h2c")]
    [InlineData("te", "gzip")]
    [InlineData("te", "trailers, deflate")]
    [InlineData("x-a", "a\r\nX-Smuggled: 1")]
    [InlineData("x-a", "a\nb")]
    [InlineData("x-a", "a\rb")]
    [InlineData("x-a", "a\0b")]
    [InlineData("x-a\r\nx-smuggled", "1")]
    [InlineData("x a", "1")]
    [InlineData("x:a", "1")]
    [InlineData("", "1")]
    [InlineData(" x", "1")]
    [InlineData("x\0", "1")]
    [InlineData("x-\u00e9", "1")]
    [InlineData("x-a", "a\u0001b")]
    [InlineData("x-a", "a\u007fb")]
    [InlineData(":unknown", "1")]
    [InlineData(":path", "/second")]
    [InlineData(":method", "POST")]
    [InlineData(":status", "200")]
    [InlineData("content-length", "1, 1")]
    [InlineData("content-length", "+0")]
    [InlineData("content-length", "-1")]
    [InlineData("content-length", "5")]
    [InlineData("cookie", "a\r\nb")]
    public async Task A_field_that_must_not_be_there_fails_the_request(string name, string value)
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("GET", "/", (name, value)));
        await AssertRefusedAsync(door, caller);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("a b")]
    public async Task A_host_beside_the_authority_counts_for_nothing(string host)
    {
        await using var door = await Door.OpenAsync(H2c, route: "preserveHost: true, match: { hosts: [a] }");
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("GET", "/", ("host", host)));
        Assert.Equal("data", await caller.ReadEndAsync(1));
        var headers = Assert.Single(await door.SeenAsync()).Headers;
        Assert.Equal(["a"], headers.All("Host"));
        Assert.Equal("a", headers["X-Forwarded-Host"]);
    }

    public static TheoryData<string, string[]> BadPseudoHeaders => new()
    {
        { "no method", [":scheme=http", ":path=/", ":authority=a"] },
        { "no scheme", [":method=GET", ":path=/", ":authority=a"] },
        { "no path", [":method=GET", ":scheme=http", ":authority=a"] },
        { "two authorities", [":method=GET", ":scheme=http", ":path=/", ":authority=a", ":authority=b"] },
        { "two schemes", [":method=GET", ":scheme=http", ":scheme=http", ":path=/", ":authority=a"] },
        { "pseudo after regular", [":method=GET", ":scheme=http", "x=1", ":path=/", ":authority=a"] },
        { "empty path", [":method=GET", ":scheme=http", ":path=", ":authority=a"] },
        { "asterisk path", [":method=GET", ":scheme=http", ":path=*", ":authority=a"] },
        { "relative path", [":method=GET", ":scheme=http", ":path=x", ":authority=a"] },
        { "absolute path", [":method=GET", ":scheme=http", ":path=http://b/", ":authority=a"] },
        { "space in path", [":method=GET", ":scheme=http", ":path=/ HTTP/1.1", ":authority=a"] },
        { "line end in path", [":method=GET", ":scheme=http", ":path=/ HTTP/1.1\r\nX: 1", ":authority=a"] },
        { "tab in path", [":method=GET", ":scheme=http", ":path=/a\tb", ":authority=a"] },
        { "zero in path", [":method=GET", ":scheme=http", ":path=/a\0b", ":authority=a"] },
        { "encoded zero in path", [":method=GET", ":scheme=http", ":path=/%00", ":authority=a"] },
        { "fragment in path", [":method=GET", ":scheme=http", ":path=/a#b", ":authority=a"] },
        { "backslash in path", [":method=GET", ":scheme=http", ":path=/a\\b", ":authority=a"] },
        { "obs-text in path", [":method=GET", ":scheme=http", ":path=/\u00e9", ":authority=a"] },
        { "path above the root", [":method=GET", ":scheme=http", ":path=/../x", ":authority=a"] },
        { "space in method", [":method=GET /x", ":scheme=http", ":path=/", ":authority=a"] },
        { "line end in method", [":method=GET\r\nX: 1", ":scheme=http", ":path=/", ":authority=a"] },
        { "empty method", [":method=", ":scheme=http", ":path=/", ":authority=a"] },
        { "user in authority", [":method=GET", ":scheme=http", ":path=/", ":authority=u@a"] },
        { "space in authority", [":method=GET", ":scheme=http", ":path=/", ":authority=a b"] },
        { "line end in authority", [":method=GET", ":scheme=http", ":path=/", ":authority=a\r\nX: 1"] },
        { "slash in authority", [":method=GET", ":scheme=http", ":path=/", ":authority=a/b"] },
        { "CONNECT", [":method=CONNECT", ":authority=a:443"] },
        { "extended CONNECT", [":method=CONNECT", ":protocol=websocket", ":scheme=http", ":path=/", ":authority=a"] },
        { "CONNECT with a path", [":method=CONNECT", ":scheme=http", ":path=/", ":authority=a"] },
        { "TRACE", [":method=TRACE", ":scheme=http", ":path=/", ":authority=a"] },
        { "protocol without CONNECT", [":method=GET", ":protocol=websocket", ":scheme=http", ":path=/", ":authority=a"] },
    };

    [Theory]
    [MemberData(nameof(BadPseudoHeaders))]
    public async Task A_request_whose_pseudo_headers_make_no_request_is_refused(string what, string[] fields)
    {
        Assert.NotEmpty(what);
        await using var door = await Door.OpenAsync(H2c, route: "preserveHost: true");
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Block([.. fields.Select(static field =>
            (field[..field.IndexOf('=', 1)], field[(field.IndexOf('=', 1) + 1)..]))]));
        await AssertRefusedAsync(door, caller);
    }

    [Theory]
    [InlineData("5", "abc")]
    [InlineData("2", "abc")]
    public async Task A_length_that_the_data_does_not_have_fails_the_request(string length, string data)
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("POST", "/", ("content-length", length)), isWhole: false);
        await caller.SendAsync(Http2FrameType.Data, Http2Caller.EndStream, 1, data.Select(static c => (byte)c).ToArray());
        await caller.ReadEndAsync(1);
        Assert.DoesNotContain(await door.SeenAsync(), static request => request.Body.IsComplete);
    }

    [Fact]
    public async Task Data_after_a_length_of_nothing_never_reaches_the_upstream()
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("POST", "/", ("content-length", "0")), isWhole: false);
        await caller.SendAsync(Http2FrameType.Data, Http2Caller.EndStream, 1, "abc"u8.ToArray());
        await caller.ReadEndAsync(1);

        // The upstream may have had the request, whole as it was announced, before the data came.
        Assert.DoesNotContain(
            await door.SeenAsync(), static request => request.Text.Contains("abc", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_that_looks_like_a_request_stays_a_body()
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("GET", "/"), isWhole: false);
        await caller.SendAsync(
            Http2FrameType.Data, Http2Caller.EndStream, 1, "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        Assert.Equal("data", await caller.ReadEndAsync(1));
        var request = Assert.Single(await door.SeenAsync());
        Assert.Equal(("/", true), (request.Target, request.Text.Contains("smuggled", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_stream_reset_in_mid_request_hangs_up_on_the_upstream_and_leaves_the_other_streams()
    {
        await using var door = await Door.OpenAsync(H2c, scripts:
        [
            async static connection =>
            {
                var request = await connection.ReadRequestHeadAsync();
                await request!.Body.ReadToEndAsync();
                Assert.False(request.Body.IsComplete);
            },
            Door.Answering(ScriptedUpstream.Ok("second")),
        ]);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("POST", "/"), isWhole: false);
        await caller.SendAsync(Http2FrameType.Data, 0, 1, "abc"u8.ToArray());
        await door.Upstream.WaitForRequestsAsync(1);
        await caller.SendAsync(Http2FrameType.Reset, 0, 1, new byte[] { 0, 0, 0, 8 });
        await door.Upstream.WaitForEndedAsync(1);
        await caller.SendHeadersAsync(3, Http2Caller.Request("GET", "/"));
        Assert.Equal("data", await caller.ReadEndAsync(3));
    }

    [Fact]
    public async Task A_caller_that_says_goodbye_still_gets_its_answers()
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("GET", "/"));
        await caller.SendAsync(Http2FrameType.GoAway, 0, 0, new byte[8]);
        Assert.Equal("data", await caller.ReadEndAsync(1));
    }

    [Fact]
    public async Task One_stream_more_than_allowed_is_refused_and_the_others_go_on()
    {
        var answers = new TaskCompletionSource();
        await using var door = await Door.OpenAsync(H2c, scripts: async connection =>
        {
            await connection.ReadRequestAsync();
            await answers.Task;
            await connection.SendAsync(ScriptedUpstream.Ok("ok"));
        });
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        for (var i = 0; i < HttpServer.Http2StreamsMax; i++)
        {
            await caller.SendHeadersAsync((2 * i) + 1, Http2Caller.Request("GET", "/"));
        }

        await door.Upstream.WaitForRequestsAsync(HttpServer.Http2StreamsMax);
        var past = (2 * HttpServer.Http2StreamsMax) + 1;
        await caller.SendHeadersAsync(past, Http2Caller.Request("GET", "/past"));
        Assert.Equal("RST 7", await caller.ReadEndAsync(past));
        answers.SetResult();
        var ended = 0;
        while (ended < HttpServer.Http2StreamsMax && await caller.ReadAsync() is { } frame)
        {
            ended += frame.Type == Http2FrameType.Data && (frame.Flags & Http2Caller.EndStream) != 0 ? 1 : 0;
        }

        Assert.Equal(HttpServer.Http2StreamsMax, ended);
        Assert.DoesNotContain(await door.SeenAsync(), static request => request.Target == "/past");
    }

    [Fact]
    public async Task A_flood_of_resets_leaves_no_exchange_behind()
    {
        await using var door = await Door.OpenAsync(H2c, scripts: async static connection =>
        {
            await connection.ReadRequestAsync();
            await connection.ReadToEndAsync();
        });
        await using (var caller = await Http2Caller.ConnectAsync(door.Endpoint))
        {
            using var flood = new MemoryStream();
            for (var stream = 1; stream < 1000; stream += 2)
            {
                const byte Whole = Http2Caller.EndHeaders | Http2Caller.EndStream;
                flood.Write(Http2Caller.Frame(Http2FrameType.Headers, Whole, stream, Http2Caller.Request("GET", "/")));
                flood.Write(Http2Caller.Frame(Http2FrameType.Reset, 0, stream, [0, 0, 0, 8]));
            }

            await TryAsync(() => caller.Connection.SendAsync(flood.ToArray()));
            await TryAsync(() => caller.Connection.WaitUntilReceivedAsync());
        }

        // All that reached the upstream has been hung up on; and the door is as good as new.
        while (door.Gateway.Gateway.Counters.Running > 0)
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        await door.Upstream.WaitForEndedAsync(door.Upstream.Connections);
    }

    [Theory]
    [InlineData(nameof(Http2FrameType.Data))]
    [InlineData(nameof(Http2FrameType.Continuation))]
    [InlineData(nameof(Http2FrameType.Settings))]
    [InlineData(nameof(Http2FrameType.Ping))]
    public async Task A_flood_of_empty_frames_ends_or_does_nothing(string name)
    {
        var type = Enum.Parse<Http2FrameType>(name);
        await using var door = await Door.OpenAsync(H2c);
        await using (var caller = await Http2Caller.ConnectAsync(door.Endpoint))
        {
            var payload = type == Http2FrameType.Ping ? new byte[8] : [];
            var flags = (byte)(type is Http2FrameType.Ping or Http2FrameType.Settings ? Http2Caller.EndStream : 0);
            var stream = type is Http2FrameType.Ping or Http2FrameType.Settings ? 0 : 1;
            var first = type == Http2FrameType.Continuation ? (byte)0 : Http2Caller.EndHeaders;
            await caller.SendAsync(Http2FrameType.Headers, first, 1, Http2Caller.Request("POST", "/"));
            var frame = Http2Caller.Frame(type, flags, stream, payload);
            var flood = new byte[frame.Length * 5000];
            for (var i = 0; i < 5000; i++)
            {
                frame.CopyTo(flood, i * frame.Length);
            }

            await TryAsync(() => caller.Connection.SendAsync(flood));
        }

        // Another caller is served all the same.
        await using var other = await Http2Caller.ConnectAsync(door.Endpoint);
        await other.SendHeadersAsync(1, Http2Caller.Request("GET", "/other"));
        Assert.Equal("data", await other.ReadEndAsync(1));
        Assert.Equal(["/other"], (await door.SeenAsync()).Where(static r => r.Body.IsComplete).Select(static r => r.Target));
    }

    [Theory]
    [InlineData(0, "data", 1)]
    [InlineData(1, "headers", 0)]
    public async Task Names_and_values_may_have_as_many_bytes_as_the_listener_says(int past, string end, int seen)
    {
        await using var door = await Door.OpenAsync(H2c + ", requestHeadersMax: 1KiB");
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        var known = ":methodGET:schemehttp:path/:authorityax".Length;
        await caller.SendHeadersAsync(1, Http2Caller.Request("GET", "/", ("x", new string('v', 1024 - known + past))));
        Assert.Equal(end, await caller.ReadEndAsync(1));
        Assert.Equal(seen, (await door.SeenAsync()).Count);
    }

    [Fact]
    public async Task A_header_list_without_end_ends_the_connection()
    {
        await using var door = await Door.OpenAsync(H2c);
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Http2FrameType.Headers, 0, 1, Http2Caller.Request("GET", "/"));
        await TryAsync(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await caller.SendAsync(Http2FrameType.Continuation, 0, 1, Http2Caller.Block(("x", new string('v', 8000))));
            }
        });
        Assert.StartsWith("GOAWAY", await caller.ReadEndAsync(1), StringComparison.Ordinal);
        Assert.Equal(0, door.Upstream.Connections);
    }

    private static async Task AssertRefusedAsync(Door door, Http2Caller caller)
    {
        var end = await caller.ReadEndAsync(1);
        Assert.NotEqual("closed", end);
        Assert.Empty(await door.SeenAsync());
    }

    private static async Task TryAsync(Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // The gateway has hung up, as it may.
        }
    }
}
