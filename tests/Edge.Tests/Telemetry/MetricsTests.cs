using System.Net;
using Edge.Core.Tests.Telemetry;
using Edge.Demo;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

public sealed class MetricsTests
{
    private const string Chat =
        """{"model":"mock;tokens=7","messages":[{"role":"user","content":"Hello"}]}""";

    [Fact]
    public async Task Prometheus_reads_what_the_load_did()
    {
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var edge = await RunningGateway.StartAsync(Configuration(mock));
        await SendAsync(edge.Endpoint, count: 5, Chat, "");
        await SendAsync(edge.Endpoint, count: 2, Chat, "", expected: 429);
        await SendAsync(edge.Endpoint, count: 1, "{\"stream\":true," + Chat[1..], "/other");
        var text = await ScrapeAsync(edge);
        const string Common = "http_request_method=\"POST\",url_scheme=\"http\",network_protocol_version=\"1.1\"";
        Has(text, "http_server_request_duration_seconds_count{" + Common
            + ",http_response_status_code=\"200\",http_route=\"/v1/*\",edge_route=\"chat\"} 5");
        Has(text, "http_server_request_duration_seconds_count{" + Common
            + ",http_response_status_code=\"429\",error_type=\"quota_exceeded\",http_route=\"/v1/*\",edge_route=\"chat\"} 2");
        Has(text, $"http_client_request_duration_seconds_count{{{Common},http_response_status_code=\"200\","
            + $"server_address=\"127.0.0.1\",server_port=\"{mock.Endpoint.Port}\",edge_upstream=\"llm\"}} 6");
        const string Model =
            "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"mock;tokens=7\"";
        Has(text, $"gen_ai_client_token_usage_sum{{{Model},edge_route=\"chat\",gen_ai_token_type=\"output\"}} 35");
        Has(text, $"gen_ai_client_token_usage_sum{{{Model},edge_route=\"other\",gen_ai_token_type=\"output\"}} 7");
        Has(text, $"gen_ai_client_operation_duration_seconds_count{{{Model},edge_route=\"chat\"}} 5");
        Has(text, $"gen_ai_server_time_to_first_token_seconds_count{{{Model},edge_route=\"other\"}} 1");
        Has(text, $"gen_ai_server_time_per_output_token_seconds_count{{{Model},edge_route=\"other\"}} 1");
        Has(text, "edge_limit_decisions_total{edge_route=\"chat\",edge_limit=\"few\",edge_outcome=\"admitted\"} 5");
        Has(text, "edge_limit_decisions_total{edge_route=\"chat\",edge_limit=\"few\",edge_outcome=\"refused\"} 2");
        Has(text, "edge_stream_ends_total{edge_route=\"other\",edge_cause=\"complete\"} 1");
        Has(text, "edge_request_failures_total{error_type=\"quota_exceeded\",edge_side=\"caller\"} 2");
        Has(text, "http_server_active_requests{http_request_method=\"POST\",url_scheme=\"http\"} 0");
    }

