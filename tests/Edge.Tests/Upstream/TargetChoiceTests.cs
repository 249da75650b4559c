using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Edge.Admin;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>Health checks, ejection, affinity and pools of credentials, by real sockets.</summary>
public sealed class TargetChoiceTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_health_check_takes_a_target_out_and_in_again()
    {
        var status = 200;
        var checks = new ConcurrentQueue<string>();
        await using var sick = ScriptedUpstream.Start(connection => AnswerAsync(connection, "sick", () => status, checks));
        await using var well = ScriptedUpstream.Start(connection => AnswerAsync(connection, "well", static () => 200, []));
        await using var gateway = await StartAsync(
            "balance: { by: round-robin, slowStart: 1ms }\n"
            + "    health: { path: /healthz, every: 5s, timeout: 1h, unhealthy: 2, healthy: 2 }", sick, well);
        var state = gateway.Gateway.Upstreams.Single().States[0];
        Assert.Equal(2, (await AskManyAsync(gateway, 10)).Count);
        Volatile.Write(ref status, 503);
        await AdvanceUntilAsync(() => !state.IsHealthy);
        Assert.Equal(["well"], await AskManyAsync(gateway, 10));
        Volatile.Write(ref status, 204);
        await AdvanceUntilAsync(() => state.IsHealthy);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, (await AskManyAsync(gateway, 10)).Count);
        Assert.All(checks, static head => Assert.Equal("GET /healthz", head));
        await gateway.DisposeAsync();
        Assert.Contains("health checks fail", gateway.Said);
        Assert.Contains("health checks are good again", gateway.Said);
    }

    [Fact]
    public async Task A_check_that_hangs_has_failed_and_where_all_fail_and_nobody_may_panic_callers_hear_at_once()
    {
        await using var upstream = ScriptedUpstream.Start(static connection => connection.StallAsync());
        await using var gateway = await StartAsync(
            "balance: { panicBelow: 0% }\n    health: { path: /, every: 1s, timeout: 500ms, unhealthy: 1 }", upstream);
        var state = gateway.Gateway.Upstreams.Single().States[0];
        await AdvanceUntilAsync(() => !state.IsHealthy);
        var answer = await AskAsync(gateway);
        Assert.Equal((503, "1"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Contains("upstream_unavailable", answer.Text);
    }

    [Fact]
    public async Task A_target_that_fails_in_a_row_is_ejected_and_comes_back()
    {
        var status = 500;
        await using var bad = ScriptedUpstream.Start(connection => AnswerAsync(connection, "bad", () => status, []));
        await using var good = ScriptedUpstream.Start(connection => AnswerAsync(connection, "good", static () => 200, []));
        await using var gateway = await StartAsync(
            "balance: { by: round-robin, slowStart: 1ms }\n    outlier: { failures: 3, ejectFor: 30s }", bad, good);
        await AskManyAsync(gateway, 6);
        Assert.Equal(["good"], await AskManyAsync(gateway, 6));
        Volatile.Write(ref status, 200);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(2, (await AskManyAsync(gateway, 6)).Count);
    }

    [Fact]
    public async Task By_hash_of_a_header_each_value_stays_at_its_target()
    {
        await using var one = ScriptedUpstream.Start(connection => AnswerAsync(connection, "one", static () => 200, []));
        await using var two = ScriptedUpstream.Start(connection => AnswerAsync(connection, "two", static () => 200, []));
        await using var gateway = await StartAsync("balance: { by: hash, header: X-Session }", one, two);
        var homes = new HashSet<string>();
        for (var session = 0; session < 20; session++)
        {
            var answers = await AskManyAsync(gateway, 3, $"X-Session: s{session}\r\n");
            homes.Add(Assert.Single(answers));
        }

        Assert.Equal(2, homes.Count);
    }

    [Fact]
    public async Task Load_goes_to_the_credential_with_room_and_one_that_is_turned_away_rests()
    {
        var limited = "";
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { Body.IsComplete: true } request)
            {
                var left = request.Headers["Authorization"] == "Bearer sk-one" ? 10 : 90;
                await connection.SendAsync(
                    request.Headers["Authorization"] == Volatile.Read(ref limited) || Volatile.Read(ref limited) == "all"
                        ? "HTTP/1.1 429 No\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n"
                        : "HTTP/1.1 200 OK\r\nx-ratelimit-limit-requests: 100\r\n"
                            + $"x-ratelimit-remaining-requests: {left}\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var gateway = await StartAsync("dialect: openai\n    credentials: [sk-one, sk-two]", upstream);
        for (var i = 0; i < 10; i++) Assert.Equal(200, (await AskAsync(gateway, "Authorization: Bearer callers-own\r\n")).Status);
        Assert.Equal(
            [("Bearer sk-one", 1), ("Bearer sk-two", 9)],
            upstream.Requests.CountBy(static r => r.Headers["Authorization"]!).Select(static c => (c.Key, c.Value)).Order());
        Volatile.Write(ref limited, "Bearer sk-two");
        Assert.Equal(429, (await AskAsync(gateway)).Status);
        for (var i = 0; i < 5; i++) Assert.Equal(200, (await AskAsync(gateway)).Status);
        Volatile.Write(ref limited, "all");
        Assert.Equal(429, (await AskAsync(gateway)).Status);
        var seen = upstream.Requests.Count;
        var answer = await AskAsync(gateway);
        Assert.Equal((429, "20"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Contains("upstream_rate_limited", answer.Text);
        Assert.Equal(seen, upstream.Requests.Count);
        using var state = new MemoryStream();
        StateWriter.Write(state, gateway.Gateway);
        var credentials = JsonNode.Parse(state.ToArray())!["upstreams"]![0]!["credentials"]!.AsArray();
        Assert.Equal([1, 1], credentials.Select(static c => (int)c!["rejections"]!));
        Assert.Equal([0, 0], credentials.Select(static c => (int)c!["inFlight"]!));
        Assert.DoesNotContain("sk-", System.Text.Encoding.UTF8.GetString(state.ToArray()));
        await gateway.DisposeAsync();
        Assert.DoesNotContain("sk-", gateway.Said);
    }

    private static async Task AnswerAsync(
        ScriptedConnection connection, string name, Func<int> status, ConcurrentQueue<string> checks)
    {
        while (await connection.ReadRequestAsync() is { Body.IsComplete: true } request)
        {
            if (request.Headers["User-Agent"] == "edge-health") checks.Enqueue($"{request.Method} {request.Target}");
            await connection.SendAsync(
                status() == 204 ? "HTTP/1.1 204 No Content\r\n\r\n"
                : $"HTTP/1.1 {status()} X\r\nContent-Length: {name.Length}\r\n\r\n{name}");
        }
    }

    private static Task<RawResponse> AskAsync(RunningGateway gateway, string fields = "") =>
        RawHttpClient.ExchangeAsync(gateway.Endpoint, $"GET / HTTP/1.1\r\nHost: a\r\n{fields}Connection: close\r\n\r\n");

    private static async Task<HashSet<string>> AskManyAsync(RunningGateway gateway, int count, string fields = "")
    {
        var answers = new HashSet<string>();
        for (var i = 0; i < count; i++) answers.Add((await AskAsync(gateway, fields)).Text);
        return answers;
    }

    private async Task AdvanceUntilAsync(Func<bool> reached)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!reached())
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1, limit.Token);
        }
    }

    private Task<RunningGateway> StartAsync(string settings, params ScriptedUpstream[] upstreams) =>
        RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            upstreams:
              it:
                targets: [{{string.Join(", ", upstreams.Select(static upstream => upstream.Url.AbsoluteUri.TrimEnd('/')))}}]
                {{settings}}
            routes: [{ name: all, upstream: it }]
            """,
            _time);
}
