using System.Net;
using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Admin;

/// <summary>Circuits opened and closed by hand over the administrative listener.</summary>
public sealed class TargetAdministrationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-targets-");

    private string AuditPath => Path.Combine(_folder.FullName, "audit.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_circuit_that_is_opened_stays_open_until_it_is_closed_and_both_are_audited()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        await using var gateway = await StartAsync(upstream);
        Assert.Equal(200, (await CallAsync(gateway)).Status);
        var opened = await PostAsync(gateway, "upstream=it&state=open");
        Assert.Equal((200, "{\"changed\":1}"), (opened.Status, opened.Text));
        var refused = await CallAsync(gateway);
        Assert.Equal((503, "open", "30"), (refused.Status, refused.Headers["X-Circuit-State"], refused.Headers["Retry-After"]));
        using (var state = JsonDocument.Parse((await AskAsync(gateway, "GET", "/state")).Text))
        {
            var circuit = state.RootElement.GetProperty("upstreams")[0].GetProperty("targets")[0].GetProperty("circuit");
            Assert.Equal(("open", true), (circuit.GetProperty("state").GetString(), circuit.GetProperty("forced").GetBoolean()));
        }

        var closed = await PostAsync(gateway, $"state=closed&upstream=it&target={upstream.Endpoint}");
        Assert.Equal((200, "{\"changed\":1}"), (closed.Status, closed.Text));
        Assert.Equal(200, (await CallAsync(gateway)).Status);
        await gateway.DisposeAsync();
        var audit = await File.ReadAllTextAsync(AuditPath, TestContext.Current.CancellationToken);
        Assert.Contains("upstream=it\\u0026state=open: 1 circuits opened", audit, StringComparison.Ordinal);
        Assert.Contains(": 1 circuits closed", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circuit_that_failures_have_opened_is_closed_at_once()
    {
        await using var upstream = ScriptedUpstream.Start(
            ScriptedUpstream.Answer("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        await using var gateway = await StartAsync(upstream);
        Assert.Equal(500, (await CallAsync(gateway)).Status);
        Assert.Equal(503, (await CallAsync(gateway)).Status);
        Assert.Equal(200, (await PostAsync(gateway, "upstream=it&state=closed")).Status);
        Assert.Equal(200, (await CallAsync(gateway)).Status);
    }

    [Theory]
    [InlineData("", "say which")]
    [InlineData("upstream=it", "say which")]
    [InlineData("state=open", "say which")]
    [InlineData("upstream=it&state=half", "say which")]
    [InlineData("upstream=it&state=open&state=closed", "say which")]
    [InlineData("upstream=it&state=open&force=1", "say which")]
    [InlineData("upstream=other&state=open", "there is no upstream of this name")]
    [InlineData("upstream=bare&state=open", "this upstream has no breaker")]
    [InlineData("upstream=it&state=open&target=elsewhere", "the upstream has no target of this authority")]
    public async Task A_question_that_names_no_circuit_changes_nothing(string query, string error)
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        await using var gateway = await StartAsync(upstream);
        var answer = await PostAsync(gateway, query);
        Assert.Equal(400, answer.Status);
        Assert.Contains(error, answer.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await CallAsync(gateway)).Status);
    }

    [Theory]
    [InlineData("GET", "token", 405)]
    [InlineData("POST", "wrong", 401)]
    [InlineData("POST", "", 401)]
    public async Task Only_who_may_does_it_and_only_by_POST(string method, string token, int status)
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("ok")));
        await using var gateway = await StartAsync(upstream);
        Assert.Equal(status, (await AskAsync(gateway, method, "/targets/circuit?upstream=it&state=open", token)).Status);
        Assert.Equal(200, (await CallAsync(gateway)).Status);
    }

    private static Task<RawResponse> CallAsync(RunningGateway gateway) =>
        RawHttpClient.ExchangeAsync(gateway.Endpoint, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    private static Task<RawResponse> PostAsync(RunningGateway gateway, string query) =>
        AskAsync(gateway, "POST", "/targets/circuit?" + query);

    private static Task<RawResponse> AskAsync(RunningGateway gateway, string method, string target, string token = "token") =>
        RawHttpClient.ExchangeAsync(
            new IPEndPoint(IPAddress.Loopback, gateway.Gateway.AdminEndpoint!.Port),
            $"{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n" +
            "Connection: close\r\n\r\n");

    private Task<RunningGateway> StartAsync(ScriptedUpstream upstream) => RunningGateway.StartAsync(
        $$"""
        listeners: [{ address: "127.0.0.1:0" }]
        admin: { address: "127.0.0.1:0", token: token }
        telemetry: { auditLog: { to: "{{AuditPath}}" } }
        upstreams:
          it: { targets: ["{{upstream.Url}}"], breaker: { failures: 1 } }
          bare: { targets: ["{{upstream.Url}}"] }
        routes: [{ name: all, upstream: it }]
        """);
}
