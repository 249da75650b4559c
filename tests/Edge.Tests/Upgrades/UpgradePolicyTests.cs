using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Tests.Callers;
using Edge.Tests.Identity;
using Edge.Tests.Support;

namespace Edge.Tests.Upgrades;

/// <summary>Who may switch, how often and how many at once, where the credential stands, and what is told of it.</summary>
public sealed class UpgradePolicyTests
{
    [Fact]
    public async Task Nobody_switches_without_a_credential_and_the_upstream_never_hears_of_it()
    {
        await using var door = await Consumers.OpenAsync(route: ", " + Switching.Route);
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Switching.Handshake() + Door.NextRequest);
        var response = await caller.ReadResponseAsync();
        Assert.Equal((401, "close"), (response.Status, response.Headers["Connection"]));
        await caller.WaitForEndAsync();
        Assert.Empty(await door.SeenAsync());
    }

    [Theory]
    [InlineData(
        "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.key-of-ann, openai-beta.realtime-v1\r\n",
        "realtime, openai-beta.realtime-v1")]
    [InlineData("Sec-WebSocket-Protocol: openai-insecure-api-key.key-of-ann\r\nSec-WebSocket-Protocol: realtime\r\n", "realtime")]
    [InlineData("Sec-WebSocket-Protocol: openai-insecure-api-key.key-of-ann\r\n", null)]
    [InlineData("Authorization: Bearer key-of-ann\r\nSec-WebSocket-Protocol: realtime\r\n", "realtime")]
    public async Task A_page_may_bring_its_credential_among_the_protocols_and_it_goes_no_further(string lines, string? forwarded)
    {
        await using var door = await OpenAsync();
        var (caller, head) = await Switching.ConnectAsync(door, lines);
        await using var ending = caller;
        Assert.Equal(101, head.Status);
        await caller.WaitForEndAsync();
        var seen = Assert.Single(await door.SeenAsync());
        Assert.DoesNotContain("key-of-ann", seen.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("key-of-ann", System.Text.Encoding.Latin1.GetString(seen.Head), StringComparison.Ordinal);
        Assert.Equal((forwarded, "Bearer up"), (
            seen.Headers.All("Sec-WebSocket-Protocol") is { Length: > 0 } all ? string.Join(", ", all) : null,
            seen.Headers["Authorization"]));
    }

    [Theory]
    [InlineData("Sec-WebSocket-Protocol: openai-insecure-api-key.\r\n", 401)]
    [InlineData("Sec-WebSocket-Protocol: openai-insecure-api-key.wrong\r\n", 401)]
    [InlineData("Sec-WebSocket-Protocol: OpenAI-Insecure-API-Key.key-of-ann\r\n", 401)]
    [InlineData("Sec-WebSocket-Protocol: openai-insecure-api-key.key-of-ann, openai-insecure-api-key.key-of-bob\r\n", 400)]
    [InlineData("Authorization: Bearer key-of-bob\r\nSec-WebSocket-Protocol: openai-insecure-api-key.key-of-ann\r\n", 400)]
    public async Task A_credential_among_the_protocols_is_held_to_the_same_rules_as_any(string lines, int status)
    {
        await using var door = await OpenAsync();
        var response = await Consumers.SendAsync(door, lines);
        Assert.Equal(status, response.Status);
        Assert.Empty(await door.SeenAsync());
    }

    [Fact]
    public async Task A_limit_of_what_runs_at_once_holds_for_the_whole_connection()
    {
        await using var door = await OpenLimitedAsync("{ name: at-once, per: consumer, concurrent: 1 }");
        var (first, head) = await Switching.ConnectAsync(door, Ann);
        await using var ending = first;
        Assert.Equal(101, head.Status);
        Assert.Equal(429, await TryAsync(door));
        await first.SendAsync("still");
        await first.ReadExactAsync(5);
        Assert.Equal(429, await TryAsync(door));
        first.Close();
        await Switching.WaitForRestAsync(door);
        Assert.Equal(101, await TryAsync(door));
    }

    [Fact]
    public async Task A_limit_of_requests_counts_a_switch_as_one()
    {
        await using var door = await OpenLimitedAsync("{ name: few, per: consumer, requests: 2, window: 1h }");
        Assert.Equal((101, 101, 429), (await TryAsync(door), await TryAsync(door), await TryAsync(door)));
    }

    [Fact]
    public async Task Log_and_metrics_tell_of_the_bytes_each_way_and_of_the_end()
    {
        var folder = Directory.CreateTempSubdirectory("edge-upgrades-");
        try
        {
            var log = Path.Combine(folder.FullName, "access.jsonl");
            string text;
            await using (var door = await Door.OpenAsync(
                route: Switching.Route,
                top: $$"""
                telemetry: { accessLog: { to: "{{log}}" } }
                """,
                scripts: Switching.Upstream(async static connection =>
                {
                    await connection.ReadExactAsync(7);
                    await connection.SendAsync("12345");
                    await connection.ReadToEndAsync();
                })))
            {
                var (caller, _) = await Switching.ConnectAsync(door);
                await using (caller)
                {
                    await caller.SendAsync("1234567");
                    await caller.ReadExactAsync(5);
                    Assert.Equal(1, door.Gateway.Gateway.Tunnels.Count);
                }

                await Switching.WaitForRestAsync(door);
                Assert.Equal(0, door.Gateway.Gateway.Tunnels.Count);
                var written = new System.Buffers.ArrayBufferWriter<byte>();
                new Core.Telemetry.PrometheusWriter(written, isOpenMetrics: false)
                    .Write(door.Gateway.Gateway.Metrics.Registry, []);
                text = System.Text.Encoding.UTF8.GetString(written.WrittenSpan);
            }

            foreach (var series in new[]
            {
                "edge_upgrade_ends_total{edge_route=\"all\",edge_cause=\"caller\"} 1",
                "edge_upgrade_bytes_total{edge_route=\"all\",edge_direction=\"up\"} 7",
                "edge_upgrade_bytes_total{edge_route=\"all\",edge_direction=\"down\"} 5",
                "edge_upgrade_connections 0",
            })
            {
                Assert.Contains(series, text, StringComparison.Ordinal);
            }

            using var line = JsonDocument.Parse(
                Assert.Single(await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)));
            var json = line.RootElement;
            Assert.Equal((101, 5, 7, "websocket", "caller"), (
                json.GetProperty("status").GetInt32(), json.GetProperty("bytes").GetInt32(),
                json.GetProperty("bytesIn").GetInt32(), json.GetProperty("upgrade").GetString(),
                json.GetProperty("upgradeEnd").GetString()));
            Assert.False(json.TryGetProperty("failure", out _));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_reload_leaves_running_ones_alone()
    {
        await using var door = await Door.OpenAsync(
            route: Switching.Route, scripts: Switching.Upstream(Switching.EchoAsync));
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        var other = ConfigurationLoader.LoadText(
            """
            listeners: [{ address: "127.0.0.1:0" }]
            upstreams: { other: { targets: ["http://127.0.0.1:1"] } }
            routes: [{ name: other, upstream: other }]
            """, "edge.yaml", SystemConfigurationSource.Instance);
        door.Gateway.Gateway.Reload(other.Plan!);
        await caller.SendAsync("on");
        Assert.Equal("on"u8.ToArray(), await caller.ReadExactAsync(2));
    }

    private const string Ann = "Authorization: Bearer key-of-ann\r\n";

    private static Task<Door> OpenAsync() => Door.OpenAsync(
        upstream: "credential: up, dialect: openai",
        route: $"authenticate: {{ with: [consumers], from: [authorization, \"protocol:openai-insecure-api-key.\"] }}, " +
            "metering: {}, " + Switching.Route,
        top: Consumers.Lines,
        scripts: Switching.Upstream(static _ => Task.CompletedTask));

    private static Task<Door> OpenLimitedAsync(string limit) => Door.OpenAsync(
        route: $"authenticate: {{ with: [consumers] }}, {Switching.Route}, limits: [{limit}]",
        top: Consumers.Lines,
        scripts: Switching.Upstream(Switching.EchoAsync));

    private static async Task<int> TryAsync(Door door)
    {
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync(Switching.Handshake(Ann));
        return (await caller.ReadHeadAsync()).Status;
    }
}
