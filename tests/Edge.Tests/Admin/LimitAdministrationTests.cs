using System.Net;
using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Admin;

/// <summary>Counts of limits, read and changed over the administrative listener.</summary>
public sealed class LimitAdministrationTests : IDisposable
{
    private const string Who = "&by=anna&reason=ticket+42";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-admin-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_key_is_read_granted_and_reset_and_each_change_is_audited()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        for (var i = 0; i < 10; i++) Assert.Equal(200, await CallAsync(gateway, "a"));
        Assert.Equal(429, await CallAsync(gateway, "a"));
        Assert.Equal(200, await CallAsync(gateway, "b"));
        var state = await ReadAsync(gateway, "GET", "/limits?route=all&limit=quota&header:X-Who=a");
        Assert.Equal(("requests", "process", 10, 0), (
            state.GetProperty("unit").GetString(), state.GetProperty("countedBy").GetString(),
            state.GetProperty("max").GetInt32(), state.GetProperty("remaining").GetInt32()));
        Assert.InRange(state.GetProperty("fullInSeconds").GetDecimal(), 1, 31 * 86400);

        var granted = await ReadAsync(gateway, "POST", $"/limits/grant?route=all&limit=quota&header:X-Who=a&amount=3{Who}");
        Assert.Equal((3, 3), (granted.GetProperty("givenBack").GetInt32(), granted.GetProperty("remaining").GetInt32()));
        for (var i = 0; i < 3; i++) Assert.Equal(200, await CallAsync(gateway, "a"));
        Assert.Equal(429, await CallAsync(gateway, "a"));
        var reset = await ReadAsync(gateway, "POST", $"/limits/reset?route=all&limit=quota&header:X-Who=a{Who}");
        Assert.Equal((10, 10), (reset.GetProperty("givenBack").GetInt32(), reset.GetProperty("remaining").GetInt32()));
        Assert.Equal(200, await CallAsync(gateway, "a"));

        // Another key is another key.
        state = await ReadAsync(gateway, "GET", "/limits?route=all&limit=quota&header:X-Who=b");
        Assert.Equal(9, state.GetProperty("remaining").GetInt32());
        await gateway.DisposeAsync();
        var lines = (await File.ReadAllLinesAsync(AuditPath, TestContext.Current.CancellationToken))
            .Where(static line => line.Contains("\"event\":\"admin\"", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, lines.Count);
        using var line = JsonDocument.Parse(lines[1]);
        Assert.Equal(("done", "anna", "ticket 42", "127.0.0.1"), (
            line.RootElement.GetProperty("outcome").GetString(), line.RootElement.GetProperty("caller").GetString(),
            line.RootElement.GetProperty("reason").GetString(), line.RootElement.GetProperty("client").GetString()));
        Assert.Equal(
            "POST /limits/grant all/quota header:X-Who=a: 3 requests given back",
            line.RootElement.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task What_was_given_by_hand_is_kept_over_a_restart()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using (var gateway = await StartAsync(upstream))
        {
            for (var i = 0; i < 10; i++) Assert.Equal(200, await CallAsync(gateway, "a"));
            await ReadAsync(gateway, "POST", $"/limits/grant?route=all&limit=quota&header:X-Who=a&amount=4{Who}");
        }

        await using var again = await StartAsync(upstream);
        var state = await ReadAsync(again, "GET", "/limits?route=all&limit=quota&header:X-Who=a");
        Assert.Equal(4, state.GetProperty("remaining").GetInt32());
    }

    [Fact]
    public async Task Keys_of_every_kind_are_found()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        Assert.Equal(200, await CallAsync(gateway, "a"));
        foreach (var (limit, key, left) in new[]
        {
            ("everybody", "", 99), ("each-ip", "&ip=127.0.0.1", 99), ("each-ip", "&ip=::ffff:127.0.0.1", 99),
            ("each-ip", "&ip=192.0.2.1", 100), ("each-route", "", 99), ("quota", "&header:X-Who=", 10),
            ("each-consumer", "&consumer=app", 99), ("each-consumer", "&consumer=app&source=corp", 100),
            ("each-tier", "&tier=gold", 99), ("each-tier", "&tier=", 100),
            ("each-key", "&consumer=app&apiKey=laptop", 99), ("each-key", "&consumer=app&apiKey=other", 100),
            ("both", "&tier=gold&ip=127.0.0.1", 99), ("at-once", "", 5),
        })
        {
            var state = await ReadAsync(gateway, "GET", $"/limits?route=all&limit={limit}{key}");
            Assert.Equal((limit + key, left), (limit + key, state.GetProperty("remaining").GetInt32()));
        }
    }

