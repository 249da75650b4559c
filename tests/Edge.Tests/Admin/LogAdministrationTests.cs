using Edge.Core.Configuration;
using Edge.Tests.Support;

namespace Edge.Tests.Admin;

public sealed class LogAdministrationTests
{
    [Fact]
    public async Task How_much_is_said_is_what_the_file_says_until_somebody_says_otherwise_and_the_next_reload()
    {
        var folder = Directory.CreateTempSubdirectory("edge-level-");
        try
        {
            var audit = Path.Combine(folder.FullName, "audit.jsonl");
            await using var upstream = ScriptedUpstream.Start(static async c =>
            {
                await c.ReadRequestAsync();
                await c.SendAsync("HTTP/9.9 what\r\n\r\n");
            });
            var edge = await RunningGateway.StartAsync(Configuration(upstream, audit, "warning"));
            Assert.Equal((200, "warning\n"), await AskAsync(edge, "GET", "", "secret"));
            await FailAsync(edge, "/warned");
            Assert.Equal((200, "error\n"), await AskAsync(edge, "POST", "?level=error", "secret"));
            await FailAsync(edge, "/hidden");
            Reload(edge, Configuration(upstream, audit, "warning"));
            Assert.Equal((200, "warning\n"), await AskAsync(edge, "GET", "", "secret"));
            await FailAsync(edge, "/warned");
            await edge.DisposeAsync();
            Assert.Equal(2, edge.Said.Split("edge: route all: ").Length - 1);
            var told = await File.ReadAllTextAsync(audit, TestContext.Current.CancellationToken);
            Assert.Contains("POST /log-level: error", told, Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("POST", "?level=loud", "secret", 400)]
    [InlineData("POST", "", "secret", 400)]
    [InlineData("POST", "?level=error&x=1", "secret", 400)]
    [InlineData("DELETE", "?level=error", "secret", 405)]
    [InlineData("POST", "?level=error", "guess", 401)]
    public async Task Nothing_changes_on_what_is_wrong(string method, string query, string token, int status)
    {
        await using var upstream = ScriptedUpstream.Start(static c => c.ReadRequestAsync());
        await using var edge = await RunningGateway.StartAsync(Configuration(upstream, "/dev/null", "warning"));
        Assert.Equal(status, (await AskAsync(edge, method, query, token)).Status);
        Assert.Equal(ProgramLogLevel.Warning, edge.Gateway.Log.Level);
    }

    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static void Reload(RunningGateway edge, string yaml)
    {
        var loaded = ConfigurationLoader.LoadText(yaml, "edge.yaml", SystemConfigurationSource.Instance);
        Assert.Empty(loaded.Diagnostics);
        edge.Gateway.Reload(loaded.Plan!);
    }

    private static async Task FailAsync(RunningGateway edge, string path)
    {
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(502, (await caller.ReadResponseAsync("GET")).Status);
    }

    private static async Task<(int Status, string Text)> AskAsync(RunningGateway edge, string method, string query, string token)
    {
        await using var client = await RawHttpClient.ConnectAsync(edge.Gateway.AdminEndpoint!);
        await client.SendAsync(
            $"{method} /log-level{query} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n");
        var answer = await client.ReadResponseAsync(method);
        return (answer.Status, answer.Text);
    }

    private static string Configuration(ScriptedUpstream upstream, string audit, string level) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0, token: secret }
        telemetry: { logLevel: {{level}}, auditLog: { to: "{{audit}}" } }
        upstreams: { origin: { targets: ["{{upstream.Url}}"] } }
        routes: [{ name: all, upstream: origin }]
        """;
}
