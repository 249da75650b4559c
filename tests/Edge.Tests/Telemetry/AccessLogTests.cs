using System.Text.Json;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

public sealed class AccessLogTests
{
    [Fact]
    public async Task A_line_tells_what_a_request_was()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        using var folder = new TemporaryFolder();
        await using (var edge = await RunningGateway.StartAsync(Configuration(upstream, folder, "")))
        {
            await AskAsync(edge, "GET /v1/a?key=secret HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-1\r\n\r\n", 200);
        }

        using var line = JsonDocument.Parse(Assert.Single(folder.Lines));
        var json = line.RootElement;
        Assert.Equal("GET", json.GetProperty("method").GetString());
        Assert.Equal("/v1/a", json.GetProperty("path").GetString());
        Assert.Equal("HTTP/1.1", json.GetProperty("protocol").GetString());
        Assert.Equal(200, json.GetProperty("status").GetInt32());
        Assert.Equal(2, json.GetProperty("bytes").GetInt32());
        Assert.Equal("127.0.0.1", json.GetProperty("client").GetString());
        Assert.Equal("abc-1", json.GetProperty("requestId").GetString());
        Assert.Equal("all", json.GetProperty("route").GetString());
        Assert.Equal("origin", json.GetProperty("upstream").GetString());
        Assert.Equal(upstream.Endpoint.ToString(), json.GetProperty("target").GetString());
        Assert.Equal(1, json.GetProperty("attempts").GetInt32());
        Assert.InRange(json.GetProperty("headMs").GetDouble(), 0.0, json.GetProperty("ms").GetDouble());
        var age = DateTimeOffset.UtcNow - json.GetProperty("time").GetDateTimeOffset();
        Assert.InRange(age, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task The_combined_format_is_that_of_other_servers()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        using var folder = new TemporaryFolder();
        await using (var edge = await RunningGateway.StartAsync(Configuration(upstream, folder, ", format: combined")))
        {
            await AskAsync(
                edge, "GET /v1/a?q=1 HTTP/1.1\r\nHost: a\r\nReferer: http://x/\r\nUser-Agent: me \"quoted\" \\n\r\n\r\n", 200);
        }

        Assert.Matches(
            """^127\.0\.0\.1 - - \[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000\] """
            + "\"GET /v1/a HTTP/1\\.1\" 200 2 \"http://x/\" \"me \\\\x22quoted\\\\x22 \\\\x5cn\"$",
            Assert.Single(folder.Lines));
    }

    [Fact]
    public async Task Of_requests_that_succeed_a_share_is_kept_and_of_those_that_fail_all()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        using var folder = new TemporaryFolder();
        await using (var edge = await RunningGateway.StartAsync(Configuration(upstream, folder, ", sample: 0")))
        {
            await AskAsync(edge, "GET /v1/a HTTP/1.1\r\nHost: a\r\n\r\n", 200);
            await AskAsync(edge, "GET /none HTTP/1.1\r\nHost: a\r\n\r\n", 404);
        }

        Assert.Contains("\"status\":404", Assert.Single(folder.Lines), StringComparison.Ordinal);
        Assert.Contains("\"failure\":\"route_not_found\"", folder.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_loses_lines_and_nothing_else_and_says_so()
    {
        await using var upstream = ScriptedUpstream.Start(Answer);
        var edge = await RunningGateway.StartAsync(Configuration(upstream, null, ""));
        await AskAsync(edge, "GET /v1/a HTTP/1.1\r\nHost: a\r\n\r\n", 200);
        await edge.DisposeAsync();
        Assert.Equal((0, 1), (edge.Gateway.Access.Written, edge.Gateway.Access.Dropped));
        Assert.Contains("edge: access log: 1 lines dropped: ", edge.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_fit_into_memory_is_counted()
    {
        using var folder = new TemporaryFolder();
        await using var program = new Edge.Telemetry.ProgramLog(TextWriter.Null);
        var log = new Edge.Telemetry.ByteLog("access log", program, TimeProvider.System);
        var line = new byte[1000];
        line.AsSpan().Fill((byte)'x');
        line[^1] = (byte)'\n';
        log.Open(Edge.Core.Configuration.LogTarget.File, folder.File);
        const int Lines = 5000;
        for (var i = 0; i < Lines; i++)
        {
            log.Add(line);
        }

        await log.DisposeAsync();
        Assert.Equal(Lines, log.Written + log.Dropped);
        Assert.Equal(log.Written, folder.Lines.Length);
        Assert.All(folder.Lines, static text => Assert.Equal(999, text.Length));
    }

    [Fact]
    public async Task Lines_of_many_threads_are_whole()
    {
        using var folder = new TemporaryFolder();
        await using var program = new Edge.Telemetry.ProgramLog(TextWriter.Null);
        var log = new Edge.Telemetry.ByteLog("access log", program, TimeProvider.System);
        log.Open(Edge.Core.Configuration.LogTarget.File, folder.File);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() =>
        {
            var line = System.Text.Encoding.ASCII.GetBytes(new string((char)('a' + n), 20 + n) + "\n");
            for (var i = 0; i < 1000; i++)
            {
                log.Add(line);
            }
        })));
        await log.DisposeAsync();
        Assert.Equal((8000, 0), (log.Written, log.Dropped));
        Assert.All(
            folder.Lines.GroupBy(static l => l),
            static group => Assert.Equal((1000, 20 + group.Key[0] - 'a'), (group.Count(), group.Key.Length)));
    }

    private static async Task AskAsync(RunningGateway edge, string request, int status)
    {
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync(request);
        Assert.Equal(status, (await caller.ReadResponseAsync("GET")).Status);
    }

    private static async Task Answer(ScriptedConnection connection)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    private static string Configuration(ScriptedUpstream upstream, TemporaryFolder? folder, string more) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        telemetry: { accessLog: { to: "{{folder?.File ?? "/dev/full"}}"{{more}} } }
        upstreams:
          origin: { targets: ["{{upstream.Url}}"] }
        routes:
          - { name: all, match: { path: "/v1/*" }, requestId: { header: X-Request-Id }, upstream: origin }
        """;

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-access-");

        public string File => Path.Combine(_folder.FullName, "access.log");

        public string[] Lines => System.IO.File.ReadAllLines(File);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
