using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Limits;

/// <summary>Limits of requests on a running gateway that counts by itself.</summary>
public sealed class LimitTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    [Fact]
    public async Task A_limit_lets_its_burst_in_and_says_what_is_left()
    {
        await using var door = await Door.OpenAsync(route: "limits: [{ name: all, per: global, requests: 3, window: 1h }]");
        for (var left = 2; left >= 0; left--)
        {
            var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, Get);
            Assert.Equal(200, answer.Status);
            Assert.Equal("\"all\";q=3;w=3600", answer.Headers["RateLimit-Policy"]);
            Assert.StartsWith($"\"all\";r={left};t=", answer.Headers["RateLimit"]);
            Assert.Equal(("3", $"{left}"), (answer.Headers["X-RateLimit-Limit"], answer.Headers["X-RateLimit-Remaining"]));
        }

        var refused = await RawHttpClient.ExchangeAsync(door.Endpoint, Get);
        Assert.Equal(429, refused.Status);
        Assert.Equal("application/problem+json", refused.Headers["Content-Type"]);
        Assert.InRange(int.Parse(refused.Headers["Retry-After"]!, null), 1190, 1200);
        Assert.Equal($"\"all\";r=0;t={refused.Headers["Retry-After"]}", refused.Headers["RateLimit"]);
        Assert.Null(refused.Headers["x-should-retry"]);
        Assert.Contains("rate_limit_exceeded", refused.Text);
        Assert.Contains("of 3 requests is used up; try again in", refused.Text);
        Assert.Equal(3, door.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("openai", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "1h0m0s")]
    [InlineData(
        "anthropic", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset", null)]
    public async Task A_dialect_is_told_in_its_own_words(
        string dialect, string limit, string remaining, string reset, string? resetText)
    {
        await using var door = await Door.OpenAsync(
            upstream: $"dialect: {dialect}", route: "limits: [{ name: all, per: global, requests: 1, window: 1h }]");
        var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, Get);
        Assert.Equal(("1", "0"), (answer.Headers[limit], answer.Headers[remaining]));
        if (resetText is not null) Assert.Equal(resetText, answer.Headers[reset]);
        else Assert.True(DateTimeOffset.Parse(answer.Headers[reset]!, null) > DateTimeOffset.UtcNow.AddMinutes(59));
        var refused = await RawHttpClient.ExchangeAsync(door.Endpoint, Get);
        Assert.Equal((429, "0"), (refused.Status, refused.Headers[remaining]));
        Assert.Contains(dialect == "openai" ? "\"code\":\"rate_limit_exceeded\"" : "\"type\":\"rate_limit_error\"", refused.Text);
    }

    [Fact]
    public async Task A_spent_quota_asks_the_SDKs_not_to_try_again()
    {
        await using var door = await Door.OpenAsync(
            upstream: "dialect: openai", route: "limits: [{ name: quota, per: global, requests: 1, window: month }]");
        var answer = await RawHttpClient.ExchangeAsync(door.Endpoint, Get);
        Assert.Equal((200, "\"quota\";q=1"), (answer.Status, answer.Headers["RateLimit-Policy"]));
        var refused = await RawHttpClient.ExchangeAsync(door.Endpoint, Get);
        Assert.Equal((429, "false"), (refused.Status, refused.Headers["x-should-retry"]));
        Assert.Contains("insufficient_quota", refused.Text);
        Assert.InRange(int.Parse(refused.Headers["Retry-After"]!, null), 1, 31 * 86400);
    }

    [Fact]
    public async Task A_request_that_one_limit_refuses_takes_nothing_of_the_others()
    {
        await using var door = await Door.OpenAsync(
            route: "limits: [{ name: all, per: global, requests: 3, window: 1h }, " +
                "{ name: each, per: \"header:X-Who\", requests: 1, window: 1h }]");
        Assert.Equal(200, await AskAsync(door, "a"));
        for (var i = 0; i < 5; i++) Assert.Equal(429, await AskAsync(door, "a"));
        Assert.Equal(200, await AskAsync(door, "b"));
        Assert.Equal(200, await AskAsync(door, "c"));
        Assert.Equal(429, await AskAsync(door, "d"));
    }

    [Fact]
    public async Task An_address_behind_a_trusted_proxy_has_its_own_bucket_and_nobody_else_can_claim_one()
    {
        const string Route = "limits: [{ name: each, per: ip, requests: 1, window: 1h }]";
        await using var trusting = await Door.OpenAsync(route: Route, top: "trustedProxies: [127.0.0.1]");
        Assert.Equal(200, await AskAsync(trusting, "a", "X-Forwarded-For: 192.0.2.1\r\n"));
        Assert.Equal(429, await AskAsync(trusting, "a", "X-Forwarded-For: 192.0.2.1\r\n"));
        Assert.Equal(200, await AskAsync(trusting, "a", "X-Forwarded-For: 192.0.2.2\r\n"));
        Assert.Equal(200, await AskAsync(trusting, "a", "X-Forwarded-For: 2001:db8::1\r\n"));
        Assert.Equal(429, await AskAsync(trusting, "a", "X-Forwarded-For: 2001:db8::2\r\n"));
        await using var wary = await Door.OpenAsync(route: Route);
        Assert.Equal(200, await AskAsync(wary, "a", "X-Forwarded-For: 192.0.2.1\r\n"));
        Assert.Equal(429, await AskAsync(wary, "a", "X-Forwarded-For: 192.0.2.2\r\n"));
    }

    [Fact]
    public async Task What_runs_at_once_is_counted_until_its_answer_has_ended()
    {
        var go = new TaskCompletionSource();
        await using var door = await Door.OpenAsync(
            route: "limits: [{ name: at-once, per: global, concurrent: 1 }]",
            scripts:
            [
                async connection =>
                {
                    while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
                    {
                        await go.Task;
                        await connection.SendAsync(ScriptedUpstream.Ok("ok"));
                    }
                },
            ]);
        var first = RawHttpClient.ExchangeAsync(door.Endpoint, Get);
        await WaitAsync(() => door.Upstream.Connections == 1);
        var second = await RawHttpClient.ExchangeAsync(door.Endpoint, Get);
        Assert.Equal((429, "1"), (second.Status, second.Headers["Retry-After"]));
        Assert.Contains("concurrency_limit_exceeded", second.Text);
        Assert.Equal("\"at-once\";q=1;qu=\"concurrent-requests\"", second.Headers["RateLimit-Policy"]);
        go.SetResult();
        Assert.Equal(200, (await first).Status);
        await WaitAsync(() => door.Gateway.Gateway.Counters.Running == 0);
        Assert.Equal(200, (await RawHttpClient.ExchangeAsync(door.Endpoint, Get)).Status);
    }

    [Fact]
    public async Task A_reload_forgives_nothing()
    {
        const string Limits = "limits: [{ name: all, per: global, requests: 2, window: 1h }]";
        await using var door = await Door.OpenAsync(route: Limits);
        Assert.Equal(200, await AskAsync(door, "a"));
        door.Gateway.Gateway.Reload(door.Gateway.Gateway.Snapshot.Plan);
        Assert.Equal(200, await AskAsync(door, "a"));
        Assert.Equal(429, await AskAsync(door, "a"));
    }

    private static async Task<int> AskAsync(Door door, string who, string more = "") => (await RawHttpClient.ExchangeAsync(
        door.Endpoint, $"GET / HTTP/1.1\r\nHost: a\r\nX-Who: {who}\r\n{more}Connection: close\r\n\r\n")).Status;

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(5, patience.Token);
    }
}
