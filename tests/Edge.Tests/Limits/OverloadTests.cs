using System.Diagnostics;
using System.Globalization;
using Edge.Core.Resilience;
using Edge.Tests.Support;

namespace Edge.Tests.Limits;

/// <summary>A gateway before an upstream that is asked for more than it bears.</summary>
public sealed class OverloadTests
{
    [Fact]
    public async Task Gold_goes_before_free_and_who_finds_the_line_full_gets_503_in_the_routes_dialect()
    {
        var go = new SemaphoreSlim(0);
        await using var upstream = ScriptedUpstream.Start(connection => AnswerAsync(connection, go));
        await using var gateway = await StartAsync(
            upstream, "shedFirst: [free], concurrentMin: 1, concurrentMax: 1, queueMax: 2, queueTimeout: 20s", "anthropic");
        var gate = gateway.Gateway.GateOf(gateway.Gateway.Upstreams.Single())!;
        var first = AskAsync(gateway, "free");
        await upstream.WaitForRequestsAsync(1);
        var free = AskAsync(gateway, "free");
        await WaitAsync(() => gate.Queued == 1);
        var another = AskAsync(gateway, "free");
        await WaitAsync(() => gate.Queued == 2);
        var turnedAway = await AskAsync(gateway, "free");
        Assert.Equal((503, "1"), (turnedAway.Status, turnedAway.Headers["Retry-After"]));
        Assert.Contains("\"type\":\"overloaded_error\"", turnedAway.Text);
        var gold = AskAsync(gateway, "gold");
        Assert.Equal(503, (await another).Status);
        go.Release();
        Assert.Equal(200, (await first).Status);
        await upstream.WaitForRequestsAsync(2);
        go.Release();
        Assert.Equal(200, (await gold).Status);
        Assert.False(free.IsCompleted);
        go.Release();
        Assert.Equal(200, (await free).Status);
        Assert.Equal((2, 0), (gate.Shed(1), gate.Shed(2)));

        // What was turned away is no request that counts: of ten, three are used, and this one.
        go.Release();
        var next = await AskAsync(gateway, "gold");
        Assert.Equal("6", next.Headers["X-RateLimit-Remaining"]);
        await gateway.DisposeAsync();
        Assert.Equal(1, gateway.Said.Split("edge: upstream it bears 1 requests at once").Length - 1);
        Assert.DoesNotContain("edge_overloaded after", gateway.Said);
    }

    [Fact]
    public async Task Who_stands_in_line_for_too_long_gets_503()
    {
        var go = new SemaphoreSlim(0);
        await using var upstream = ScriptedUpstream.Start(connection => AnswerAsync(connection, go));
        await using var gateway = await StartAsync(
            upstream, "concurrentMin: 1, concurrentMax: 1, queueTimeout: 100ms", "openai");
        var first = AskAsync(gateway, "gold");
        await upstream.WaitForRequestsAsync(1);
        var watch = Stopwatch.StartNew();
        var second = await AskAsync(gateway, "gold");
        Assert.Equal(503, second.Status);
        Assert.InRange(watch.ElapsedMilliseconds, 99, 20_000);
        Assert.Contains("\"type\":\"server_error\"", second.Text);
        Assert.Contains("\"code\":\"edge_overloaded\"", second.Text);
        go.Release();
        Assert.Equal(200, (await first).Status);
    }

    [Fact]
    public async Task A_stream_holds_no_place_once_it_has_begun_and_is_no_slow_answer()
    {
        var end = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n");
            await end.Task;
        });
        await using var gateway = await StartAsync(
            upstream, "concurrentMin: 1, concurrentMax: 1, queueMax: 0", "openai");
        var gate = gateway.Gateway.GateOf(gateway.Gateway.Upstreams.Single())!;
        await using var one = await StreamAsync(gateway);
        await using var other = await StreamAsync(gateway);
        Assert.Equal((0, 2L), (gate.Waiting, gateway.Gateway.Counters.Running));
        end.SetResult();
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("broken")]
    [InlineData("left")]
    public async Task Whatever_becomes_of_a_request_its_place_is_free_again(string ending)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            if (ending == "refused") await connection.SendAsync("HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n");
            if (ending == "left") await connection.WaitForEndAsync();
        });
        await using var gateway = await StartAsync(upstream, "concurrentMin: 1, concurrentMax: 1", "openai");
        var gate = gateway.Gateway.GateOf(gateway.Gateway.Upstreams.Single())!;
        for (var i = 0; i < 3; i++)
        {
            await using var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint);
            await caller.SendAsync(Request("gold"));
            if (ending == "left")
            {
                await upstream.WaitForRequestsAsync(i + 1);
            }
            else
            {
                await caller.ReadResponseAsync("GET");
            }

            await caller.DisposeAsync();
            await WaitAsync(() => gate.Waiting == 0 && gateway.Gateway.Counters.Running == 0);
        }
    }

    [Fact]
    public async Task A_reload_keeps_what_was_learnt_unless_its_settings_change()
    {
        await using var upstream = ScriptedUpstream.Start(connection => AnswerAsync(connection, new SemaphoreSlim(1)));
        await using var gateway = await StartAsync(upstream, "concurrentMin: 1, concurrentMax: 5", "openai");
        OverloadGate? Gate() => gateway.Gateway.GateOf(gateway.Gateway.Upstreams.Single());
        var gate = Gate();
        gateway.Gateway.Reload(gateway.Gateway.Snapshot.Plan);
        Assert.Same(gate, Gate());
    }

    private static async Task AnswerAsync(ScriptedConnection connection, SemaphoreSlim go)
    {
        while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
        {
            await go.WaitAsync();
            await connection.SendAsync(ScriptedUpstream.Ok("ok"));
        }
    }

    private static string Request(string key) => string.Create(
        CultureInfo.InvariantCulture,
        $"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}-key\r\nConnection: close\r\n\r\n");

    private static Task<RawResponse> AskAsync(RunningGateway gateway, string key) =>
        RawHttpClient.ExchangeAsync(gateway.Endpoint, Request(key));

    private static async Task<RawConnection> StreamAsync(RunningGateway gateway)
    {
        var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await caller.SendAsync(Request("gold"));
        await caller.ReadUntilAsync("data: 1");
        return caller;
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(5, patience.Token);
    }

    private static Task<RunningGateway> StartAsync(ScriptedUpstream upstream, string overload, string dialect) =>
        RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            overload: { {{overload}} }
            upstreams: { it: { targets: ["{{upstream.Url}}"], dialect: {{dialect}} } }
            tiers: { free: {}, gold: {} }
            identity:
              consumers:
                a: { tier: free, apiKeys: [{ name: a, sha256: {{Hash("free-key")}} }] }
                b: { tier: gold, apiKeys: [{ name: b, sha256: {{Hash("gold-key")}} }] }
            routes:
              - name: all
                upstream: it
                authenticate: { with: [consumers] }
                limits: [{ name: all, per: global, requests: 10, window: month }]
            """);

    private static string Hash(string key) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
}
