using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Edge.Telemetry;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

public sealed partial class DecisionTraceTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;
    private const string Asks = "X-Edge-Explain: 1\r\n";

    [Fact]
    public async Task A_permitted_caller_is_told_what_each_stage_decided_and_how_long_it_took()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        var stages = Parse(await AskAsync(edge, "gold-key", Asks, Chat("gpt-4o"), 200));
        Assert.Equal(
            [
                "admit", "route", "authenticate", "authorize", "limit_requests", "body", "limit_tokens", "cache", "overload",
                "forward",
            ],
            stages.Select(static s => s.Name));
        Assert.Equal(("found", "chat"), (stages[1].Did, stages[1].Why));
        Assert.Equal(("accepted", "tier gold, consumers, rich"), (stages[2].Did, stages[2].Why));
        Assert.Equal(("admitted", "few 2 of 3 left"), (stages[4].Did, stages[4].Why));
        Assert.EndsWith("model gpt-4o", stages[5].Why, StringComparison.Ordinal);
        Assert.Equal(("none", ""), (stages[7].Did, stages[7].Why));
        Assert.Equal(("answered", "llm, status 200"), (stages[9].Did, stages[9].Why));
        Assert.All(stages, static stage => Assert.InRange(stage.Microseconds, 0, 60_000_000));
        Assert.True(stages.Sum(static s => s.Microseconds) > 0);
    }

    [Theory]
    [InlineData("gold-key", "")]
    [InlineData("gold-key", "X-Edge-Explain: 0\r\n")]
    [InlineData("gold-key", Asks + Asks)]
    [InlineData("free-key", Asks)]
    public async Task Nobody_else_is(string key, string header)
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        var answer = await AskAsync(edge, key, header, Chat("gpt-4o"), 200);
        Assert.Empty(answer.Headers.All("X-Edge-Explain"));
        Assert.Empty((await AskAsync(edge, "no-key", Asks, Chat("gpt-4o"), 401)).Headers.All("X-Edge-Explain"));
    }

    [Fact]
    public async Task A_refusal_says_which_stage_refused_and_by_what()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        for (var i = 0; i < 3; i++)
        {
            await AskAsync(edge, "gold-key", "", Chat("gpt-4o"), 200);
        }

        var stages = Parse(await AskAsync(edge, "gold-key", Asks, Chat("gpt-4o"), 429));
        Assert.Equal(("limit_requests", "refused", "quota_exceeded by few"), Last(stages));
        Assert.Equal(5, stages.Length);
        stages = Parse(await AskAsync(edge, "gold-key", Asks, "{", 400, "/other"));
        Assert.Equal(("body", "refused"), (stages[^1].Name, stages[^1].Did));
    }

    [Fact]
    public async Task An_upstream_that_fails_is_named()
    {
        await using var upstream = ScriptedUpstream.Start(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/9.9 what\r\n\r\n");
        });
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        var stages = Parse(await AskAsync(edge, "gold-key", Asks, Chat("gpt-4o"), 502));
        Assert.Equal(("forward", "failed"), (stages[^1].Name, stages[^1].Did));
    }

    [Fact]
    public async Task A_stream_has_it_in_its_head_before_the_first_event()
    {
        var release = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            await release.Task;
            await connection.SendAsync("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
        });
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync(Post("gold-key", Asks, "{\"stream\":true," + Chat("gpt-4o")[1..], ""));
        release.SetResult();
        var answer = await caller.ReadResponseAsync("POST");
        Assert.Equal("forward", Parse(answer)[^1].Name);
    }

    [Theory]
    [InlineData("x\\\"\\r\\nSet-Cookie: a=b")]
    [InlineData("\\u0000\\u0007\\u007f\\u00e9\\u2028\\ud83d\\ude00\\\\")]
    public async Task What_callers_write_cannot_leave_its_quotes(string model)
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        var answer = await AskAsync(edge, "gold-key", Asks, Chat(model), 200);
        var text = Assert.Single(answer.Headers.All("X-Edge-Explain"));
        Assert.Equal(10, Parse(answer).Length);
        Assert.All(text, static c => Assert.InRange(c, ' ', '~'));
        Assert.Empty(answer.Headers.All("Set-Cookie"));
    }

    [Fact]
    public async Task The_longest_reasons_fit_in_the_header()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        var limits = string.Join(", ", Enumerable.Range(0, 8).Select(i =>
            $"{{ name: {new string((char)('a' + i), 60)}, per: global, requests: 100, window: 30d }}"));
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream, limits: limits));
        var answer = await AskAsync(edge, "gold-key", Asks, Chat(new string('m', 5000)), 200);
        var text = Assert.Single(answer.Headers.All("X-Edge-Explain"));
        Assert.InRange(text.Length, 2 * DecisionTrace.WhyCharsMax, DecisionTrace.HeaderCharsMax);
        Assert.All(Members().Matches(text), static member => Assert.InRange(
            member.Groups["why"].Length, 0, DecisionTrace.WhyCharsMax));
    }

    [Fact]
    public async Task Server_timing_stands_beside_the_upstreams_where_the_route_asks()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        Assert.Equal(["db;dur=7"], (await AskAsync(edge, "free-key", "", Chat("gpt-4o"), 200)).Headers.All("Server-Timing"));
        var both = (await AskAsync(edge, "free-key", "", Chat("gpt-4o"), 200, "/other")).Headers.All("Server-Timing");
        Assert.Equal("db;dur=7", both[0]);
        Assert.Matches(
            @"^admit;dur=\d+(\.\d{1,3})?, route;dur=[\d.]+, authenticate;dur=[\d.]+, .*forward;dur=\d+(\.\d{1,3})?$", both[1]);
    }

    [Fact]
    public async Task No_cache_between_keeps_an_explanation_or_gives_another_answer_to_who_asks_for_one()
    {
        await using var upstream = ScriptedUpstream.Start(Cacheable);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        var explained = await GetAsync(edge, "/v1/models", "gold-key", Asks);
        Assert.NotEmpty(explained.Headers.All("X-Edge-Explain"));
        Assert.Equal(["no-store"], explained.Headers.All("Cache-Control"));
        Assert.Equal(["Origin"], explained.Headers.All("Vary"));
        string[] targeted = ["CDN-Cache-Control", "Surrogate-Control", "X-Accel-Expires"];
        Assert.All(targeted, name => Assert.Empty(explained.Headers.All(name)));
        foreach (var (key, header) in new[] { ("gold-key", ""), ("free-key", Asks) })
        {
            var plain = await GetAsync(edge, "/v1/models", key, header);
            Assert.Equal(["public, max-age=60"], plain.Headers.All("Cache-Control"));
            Assert.Equal("Origin, X-Edge-Explain", string.Join(", ", plain.Headers.All("Vary")));
            Assert.All(targeted, name => Assert.Single(plain.Headers.All(name)));
        }

        // Of an answer that nobody stores, nobody has to be told.
        var posted = await AskAsync(edge, "gold-key", "", Chat("gpt-4o"), 200);
        Assert.Equal(["Origin"], posted.Headers.All("Vary"));
    }

    [Fact]
    public async Task The_routes_own_rules_do_not_have_an_explanation_stored()
    {
        await using var upstream = ScriptedUpstream.Start(Cacheable);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        Assert.Equal(["no-store"], (await GetAsync(edge, "/other/v1/models", "gold-key", Asks)).Headers.All("Cache-Control"));
        Assert.Equal(
            ["max-age=600", "private=\"Server-Timing\""],
            (await GetAsync(edge, "/other/v1/models", "free-key", "")).Headers.All("Cache-Control"));
    }

    [Fact]
    public async Task A_shared_cache_between_gives_everybody_what_is_theirs()
    {
        await using var upstream = ScriptedUpstream.Start(Cacheable);
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream));
        await using var cache = await RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            upstreams: { edge: { targets: ["http://{{edge.Endpoint}}"] } }
            routes: [{ name: all, cache: { scope: public }, upstream: edge }]
            """);
        Assert.NotEmpty((await GetAsync(cache, "/v1/models", "gold-key", Asks)).Headers.All("X-Edge-Explain"));
        var stored = await GetAsync(cache, "/v1/models", "gold-key", "");
        Assert.Empty(stored.Headers.All("X-Edge-Explain"));
        var hit = await GetAsync(cache, "/v1/models", "free-key", "");
        Assert.Contains("hit", Assert.Single(hit.Headers.All("Cache-Status")), Ordinal);
        Assert.Empty(hit.Headers.All("X-Edge-Explain"));
        Assert.NotEmpty((await GetAsync(cache, "/v1/models", "gold-key", Asks)).Headers.All("X-Edge-Explain"));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("times")]
    [InlineData("debug")]
    public async Task The_access_log_tells_as_much_of_stages_as_the_file_says(string detail)
    {
        var folder = Directory.CreateTempSubdirectory("edge-stages-");
        try
        {
            var file = Path.Combine(folder.FullName, "access.log");
            await using var upstream = ScriptedUpstream.Start(Answer);
            await using (var edge = await RunningGateway.StartAsync(
                Configuration(upstream, $"accessLog: {{ to: \"{file}\", stages: {detail} }}")))
            {
                await AskAsync(edge, "free-key", "", Chat("gpt-4o"), 200);
                await AskAsync(edge, "no-key", "", Chat("gpt-4o"), 401);
            }

            var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            using var served = JsonDocument.Parse(lines.Single(static line => line.Contains("\"status\":200", Ordinal)));
            using var refused = JsonDocument.Parse(lines.Single(static line => line.Contains("\"status\":401", Ordinal)));
            Assert.Equal(detail != "none", served.RootElement.TryGetProperty("stages", out var stages));
            switch (detail)
            {
                case "times":
                    Assert.Equal(10, stages.EnumerateObject().Count());
                    Assert.InRange(
                        stages.EnumerateObject().Sum(static s => s.Value.GetDouble()), 0.001,
                        served.RootElement.GetProperty("ms").GetDouble() + 0.010);
                    break;
                case "debug":
                    var last = refused.RootElement.GetProperty("stages").EnumerateArray().Last();
                    Assert.Equal("authenticate", last.GetProperty("stage").GetString());
                    Assert.Equal("refused", last.GetProperty("did").GetString());
                    Assert.Contains(
                        refused.RootElement.GetProperty("reason").GetString()!, last.GetProperty("why").GetString()!,
                        StringComparison.Ordinal);
                    break;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<RawResponse> AskAsync(
        RunningGateway edge, string key, string headers, string body, int status, string prefix = "")
    {
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync(Post(key, headers, body, prefix));
        var answer = await caller.ReadResponseAsync("POST");
        Assert.Equal(status, answer.Status);
        return answer;
    }

    private static async Task<RawResponse> GetAsync(RunningGateway edge, string path, string key, string headers)
    {
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n{headers}\r\n");
        var answer = await caller.ReadResponseAsync("GET");
        Assert.Equal(200, answer.Status);
        return answer;
    }

    private static async Task Cacheable(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nCDN-Cache-Control: public, max-age=600\r\n"
                + "Surrogate-Control: max-age=600\r\nX-Accel-Expires: 600\r\nVary: Origin\r\nContent-Length: 2\r\n\r\n{}");
        }
    }

    private static string Post(string key, string headers, string body, string prefix) =>
        $"POST {prefix}/v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n{headers}"
        + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";

    private static string Chat(string model) =>
        "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";

    private static Decision[] Parse(RawResponse answer)
    {
        var text = Assert.Single(answer.Headers.All("X-Edge-Explain"));
        var members = Members().Matches(text);
        Assert.Equal(text.Length, members.Sum(static m => m.Length));
        return
        [
            .. members.Select(static m => new Decision(
                m.Groups["name"].Value, long.Parse(m.Groups["us"].Value, System.Globalization.CultureInfo.InvariantCulture),
                m.Groups["did"].Value, m.Groups["why"].Value)),
        ];
    }

    private static (string Name, string Did, string Why) Last(Decision[] stages) =>
        (stages[^1].Name, stages[^1].Did, stages[^1].Why);

    private static async Task Answer(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nServer-Timing: db;dur=7\r\nContent-Length: 2\r\n\r\n{}");
        }
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static string Configuration(ScriptedUpstream upstream, string telemetry = "", string? limits = null) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        telemetry: { explain: { tiers: [gold] }{{(telemetry.Length == 0 ? "" : ", " + telemetry)}} }
        tiers: { gold: { models: ["*"] }, free: { models: ["*"] } }
        identity:
          consumers:
            rich: { tier: gold, apiKeys: [{ name: k, sha256: "{{Hash("gold-key")}}" }] }
            poor: { tier: free, apiKeys: [{ name: k, sha256: "{{Hash("free-key")}}" }] }
        defaults: { authenticate: { with: [consumers] }, metering: {} }
        upstreams:
          llm: { dialect: openai, targets: ["{{upstream.Url}}"], credential: none }
        routes:
          - name: chat
            match: { path: "/v1/*" }
            limits: [{{limits ?? "{ name: few, per: consumer, requests: 3, window: 30d }"}}]
            upstream: llm
          - name: other
            match: { path: "/other/*" }
            stripPath: true
            serverTiming: true
            validate: {}
            response: { headers: { set: { Cache-Control: max-age=600 } } }
            upstream: llm
        """;

    [GeneratedRegex("(?:^|, )(?<name>[a-z_]+);us=(?<us>\\d+);did=(?<did>[a-z]+)(?:;why=\"(?<why>[^\"\\\\]*)\")?")]
    private static partial Regex Members();

    private sealed record Decision(string Name, long Microseconds, string Did, string Why);
}
