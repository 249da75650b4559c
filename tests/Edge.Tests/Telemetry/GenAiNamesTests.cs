using System.Net;
using Edge.Core.Tests.Telemetry;
using Edge.Demo;
using Edge.Telemetry;
using Edge.Tests.Support;

namespace Edge.Tests.Telemetry;

/// <summary>Figures of LLMs by today's and the newest names, as a collector decodes them.</summary>
public sealed class GenAiNamesTests
{
    private const string Chat =
        """{"model":"mock;tokens=7","stream":true,"messages":[{"role":"user","content":"Hello"}]}""";

    private static readonly string[] Deployed =
    [
        "gen_ai.client.operation.duration", "gen_ai.client.token.usage", "gen_ai.server.time_per_output_token",
        "gen_ai.server.time_to_first_token",
    ];

    private static readonly string[] Latest =
    [
        "gen_ai.client.inference.duration", "gen_ai.client.inference.operation.input_tokens",
        "gen_ai.client.inference.operation.output_tokens", "gen_ai.client.inference.time_to_first_chunk",
        "gen_ai.client.inference.usage.cache_read.input_tokens", "gen_ai.client.inference.usage.input_tokens",
        "gen_ai.client.inference.usage.output_tokens",
    ];

    [Theory]
    [InlineData("", GenAiNames.Deployed)]
    [InlineData("http/dup, database", GenAiNames.Deployed)]
    [InlineData("gen_ai_latest_experimental", GenAiNames.Latest)]
    [InlineData("http,gen_ai_latest_experimental", GenAiNames.Latest)]
    [InlineData(" gen_ai_latest_experimental/dup ,http", GenAiNames.Deployed | GenAiNames.Latest)]
    [InlineData("GEN_AI_LATEST_EXPERIMENTAL", GenAiNames.Deployed)]
    internal void The_variable_chooses(string value, GenAiNames names) => Assert.Equal(
        names, GenAiMetrics.NamesOf(new Dictionary<string, string> { ["OTEL_SEMCONV_STABILITY_OPT_IN"] = value }));

    [Theory]
    [InlineData("")]
    [InlineData("gen_ai_latest_experimental")]
    [InlineData("gen_ai_latest_experimental/dup")]
    public async Task A_collector_is_told_by_the_names_that_were_chosen(string optIn)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var mock = await MockProvider.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, TestContext.Current.CancellationToken);
        var environment = new Dictionary<string, string> { ["OTEL_SEMCONV_STABILITY_OPT_IN"] = optIn };
        await using (var edge = await EdgeProcess.RunAsync(Configuration(mock, collector), environment))
        {
            for (var i = 0; i < 3; i++)
            {
                await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint);
                await caller.SendAsync(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + $"Content-Length: {Chat.Length}\r\nConnection: close\r\n\r\n{Chat}");
                Assert.Equal(200, (await caller.ReadResponseAsync("POST")).Status);
            }

            edge.Signal(EdgeProcess.SigTerm);
            await edge.WaitForExitAsync();
        }

        var isNew = optIn.Length > 0;
        var isOld = !optIn.EndsWith("experimental", StringComparison.Ordinal);
        var spans = new List<ProtobufReader>();
        var (request, message) = await collector.NextAsync();
        for (; request.Path == "/v1/traces"; (request, message) = await collector.NextAsync())
        {
            spans.AddRange(message.Message(1).Message(2).Messages(2).Where(static span => span.Number(6) == 3));
        }

        Assert.Equal(3, spans.Count);
        Assert.All(spans, span => Assert.Equal(isNew, span.Attributes(9).ContainsKey("gen_ai.request.stream")));
        Assert.All(spans, span => Assert.Equal(isNew, span.Attributes(9).ContainsKey("gen_ai.response.time_to_first_chunk")));
        var metrics = message.Message(1).Message(2).Messages(2)
            .Where(static m => m.Text(1).StartsWith("gen_ai.", StringComparison.Ordinal))
            .Where(static m => m.Messages(7).Concat(m.Messages(9)).Any(static points => points.Messages(1).Any()))
            .ToDictionary(static m => m.Text(1));
        string[] wanted = [.. isOld ? Deployed : [], .. isNew ? Latest : []];
        Assert.Equal(wanted.Order(StringComparer.Ordinal), metrics.Keys.Order(StringComparer.Ordinal));
        if (isNew)
        {
            Assert.Equal(("s", 3L), (metrics[Latest[0]].Text(3), metrics[Latest[0]].Message(9).Message(1).Number(4)));
            Assert.Equal(21d, metrics[Latest[2]].Message(9).Message(1).Double(5));
            Assert.Equal(3L, metrics[Latest[3]].Message(9).Message(1).Number(4));
            var used = metrics["gen_ai.client.inference.usage.output_tokens"];
            Assert.Equal("{token}", used.Text(3));
            Assert.Equal(21d, used.Message(7).Message(1).Double(4));
            Assert.Equal("mock;tokens=7", used.Message(7).Message(1).Attributes(7)["gen_ai.request.model"]);
        }
    }

    private static string Configuration(MockProvider mock, OtlpCollector collector) =>
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        telemetry: { otlp: { endpoint: "{{collector.Url}}", interval: 1h }, traces: { sample: 1 } }
        upstreams:
          llm: { dialect: openai, targets: ["http://{{mock.Endpoint}}"], credential: none }
        routes:
          - { name: chat, metering: {}, upstream: llm }
        """;
}
