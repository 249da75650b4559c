using System.Globalization;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Tests.Support;

namespace Edge.Tests.Limits.Redis;

/// <summary>Several gateways, in this process, that share their limits through one store.</summary>
public sealed class SharedLimitTests
{
    // Two tokens of prompt, and nine hundred that the answer may have.
    private const string Body = """{"model":"m","max_tokens":900,"messages":[{"role":"user","content":"12345678"}]}""";
    private const string Used = "{\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":30,\"total_tokens\":42}}";

    [Fact]
    public async Task Gateways_let_in_together_what_one_would_whatever_the_keys_are()
    {
        await using var fleet = await SharedFleet.StartAsync(
            3, "limits: [{ name: each, per: \"header:X-Key\", requests: 5, window: day }]");
        string[] keys =
        [
            "plain", "{a}", "{a}{b}", "}{", "{}", "a:b:c", "\"';--", "%0d%0aFLUSHALL", "\\r\\n$4\\r\\n", new string('{', 4000),
            new string('{', 4000) + "}", "ä", "*", "[a-z]", "\t",
        ];
        foreach (var key in keys)
        {
            var let = 0;
            for (var i = 0; i < 9; i++) let += await GetAsync(fleet, i % 3, $"X-Key: x{key}\r\n") == 200 ? 1 : 0;
            Assert.Equal(5, let);
        }

        // Whatever callers choose, names in the store have the same form and length.
        await foreach (var name in fleet.Store.Server.KeysAsync(pattern: "*:window:*"))
        {
            Assert.Matches("^edge:window:\\{[0-9a-f]{32}\\}$", name.ToString());
        }
    }

    [Fact]
    public async Task Fields_of_one_header_are_not_taken_for_those_of_the_next()
    {
        await using var fleet = await SharedFleet.StartAsync(
            1, "limits: [{ name: each, per: [\"header:X-A\", \"header:X-B\"], requests: 1, window: day }]");
        Assert.Equal(200, await GetAsync(fleet, 0, "X-A: 1\r\nX-A: 2\r\nX-B: 3\r\n"));
        Assert.Equal(200, await GetAsync(fleet, 0, "X-A: 1\r\nX-B: 2\r\nX-B: 3\r\n"));
        Assert.Equal(200, await GetAsync(fleet, 0, "X-A: 1\r\n"));
        Assert.Equal(200, await GetAsync(fleet, 0, "X-B: 1\r\n"));
        Assert.Equal(429, await GetAsync(fleet, 0, "X-B: 1\r\n"));
    }

    [Fact]
    public async Task A_draw_that_fails_with_a_bug_leaves_nobody_waiting()
    {
        await using var fleet = await SharedFleet.StartAsync(
            1, "limits: [{ name: all, per: global, requests: 1000, window: 1h }]");
        Assert.Equal(200, await GetAsync(fleet, 0));
        var limits = fleet[0].Gateway.Limits;
        var bucket = Buckets(limits.Table).Single();
        bucket.TryTakeBack(limits.Clock.NowNs, all: true, out _);
        await SharedFleet.UntilAsync(() => bucket.TryPlan(bucket.Rule, 0, limits.Clock, out _));
        var draw = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bucket.Pending = draw.Task;
        var waiting = GetAsync(fleet, 0);
        await SharedFleet.UntilAsync(() => bucket.Waiting == 1);
        draw.SetException(new InvalidOperationException("a bug"));
        Assert.Equal(500, await waiting);
        Assert.Equal(0, bucket.Waiting);
        bucket.Fail();
        Assert.Equal(200, await GetAsync(fleet, 0));
    }

    [Fact]
    public async Task What_comes_back_late_is_there_for_the_other_gateways()
    {
        // A slice lives for half a second, and the request runs until well after that.
        await using var fleet = await SharedFleet.StartAsync(
            2, "limits: [{ name: t, per: global, tokens: 1000, window: 10s }]", "dialect: openai", Used);
        fleet.Hold();
        var first = PostAsync(fleet, 0);
        await fleet.Upstream.WaitForRequestsAsync(1);
        await Task.Delay(TimeSpan.FromMilliseconds(900), TestContext.Current.CancellationToken);
        Assert.Equal(429, (await PostAsync(fleet, 1)).Status);
        fleet.Go();
        Assert.Equal(200, (await first).Status);

        // By itself the bucket would regain 860 tokens in 8.6 seconds.
        var began = TimeProvider.System.GetTimestamp();
        var polls = "";
        await SharedFleet.UntilAsync(async () =>
        {
            var answer = await PostAsync(fleet, 1);
            var draws = fleet[1].Gateway.Limits.LeaseCounters.Draws;
            polls += $"{answer.Status} after {answer.Headers["Retry-After"]}, {draws} draws; ";
            return answer.Status == 200;
        });
        var took = TimeProvider.System.GetElapsedTime(began);
        var leases = fleet[0].Gateway.Limits.Leases!;
        Assert.True(took < TimeSpan.FromSeconds(5), $"{took}; {leases.Returns} returns; {polls}; {fleet[1].Said}");
    }

