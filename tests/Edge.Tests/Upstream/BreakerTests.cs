using Edge.Core.Configuration;
using Edge.Core.Resilience;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>A gateway before targets that fail, by real sockets and a clock that stands still.</summary>
public sealed class BreakerTests
{
    private const string Breaker =
        "breaker: { failures: 3, within: 10s, openFor: 30s, successes: 2, on: [connect, timeout, 5xx, \"429\", broken] }";

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("openai", "\"code\":\"upstream_circuit_open\",\"circuit_state\":\"open\",\"retry_after\":30}}")]
    [InlineData("anthropic", "\"type\":\"overloaded_error\"")]
    [InlineData("http", "\"circuit_state\":\"open\",\"retry_after\":30}")]
    public async Task A_target_that_refuses_is_left_alone_and_callers_hear_at_once_when_to_come_again(string dialect, string said)
    {
        await using var upstream = ScriptedUpstream.Start(static _ => Task.CompletedTask);
        upstream.StopListening();
        await using var gateway = await StartAsync(Breaker, dialect, upstream);
        for (var i = 0; i < 3; i++) Assert.Equal(502, (await AskAsync(gateway)).Status);
        var answer = await AskAsync(gateway);
        Assert.Equal((503, "30", "open"), (answer.Status, answer.Headers["Retry-After"], answer.Headers["X-Circuit-State"]));
        Assert.Contains("destination_unavailable", answer.Headers["Proxy-Status"]);
        Assert.Contains(said, answer.Text);
        _time.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal("18", (await AskAsync(gateway)).Headers["Retry-After"]);
        await gateway.DisposeAsync();
        Assert.Equal(1, gateway.Said.Split("the circuit is open").Length - 1);
        Assert.DoesNotContain("upstream_circuit_open after", gateway.Said);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 500)]
    [InlineData("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 503)]
    [InlineData("HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", 429)]
    [InlineData("SSH-2.0-nonsense\r\n\r\n", 502)]
    [InlineData("", 502)]
    public async Task Whatever_counts_opens_the_circuit_with_the_third_and_the_target_sees_no_fourth(string answer, int status)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answer);
        });
        await using var gateway = await StartAsync(Breaker, "http", upstream);
        for (var i = 0; i < 3; i++) Assert.Equal(status, (await AskAsync(gateway)).Status);
        Assert.Equal("open", (await AskAsync(gateway)).Headers["X-Circuit-State"]);
        Assert.Equal(3, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_target_that_hangs_opens_it_too()
    {
        await using var upstream = ScriptedUpstream.Start(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        });
        await using var gateway = await StartAsync(Breaker, "http", upstream);
        var asked = Enumerable.Range(0, 3).Select(_ => AskAsync(gateway)).ToArray();
        await upstream.WaitForRequestsAsync(3);
        _time.Advance(TimeSpan.FromSeconds(61));
        foreach (var answer in await Task.WhenAll(asked)) Assert.Equal(504, answer.Status);
        Assert.Equal("open", (await AskAsync(gateway)).Headers["X-Circuit-State"]);
    }

    [Fact]
    public async Task Streams_that_break_off_count_and_callers_who_leave_do_not()
    {
        var breaks = true;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            if (!Volatile.Read(ref breaks)) await connection.WaitForEndAsync();
        });
        await using var gateway = await StartAsync(Breaker, "http", upstream);
        var breaker = BreakerOf(gateway);
        Volatile.Write(ref breaks, false);
        for (var i = 0; i < 5; i++)
        {
            await using var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint);
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await caller.ReadHeadAsync();
        }

        await WaitAsync(() => gateway.Gateway.Counters.Running == 0);
        Assert.Equal((CircuitState.Closed, 0L), (breaker.State, StateOf(gateway).InFlight));
        Volatile.Write(ref breaks, true);
        for (var i = 0; i < 3; i++)
        {
            await using var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint);
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await caller.ReadHeadAsync();
            await WaitAsync(() => gateway.Gateway.Counters.Running == 0);
        }

        Assert.Equal((CircuitState.Open, 0L), (breaker.State, StateOf(gateway).InFlight));
    }

    [Fact]
    public async Task After_its_time_one_trial_at_a_time_is_let_through_and_two_good_ones_close_it()
    {
        var status = 500;
        var go = new SemaphoreSlim(0);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
            {
                if (Volatile.Read(ref status) == 200) await go.WaitAsync();
                await connection.SendAsync($"HTTP/1.1 {Volatile.Read(ref status)} X\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var gateway = await StartAsync(Breaker, "http", upstream);
        for (var i = 0; i < 3; i++) await AskAsync(gateway);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(500, (await AskAsync(gateway)).Status);
        Assert.Equal("30", (await AskAsync(gateway)).Headers["Retry-After"]);
        _time.Advance(TimeSpan.FromSeconds(30));
        Volatile.Write(ref status, 200);
        var trial = AskAsync(gateway);
        await upstream.WaitForRequestsAsync(5);
        var other = await AskAsync(gateway);
        Assert.Equal((503, "1"), (other.Status, other.Headers["Retry-After"]));
        go.Release(10);
        Assert.Equal(200, (await trial).Status);
        Assert.Equal(CircuitState.HalfOpen, BreakerOf(gateway).State);
        Assert.Equal(200, (await AskAsync(gateway)).Status);
        Assert.Equal(CircuitState.Closed, BreakerOf(gateway).State);
    }

    [Fact]
    public async Task A_providers_retry_after_extends_the_time()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(
            "HTTP/1.1 503 No\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n"));
        await using var gateway = await StartAsync(Breaker, "http", upstream);
        for (var i = 0; i < 3; i++) Assert.Equal("90", (await AskAsync(gateway)).Headers["Retry-After"]);
        var open = await AskAsync(gateway);
        Assert.Equal(("open", "90"), (open.Headers["X-Circuit-State"], open.Headers["Retry-After"]));
    }

    [Fact]
    public async Task One_of_two_targets_that_is_killed_loses_no_request_and_is_soon_asked_no_more()
    {
        await using var good = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("good")));
        await using var killed = ScriptedUpstream.Start(static _ => Task.CompletedTask);
        killed.StopListening();
        await using var gateway = await StartAsync(Breaker, "http", good, killed);
        for (var i = 0; i < 40; i++) Assert.Equal("good", (await AskAsync(gateway)).Text);
        Assert.Equal(0L, StateOf(gateway, 0).InFlight + StateOf(gateway, 1).InFlight);
        Assert.Equal(CircuitState.Closed, StateOf(gateway, 0).Breaker!.State);
    }

    [Fact]
    public async Task A_reload_keeps_the_circuit_of_a_target_that_stays_what_it_was()
    {
        await using var upstream = ScriptedUpstream.Start(static _ => Task.CompletedTask);
        upstream.StopListening();
        await using var gateway = await StartAsync(Breaker, "http", upstream);
        for (var i = 0; i < 3; i++) await AskAsync(gateway);
        var url = upstream.Url.AbsoluteUri.TrimEnd('/');
        gateway.Gateway.Reload(Plan(Breaker + "\n    connectionsMax: 17", "http", url + "/other", url));
        Assert.Equal(CircuitState.Closed, StateOf(gateway).Breaker!.State);
        Assert.Equal(CircuitState.Open, StateOf(gateway, 1).Breaker!.State);
        gateway.Gateway.Reload(Plan("breaker: { failures: 9 }", "http", url));
        Assert.Equal(CircuitState.Closed, BreakerOf(gateway).State);
    }

    private static CircuitBreaker BreakerOf(RunningGateway gateway) => StateOf(gateway).Breaker!;

    private static TargetState StateOf(RunningGateway gateway, int target = 0) =>
        gateway.Gateway.Upstreams.Single().States[target];

    private static Task<RawResponse> AskAsync(RunningGateway gateway) =>
        RawHttpClient.ExchangeAsync(gateway.Endpoint, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    private static async Task WaitAsync(Func<bool> reached)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!reached()) await Task.Delay(1, limit.Token);
    }

    private static EdgePlan Plan(string settings, string dialect, params string[] urls) =>
        ConfigurationLoader.LoadText(Yaml(settings, dialect, urls), "edge.yaml", SystemConfigurationSource.Instance).Plan!;

    private static string Yaml(string settings, string dialect, params string[] urls) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        upstreams:
          it:
            dialect: {{dialect}}
            targets: [{{string.Join(", ", urls)}}]
            {{settings}}
        routes: [{ name: all, upstream: it }]
        """;

    private Task<RunningGateway> StartAsync(string settings, string dialect, params ScriptedUpstream[] upstreams) =>
        RunningGateway.StartAsync(
            Yaml(settings, dialect, [.. upstreams.Select(static upstream => upstream.Url.AbsoluteUri.TrimEnd('/'))]), _time);
}
