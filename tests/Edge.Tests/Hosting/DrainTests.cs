using System.Net;
using System.Net.Sockets;
using Edge.Tests.Callers;
using Edge.Tests.Streams;
using Edge.Tests.Support;

namespace Edge.Tests.Hosting;

public sealed class DrainTests
{
    private const string Ask = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
    private const int KilledBySigTerm = 128 + EdgeProcess.SigTerm;

    [Fact]
    public async Task Sigterm_ends_readiness_and_accepting_but_not_what_is_running()
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = StreamUntil(goOn.Task);
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, "30s"));
        var admin = new IPEndPoint(IPAddress.Loopback, edge.Admin!.Port);
        Assert.Equal(200, (await GetAsync(admin, "/readyz")).Status);

        await using var stream = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await stream.SendAsync(Ask);
        var answer = await stream.ReadHeadAsync();
        await answer.Body.ReadUntilAsync("data: 1\n\n");
        await using var kept = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await kept.SendAsync("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(404, (await kept.ReadResponseAsync()).Status);

        edge.Signal(EdgeProcess.SigTerm);
        await edge.WaitForLineAsync(static line => line.StartsWith("edge: draining", StringComparison.Ordinal));
        Assert.Equal(503, (await GetAsync(admin, "/readyz")).Status);
        Assert.Equal(200, (await GetAsync(admin, "/healthz")).Status);
        Assert.Equal(ConnectionEnd.Closed, await kept.WaitForEndAsync());
        await WaitUntilRefusedAsync(edge.Endpoint);

        goOn.SetResult();
        await answer.Body.ReadToEndAsync();
        Assert.True(answer.Body.IsComplete);
        Assert.Equal("data: 1\n\ndata: 2\n\n", answer.Text);
        Assert.Equal(ConnectionEnd.Closed, await stream.WaitForEndAsync());
        Assert.Equal(0, await edge.WaitForExitAsync());
        Assert.Contains("edge: drained", edge.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_HTTP_2_connection_is_closed_once_its_last_stream_has_ended()
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = StreamUntil(goOn.Task);
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, "10m", isHttp2: true));
        await using var caller = await Http2Caller.ConnectAsync(edge.Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("GET", "/stream"));
        await upstream.WaitForRequestsAsync(1);
        edge.Signal(EdgeProcess.SigTerm);
        await edge.WaitForLineAsync(static line => line.StartsWith("edge: draining", StringComparison.Ordinal));

        // It is told to open no more streams, and the one that it has goes on.
        Assert.Equal("GOAWAY 0", await caller.ReadEndAsync(1));
        goOn.SetResult();
        Assert.Equal("data", await caller.ReadEndAsync(1));

        // The caller keeps its connection and says nothing more.
        Assert.Equal("GOAWAY 0", await caller.ReadEndAsync(1));
        Assert.Equal(ConnectionEnd.Closed, await caller.Connection.WaitForEndAsync());
        Assert.Equal(0, await edge.WaitForExitAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\x16\x03\x01\x02")]
    public async Task A_connection_on_which_TLS_has_not_begun_is_not_waited_for(string sent)
    {
        await using var upstream = ScriptedUpstream.Start();
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        await using var caller = await RawHttpClient.ConnectAsync(gateway.EndpointOf(CallerKind.H2));
        await caller.SendAsync(sent);
        var listener = gateway.ListenerOf(CallerKind.H2);
        while (listener.Gate.Count == 0)
        {
            await Task.Delay(1, caller.Deadline);
        }

        await listener.StopAsync(caller.Deadline);
        Assert.Equal(ConnectionEnd.Reset, await caller.WaitForEndAsync());
    }

    [Fact]
    public async Task What_is_left_when_the_drain_time_is_over_is_broken_off()
    {
        await using var upstream = StreamUntil(new TaskCompletionSource().Task);

        // Longer than the two seconds that the command library would leave to a command after a signal.
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, "3s"));
        await using var stream = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await stream.SendAsync(Ask);
        var answer = await stream.ReadHeadAsync();
        await answer.Body.ReadUntilAsync("data: 1\n\n");
        edge.Signal(EdgeProcess.SigTerm);
        await answer.Body.ReadToEndAsync();
        Assert.True(answer.Body.IsBroken);
        Assert.Equal(0, await edge.WaitForExitAsync());
        Assert.Contains("1 requests broken off", edge.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai", false, "data: {\"error\":{\"message\":")]
    [InlineData("anthropic", false, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"")]
    [InlineData("http", false, "event: error\ndata: {\"type\":\"urn:edge:problem:edge_stopping\"")]
    [InlineData("openai", true, "data: {\"error\":{\"message\":")]
    public async Task A_stream_that_outlasts_the_drain_ends_with_an_error_and_visibly_cut(
        string dialect, bool isHttp2, string error)
    {
        await using var upstream = StreamUntil(new TaskCompletionSource().Task);
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, "500ms", dialect, isHttp2));
        string text;
        if (isHttp2)
        {
            await using var caller = await RawH2Caller.AskAsync(edge.Endpoint, "/stream");
            await caller.ReadUntilAsync(static text => text.EndsWith("data: 1\n\n", StringComparison.Ordinal));
            edge.Signal(EdgeProcess.SigTerm);
            await caller.ReadToEndAsync();
            Assert.False(caller.IsEnded);
            Assert.NotNull(caller.ResetCode);
            text = caller.Text;
        }
        else
        {
            await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
            await caller.SendAsync(Ask);
            var answer = await caller.ReadHeadAsync();
            await answer.Body.ReadUntilAsync("data: 1\n\n");
            edge.Signal(EdgeProcess.SigTerm);
            await answer.Body.ReadToEndAsync();
            Assert.True(answer.Body.IsBroken);
            Assert.Equal(ConnectionEnd.Closed, caller.End);
            text = answer.Text;
        }

        Assert.StartsWith("data: 1\n\n" + error, text, StringComparison.Ordinal);
        Assert.Contains("The gateway is being stopped", text, StringComparison.Ordinal);
        Assert.Equal(0, await edge.WaitForExitAsync());
        Assert.Contains("1 requests broken off", edge.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_an_answer_when_the_drain_time_is_over_is_told_why()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync(new TaskCompletionSource().Task);
        });
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, "500ms"));
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync(Ask);
        await upstream.WaitForConnectionsAsync(1);
        edge.Signal(EdgeProcess.SigTerm);
        var answer = await caller.ReadResponseAsync();
        Assert.Equal((503, "1"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Contains("edge_stopping", answer.Text, StringComparison.Ordinal);
        Assert.Equal(0, await edge.WaitForExitAsync());
    }

    [Fact]
    public async Task Who_takes_nothing_is_reset_soon_after_the_drain_time()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.ChunkedHead);
            var chunk = Wire.Chunk("data: " + new string('x', 60_000) + "\n\n");
            try
            {
                while (true)
                {
                    await connection.SendAsync(chunk);
                }
            }
            catch (IOException)
            {
                // The gateway has gone.
            }
        });
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, "500ms"));
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync(Ask);
        await caller.ReadHeadAsync();
        edge.Signal(EdgeProcess.SigTerm);
        Assert.Equal(0, await edge.WaitForExitAsync());
        Assert.Equal(ConnectionEnd.Reset, await caller.WaitForEndAsync());
        Assert.Contains("1 requests broken off", edge.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_sigterm_ends_it_at_once()
    {
        await using var upstream = StreamUntil(new TaskCompletionSource().Task);
        await using var edge = await EdgeProcess.RunAsync(Configuration(upstream, "10m"));
        await using var stream = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await stream.SendAsync(Ask);
        await stream.ReadHeadAsync();
        edge.Signal(EdgeProcess.SigTerm);
        await edge.WaitForLineAsync(static line => line.StartsWith("edge: draining", StringComparison.Ordinal));
        edge.Signal(EdgeProcess.SigTerm);
        Assert.Equal(KilledBySigTerm, await edge.WaitForExitAsync());
    }

    [Theory]
    [InlineData("demo", EdgeProcess.SigInt)]
    [InlineData("demo", EdgeProcess.SigHup)]
    [InlineData("mock", EdgeProcess.SigInt)]
    [InlineData("mock", EdgeProcess.SigTerm)]
    public async Task Demo_and_mock_end_in_order(string command, int signal)
    {
        await using var edge = EdgeProcess.Start(command, "--port", "0");
        await edge.WaitForLineAsync(static line => line.Contains("Ctrl-C", StringComparison.Ordinal)
            || line.StartsWith("mock provider on", StringComparison.Ordinal));
        edge.Signal(signal);
        Assert.Equal(0, await edge.WaitForExitAsync());
    }

    private static string Configuration(
        ScriptedUpstream upstream, string drain, string dialect = "http", bool isHttp2 = false) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0, h2c: {{(isHttp2 ? "true" : "false")}} }]
        admin: { address: 127.0.0.1:0 }
        drainTimeout: {{drain}}
        upstreams:
          provider: { targets: ["{{upstream.Url}}"], dialect: {{dialect}} }
        routes:
          - { name: all, match: { path: /stream }, upstream: provider }
        """;

    private static ScriptedUpstream StreamUntil(Task goOn) => ScriptedUpstream.Start(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(Wire.ChunkedHead + Wire.Chunk("data: 1\n\n"));
        await connection.StallAsync(goOn);
        await connection.SendAsync(Wire.Chunk("data: 2\n\n") + Wire.LastChunk);
    });

    private static Task<RawResponse> GetAsync(IPEndPoint endpoint, string path) =>
        RawHttpClient.ExchangeAsync(endpoint, $"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    private static async Task WaitUntilRefusedAsync(IPEndPoint endpoint)
    {
        using var deadline = Deadline.Begin();
        while (true)
        {
            deadline.Token.ThrowIfCancellationRequested();
            try
            {
                await using var late = await RawHttpClient.ConnectAsync(endpoint);
            }
            catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return;
            }

            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }
}
