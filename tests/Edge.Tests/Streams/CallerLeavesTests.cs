using System.Diagnostics;
using System.Net;
using Edge.Demo;
using Edge.Tests.Support;

namespace Edge.Tests.Streams;

public sealed class CallerLeavesTests
{
    private static readonly TimeSpan Promptly = TimeSpan.FromSeconds(1);

    public static TheoryData<CallerKind> Kinds => new(Enum.GetValues<CallerKind>());

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_upstream_is_let_go_when_its_caller_leaves_a_stream(CallerKind kind)
    {
        var left = new TaskCompletionSource<ConnectionEnd>();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.ChunkedHead + Wire.Chunk("data: 1\n\n"));
            left.SetResult(await connection.WaitForEndAsync());
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync();
        await caller.ReadUntilAsync(9);
        var clock = Stopwatch.StartNew();
        caller.Dispose();
        await left.Task.WaitAsync(RawConnection.DeadlineDefault, TestContext.Current.CancellationToken);
        Assert.True(clock.Elapsed < Promptly, $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task The_upstream_is_let_go_when_its_caller_leaves_before_the_head()
    {
        var left = new TaskCompletionSource<ConnectionEnd>();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            left.SetResult(await connection.WaitForEndAsync());
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        await using (var client = await RawHttpClient.ConnectAsync(gateway.EndpointOf(CallerKind.Http1)))
        {
            await client.SendAsync("GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
            await upstream.WaitForRequestsAsync(1);
        }

        await left.Task.WaitAsync(Promptly, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_mock_provider_counts_the_caller_that_left()
    {
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var gateway = await StreamGateway.StartAsync(new Uri($"http://{mock.Endpoint}"), "openai");
        await using (var client = await RawHttpClient.ConnectAsync(gateway.EndpointOf(CallerKind.Http1)))
        {
            const string body =
                """{"model":"mock;gap=20;tokens=1000","stream":true,"messages":[{"role":"user","content":"hi"}]}""";
            await client.SendAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {body.Length}\r\n\r\n{body}");
            var response = await client.ReadHeadAsync();
            Assert.Equal(200, response.Status);
            await response.Body.ReadUntilAsync("data: ");
        }

        var clock = Stopwatch.StartNew();
        var stats = "";
        while (!stats.Contains("\"abandoned\":1", StringComparison.Ordinal) && clock.Elapsed < Promptly)
        {
            stats = (await RawHttpClient.ExchangeAsync(mock.Endpoint, "GET /mock/stats HTTP/1.1\r\nHost: a\r\n\r\n")).Text;
        }

        Assert.Contains("\"abandoned\":1", stats, StringComparison.Ordinal);
    }
}
