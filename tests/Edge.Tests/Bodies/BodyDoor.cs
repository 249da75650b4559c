using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Tests.Identity;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>A gateway whose routes read bodies, before a scripted upstream; <see cref="Consumers"/> call.</summary>
internal sealed class BodyDoor : IAsyncDisposable
{
    private readonly string _usageLog;

    private BodyDoor(RunningGateway running, ScriptedUpstream upstream, string usageLog)
    {
        _usageLog = usageLog;
        Running = running;
        Upstream = upstream;
    }

    public RunningGateway Running { get; }

    public ScriptedUpstream Upstream { get; }

    /// <summary>Starts one: a route for chat completions, one for embeddings, one for plain HTTP below /http.</summary>
    /// <param name="chat">Keys of the chat route, each beginning with a comma.</param>
    /// <param name="http">Keys of the HTTP route, likewise.</param>
    /// <param name="tiers">The tiers.</param>
    /// <param name="top">Keys of the file itself, in lines.</param>
    /// <param name="telemetry">Keys of its telemetry.</param>
    /// <param name="time">The gateway's clock; the system's if null.</param>
    /// <param name="usageLog">Keep a usage log, in a file.</param>
    /// <param name="scripts">What the upstream does; by default it answers all with a small JSON body.</param>
    public static async Task<BodyDoor> OpenAsync(
        string chat = "", string http = "", string tiers = "{ free: {}, starter: {} }", bool usageLog = false, string top = "",
        string telemetry = "", TimeProvider? time = null, params Func<ScriptedConnection, Task>[] scripts)
    {
        var upstream = ScriptedUpstream.Start(scripts.Length > 0 ? scripts : [AnswerAllAsync]);
        var log = Path.Combine(Path.GetTempPath(), $"edge-usage-{Guid.NewGuid():N}.jsonl");
        var yaml = $$"""
            listeners:
              - { address: 127.0.0.1:0, requestBodyMax: 1MiB }
              - { address: 127.0.0.1:0, requestBodyMax: 1MiB, h2c: true }
            {{top}}
            {{Consumers.Lines}}
            tiers: {{tiers}}
            telemetry: { {{(usageLog ? $"usageLog: {{ to: {log} }}, " : "")}}{{telemetry}} }
            upstreams:
              llm: { dialect: openai, targets: [{{upstream.Url}}] }
              claude: { dialect: anthropic, targets: [{{upstream.Url}}] }
              plain: { dialect: http, targets: [{{upstream.Url}}] }
            defaults:
              requestId: { header: X-Id }
              authenticate: { with: [consumers], anonymous: {} }
            routes:
              - { name: chat, match: { path: /v1/chat/completions }, upstream: llm{{chat}} }
              - { name: messages, match: { path: /v1/messages }, upstream: claude{{chat}} }
              - { name: llm, match: { path: /v1/* }, upstream: llm }
              - { name: http, match: { path: /http/* }, upstream: plain{{http}} }
            """;
        return new BodyDoor(await RunningGateway.StartAsync(yaml, time), upstream, log);
    }

    /// <summary>Starts one whose routes lead to an upstream of the other dialect. It keeps a usage log.</summary>
    /// <param name="keys">Keys of both routes, each beginning with a comma.</param>
    /// <param name="hasCredential">The upstreams have credentials of their own.</param>
    /// <param name="script">What the upstream does.</param>
    public static async Task<BodyDoor> OpenCrossedAsync(
        string keys, bool hasCredential, Func<ScriptedConnection, Task> script)
    {
        var upstream = ScriptedUpstream.Start([script]);
        var log = Path.Combine(Path.GetTempPath(), $"edge-usage-{Guid.NewGuid():N}.jsonl");
        var yaml = $$"""
            listeners: [{ address: 127.0.0.1:0, requestBodyMax: 1MiB }]
            telemetry: { usageLog: { to: {{log}} } }
            upstreams:
              llm: { dialect: openai, targets: [{{upstream.Url}}]{{(hasCredential ? ", credential: sk-openai" : "")}} }
              claude: { dialect: anthropic, targets: [{{upstream.Url}}]{{(hasCredential ? ", credential: sk-claude" : "")}} }
            defaults:
              requestId: { header: X-Id }
            routes:
              - { name: chat, match: { path: /v1/chat/completions }, upstream: claude{{keys}} }
              - { name: messages, match: { path: /v1/messages }, upstream: llm{{keys}} }
            """;
        return new BodyDoor(await RunningGateway.StartAsync(yaml), upstream, log);
    }

    /// <summary>One request on a connection of its own, read to its end.</summary>
    public Task<RawResponse> PostAsync(
        string body, string headers = "", string path = "/v1/chat/completions", string type = "application/json") =>
        RawHttpClient.ExchangeAsync(
            Running.Endpoint,
            $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {type}\r\n{headers}"
            + $"Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");

    /// <summary>Where it speaks HTTP/2.</summary>
    public IPEndPoint Http2Endpoint => Running.Gateway.Endpoints[1];

    /// <summary>The body that reached the upstream last.</summary>
    public string Seen => Upstream.Requests[^1].Text;

    /// <summary>The first line of the usage log, once it is there.</summary>
    public async Task<JsonNode> UsageAsync() => (await UsageLinesAsync(1))[0];

    /// <summary>The lines of the usage log, once there are so many.</summary>
    public async Task<JsonNode[]> UsageLinesAsync(int count)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (Running.Gateway.Usage.Written < count)
        {
            await Task.Delay(1, deadline.Token);
        }

        return [.. (await File.ReadAllLinesAsync(_usageLog, deadline.Token)).Select(line => JsonNode.Parse(line)!)];
    }

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        await Upstream.DisposeAsync();
        File.Delete(_usageLog);
    }

    /// <summary>Answers every request of a connection.</summary>
    public static async Task AnswerAllAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        }
    }
}
