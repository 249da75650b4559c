using System.Text;
using System.Text.Json.Nodes;
using Edge.Core.Configuration;
using Edge.Tests.Identity;
using Edge.Tests.Support;

namespace Edge.Tests.Caching;

/// <summary>
/// A gateway that compares questions, before a provider that says which question it answers and another that makes vectors.
/// </summary>
internal sealed class SemanticDoor : IAsyncDisposable
{
    /// <summary>What the one who makes vectors is sent.</summary>
    public const string Model = "vector-maker";

    private readonly string _usageLog;
    private readonly Func<SemanticDoor, string, string> _yaml;

    private SemanticDoor(
        ScriptedUpstream llm, ScriptedUpstream vectors, Func<SemanticDoor, string, string> yaml, string usageLog)
    {
        Llm = llm;
        Vectors = vectors;
        _yaml = yaml;
        _usageLog = usageLog;
    }

    public RunningGateway Running { get; private set; } = null!;

    /// <summary>Who answers questions.</summary>
    public ScriptedUpstream Llm { get; }

    /// <summary>Who makes vectors.</summary>
    public ScriptedUpstream Vectors { get; }

    /// <summary>Starts one.</summary>
    /// <param name="vectors">What the one who makes vectors does; by default it knows the questions about cats and dogs.</param>
    /// <param name="semantic">More keys of <c>semantic</c>, each beginning with a comma.</param>
    /// <param name="cache">More keys of <c>cache</c>, likewise.</param>
    /// <param name="upstream">More keys of the upstream that makes vectors, likewise.</param>
    /// <param name="llm">What the provider does.</param>
    /// <param name="time">The gateway's clock; the system's if null.</param>
    /// <param name="top">A line of the file itself.</param>
    public static async Task<SemanticDoor> OpenAsync(
        Func<ScriptedConnection, Task>? vectors = null, string semantic = "", string cache = "", string upstream = "",
        Func<ScriptedConnection, Task>? llm = null, TimeProvider? time = null, string top = "")
    {
        var log = Path.Combine(Path.GetTempPath(), $"edge-usage-{Guid.NewGuid():N}.jsonl");
        var prices = Path.Combine(Path.GetTempPath(), $"edge-prices-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(prices, $"models: {{ {Model}: {{ input: 2, output: 0 }} }}\n");
        var door = new SemanticDoor(
            ScriptedUpstream.Start(llm ?? AnswerQuestionsAsync), ScriptedUpstream.Start(vectors ?? MakeVectorsAsync),
            (it, more) => $$"""
                listeners: [{ address: 127.0.0.1:0, requestBodyMax: 1MiB }]
                {{Consumers.Lines}}
                tiers: { free: {}, starter: {} }
                {{top}}
                prices: {{prices}}
                telemetry: { usageLog: { to: {{log}} } }
                upstreams:
                  llm: { dialect: openai, targets: [{{it.Llm.Url}}], credential: sk-of-llm }
                  claude: { dialect: anthropic, targets: [{{it.Llm.Url}}] }
                  vectors: { dialect: openai, targets: [{{it.Vectors.Url}}], credential: sk-of-vectors{{upstream}} }
                defaults:
                  requestId: { header: X-Id }
                  authenticate: { with: [consumers], anonymous: {} }
                  metering: {}
                  cache:
                    ttl: 60s
                    semantic: { upstream: vectors, model: {{Model}}, dimensions: 4{{semantic}}{{more}} }
                    {{cache}}
                routes:
                  - { name: chat, match: { path: /v1/chat/completions }, upstream: llm }
                  - { name: messages, match: { path: /v1/messages }, upstream: claude }
                  - { name: other, match: { path: /other/v1/chat/completions }, upstream: llm }
                """,
            log);
        try
        {
            door.Running = await RunningGateway.StartAsync(door._yaml(door, ""), time);
        }
        finally
        {
            File.Delete(prices);
        }

        return door;
    }

    /// <summary>Takes another file, with more keys of <c>semantic</c>.</summary>
    public void Reload(string more)
    {
        var text = string.Join('\n', _yaml(this, more).Split('\n').Where(static line => !line.Contains("prices:")));
        var loaded = ConfigurationLoader.LoadText(text, "edge.yaml", SystemConfigurationSource.Instance);
        Assert.Empty(loaded.Diagnostics);
        Running.Gateway.Reload(loaded.Plan!);
    }

    /// <summary>Asks a question.</summary>
    public Task<RawResponse> AskAsync(string question, string headers = Ann, string more = "") =>
        PostAsync($$"""{"model":"m","messages":[{"role":"user","content":"{{question}}"}]{{more}}}""", headers);

    /// <summary>One request on a connection of its own, read to its end.</summary>
    public Task<RawResponse> PostAsync(string body, string headers = Ann, string path = "/v1/chat/completions") =>
        RawHttpClient.ExchangeAsync(
            Running.Endpoint,
            $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}"
            + $"Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");

    public const string Ann = "X-Api-Key: key-of-ann\r\n";

    public const string Bob = "X-Api-Key: key-of-bob\r\n";

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

    /// <summary>What the provider says of a question.</summary>
    public static string AnswerTo(string question) =>
        "{\"choices\":[{\"message\":{\"content\":\"about " + question + "\"}}],"
        + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}";

    /// <summary>The question that was put last in a request.</summary>
    public static string QuestionOf(RawRequest request)
    {
        var content = JsonNode.Parse(request.Text)!["messages"]!.AsArray()[^1]!["content"]!;
        return content is JsonArray parts ? parts[^1]!["text"]?.GetValue<string>() ?? "image" : content.GetValue<string>();
    }

    /// <summary>An answer as JSON.</summary>
    public static string Json(string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    /// <summary>A vector as an answer.</summary>
    public static string VectorOf(string numbers) => Json(
        "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":["
        + numbers + "]}],\"usage\":{\"prompt_tokens\":5}}");

    /// <summary>Makes the vector of each question that is known; of another, one that is far from all.</summary>
    public static async Task MakeVectorsAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync(VectorOf(NumbersOf(JsonNode.Parse(request.Text)!["input"]!.GetValue<string>())));
        }
    }

    /// <summary>The vector of a question.</summary>
    public static string NumbersOf(string question) => question switch
    {
        "what is a cat" => "1,0,0,0",
        "what's a cat?" => "0.96,0.28,0,0",
        "what are 2 cats" => "0.96,0.28,0,0",
        "what is a kitten" => "0.94,0.3412,0,0",
        "what is a dog" => "0,2.5,0,0",
        _ => "0,0,1,1",
    };

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        await Llm.DisposeAsync();
        await Vectors.DisposeAsync();
        File.Delete(_usageLog);
    }

    private static async Task AnswerQuestionsAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync(Json(AnswerTo(QuestionOf(request))));
        }
    }
}
