using System.Text.Json;
using Edge.Core.Telemetry;
using Edge.Core.Tests.Telemetry;
using Edge.Telemetry;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

/// <summary>Logs as a collector decodes them.</summary>
public sealed class LogsTests
{
    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_collector_gets_the_lines_of_both_logs(string protocol)
    {
        await using var collector = await OtlpCollector.StartAsync(protocol == "grpc");
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using (var edge = await StartAsync(upstream, collector, "[access, program]", protocol))
        {
            await AskAsync(edge, "/v1/a", 200);
            await AskAsync(edge, "/none", 404);
            await AskAsync(edge, "/v1/bad", 502);
        }

        var records = RecordsOf(collector);
        var access = records.Where(static r => r.Attributes(6)["edge.log"] == "access").ToArray();
        Assert.Equal([9L, 13L, 17L], access.Select(static r => r.Number(2)).Order());
        var served = access.Single(static r => r.Number(2) == 9);
        using var line = JsonDocument.Parse(served.Message(5).Text(1));
        Assert.Equal("/v1/a", line.RootElement.GetProperty("path").GetString());
        Assert.Equal(line.RootElement.GetProperty("traceId").GetString(), Convert.ToHexStringLower(served.Bytes(9)));
        Assert.Equal(8, served.Bytes(10).Length);
        var said = DateTimeOffset.UnixEpoch.AddTicks(served.Number(1) / 100);
        Assert.InRange(DateTimeOffset.UtcNow - said, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        var program = records.Where(static r => r.Attributes(6)["edge.log"] == "program")
            .Select(static r => r.Message(5).Text(1));
        Assert.Contains(program, static text => text.Contains("route all: upstream_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_line_of_the_program_has_its_events_name_and_the_values_in_it()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using (var edge = await StartAsync(upstream, collector, "[program]"))
        {
            await AskAsync(edge, "/v1/bad", 502);
            edge.Gateway.Log.CertificateRefused("a\nb", new string('x', LogsExporter.ValueCharsMax + 1));
        }

        var records = RecordsOf(collector).ToDictionary(static r => r.Text(12));
        var failed = records["edge.request.failed"].Attributes(6);
        Assert.Equal(
            ["edge.attempts", "edge.detail", "edge.event.id", "edge.failure", "edge.log", "edge.ms", "edge.route"],
            failed.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("all", "int 1", "int 301"), (failed["edge.route"], failed["edge.attempts"], failed["edge.event.id"]));
        var refused = records["edge.certificate.refused"];
        Assert.Equal(17L, refused.Number(2));
        Assert.Equal("a | b", refused.Attributes(6)["edge.certificate"]);
        Assert.Equal(LogsExporter.ValueCharsMax, refused.Attributes(6)["edge.error"].Length);
    }

    [Fact]
    public async Task No_log_is_sent_that_was_not_asked_for()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var upstream = ScriptedUpstream.Start(Answer);
        await using (var edge = await StartAsync(upstream, collector, "[]"))
        {
            await AskAsync(edge, "/v1/bad", 502);
        }

        Assert.Equal(["/v1/metrics", "/v1/traces"], collector.Rest().Select(static e => e.Request.Path).Distinct().Order());
    }

    [Fact]
    public async Task A_collector_that_refuses_loses_lines_that_are_counted()
    {
        await using var collector = await OtlpCollector.StartAsync();
        collector.Status = 503;
        await using var upstream = ScriptedUpstream.Start(Answer);
        var edge = await StartAsync(upstream, collector, "[access]");
        await AskAsync(edge, "/v1/a", 200);
        await edge.DisposeAsync();
        Assert.Equal(1, edge.Gateway.Exporting.DroppedLines);
    }

    [Fact]
    public async Task What_does_not_fit_into_memory_is_counted_and_what_does_arrives()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var upstream = ScriptedUpstream.Start(Answer);
        var edge = await StartAsync(upstream, collector, "[access]");
        var exporter = edge.Gateway.Exporting.AccessLog!;
        const int Lines = 3000;
        var line = new byte[1024];
        for (var i = 0; i < Lines; i++)
        {
            exporter.Add(9, "access", null, line);
        }

        await edge.DisposeAsync();
        var arrived = RecordsOf(collector).Length;
        Assert.InRange(exporter.Dropped, 1, Lines);
        Assert.Equal(Lines, arrived + exporter.Dropped);
    }

    [Fact]
    public void A_record_says_when_how_bad_and_which_log()
    {
        var writer = new OtlpLogsWriter(new OtlpOrigin([new("service.name", "a")], "edge", "1"));
        writer.Begin();
        var fields = new ProtobufWriter();
        OtlpLogsWriter.PutField(fields, "edge.route", "a");
        OtlpLogsWriter.PutField(fields, "edge.keys", 3L);
        OtlpLogsWriter.PutField(fields, "edge.none", null);
        writer.Put(new OtlpLogHead(5, 13, "program", 0, 0, 0, 7, "edge.what"), "x"u8, fields.Written.Span);
        var record = new ProtobufReader(writer.End().ToArray()).Message(1).Message(2).Message(2);
        Assert.Equal((5L, 13L, "x"), (record.Number(1), record.Number(2), record.Message(5).Text(1)));
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["edge.log"] = "program",
                ["edge.event.id"] = "int 7",
                ["edge.route"] = "a",
                ["edge.keys"] = "int 3",
            },
            record.Attributes(6));
        Assert.Equal((5L, "edge.what"), (record.Number(11), record.Text(12)));
    }

    // Once the gateway is gone, all that it had to send is here.
    private static ProtobufReader[] RecordsOf(OtlpCollector collector) =>
    [
        .. collector.Rest().Where(static e => e.Request.Path.Contains("logs", StringComparison.OrdinalIgnoreCase))
            .SelectMany(static e => e.Message.Message(1).Message(2).Messages(2)),
    ];

    private static Task<RunningGateway> StartAsync(
        ScriptedUpstream upstream, OtlpCollector collector, string logs, string protocol = "http/protobuf") =>
        RunningGateway.StartAsync(Configuration(upstream, collector, protocol, logs));

    private static async Task AskAsync(RunningGateway edge, string path, int status)
    {
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(status, (await caller.ReadResponseAsync("GET")).Status);
    }

    private static async Task Answer(ScriptedConnection connection)
    {
        var target = (await connection.ReadRequestAsync())!.Target;
        await connection.SendAsync(target.EndsWith("/bad", StringComparison.Ordinal)
            ? "HTTP/9.9 what\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    private static string Configuration(ScriptedUpstream upstream, OtlpCollector collector, string protocol, string logs) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        telemetry:
          otlp: { endpoint: "{{collector.Url}}", protocol: {{protocol}}, interval: 1h, logs: {{logs}} }
          traces: { sample: 0 }
          accessLog: { to: /dev/null }
        upstreams:
          origin: { targets: ["{{upstream.Url}}"] }
        routes:
          - { name: all, match: { path: "/v1/*" }, upstream: origin }
        """;
}