    [Theory]
    [InlineData("GET", "/limits", "say which route: route=NAME")]
    [InlineData("GET", "/limits?route=x", "there is no route 'x'")]
    [InlineData("GET", "/limits?route=all", "say which limit: limit=NAME; there are quota, everybody, ")]
    [InlineData("GET", "/limits?route=all&limit=x", "there is no limit 'x' on this route; there are: quota, ")]
    [InlineData("GET", "/limits?route=all&limit=quota", "this limit has a count for each header:X-Who: add header:X-Who=VALUE")]
    [InlineData("GET", "/limits?route=all&limit=each-ip&ip=1.2.3.x", "'1.2.3.x' is not an address")]
    [InlineData("GET", "/limits?route=all&limit=each-tier", "this limit has a count for each tier: add tier=VALUE, or tier= ")]
    [InlineData("GET", "/limits?route=all&limit=each-consumer", "this limit has a count for each consumer: add consumer=ID")]
    [InlineData("GET", "/limits?route=all&route=all&limit=everybody", "'route' is given twice")]
    [InlineData("GET", "/limits?route=all&limit=everybody&colour=red", "'colour' means nothing here")]
    [InlineData("GET", "/limits?route=all&limit=everybody&tier=gold", "'tier' means nothing here")]
    [InlineData("GET", "/limits?route=%00", "the query has control characters")]
    [InlineData("GET", "/limits?route=a%0d%0ab", "the query has control characters")]
    [InlineData("POST", "/limits/reset?route=all&limit=everybody", "say who does this and why, for the audit log")]
    [InlineData("POST", "/limits/reset?route=all&limit=everybody&by=a&reason=", "say who does this and why, for the audit log")]
    [InlineData("POST", "/limits/grant?route=all&limit=everybody" + Who, "say how much: amount=N, a whole number from 1 to ")]
    [InlineData("POST", "/limits/grant?route=all&limit=everybody&amount=0" + Who, "say how much: amount=N")]
    [InlineData("POST", "/limits/grant?route=all&limit=everybody&amount=-5" + Who, "say how much: amount=N")]
    [InlineData("POST", "/limits/grant?route=all&limit=everybody&amount=1.5" + Who, "say how much: amount=N")]
    [InlineData("POST", "/limits/grant?route=all&limit=everybody&amount=1000000000001" + Who, "say how much: amount=N")]
    [InlineData("POST", "/limits/grant?route=all&limit=everybody&amount=NaN" + Who, "say how much: amount=N")]
    [InlineData("POST", "/limits/reset?route=all&limit=everybody&amount=5" + Who, "'amount' means nothing here")]
    [InlineData("POST", "/limits/reset?route=all&limit=at-once" + Who, "this limit counts what runs now")]
    public async Task What_is_not_understood_is_told_and_changes_nothing(string method, string target, string message)
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        var answer = await AskAsync(gateway, method, target);
        Assert.Equal(400, answer.Status);
        Assert.StartsWith(message, answer.Text);
        Assert.Equal(0, gateway.Gateway.Limits.Table.Count);
    }

    [Fact]
    public async Task Too_long_a_query_is_refused_one_char_past_the_limit()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        var start = "/limits?route=all&limit=quota&header:X-Who=";
        var room = 4096 - (start.Length - "/limits".Length);
        Assert.Equal(200, (await AskAsync(gateway, "GET", start + new string('a', room))).Status);
        var answer = await AskAsync(gateway, "GET", start + new string('a', room + 1));
        Assert.Equal((400, "the query has more than 4096 characters\n"), (answer.Status, answer.Text));
        var longest = $"/limits/reset?route=all&limit=everybody&by={new string('b', 200)}&reason={new string('r', 200)}";
        Assert.Equal(200, (await AskAsync(gateway, "POST", longest)).Status);
        Assert.Equal(400, (await AskAsync(gateway, "POST", longest + "r")).Status);
    }

    [Theory]
    [InlineData("GET", "/limits?route=all&limit=everybody")]
    [InlineData("POST", "/limits/reset?route=all&limit=everybody" + Who)]
    [InlineData("POST", "/limits/grant?route=all&limit=everybody&amount=1" + Who)]
    public async Task Nothing_is_told_or_changed_without_the_token(string method, string target)
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        Assert.Equal(200, await CallAsync(gateway, "a"));
        var answer = await AskAsync(gateway, method, target, "Bearer wrong");
        Assert.Equal((401, "Bearer"), (answer.Status, answer.Headers["WWW-Authenticate"]));
        var state = await ReadAsync(gateway, "GET", "/limits?route=all&limit=everybody");
        Assert.Equal(99, state.GetProperty("remaining").GetInt32());
    }

    [Theory]
    [InlineData("POST", "/limits", "GET, HEAD")]
    [InlineData("GET", "/limits/reset", "POST")]
    [InlineData("DELETE", "/limits/grant", "POST")]
    public async Task Another_method_is_refused(string method, string target, string allow)
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        var answer = await AskAsync(gateway, method, target);
        Assert.Equal((405, allow), (answer.Status, answer.Headers["Allow"]));
    }

    private string AuditPath => Path.Combine(_folder.FullName, "audit.jsonl");

    private static async Task AnswerAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is { Body.IsComplete: true })
        {
            await connection.SendAsync(ScriptedUpstream.Ok("ok"));
        }
    }

    private static async Task<int> CallAsync(RunningGateway gateway, string who) => (await RawHttpClient.ExchangeAsync(
        gateway.Endpoint,
        $"GET / HTTP/1.1\r\nHost: a\r\nX-Who: {who}\r\nAuthorization: Bearer laptop-key\r\nConnection: close\r\n\r\n")).Status;

    private static async Task<RawResponse> AskAsync(
        RunningGateway gateway, string method, string target, string authorization = "Bearer t")
    {
        await using var client = await RawHttpClient.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, gateway.Gateway.AdminEndpoint!.Port));
        var length = method == "GET" ? "" : "Content-Length: 0\r\n";
        await client.SendAsync($"{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n{length}\r\n");
        return await client.ReadResponseAsync(method);
    }

    private static async Task<JsonElement> ReadAsync(RunningGateway gateway, string method, string target)
    {
        var answer = await AskAsync(gateway, method, target);
        Assert.True(answer.Status == 200, answer.Text);
        using var json = JsonDocument.Parse(answer.Text);
        return json.RootElement.Clone();
    }

    private Task<RunningGateway> StartAsync(ScriptedUpstream upstream) => RunningGateway.StartAsync(
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0, token: t }
        telemetry: { auditLog: { to: "{{AuditPath}}", events: [admin] } }
        limitState: { file: "{{Path.Combine(_folder.FullName, "limits.state")}}" }
        upstreams: { it: { targets: ["{{upstream.Url}}"] } }
        identity:
          consumers: { app: { tier: gold, apiKeys: [{ name: laptop, sha256: {{Hash("laptop-key")}} }] } }
        routes:
          - name: all
            upstream: it
            authenticate: { with: [consumers] }
            limits:
              - { name: quota, per: "header:X-Who", requests: 10, window: month }
              - { name: everybody, per: global, requests: 100, window: 1d }
              - { name: each-ip, per: ip, requests: 100, window: 1d }
              - { name: each-route, per: route, requests: 100, window: 1d }
              - { name: each-consumer, per: consumer, requests: 100, window: 1d }
              - { name: each-tier, per: tier, requests: 100, window: 1d }
              - { name: each-key, per: apiKey, requests: 100, window: 1d }
              - { name: both, per: [tier, ip], requests: 100, window: 1d }
              - { name: at-once, per: global, concurrent: 5 }
        """);

    private static string Hash(string key) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
}
