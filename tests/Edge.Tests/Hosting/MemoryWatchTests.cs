using System.Net;
using Edge.Core.Configuration;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Hosting;

/// <summary>Requests turned away because memory is short.</summary>
public sealed class MemoryWatchTests
{
    private const long Limit = 1000;

    [Theory]
    [InlineData(849, 0, false)]
    [InlineData(850, 0, true)]
    [InlineData(0, 0.849, false)]
    [InlineData(0, 0.85, true)]
    public async Task Memory_is_short_from_the_mark_on(long used, double heapShare, bool isHigh)
    {
        var memory = new FakeMemory { UsedBytes = used, HeapShare = heapShare };
        await using var log = new ProgramLog(TextWriter.Null);
        using var watch = new MemoryWatch(new MemoryPlan(Limit, 0.85), memory, log, new ManualTime());
        watch.Look();
        Assert.Equal(isHigh, watch.IsHigh);
        Assert.Equal(isHigh ? 1 : 0, memory.Collections);
    }

    [Fact]
    public async Task What_a_collection_gives_back_was_not_short()
    {
        var memory = new FakeMemory { UsedBytes = 900, AfterCollection = 500 };
        await using var log = new ProgramLog(TextWriter.Null);
        using var watch = new MemoryWatch(new MemoryPlan(Limit, 0.85), memory, log, new ManualTime());
        watch.Look();
        Assert.Equal((false, 1), (watch.IsHigh, memory.Collections));
    }

    [Fact]
    public async Task It_is_short_until_it_is_well_below_the_mark_and_collects_seldom()
    {
        var memory = new FakeMemory { UsedBytes = 900 };
        var time = new ManualTime();
        await using var log = new ProgramLog(TextWriter.Null);
        using var watch = new MemoryWatch(new MemoryPlan(null, 0.85), memory, log, time);
        time.Advance(MemoryWatch.LookEvery);
        Assert.True(watch.IsHigh);
        memory.UsedBytes = 800;
        time.Advance(MemoryWatch.LookEvery);
        Assert.Equal((true, 1), (watch.IsHigh, memory.Collections));
        time.Advance(MemoryWatch.CollectEvery);
        Assert.Equal((true, 2), (watch.IsHigh, memory.Collections));
        memory.UsedBytes = 799;
        time.Advance(MemoryWatch.LookEvery);
        Assert.False(watch.IsHigh);
    }

    [Fact]
    public async Task A_mark_of_all_memory_turns_nobody_away()
    {
        var memory = new FakeMemory { UsedBytes = 2 * Limit };
        await using var log = new ProgramLog(TextWriter.Null);
        using var watch = new MemoryWatch(new MemoryPlan(Limit, 1), memory, log, new ManualTime());
        watch.Look();
        Assert.False(watch.IsHigh);
    }

    [Fact]
    public void The_system_says_what_there_is()
    {
        var memory = new ProcessMemory();
        Assert.InRange(memory.LimitBytes, 64L << 20, 1L << 50);
        Assert.InRange(memory.UsedBytes, 1L << 20, memory.LimitBytes);
        Assert.InRange(memory.HeapShare, 0, 1);
    }

    [Fact]
    public async Task Requests_get_503_in_the_routes_dialect_while_health_is_answered_and_those_that_run_go_on()
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbe");
            await connection.StallAsync(goOn.Task);
            await connection.SendAsync("en");
        });
        await using var gateway = await RunningGateway.StartAsync(Configuration(upstream, "100%"));
        await using var running = await RawHttpClient.ConnectAsync(gateway.Endpoint);
        await running.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        var answer = await running.ReadHeadAsync();

        // The process of the tests uses more than one percent of sixteen MiB, whatever is collected.
        gateway.Gateway.Reload(Load(upstream, "1%"));
        gateway.Gateway.Memory.Look();
        var refused = await RawHttpClient.ExchangeAsync(
            gateway.Endpoint, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.Equal((503, "2"), (refused.Status, refused.Headers["Retry-After"]));
        Assert.Contains("\"code\":\"edge_overloaded\"", refused.Text, StringComparison.Ordinal);
        Assert.Equal(1, gateway.Gateway.Memory.Shed);
        foreach (var path in new[] { "/healthz", "/readyz", "/metrics" })
        {
            var health = await RawHttpClient.ExchangeAsync(
                new IPEndPoint(IPAddress.Loopback, gateway.Gateway.AdminEndpoint!.Port),
                $"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            Assert.Equal(200, health.Status);
        }

        goOn.SetResult();
        await answer.Body.ReadToEndAsync();
        Assert.Equal("been", answer.Text);
        gateway.Gateway.Reload(Load(upstream, "100%"));
        gateway.Gateway.Memory.Look();
        Assert.False(gateway.Gateway.Memory.IsHigh);
    }

    private static EdgePlan Load(ScriptedUpstream upstream, string shedAt) =>
        ConfigurationLoader.LoadText(Configuration(upstream, shedAt), "edge.yaml", SystemConfigurationSource.Instance).Plan!;

    private static string Configuration(ScriptedUpstream upstream, string shedAt) =>
        $$"""
        listeners: [{ address: "127.0.0.1:0" }]
        admin: { address: "127.0.0.1:0" }
        memory: { limit: 16MiB, shedAt: {{shedAt}} }
        upstreams: { it: { dialect: openai, targets: ["{{upstream.Url}}"] } }
        routes: [{ name: all, upstream: it }]
        """;

    private sealed class FakeMemory : IProcessMemory
    {
        public long LimitBytes => Limit;

        public long UsedBytes { get; set; }

        public double HeapShare { get; set; }

        public long? AfterCollection { get; set; }

        public int Collections { get; private set; }

        public void Collect()
        {
            Collections++;
            UsedBytes = AfterCollection ?? UsedBytes;
        }
    }
}