    [Theory]
    [InlineData("tokens: 1000000", 42)]
    [InlineData("of: output, tokens: 1000000", 30)]
    [InlineData("usd: 10", 426)]
    public async Task What_is_settled_is_exact_in_the_store_once_all_gateways_have_drained(string limit, long each)
    {
        var prices = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            prices, "models:\n  known: { input: 1, output: 1 }\nunknown: { input: 3, output: 13 }\n",
            TestContext.Current.CancellationToken);
        await using var fleet = await SharedFleet.StartAsync(
            3, $"limits: [{{ name: t, per: global, {limit}, window: month }}]", "dialect: openai", Used, $"prices: {prices}");
        File.Delete(prices);
        const int Count = 40;
        var statuses = await Task.WhenAll(Enumerable.Range(0, Count).Select(async i => (await PostAsync(fleet, i % 3)).Status));
        Assert.All(statuses, status => Assert.Equal(200, status));
        for (var i = 0; i < 3; i++) await fleet[i].Gateway.DrainAsync();
        var used = await UsedInStoreAsync(fleet);
        Assert.True(used == Count * each, $"{used} of {Count * each}; {fleet[0].Said}{fleet[1].Said}{fleet[2].Said}");
    }

    [Fact]
    public async Task Anthropics_names_tell_of_tokens_on_the_wire()
    {
        await using var fleet = await SharedFleet.StartAsync(
            1,
            "limits: [{ name: i, per: global, tokens: 5000, of: input, window: 1h }, " +
            "{ name: o, per: global, tokens: 2000, of: output, window: 1h }, { name: t, per: global, tokens: 9000, window: 1h }]",
            "dialect: anthropic", "{\"content\":[],\"usage\":{\"input_tokens\":12,\"output_tokens\":30}}");
        var answer = await PostAsync(fleet, 0, "/v1/messages");
        Assert.Equal(200, answer.Status);
        Assert.Equal(("5000", "4998"), Told(answer, "input-tokens"));
        Assert.Equal(("2000", "1100"), Told(answer, "output-tokens"));
        Assert.Equal(("9000", "8098"), Told(answer, "tokens"));
        Assert.Matches("^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$", answer.Headers["anthropic-ratelimit-tokens-reset"]);
    }

    [Theory]
    [InlineData("closed", 503, "redis is away, and limits are closed\n", 503)]
    [InlineData("open", 200, "ok, but redis is away, and limits are local\n", 200)]
    public async Task Readiness_tells_of_the_store(string whenDown, int ready, string text, int status)
    {
        await using var fleet = await SharedFleet.StartAsync(
            1, "limits: [{ name: all, per: global, requests: 1000, window: 1h }]", whenDown: whenDown);
        Assert.Equal((200, "ok\n"), await AdminAsync(fleet, "/readyz"));
        Assert.Equal(200, await GetAsync(fleet, 0));
        await fleet.StopStoreAsync();
        await SharedFleet.UntilAsync(async () => await AdminAsync(fleet, "/readyz") == (ready, text));
        Assert.Equal((200, "ok\n"), await AdminAsync(fleet, "/healthz"));
        using var state = JsonDocument.Parse((await AdminAsync(fleet, "/state")).Text);
        var redis = state.RootElement.GetProperty("limits").GetProperty("redis");
        Assert.False(redis.GetProperty("answers").GetBoolean());
        Assert.Equal(whenDown, redis.GetProperty("whenDown").GetString());
        Assert.Contains(redis.GetProperty("fault").GetString(), new[] { "timeout", "connection" });

        // What was drawn before is good until it lapses; a key of its own was not drawn.
        Assert.Equal(status, await GetAsync(fleet, 0, path: "/other"));
    }

    [Fact]
    public async Task A_key_that_the_store_refuses_goes_by_the_policy_and_disturbs_no_other()
    {
        await using var fleet = await SharedFleet.StartAsync(
            1, "limits: [{ name: each, per: \"header:X-Key\", requests: 100, window: day }]", whenDown: "closed");
        Assert.Equal(200, await GetAsync(fleet, 0, "X-Key: a\r\n"));
        var bucket = Buckets(fleet[0].Gateway.Limits.Table).Single();
        await fleet.Store.Database.StringSetAsync($"edge:window:{{{bucket.Name}}}", "not a window");
        bucket.TryTakeBack(fleet[0].Gateway.Limits.Clock.NowNs, all: true, out _);
        await SharedFleet.UntilAsync(async () => await GetAsync(fleet, 0, "X-Key: a\r\n") == 503);
        Assert.Equal(200, await GetAsync(fleet, 0, "X-Key: b\r\n"));
        Assert.Equal((200, "ok\n"), await AdminAsync(fleet, "/readyz"));
        await fleet.Store.Database.KeyDeleteAsync($"edge:window:{{{bucket.Name}}}");
        await SharedFleet.UntilAsync(async () => await GetAsync(fleet, 0, "X-Key: a\r\n") == 200);
    }

    private static (string?, string?) Told(RawResponse answer, string what) =>
        (answer.Headers[$"anthropic-ratelimit-{what}-limit"], answer.Headers[$"anthropic-ratelimit-{what}-remaining"]);

    private static async Task<long> UsedInStoreAsync(SharedFleet fleet)
    {
        await foreach (var key in fleet.Store.Server.KeysAsync(pattern: "*:window:*"))
        {
            return (long)await fleet.Store.Database.HashGetAsync(key, "u");
        }

        return -1;
    }

    [Fact]
    public async Task What_is_counted_of_the_store_does_not_go_back_when_its_settings_change()
    {
        await using var fleet = await SharedFleet.StartAsync(1, "limits: [{ name: w, per: global, requests: 9, window: day }]");
        Assert.Equal(200, await GetAsync(fleet, 0));
        var before = await DrawsAsync(fleet);
        Assert.InRange(before, 1, 9);
        var gateway = fleet[0].Gateway;
        var store = gateway.Limits.Leases;
        var other = $$"""
            listeners: [{ address: "127.0.0.1:0" }]
            redis: { endpoints: ["127.0.0.1:{{fleet.Store.Port}}"], timeout: 3s }
            upstreams: { it: { targets: ["{{fleet.Upstream.Url}}"] } }
            routes: [{ name: all, upstream: it, limits: [{ name: w, per: global, requests: 9, window: day }] }]
            """;
        gateway.Reload(ConfigurationLoader.LoadText(other, "edge.yaml", SystemConfigurationSource.Instance).Plan!);
        Assert.NotSame(store, gateway.Limits.Leases);
        Assert.Equal(before, await DrawsAsync(fleet));
    }

    private static async Task<int> DrawsAsync(SharedFleet fleet)
    {
        const string Name = "\nedge_redis_draws_total ";
        var (_, text) = await AdminAsync(fleet, "/metrics");
        var at = text.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        return int.Parse(text[at..text.IndexOf('\n', at)], CultureInfo.InvariantCulture);
    }

    private static List<LeasedBucket> Buckets(LimitTable table)
    {
        var all = new List<LeasedBucket>();
        table.Visit(0, table.ChainCount, static (bucket, all) => all.Add((LeasedBucket)bucket), all);
        return all;
    }

    private static async Task<int> GetAsync(SharedFleet fleet, int index, string headers = "", string path = "/") =>
        (await RawHttpClient.ExchangeAsync(
            fleet[index].Endpoint, $"GET {path} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n")).Status;

    private static Task<RawResponse> PostAsync(SharedFleet fleet, int index, string path = "/v1/chat/completions") =>
        RawHttpClient.ExchangeAsync(
            fleet[index].Endpoint,
            $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n" +
            $"Content-Length: {Body.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n{Body}");

    private static async Task<(int Status, string Text)> AdminAsync(SharedFleet fleet, string path)
    {
        var answer = await RawHttpClient.ExchangeAsync(
            fleet[0].Gateway.AdminEndpoint!,
            $"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n");
        return (answer.Status, answer.Text);
    }
}
