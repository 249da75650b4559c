using System.Text;
using System.Text.Json.Nodes;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>Upstreams that are asked in Azure's way, over real sockets.</summary>
public sealed class AzureTests
{
    private const string Ask = """{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}""";
    private const string Say = """{"model":"gpt-4o","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""";
    private const string Completion =
        """{"id":"1","model":"gpt-4o","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", Ask, "/base/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21")]
    [InlineData("/v1/embeddings?x=y", """{"model":"ada-2","input":"a"}""",
        "/base/openai/deployments/ada-2/embeddings?api-version=2024-10-21")]
    [InlineData("/v1/messages", Say, "/base/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21")]
    public async Task The_path_names_the_deployment_and_the_key_has_its_own_header(string path, string body, string target)
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        var answer = await PostAsync(gateway, path, body);
        Assert.Equal(200, answer.Status);
        var asked = Assert.Single(upstream.Requests);
        Assert.Equal(target, asked.Target);
        Assert.Equal("azure-key", asked.Headers["api-key"]);
        Assert.Null(asked.Headers["Authorization"]);
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("a?b")]
    [InlineData("")]
    [InlineData("..")]
    public async Task A_model_that_cannot_be_a_deployment_is_refused(string model)
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        var answer = await PostAsync(
            gateway, "/v1/chat/completions", Ask.Replace("gpt-4o", model, StringComparison.Ordinal));
        Assert.Equal(400, answer.Status);
        Assert.Equal("/model", (string)JsonNode.Parse(answer.Text)!["error"]!["param"]!);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task What_names_no_model_passes_with_its_path()
    {
        await using var upstream = ScriptedUpstream.Start(AnswerAsync);
        await using var gateway = await StartAsync(upstream);
        await RawHttpClient.ExchangeAsync(
            gateway.Endpoint, "GET /openai/models?api-version=2024-10-21 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.Equal("/base/openai/models?api-version=2024-10-21", Assert.Single(upstream.Requests).Target);
    }

    private static Task<RunningGateway> StartAsync(ScriptedUpstream upstream) => RunningGateway.StartAsync(
        $$"""
        listeners: [{ address: 127.0.0.1:0 }]
        upstreams:
          azure:
            dialect: openai
            targets: [{{upstream.Url}}base]
            credential: azure-key
            azure: { apiVersion: 2024-10-21 }
        routes: [{ name: all, upstream: azure }]
        """);

    private static Task<RawResponse> PostAsync(RunningGateway gateway, string path, string body) => RawHttpClient.ExchangeAsync(
        gateway.Endpoint,
        $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer own\r\n"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");

    private static async Task AnswerAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Completion.Length}\r\n\r\n{Completion}");
        }
    }
}
