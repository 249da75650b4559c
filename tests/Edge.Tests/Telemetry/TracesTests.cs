using Edge.Core.Telemetry;
using Edge.Core.Tests.Telemetry;
using Edge.Tests.Attempts;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

public sealed class TracesTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string NotKept = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task Spans_of_caller_gateway_and_upstream_hang_together(string protocol)
    {
        await using var collector = await OtlpCollector.StartAsync(protocol == "grpc");
        await using var upstream = ScriptedUpstream.Start(static c => AnswerAsync(c, 200));
        await using (var edge = await StartAsync(collector, upstream, protocol, "sample: 0"))
        {
            await AskAsync(edge, $"traceparent: {Parent}\r\ntracestate: a=1,b=2\r\n", 200);
        }

        var spans = await SpansAsync(collector, protocol == "grpc");
        var server = spans.Single(static s => s.Number(6) == 2);
        var client = spans.Single(static s => s.Number(6) == 3);
        Assert.Equal("0AF7651916CD43DD8448EB211C80319C", Convert.ToHexString(server.Bytes(1)));
        Assert.Equal("B7AD6B7169203331", Convert.ToHexString(server.Bytes(4)));
        Assert.Equal("a=1,b=2", server.Text(3));
        Assert.Equal("GET /v1/*", server.Text(5));
        Assert.Equal(server.Bytes(2), client.Bytes(4));
        Assert.Equal("int 200", server.Attributes(9)["http.response.status_code"]);
        Assert.Equal("/v1/a", server.Attributes(9)["url.path"]);
        Assert.Equal("127.0.0.1", client.Attributes(9)["server.address"]);
        Assert.InRange(client.Number(7), server.Number(7), client.Number(8));
        Assert.InRange(client.Number(8), client.Number(7), server.Number(8));

        // What went upstream names the client's span.
        var sent = Assert.Single(upstream.Requests[0].Headers, static h => h.Key == "traceparent").Value;
        Assert.True(TraceParent.TryParse(sent, out var told));
        Assert.Equal((told.TraceId, told.IsSampled), ("0af7651916cd43dd8448eb211c80319c", true));
        Assert.Equal(Convert.ToHexStringLower(client.Bytes(2)), told.SpanId);
        Assert.Equal("a=1,b=2", Assert.Single(upstream.Requests[0].Headers, static h => h.Key == "tracestate").Value);
    }

    [Theory]
    [InlineData("", "sample: 0", 200, false)]
    [InlineData("", "sample: 1", 200, true)]
    [InlineData("", "sample: 0", 500, true)]
    [InlineData("", "sample: 0", 404, false)]
    [InlineData("", "sample: 0, slow: 1ms", 200, true)]
    [InlineData("traceparent: " + NotKept, "sample: 1", 200, false)]
    [InlineData("traceparent: " + NotKept, "sample: 1, trustParent: false", 200, true)]
    [InlineData("traceparent: " + Parent, "sample: 0, trustParent: false", 200, false)]
    [InlineData("traceparent: rubbish", "sample: 0", 200, false)]
    public async Task What_is_kept_is_chosen_or_failed_or_was_slow(string header, string settings, int status, bool isKept)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var upstream = ScriptedUpstream.Start(c => AnswerAsync(c, status));
        await using (var edge = await StartAsync(collector, upstream, "http/protobuf", settings))
        {
            await AskAsync(edge, header.Length == 0 ? "" : header + "\r\n", status);
        }

        // The end sends spans first, then metrics.
        var (request, _) = await collector.NextAsync();
        Assert.Equal(isKept ? "/v1/traces" : "/v1/metrics", request.Path);
        var sent = Assert.Single(upstream.Requests[0].Headers, static h => h.Key == "traceparent").Value;
        Assert.True(TraceParent.TryParse(sent, out _), sent);
    }

    [Fact]
    public async Task A_state_without_a_readable_parent_goes_no_further()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var upstream = ScriptedUpstream.Start(static c => AnswerAsync(c, 200));
        await using var edge = await StartAsync(collector, upstream, "http/protobuf", "sample: 0");
        await AskAsync(edge, "traceparent: 00-bad\r\ntracestate: a=1\r\n", 200);
        Assert.DoesNotContain(upstream.Requests[0].Headers, static h => h.Key == "tracestate");
    }

    [Fact]
    public async Task Without_a_collector_trace_headers_are_the_callers_affair()
    {
        await using var upstream = ScriptedUpstream.Start(static c => AnswerAsync(c, 200));
        await using var edge = await RunningGateway.StartAsync(Configuration("", upstream));
        await AskAsync(edge, $"traceparent: {Parent}\r\ntracestate: a=1\r\n", 200);
        Assert.Equal(Parent, Assert.Single(upstream.Requests[0].Headers, static h => h.Key == "traceparent").Value);
        Assert.Equal("a=1", Assert.Single(upstream.Requests[0].Headers, static h => h.Key == "tracestate").Value);
    }

    [Fact]
    public async Task An_upstream_that_is_away_is_a_span_of_its_own_that_failed()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var upstream = ScriptedUpstream.Start(static c => AnswerAsync(c, 200));
        var configuration = Configuration(Telemetry(collector, "http/protobuf", "sample: 0"), upstream);
        await upstream.DisposeAsync();
        await using (var edge = await RunningGateway.StartAsync(configuration))
        {
            await AskAsync(edge, "", 502);
        }

        var spans = await SpansAsync(collector, isGrpc: false);
        Assert.All(spans, static span => Assert.Equal(2, span.Message(15).Number(3)));
        Assert.Equal(
            "upstream_connection_refused", spans.Single(static s => s.Number(6) == 3).Attributes(9)["error.type"]);
    }

    [Fact]
    public async Task Each_attempt_is_a_span_and_the_request_says_who_took_it_over()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(503)));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200)));
        var configuration = Configuration(Telemetry(collector, "http/protobuf", "sample: 1"), upstream)
            .Replace("upstream: origin }", "upstream: origin, fallback: [{ upstream: other }] }", StringComparison.Ordinal)
            .Replace("routes:", $"  other: {{ targets: [\"{other.Url}\"] }}\nroutes:", StringComparison.Ordinal)
            .Replace("\"] }", "\"], retries: { attempts: 2, backoff: { base: 1ms } } }", StringComparison.Ordinal);
        await using (var edge = await RunningGateway.StartAsync(configuration))
        {
            await AskAsync(edge, "", 200);
        }

        var spans = await SpansAsync(collector, isGrpc: false);
        var attempts = spans.Where(static s => s.Number(6) == 3).OrderBy(static s => s.Number(7))
            .Select(static s => s.Attributes(9));
        Assert.Equal(
            [("origin", "int 503", null), ("origin", "int 503", "int 1"), ("other", "int 200", "int 2")],
            attempts.Select(static a => (
                a["edge.upstream"], a["http.response.status_code"], a.GetValueOrDefault("http.request.resend_count"))));
        var server = spans.Single(static s => s.Number(6) == 2).Attributes(9);
        Assert.Equal(
            ("int 3", "other", "503"), (server["edge.attempts"], server["edge.fallback"], server["edge.fallback.reason"]));
        var told = upstream.Requests.Concat(other.Requests).Select(static r => r.Headers["traceparent"]);
        Assert.Equal(3, told.Distinct().Count());
    }

    private static async Task<IReadOnlyList<ProtobufReader>> SpansAsync(OtlpCollector collector, bool isGrpc)
    {
        var (request, message) = await collector.NextAsync();
        Assert.Equal(
            isGrpc ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export" : "/v1/traces", request.Path);
        Assert.Equal("tests-edge", message.Message(1).Message(1).Attributes(1)["service.name"]);
        return message.Message(1).Message(2).Messages(2);
    }

    private static async Task<RunningGateway> StartAsync(
        OtlpCollector collector, ScriptedUpstream upstream, string protocol, string traces) =>
        await RunningGateway.StartAsync(Configuration(Telemetry(collector, protocol, traces), upstream));

    private static string Telemetry(OtlpCollector collector, string protocol, string traces) =>
        $"telemetry: {{ serviceName: tests-edge, traces: {{ {traces} }}, "
        + $"otlp: {{ endpoint: \"{collector.Url}\", protocol: {protocol}, interval: 1h }} }}";

    private static string Configuration(string telemetry, ScriptedUpstream upstream) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        {{telemetry}}
        upstreams:
          origin: { targets: ["{{upstream.Url}}"] }
        routes:
          - { name: all, match: { path: "/v1/*" }, upstream: origin }
        """;

    private static async Task AskAsync(RunningGateway edge, string headers, int status)
    {
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await caller.SendAsync($"GET /v1/a HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        Assert.Equal(status, (await caller.ReadResponseAsync("GET")).Status);
    }

    private static async Task AnswerAsync(ScriptedConnection connection, int status)
    {
        await connection.ReadRequestAsync();

        // Longer than what one case calls slow.
        await Task.Delay(5, TestContext.Current.CancellationToken);
        await connection.SendAsync($"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok");
    }
}
