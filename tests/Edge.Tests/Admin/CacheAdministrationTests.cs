using System.Text.Json;
using Edge.Tests.Identity;
using Edge.Tests.Support;

namespace Edge.Tests.Admin;

/// <summary>The cache, read and purged over the administrative listener.</summary>
public sealed class CacheAdministrationTests : IDisposable
{
    private const string Ask = "{\"model\":\"m\",\"messages\":[]}";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-admin-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("all=true", 2, "MISS", "MISS")]
    [InlineData("route=chat", 2, "MISS", "MISS")]
    [InlineData("consumer=ann", 1, "MISS", "HIT")]
    [InlineData("route=chat&consumer=bob", 1, "HIT", "MISS")]
    [InlineData("consumer=ann&source=corp", 0, "HIT", "HIT")]
    [InlineData("key=0", 0, "HIT", "HIT")]
    public async Task A_purge_removes_what_it_says_and_is_audited(string query, int removed, string ann, string bob)
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        foreach (var key in new[] { Consumers.AnnKey, Consumers.BobKey })
        {
            Assert.Equal("MISS", await CallAsync(gateway, key));
            Assert.Equal("HIT", await CallAsync(gateway, key));
        }

        var answer = await AskAsync(gateway, "POST", "/cache/purge?" + query);
        Assert.Equal((200, $"{{\"removed\":{removed}}}"), (answer.Status, answer.Text));
        Assert.Equal((ann, bob), (await CallAsync(gateway, Consumers.AnnKey), await CallAsync(gateway, Consumers.BobKey)));
        await gateway.DisposeAsync();
        Assert.Contains(
            $"POST /cache/purge {query.Replace("&", "\\u0026", StringComparison.Ordinal)}: {removed} answers removed",
            await File.ReadAllTextAsync(AuditPath, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_purge_by_key_takes_what_X_Cache_Key_says()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        var key = (await SendAsync(gateway, Consumers.AnnKey)).Headers["X-Cache-Key"];
        await CallAsync(gateway, Consumers.BobKey);
        Assert.Equal("{\"removed\":1}", (await AskAsync(gateway, "POST", "/cache/purge?key=" + key)).Text);
        Assert.Equal("HIT", await CallAsync(gateway, Consumers.BobKey));
    }

    [Fact]
    public async Task Figures_are_told_by_route()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        for (var i = 0; i < 4; i++) await CallAsync(gateway, Consumers.AnnKey);
        using var json = JsonDocument.Parse((await AskAsync(gateway, "GET", "/cache")).Text);
        Assert.Equal(1, json.RootElement.GetProperty("answers").GetInt32());
        Assert.True(json.RootElement.GetProperty("usedBytes").GetInt64() > 0);
        var chat = json.RootElement.GetProperty("routes").GetProperty("chat");
        Assert.Equal((3, 1, 0.75m), (
            chat.GetProperty("hits").GetInt32(), chat.GetProperty("misses").GetInt32(),
            chat.GetProperty("hitRatio").GetDecimal()));
    }

    [Theory]
    [InlineData("POST", "/cache/purge", 400)]
    [InlineData("POST", "/cache/purge?all=false", 400)]
    [InlineData("POST", "/cache/purge?all=true&route=chat", 400)]
    [InlineData("POST", "/cache/purge?route=other", 400)]
    [InlineData("POST", "/cache/purge?key=xyz", 400)]
    [InlineData("POST", "/cache/purge?consumer=", 400)]
    [InlineData("GET", "/cache/purge?all=true", 405)]
    [InlineData("POST", "/cache", 405)]
    public async Task A_wrong_request_does_nothing(string method, string target, int status)
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        await CallAsync(gateway, Consumers.AnnKey);
        Assert.Equal(status, (await AskAsync(gateway, method, target)).Status);
        Assert.Equal("HIT", await CallAsync(gateway, Consumers.AnnKey));
    }

    [Fact]
    public async Task Without_the_token_nothing_is_told_or_purged()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        await CallAsync(gateway, Consumers.AnnKey);
        Assert.Equal(401, (await AskAsync(gateway, "POST", "/cache/purge?all=true", token: "wrong")).Status);
        Assert.Equal(401, (await AskAsync(gateway, "GET", "/cache", token: "wrong")).Status);
        Assert.Equal("HIT", await CallAsync(gateway, Consumers.AnnKey));
    }

    private string AuditPath => Path.Combine(_folder.FullName, "audit.jsonl");

    private static async Task AnswerAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        }
    }

    private static async Task<string> CallAsync(RunningGateway gateway, string key) =>
        (await SendAsync(gateway, key)).Headers["X-Cache"]!;

    private static Task<RawResponse> SendAsync(RunningGateway gateway, string key) => RawHttpClient.ExchangeAsync(
        gateway.Endpoint,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"
        + $"X-Api-Key: {key}\r\nContent-Length: {Ask.Length}\r\n\r\n{Ask}");

    private static Task<RawResponse> AskAsync(RunningGateway gateway, string method, string target, string token = "t") =>
        RawHttpClient.ExchangeAsync(
            gateway.Gateway.AdminEndpoint!,
            $"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n");

    private Task<RunningGateway> StartAsync(ScriptedUpstream upstream) => RunningGateway.StartAsync(
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0, token: t }
        telemetry: { auditLog: { to: "{{AuditPath}}", events: [admin] } }
        {{Consumers.Lines}}
        upstreams: { llm: { dialect: openai, targets: ["{{upstream.Url}}"] } }
        routes:
          - name: chat
            upstream: llm
            authenticate: { with: [consumers] }
            cache: { ttl: 1m, scope: consumer }
        """);
}