    [Fact]
    public async Task Methods_paths_and_models_of_callers_make_no_series()
    {
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var edge = await RunningGateway.StartAsync(Configuration(mock));
        for (var i = 0; i < 20; i++)
        {
            await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
            await caller.SendAsync($"X{i} /none/{i} HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(404, (await caller.ReadResponseAsync("GET")).Status);
        }

        for (var i = 0; i < 3; i++)
        {
            var body = Chat.Replace("tokens=7", $"status=404;tokens={i + 1}", StringComparison.Ordinal);
            await SendAsync(edge.Endpoint, 1, body, "/other", 404);
        }

        var text = await ScrapeAsync(edge);
        Has(text, "http_server_request_duration_seconds_count{http_request_method=\"_OTHER\",url_scheme=\"http\","
            + "network_protocol_version=\"1.1\",http_response_status_code=\"404\",error_type=\"route_not_found\"} 20");
        Assert.DoesNotContain("/none/", text, StringComparison.Ordinal);
        Assert.DoesNotContain("status=404", text, StringComparison.Ordinal);
        Assert.Contains("gen_ai_request_model=\"other\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_collector_is_told_what_the_load_did(string protocol)
    {
        await using var collector = await OtlpCollector.StartAsync(protocol == "grpc");
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        await using (var edge = await RunningGateway.StartAsync(Configuration(mock, Telemetry(collector, protocol, "1h"))))
        {
            await SendAsync(edge.Endpoint, count: 3, Chat, "");
        }

        // The end sends what there is, however far away the next export was.
        var (request, message) = await collector.NextAsync();
        Assert.Equal("opensesame", request.Key);
        Assert.Equal(
            protocol == "grpc" ? "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" : "/v1/metrics", request.Path);
        Assert.Equal(protocol == "grpc" ? "application/grpc" : "application/x-protobuf", request.ContentType);
        var resource = message.Message(1).Message(1).Attributes(1);
        Assert.Equal(("tests-edge", "testing"), (resource["service.name"], resource["deployment.environment.name"]));
        var duration = Metric(message, "http.server.request.duration");
        Assert.Equal("s", duration.Text(3));
        var point = duration.Message(9).Message(1);
        Assert.Equal(3, point.Number(4));
        Assert.Equal("int 200", point.Attributes(9)["http.response.status_code"]);
        Assert.Equal("/v1/*", point.Attributes(9)["http.route"]);
        Assert.Equal(15, point.Packed(6).Length);
        var tokens = Metric(message, "gen_ai.client.token.usage").Message(9).Messages(1)
            .Single(static p => p.Attributes(9)["gen_ai.token.type"] == "output");
        Assert.Equal(21d, tokens.Double(5));
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(429, false)]
    [InlineData(14, true)]
    public async Task A_collector_that_fails_is_counted_told_and_asked_again(int status, bool isGrpc)
    {
        await using var collector = await OtlpCollector.StartAsync(isGrpc);
        collector.Status = status;
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var edge = await RunningGateway.StartAsync(
            Configuration(mock, Telemetry(collector, isGrpc ? "grpc" : "http/protobuf", "50ms")));
        await collector.NextAsync();
        await collector.NextAsync();
        Has(await ScrapeAsync(edge), "edge_otlp_exports_total{edge_signal=\"metrics\",edge_outcome=\"failed\"}");
        collector.Status = isGrpc ? 0 : 200;
        await collector.NextAsync();
        await collector.NextAsync();
        await SendAsync(edge.Endpoint, count: 1, Chat, "");
        Has(await ScrapeAsync(edge), "edge_otlp_exports_total{edge_signal=\"metrics\",edge_outcome=\"taken\"}");
        var told = "edge: metrics not exported: " + (isGrpc ? "gRPC " : "") + $"status {status}";
        Assert.Contains(told, edge.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_collector_at_all_costs_nothing_but_a_line()
    {
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        var edge = await RunningGateway.StartAsync(
            Configuration(mock, "telemetry: { otlp: { endpoint: \"http://127.0.0.1:1\", interval: 1h } }"));
        await SendAsync(edge.Endpoint, count: 1, Chat, "");
        await edge.DisposeAsync();
        Assert.Contains("edge: metrics not exported: ", edge.Said, StringComparison.Ordinal);
    }

    private static string Telemetry(OtlpCollector collector, string protocol, string interval) =>
        "telemetry: { serviceName: tests-edge, environment: testing, traces: { sample: 0 }, "
        + $"otlp: {{ endpoint: \"{collector.Url}\", protocol: {protocol}, "
        + $"interval: {interval}, headers: {{ x-key: opensesame }} }} }}";

    private static string Configuration(MockProvider mock, string telemetry = "") =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        admin: { address: 127.0.0.1:0 }
        {{telemetry}}
        upstreams:
          llm: { dialect: openai, targets: ["http://{{mock.Endpoint}}"] }
        routes:
          - name: chat
            match: { path: "/v1/*" }
            limits: [{ name: few, per: global, requests: 5, window: 30d }]
            metering: {}
            upstream: llm
          - name: other
            match: { path: "/other/*" }
            stripPath: true
            metering: {}
            upstream: llm
        """;

    private static async Task SendAsync(IPEndPoint to, int count, string body, string prefix, int expected = 200)
    {
        for (var i = 0; i < count; i++)
        {
            await using var caller = await RawHttpClient.ConnectAsync(to);
            await caller.SendAsync(
                $"POST {prefix}/v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
            Assert.Equal(expected, (await caller.ReadResponseAsync("POST")).Status);
        }
    }

    private static async Task<string> ScrapeAsync(RunningGateway edge)
    {
        await using var client = await RawHttpClient.ConnectAsync(edge.Gateway.AdminEndpoint!);
        await client.SendAsync("GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n");
        var response = await client.ReadResponseAsync("GET");
        Assert.Equal(200, response.Status);
        return response.Text;
    }

    private static ProtobufReader Metric(ProtobufReader message, string name) =>
        message.Message(1).Message(2).Messages(2).Single(metric => metric.Text(1) == name);

    private static void Has(string text, string line) =>
        Assert.True(text.Contains("\n" + line, StringComparison.Ordinal), line + "\n" + text);
}
