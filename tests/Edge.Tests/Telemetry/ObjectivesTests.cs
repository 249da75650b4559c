using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Configuration;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

/// <summary>Burn rates of objectives, and how much of budgets is used, as they are scraped.</summary>
public sealed class ObjectivesTests
{
    private const string Availability = "edge_route=\"chat\",edge_slo=\"availability\"";
    private const string FirstToken = "edge_route=\"chat\",edge_slo=\"first_token\"";

    [Fact]
    public async Task A_burn_rate_is_what_failed_over_what_may_and_callers_mistakes_do_not_count()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream, "slo: { availability: 90% }"));
        await AskAsync(edge, "/v1/ok", 200, 6);
        await AskAsync(edge, "/v1/bad", 502, 1);
        await AskAsync(edge, "/v1/500", 500, 1);
        await AskAsync(edge, "/v1/404", 404, 2);
        await AskAsync(edge, "/v1/ok", 401, 3, key: "nobody");
        await AskAsync(edge, "/none", 404, 3);
        var text = await ScrapeAsync(edge);
        Has(text, $"edge_slo_objective_ratio{{{Availability}}} 0.9");
        Has(text, $"edge_slo_events_total{{{Availability},edge_outcome=\"good\"}} 8");
        Has(text, $"edge_slo_events_total{{{Availability},edge_outcome=\"bad\"}} 2");
        foreach (var window in (string[])["5m", "30m", "1h", "6h", "3d"])
        {
            Has(text, $"edge_slo_burn_rate{{{Availability},edge_window=\"{window}\"}} 2\n");
        }

        Assert.DoesNotContain("edge_slo=\"first_token\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10s", "good", "0")]
    [InlineData("1ms", "bad", "4")]
    public async Task A_stream_is_in_time_or_late_by_its_first_bytes(string within, string outcome, string rate)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            var watch = Stopwatch.StartNew();
            while (outcome == "bad" && watch.ElapsedMilliseconds < 3)
            {
                await Task.Yield();
            }

            await connection.SendAsync("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
        });
        await using var edge = await RunningGateway.StartAsync(
            Configuration(upstream, $"slo: {{ firstToken: {{ within: {within}, share: 75% }} }}"));
        await AskAsync(edge, "/v1/stream", 200, 1);
        var text = await ScrapeAsync(edge);
        Has(text, $"edge_slo_events_total{{{FirstToken},edge_outcome=\"{outcome}\"}} 1");
        Has(text, $"edge_slo_burn_rate{{{FirstToken},edge_window=\"5m\"}} {rate}\n");
    }

    [Fact]
    public async Task A_reload_keeps_what_is_known_of_objectives_that_stay_and_forgets_those_that_go()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream, "slo: { availability: 90% }"));
        await AskAsync(edge, "/v1/500", 500, 1);
        Reload(edge, Configuration(upstream, "slo: { availability: 50% }"));
        Has(await ScrapeAsync(edge), $"edge_slo_burn_rate{{{Availability},edge_window=\"1h\"}} 2\n");
        Reload(edge, Configuration(upstream, ""));
        Assert.DoesNotContain("edge_slo_burn_rate{", await ScrapeAsync(edge), StringComparison.Ordinal);
        Reload(edge, Configuration(upstream, "slo: { availability: 50% }"));
        Has(await ScrapeAsync(edge), $"edge_slo_burn_rate{{{Availability},edge_window=\"1h\"}} 0\n");
    }

    [Fact]
    public async Task The_used_share_of_a_quota_is_the_highest_of_its_keys_and_names_nobody()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        const string Limits = "limits: [{ name: month, per: consumer, requests: 10, window: 30d }, "
            + "{ name: quick, per: consumer, requests: 99, window: 1m }]";
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream, Limits));
        await AskAsync(edge, "/v1/ok", 200, 3);
        const string Month = "edge_budget_used_ratio{edge_route=\"chat\",edge_limit=\"month\",edge_tier=\"free\"}";
        Has(await ScrapeAsync(edge), $"{Month} 0.3\n");
        await AskAsync(edge, "/v1/ok", 200, 10, key: "other-key");
        await AskAsync(edge, "/v1/ok", 429, 1, key: "other-key");
        await AskAsync(edge, "/v1/ok", 200, 1);
        var text = await ScrapeAsync(edge);
        Has(text, $"{Month} 1\n");
        Assert.DoesNotContain("quick\",edge_tier", text, StringComparison.Ordinal);
        Assert.DoesNotContain("anna", text, StringComparison.Ordinal);
        Reload(edge, Configuration(upstream, ""));
        Assert.DoesNotContain("edge_budget_used_ratio{", await ScrapeAsync(edge), StringComparison.Ordinal);
    }

    private static void Reload(RunningGateway edge, string yaml)
    {
        var loaded = ConfigurationLoader.LoadText(yaml, "edge.yaml", SystemConfigurationSource.Instance);
        Assert.Empty(loaded.Diagnostics);
        edge.Gateway.Reload(loaded.Plan!);
    }

    private static async Task AskAsync(RunningGateway edge, string path, int status, int count, string key = "anna-key")
    {
        for (var i = 0; i < count; i++)
        {
            await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
            await caller.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n");
            Assert.Equal(status, (await caller.ReadResponseAsync("GET")).Status);
        }
    }

    private static async Task<string> ScrapeAsync(RunningGateway edge)
    {
        await using var client = await RawHttpClient.ConnectAsync(edge.Gateway.AdminEndpoint!);
        await client.SendAsync("GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n");
        return (await client.ReadResponseAsync("GET")).Text;
    }

    private static void Has(string text, string line) =>
        Assert.True(text.Contains("\n" + line, StringComparison.Ordinal), line + "\n" + text);

    private static async Task Answer(ScriptedConnection connection)
    {
        var target = (await connection.ReadRequestAsync())!.Target;
        await connection.SendAsync(
            target.EndsWith("/bad", StringComparison.Ordinal) ? "HTTP/9.9 what\r\n\r\n"
            : target.EndsWith("/500", StringComparison.Ordinal) ? "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
            : target.EndsWith("/404", StringComparison.Ordinal) ? "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static string Configuration(ScriptedUpstream upstream, string settings) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0 }
        tiers: { free: { models: ["*"] } }
        identity:
          consumers:
            anna: { tier: free, apiKeys: [{ name: k, sha256: "{{Hash("anna-key")}}" }] }
            other: { tier: free, apiKeys: [{ name: k, sha256: "{{Hash("other-key")}}" }] }
        upstreams:
          llm: { targets: ["{{upstream.Url}}"], credential: none }
        routes:
          - name: chat
            match: { path: "/v1/*" }
            authenticate: { with: [consumers] }
            upstream: llm
            {{settings}}
        """;
}
