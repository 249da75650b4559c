using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Hosting;
using Edge.Tests.Support;

namespace Edge.Tests.Attempts;

/// <summary>A gateway before scripted upstreams, whose requests may take more than one attempt.</summary>
internal sealed class AttemptDoor : IAsyncDisposable
{
    private readonly RunningGateway _running;
    private readonly string _folder;
    private bool _isClosed;

    private AttemptDoor(RunningGateway running, string folder)
    {
        _running = running;
        _folder = folder;
    }

    public Gateway Gateway => _running.Gateway;

    public IPEndPoint Endpoint => Gateway.Endpoints[0];

    /// <summary>Where it speaks HTTP/2.</summary>
    public IPEndPoint Http2Endpoint => Gateway.Endpoints[1];

    /// <summary>Starts one: a route for everything, to the first upstream.</summary>
    /// <param name="upstreams">Lines of upstreams, each with its own indentation of two.</param>
    /// <param name="route">More keys of the route, each beginning with a comma.</param>
    /// <param name="top">More lines of the file.</param>
    public static async Task<AttemptDoor> OpenAsync(string upstreams, string route = "", string top = "")
    {
        var folder = Directory.CreateTempSubdirectory("edge-attempts-").FullName;
        var running = await RunningGateway.StartAsync(
            $$"""
            listeners:
              - { address: 127.0.0.1:0 }
              - { address: 127.0.0.1:0, h2c: true }
            telemetry: { accessLog: { to: {{folder}}/access }, usageLog: { to: {{folder}}/usage } }
            {{top}}
            upstreams:
            {{upstreams}}
            routes:
              - { name: all, upstream: it{{route}} }
            """);
        return new AttemptDoor(running, folder);
    }

    /// <summary>Starts one with an upstream of an LLM dialect.</summary>
    public static Task<AttemptDoor> OpenAsync(
        ScriptedUpstream upstream, string retries, string keys = "", string dialect = "openai", string route = "") =>
        OpenAsync($"  it: {{ dialect: {dialect}, targets: [{upstream.Url}], retries: {{ {retries} }}{keys} }}", route);

    /// <summary>One request with a body, read to its end.</summary>
    public Task<RawResponse> PostAsync(string body = "{}", string path = "/v1/chat/completions", string headers = "") =>
        RawHttpClient.ExchangeAsync(Endpoint, Post(body, path, headers));

    public static string Post(string body = "{}", string path = "/v1/chat/completions", string headers = "") =>
        $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}" +
        $"Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";

    /// <summary>One request without.</summary>
    public Task<RawResponse> GetAsync() =>
        RawHttpClient.ExchangeAsync(Endpoint, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    /// <summary>A script: answers all requests of all connections in turn, and with the last answer from then on.</summary>
    public static Func<ScriptedConnection, Task> Answers(params string[] answers)
    {
        var count = -1;
        return async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(answers[Math.Min(Interlocked.Increment(ref count), answers.Length - 1)]);
            }
        };
    }

    /// <summary>A script: reads a request and leaves it unanswered until the other side gives up.</summary>
    public static async Task Silence(ScriptedConnection connection)
    {
        await connection.ReadRequestAsync();
        await connection.WaitForBytesAsync();
    }

    /// <summary>A script: reads a request and closes.</summary>
    public static Task Hangup(ScriptedConnection connection) => connection.ReadRequestAsync();

    /// <summary>An answer.</summary>
    public static string Status(int status, string headers = "", string body = "") => string.Create(
        CultureInfo.InvariantCulture,
        $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}");

    /// <summary>An answer of a provider, with usage.</summary>
    public static string Ok(int input = 10, int output = 5) => Status(
        200, "", "{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]," +
        $"\"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output},\"total_tokens\":{input + output}}}}}");

    /// <summary>Retries at the first upstream, for a reason.</summary>
    public long Retries(string reason) => Gateway.Metrics.Repeats.Retries.Of("it", reason).Value;

    /// <summary>Those that were not made.</summary>
    public long Denied(string cause) => Gateway.Metrics.Repeats.Denied.Of("it", cause).Value;

    /// <summary>Requests that a fallback took, for a reason.</summary>
    public long Fallbacks(string fallback, string reason) => Gateway.Metrics.Repeats.Fallbacks.Of("all", fallback, reason).Value;

    /// <summary>Waits until no request runs.</summary>
    public async Task WaitUntilIdleAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(RawConnection.DeadlineDefault);
        while (Gateway.Counters.Running > 0)
        {
            await Task.Delay(1, deadline.Token);
        }
    }

    /// <summary>Ends it, and gives its access log.</summary>
    public async Task<JsonNode[]> AccessAsync() => await LinesAsync("access");

    /// <summary>Ends it, and gives its usage log.</summary>
    public async Task<JsonNode[]> UsageAsync() => await LinesAsync("usage");

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<JsonNode[]> LinesAsync(string log)
    {
        await CloseAsync();
        var lines = await File.ReadAllLinesAsync(Path.Combine(_folder, log), TestContext.Current.CancellationToken);
        return [.. lines.Select(static line => JsonNode.Parse(line)!)];
    }

    private async Task CloseAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            await _running.DisposeAsync();
        }
    }
}
