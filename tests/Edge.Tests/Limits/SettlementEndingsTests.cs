using System.Net;
using System.Text;
using Edge.Core.Limits;
using Edge.Tests.Support;
using Edge.Upstream;

namespace Edge.Tests.Limits;

/// <summary>
/// The endings of a request that <see cref="SpendingTests"/> does not have: each settles what was reserved, and once. 102 tokens
/// are reserved of 1000: two of the prompt, and a hundred that the answer may have.
/// </summary>
public sealed class SettlementEndingsTests
{
    private const string Body = """{"model":"gpt-4o","max_tokens":100,"messages":[{"role":"user","content":"12345678"}]}""";
    private const string Chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"abcd\"}}]}\n\n";
    private const string Usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":30,\"total_tokens\":42}}\n\n" +
        "data: [DONE]\n\n";
    private const string StreamHead =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";

    private enum By
    {
        Report,
        Estimate,
        Nothing,
    }

    [Fact]
    public async Task A_caller_who_leaves_a_route_that_drains_is_charged_what_is_reported_in_the_end()
    {
        var left = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(StreamHead + Chunked(Chunk));
            await left.Task;
            await connection.SendAsync(Chunked(Chunk) + Chunked(Usage) + "0\r\n\r\n");
        });
        await using var gateway = await StartAsync(upstream.Url, route: "onDisconnect: { drain: 2000 tokens }");
        await using (var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint))
        {
            await caller.SendAsync(Request());
            await caller.ReadUntilAsync("abcd");
        }

        left.SetResult();
        await SettledAsync(gateway, By.Report, 958);
    }

    [Fact]
    public async Task A_caller_who_leaves_before_the_answer_began_is_charged_for_the_prompt()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WaitForEndAsync();
        });
        await using var gateway = await StartAsync(upstream.Url);
        await using (var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint))
        {
            await caller.SendAsync(Request());
            await upstream.WaitForRequestsAsync(1);
        }

        await SettledAsync(gateway, By.Estimate, 998);
    }

    [Fact]
    public async Task An_answer_that_does_not_begin_in_time_costs_nothing()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WaitForEndAsync();
        });
        await using var gateway = await StartAsync(upstream.Url, upstream: "timeouts: { firstByte: 100ms }");
        Assert.Equal(504, (await RawHttpClient.ExchangeAsync(gateway.Endpoint, Request())).Status);
        await SettledAsync(gateway, By.Nothing, 1000);
    }

    [Theory]
    [InlineData("idle: 100ms")]
    [InlineData("total: 300ms")]
    public async Task A_stream_that_stands_still_for_too_long_is_charged_by_what_came(string timeout)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(StreamHead + Chunked(Chunk));
            await connection.WaitForEndAsync();
        });
        await using var gateway = await StartAsync(upstream.Url, upstream: $"timeouts: {{ {timeout} }}");
        await using var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await caller.SendAsync(Request());
        await caller.ReadUntilAsync("error");
        await SettledAsync(gateway, By.Estimate, 997);
    }

    [Fact]
    public async Task What_was_never_sent_costs_nothing()
    {
        await using var gateway = await StartAsync(new Uri("http://127.0.0.1:1"));
        Assert.Equal(502, (await RawHttpClient.ExchangeAsync(gateway.Endpoint, Request())).Status);
        await SettledAsync(gateway, By.Nothing, 1000);
    }

    [Fact]
    public async Task What_a_drain_breaks_off_is_charged_by_what_came()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(StreamHead + Chunked(Chunk));
            await connection.WaitForEndAsync();
        });
        await using var gateway = await StartAsync(upstream.Url, top: "drainTimeout: 100ms");
        await using var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await caller.SendAsync(Request());
        await caller.ReadUntilAsync("abcd");
        Assert.False(await gateway.Gateway.DrainAsync());
        await SettledAsync(gateway, By.Estimate, 997);
    }

    [Fact]
    public async Task What_ends_within_the_drain_is_charged_what_is_reported()
    {
        var isDraining = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(StreamHead + Chunked(Chunk));
            await isDraining.Task;
            await connection.SendAsync(Chunked(Usage) + "0\r\n\r\n");
        });
        await using var gateway = await StartAsync(upstream.Url);
        await using var caller = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await caller.SendAsync(Request());
        await caller.ReadUntilAsync("abcd");
        var draining = gateway.Gateway.DrainAsync();
        isDraining.SetResult();
        Assert.True(await draining);
        await SettledAsync(gateway, By.Report, 958);
    }

    [Fact]
    public async Task A_bug_in_a_stage_costs_the_caller_nothing()
    {
        await using var gateway = await StartAsync(new Uri("http://provider.test:1"), resolver: new BrokenResolver());
        Assert.Equal(500, (await RawHttpClient.ExchangeAsync(gateway.Endpoint, Request())).Status);
        await SettledAsync(gateway, By.Nothing, 1000);
    }

    [Fact]
    public async Task What_is_turned_away_under_overload_costs_nothing()
    {
        var go = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await go.Task;
            await connection.SendAsync(StreamHead + Chunked(Usage) + "0\r\n\r\n");
        });
        await using var gateway = await StartAsync(
            upstream.Url, top: "overload: { concurrentMin: 1, concurrentMax: 1, queueMax: 0 }");
        var first = RawHttpClient.ExchangeAsync(gateway.Endpoint, Request());
        await upstream.WaitForRequestsAsync(1);
        Assert.Equal(503, (await RawHttpClient.ExchangeAsync(gateway.Endpoint, Request())).Status);
        Assert.Equal(1, gateway.Gateway.Limits.SettledUnused);
        Assert.Equal(898, Left(gateway));
        go.SetResult();
        Assert.Equal(200, (await first).Status);
        await WaitAsync(gateway);
        Assert.Equal((1, 0, 1), Settled(gateway));
        Assert.Equal(958, Left(gateway));
    }

    [Fact]
    public async Task A_second_attempt_after_one_that_failed_is_charged_once()
    {
        var attempts = 0;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
            {
                if (Interlocked.Increment(ref attempts) == 2)
                {
                    // A kept connection that ends without a byte: a request that can do no harm is sent once more.
                    return;
                }

                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            }
        });
        await using var gateway = await StartAsync(upstream.Url);
        var put = Request().Replace("POST", "PUT", StringComparison.Ordinal);
        Assert.Equal(200, (await RawHttpClient.ExchangeAsync(gateway.Endpoint, put)).Status);
        await WaitAsync(gateway);
        var before = Settled(gateway);
        Assert.Equal(200, (await RawHttpClient.ExchangeAsync(gateway.Endpoint, put)).Status);
        await WaitAsync(gateway);
        Assert.Equal(3, attempts);
        var after = Settled(gateway);
        Assert.Equal(1, after.Exactly + after.ByEstimate + after.Unused - before.Exactly - before.ByEstimate - before.Unused);
    }

    private static async Task SettledAsync(RunningGateway gateway, By by, long left)
    {
        await WaitAsync(gateway);
        Assert.Equal((by == By.Report ? 1 : 0, by == By.Estimate ? 1 : 0, by == By.Nothing ? 1 : 0), Settled(gateway));
        Assert.Equal(left, Left(gateway));
    }

    private static (long Exactly, long ByEstimate, long Unused) Settled(RunningGateway gateway)
    {
        var limits = gateway.Gateway.Limits;
        return (limits.SettledExactly, limits.SettledByEstimate, limits.SettledUnused);
    }

    private static async Task WaitAsync(RunningGateway gateway)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (gateway.Gateway.Counters.Running > 0 || gateway.Gateway.Counters.Began == 0) await Task.Delay(5, patience.Token);
    }

    private static long Left(RunningGateway gateway)
    {
        var limits = gateway.Gateway.Limits;
        var left = new List<long>();
        limits.Table.Visit(0, limits.Table.ChainCount, static (bucket, to) =>
        {
            var take = new LimitTake(bucket, bucket.Rule, 0);
            Buckets.Peek(ref take, to.NowNs);
            to.Left.Add(take.Remaining);
        }, (Left: left, limits.Clock.NowNs));
        return Assert.Single(left);
    }

    private static string Request() =>
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n" +
        $"Content-Length: {Body.Length}\r\n\r\n{Body}";

    private static string Chunked(string text) => $"{Encoding.Latin1.GetByteCount(text):x}\r\n{text}\r\n";

    private static Task<RunningGateway> StartAsync(
        Uri target, string upstream = "", string route = "", string top = "", IHostResolver? resolver = null) =>
        RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            {{top}}
            upstreams: { llm: { dialect: openai, targets: ["{{target}}"], {{upstream}} } }
            routes:
              - name: chat
                upstream: llm
                limits: [{ name: t, per: global, tokens: 1000, window: month }]
                {{route}}
            """,
            resolver: resolver);

    private sealed class BrokenResolver : IHostResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct) => throw new InvalidCastException("a bug");
    }
}
