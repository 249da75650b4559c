using System.Net;
using System.Text.Json;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

/// <summary>What the running gateway writes into its audit log.</summary>
public sealed class AuditedRequestTests : IDisposable
{
    private const string Refused = "cors: { origins: [https://a.example] }, requestId: {}";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-audited-");

    private string FilePath => Path.Combine(_folder.FullName, "audit.jsonl");

    private string Top => $"telemetry: {{ auditLog: {{ to: {FilePath} }} }}";

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_refusal_says_what_who_from_where_and_why_and_no_secret()
    {
        await using (var door = await Door.OpenAsync(route: Refused, top: Top))
        {
            var answer = await RawHttpClient.ExchangeAsync(
                door.Endpoint,
                "OPTIONS /v1/chat?jwt=secret1 HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nCookie: jwt=secret2\r\n" +
                "Access-Control-Request-Method: POST\r\nAuthorization: Bearer secret3\r\nX-Request-ID: r-1\r\n" +
                "User-Agent: agent\r\n\r\n");
            Assert.Equal(403, answer.Status);
            Assert.Equal(200, (await RawHttpClient.ExchangeAsync(door.Endpoint, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        }

        Assert.DoesNotContain("secret", File.ReadAllText(FilePath), StringComparison.Ordinal);
        var refusal = Assert.Single(Lines(), static line => Field(line, "event") == "refusal");
        Assert.Equal("origin_not_allowed", Field(refusal, "reason"));
        Assert.Equal(403, refusal.GetProperty("status").GetInt32());
        Assert.Equal("all", Field(refusal, "route"));
        Assert.Equal("OPTIONS", Field(refusal, "method"));
        Assert.Equal("/v1/chat", Field(refusal, "path"));
        Assert.Equal("127.0.0.1", Field(refusal, "client"));
        Assert.Equal("r-1", Field(refusal, "requestId"));
        Assert.Equal("agent", Field(refusal, "userAgent"));
        var time = refusal.GetProperty("time").GetDateTimeOffset();
        Assert.InRange(time, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        Assert.False(refusal.TryGetProperty("peer", out _));
    }

    [Fact]
    public async Task Start_drain_and_stop_are_told()
    {
        await using (var door = await Door.OpenAsync(top: Top))
        {
            await door.Gateway.Gateway.DrainAsync();
        }

        Assert.Equal(["started", "draining", "stopped"], Lines().Select(static line => Field(line, "outcome")));
    }

    [Theory]
    [InlineData("/a%22%2C%22event%22%3A%22admin", "x\",\"event\":\"admin")]
    [InlineData("/a\"},{\"event\":\"admin\"", "x\\")]
    [InlineData("/%0A%7B%22event%22%3A%22admin%22%7D", "\u0085{\"event\":\"admin\"}")]
    [InlineData("/%E2%80%A8", "\u00e2\u0080\u00a8 </script>")]
    [InlineData("/a", "\u001b[2J\t\u0007")]
    public async Task No_caller_can_forge_a_line(string path, string agent)
    {
        await using (var door = await Door.OpenAsync(route: Refused, top: Top))
        {
            await RawHttpClient.ExchangeAsync(
                door.Endpoint,
                $"OPTIONS {path} HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n" +
                $"User-Agent: {agent}\r\n\r\n");
        }

        var text = File.ReadAllText(FilePath);
        Assert.DoesNotContain(Lines(), static line => Field(line, "event") == "admin");
        Assert.All(text, static c => Assert.True(c is '\n' or (>= ' ' and <= '~')));
        Assert.Equal(text.Count(static c => c == '\n'), Lines().Count);
    }

    [Fact]
    public async Task Long_texts_are_cut()
    {
        await using (var door = await Door.OpenAsync(route: Refused, top: Top))
        {
            await RawHttpClient.ExchangeAsync(
                door.Endpoint,
                $"OPTIONS /{new string('p', 2000)} HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\n" +
                $"Access-Control-Request-Method: POST\r\nUser-Agent: {new string('u', 2000)}\r\n\r\n");
        }

        var refusal = Assert.Single(Lines(), static line => Field(line, "event") == "refusal");
        Assert.Equal(1024, Field(refusal, "path")!.Length);
        Assert.Equal(256, Field(refusal, "userAgent")!.Length);
    }

    [Theory]
    [InlineData("", "X-Forwarded-For: 6.6.6.6", "127.0.0.1", null)]
    [InlineData("127.0.0.1", "", "127.0.0.1", null)]
    [InlineData("127.0.0.1", "X-Forwarded-For: 203.0.113.7", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1", "X-Forwarded-For: 6.6.6.6, 203.0.113.7", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.7", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1, 10.0.0.0/8", "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.1.1", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1, 10.0.0.0/8", "X-Forwarded-For: 10.9.9.9, 203.0.113.7, 10.1.1.1", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1", "X-Forwarded-For: ::ffff:203.0.113.7", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1", "X-Forwarded-For: [2001:db8::7]:4711", "2001:db8::7", "127.0.0.1")]
    [InlineData("127.0.0.1", "X-Forwarded-For: 6.6.6.6, evil", "127.0.0.1", null)]
    [InlineData("127.0.0.1", "X-Forwarded-For: 6.6.6.6,", "127.0.0.1", null)]
    [InlineData("127.0.0.1", "X-Forwarded-For: 0x7f.1", "127.0.0.1", null)]
    [InlineData("127.0.0.1, 10.0.0.0/8", "X-Forwarded-For: 6.6.6.6, evil, 10.1.1.1", "10.1.1.1", "127.0.0.1")]
    [InlineData("127.0.0.1", "Forwarded: for=6.6.6.6, for=203.0.113.7", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1", "Forwarded: for=6.6.6.6, for=\"broken", "127.0.0.1", null)]
    [InlineData("127.0.0.1", "X-Forwarded-For: 203.0.113.7\r\nForwarded: for=6.6.6.6", "203.0.113.7", "127.0.0.1")]
    public async Task The_caller_is_whom_the_trusted_proxies_saw_and_nobody_it_made_up(
        string trusted, string lines, string client, string? peer)
    {
        await using (var door = await Door.OpenAsync(route: Refused, top: $"{Top}\ntrustedProxies: [{trusted}]"))
        {
            await RawHttpClient.ExchangeAsync(
                door.Endpoint,
                "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n" +
                $"{(lines.Length > 0 ? lines + "\r\n" : "")}\r\n");
        }

        var refusal = Assert.Single(Lines(), static line => Field(line, "event") == "refusal");
        Assert.Equal(client, Field(refusal, "client"));
        Assert.Equal(peer, Field(refusal, "peer"));
    }

    [Fact]
    public async Task SIGHUP_opens_the_file_anew_and_reloads_and_what_is_asked_of_the_admin_listener_is_told()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ADMIN_TOKEN"] = "sesame" };
        await using var edge = await EdgeProcess.RunAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            admin: { address: 127.0.0.1:0, token: "${ADMIN_TOKEN}" }
            telemetry: { auditLog: { to: {{FilePath}} } }
            upstreams: { it: { targets: ["http://127.0.0.1:1"] } }
            routes: [{ name: all, upstream: it }]
            """, environment);
        using (var limit = new CancellationTokenSource(EdgeProcess.Patience))
        {
            while (new FileInfo(FilePath).Length == 0)
            {
                limit.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        File.Move(FilePath, FilePath + ".1");
        edge.Signal(EdgeProcess.SigHup);
        await edge.WaitForLineAsync(static line => line.Contains("reloaded", StringComparison.Ordinal));
        var admin = new IPEndPoint(IPAddress.Loopback, edge.Admin!.Port);
        foreach (var token in new[] { "wrong", "sesame" })
        {
            await RawHttpClient.ExchangeAsync(
                admin, $"GET /state?x=secret HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
        }

        await RawHttpClient.ExchangeAsync(admin, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
        var state = await RawHttpClient.ExchangeAsync(
            admin, "GET /state HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sesame\r\n\r\n");
        Assert.Contains("\"auditLog\":{\"written\":", state.Text, StringComparison.Ordinal);
        Assert.Contains("\"dropped\":0}", state.Text, StringComparison.Ordinal);
        File.AppendAllText(edge.ConfigurationPath, "\nwrong: 1\n");
        edge.Signal(EdgeProcess.SigHup);
        await edge.WaitForLineAsync(static line => line.Contains("not reloaded", StringComparison.Ordinal));
        edge.Signal(EdgeProcess.SigTerm);
        Assert.Equal(0, await edge.WaitForExitAsync());
        Assert.Equal(["lifecycle started"], Told(FilePath + ".1"));
        Assert.Equal(
            [
                "reload reloaded", "admin unauthorized", "admin done", "admin done", "reload failed", "lifecycle draining",
                "lifecycle stopped",
            ],
            Told(FilePath));
        var text = File.ReadAllText(FilePath);
        Assert.Contains("unknown key", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_is_told_at_the_start()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "config"));
        var config = Path.Combine(folder.FullName, "edge.yaml");
        File.WriteAllText(
            config,
            """
            listeners: [{ address: 127.0.0.1:0 }]
            telemetry: { auditLog: { to: none/audit.jsonl } }
            upstreams: { it: { targets: ["http://127.0.0.1:1"] } }
            routes: [{ name: all, upstream: it }]
            """);
        await using var edge = EdgeProcess.Start("run", "--config", config);
        Assert.Equal(1, await edge.WaitForExitAsync());
        Assert.Contains("edge: not started: The audit log cannot be written: ", edge.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_may_go_to_standard_output()
    {
        await using var edge = await EdgeProcess.RunAsync(
            """
            listeners: [{ address: 127.0.0.1:0 }]
            telemetry: { auditLog: { to: stdout } }
            upstreams: { it: { targets: ["http://127.0.0.1:1"] } }
            routes: [{ name: all, upstream: it }]
            """);
        edge.Signal(EdgeProcess.SigTerm);
        Assert.Equal(0, await edge.WaitForExitAsync());
        Assert.Equal(
            ["started", "draining", "stopped"],
            edge.Output.Split('\n').Select(static line => Field(JsonDocument.Parse(line).RootElement, "outcome")));
    }

    private List<JsonElement> Lines(string? path = null) =>
        [.. File.ReadAllLines(path ?? FilePath).Select(static line => JsonDocument.Parse(line).RootElement)];

    private string[] Told(string path) =>
        [.. Lines(path).Select(static line => $"{Field(line, "event")} {Field(line, "outcome")}")];

    private static string? Field(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) ? value.GetString() : null;
}
