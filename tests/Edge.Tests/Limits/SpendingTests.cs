using System.Globalization;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Limits;

/// <summary>Limits of tokens and money on a running gateway: reserved, then settled however an exchange ends.</summary>
public sealed class SpendingTests
{
    // Two tokens of prompt, and a hundred that the answer may have: 102 are reserved.
    private const string Body = """{"model":"gpt-4o","max_tokens":100,"messages":[{"role":"user","content":"12345678"}]}""";
    private const string Limits = "limits: [{ name: t, per: global, tokens: 1000, window: 30d }]";

    [Theory]
    [InlineData("usage", 958)]
    [InlineData("usage is zero", 1000)]
    [InlineData("more than reserved", 500)]
    [InlineData("no usage", 998)]
    [InlineData("error", 1000)]
    [InlineData("too many", 1000)]
    [InlineData("closed", 1000)]
    [InlineData("stream", 958)]
    [InlineData("stream without usage", 997)]
    [InlineData("stream cut", 997)]
    public async Task What_was_reserved_is_settled_however_the_exchange_ends(string ending, long left)
    {
        await using var door = await OpenAsync(Limits, connection => AnswerAsync(connection, ending));
        var answer = await TryPostAsync(door, Body);
        if (answer?.Status == 200)
        {
            Assert.Equal("898", answer.Headers["x-ratelimit-remaining-tokens"]);
            Assert.Equal("\"t\";q=1000;qu=\"tokens\";w=2592000", answer.Headers["RateLimit-Policy"]);
        }

        Assert.Equal(left, await LeftAsync(door));
        Assert.Equal(left, await LeftAsync(door));
    }

    [Fact]
    public async Task A_caller_who_leaves_is_charged_for_what_it_may_have_used()
    {
        await using var door = await OpenAsync(Limits, connection => AnswerAsync(connection, "stream that goes on"));
        await using (var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint))
        {
            await caller.SendAsync(Request(Body));
            await caller.ReadUntilAsync("abcd");
        }

        // The prompt, and the token that had come.
        Assert.Equal(997, await LeftAsync(door));
    }

    [Fact]
    public async Task A_request_that_asks_for_more_than_the_limit_has_is_told_so_and_not_to_try_again()
    {
        await using var door = await OpenAsync(
            "limits: [{ name: r, per: global, requests: 5, window: 1h }, { name: t, per: global, tokens: 100, window: 1m }]",
            connection => AnswerAsync(connection, "usage"));
        var refused = await PostAsync(door, Body);
        Assert.Equal((429, "false"), (refused.Status, refused.Headers["x-should-retry"]));
        Assert.Null(refused.Headers["Retry-After"]);
        Assert.Contains("\"type\":\"tokens\"", refused.Text);
        Assert.Contains("\"limit\":100,\"used\":0,\"remaining\":100,\"requested\":102", refused.Text);
        Assert.Empty(door.Upstream.Requests);

        // All or none: nor does it count among the requests.
        var next = await PostAsync(door, Body.Replace("100", "20", StringComparison.Ordinal));
        Assert.Equal((200, "4"), (next.Status, next.Headers["x-ratelimit-remaining-requests"]));
    }

    [Fact]
    public async Task A_spent_limit_of_tokens_names_limit_use_and_time()
    {
        var go = new TaskCompletionSource();
        await using var door = await OpenAsync(
            "limits: [{ name: t, per: global, tokens: 150, window: 1h }]",
            async connection =>
            {
                await connection.ReadRequestAsync();
                await go.Task;
                await connection.SendAsync(Json("{}"));
            });
        var first = PostAsync(door, Body);
        await door.Upstream.WaitForRequestsAsync(1);
        var refused = await PostAsync(door, Body);
        Assert.Equal(429, refused.Status);
        Assert.InRange(int.Parse(refused.Headers["Retry-After"]!, CultureInfo.InvariantCulture), 1295, 1296);
        Assert.Equal("150", refused.Headers["x-ratelimit-limit-tokens"]);
        Assert.Contains("\"code\":\"token_limit_exceeded\"", refused.Text);
        Assert.Contains("\"limit_name\":\"t\",\"unit\":\"tokens\",\"limit\":150,\"used\":102,\"remaining\":48", refused.Text);
        go.SetResult();
        Assert.Equal(200, (await first).Status);
    }

    [Theory]
    [InlineData("gpt-4o", 200, "199670")]
    [InlineData("gpt-4o-mini", 200, "199980")]
    [InlineData("other", 403, "200000")]
    public async Task A_budget_is_charged_by_the_models_price(string model, int status, string left)
    {
        var prices = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            prices,
            """
            models:
              gpt-4o: { input: 2.50, output: 10 }
              gpt-4o-*: { input: 0.15, cachedInput: 0.075, output: 0.60 }
            """,
            TestContext.Current.CancellationToken);
        await using var door = await OpenAsync(
            "limits: [{ name: b, per: global, usd: 0.20, window: month }]", connection => AnswerAsync(connection, "usage"),
            $"prices: {prices}");
        File.Delete(prices);
        var answer = await PostAsync(door, Body.Replace("gpt-4o", model, StringComparison.Ordinal));
        Assert.Equal(status, answer.Status);
        await SettledAsync(door);
        var next = await PostAsync(door, Body);
        var remaining = long.Parse(next.Headers["X-RateLimit-Remaining"]!, CultureInfo.InvariantCulture) + 1005;
        Assert.Equal(left, remaining.ToString(CultureInfo.InvariantCulture));
    }

    private static string Request(string body) =>
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n" +
        $"Content-Length: {body.Length}\r\n\r\n{body}";

    private static Task<RawResponse> PostAsync(SpendingDoor door, string body) =>
        RawHttpClient.ExchangeAsync(door.Running.Endpoint, Request(body));

    private static async Task<RawResponse?> TryPostAsync(SpendingDoor door, string body)
    {
        try
        {
            return await PostAsync(door, body);
        }
        catch (IOException)
        {
            // A broken stream is broken off here, too.
            return null;
        }
    }

    /// <summary>What is left once all is settled, by a request that the upstream refuses and that thus costs nothing.</summary>
    private static async Task<long> LeftAsync(SpendingDoor door)
    {
        await SettledAsync(door);
        door.Refuses = true;
        var answer = await PostAsync(door, Body);
        door.Refuses = false;
        await SettledAsync(door);
        return long.Parse(answer.Headers["x-ratelimit-remaining-tokens"]!, CultureInfo.InvariantCulture) + 102;
    }

    private static async Task SettledAsync(SpendingDoor door)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (door.Running.Gateway.Counters.Running > 0) await Task.Delay(5, patience.Token);
    }

    private static async Task<SpendingDoor> OpenAsync(string route, Func<ScriptedConnection, Task> script, string top = "")
    {
        SpendingDoor? door = null;
        var upstream = ScriptedUpstream.Start(async connection =>
        {
            if (door!.Refuses)
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                return;
            }

            await script(connection);
        });
        var running = await RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            {{top}}
            upstreams:
              llm: { dialect: openai, targets: [{{upstream.Url}}] }
            routes:
              - name: chat
                upstream: llm
                {{route}}
            """);
        return door = new SpendingDoor(running, upstream);
    }

    private static async Task AnswerAsync(ScriptedConnection connection, string ending)
    {
        await connection.ReadRequestAsync();
        const string Text = "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"\"}}]";
        const string Chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"abcd\"}}]}\n\n";
        const string Used = "\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":30,\"total_tokens\":42}";
        const string Streams = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n" +
            "Transfer-Encoding: chunked\r\n\r\n";
        switch (ending)
        {
            case "usage":
                await connection.SendAsync(Json($"{{{Text},{Used}}}"));
                break;
            case "usage is zero":
                await connection.SendAsync(Json($"{{{Text},\"usage\":{{\"prompt_tokens\":0,\"completion_tokens\":0}}}}"));
                break;
            case "more than reserved":
                await connection.SendAsync(Json($"{{{Text},\"usage\":{{\"prompt_tokens\":200,\"completion_tokens\":300}}}}"));
                break;
            case "no usage":
                await connection.SendAsync(Json($"{{{Text}}}"));
                break;
            case "error":
                await connection.SendAsync("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                break;
            case "too many":
                await connection.SendAsync("HTTP/1.1 429 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                break;
            case "stream":
                await connection.SendAsync(
                    Streams + Chunked(Chunk + $"data: {{\"choices\":[],{Used}}}\n\ndata: [DONE]\n\n") + "0\r\n\r\n");
                break;
            case "stream without usage":
                await connection.SendAsync(Streams + Chunked(Chunk + "data: [DONE]\n\n") + "0\r\n\r\n");
                break;
            case "stream cut":
                await connection.SendAsync(Streams + Chunked(Chunk));
                break;
            case "stream that goes on":
                await connection.SendAsync(Streams + Chunked(Chunk));
                await connection.WaitForEndAsync();
                break;
            default:
                break;
        }
    }

    private static string Json(string text) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {text.Length}\r\n\r\n{text}";

    private static string Chunked(string text) => $"{Encoding.Latin1.GetByteCount(text):x}\r\n{text}\r\n";

    private sealed class SpendingDoor(RunningGateway running, ScriptedUpstream upstream) : IAsyncDisposable
    {
        public RunningGateway Running => running;

        public ScriptedUpstream Upstream => upstream;

        public bool Refuses { get; set; }

        public async ValueTask DisposeAsync()
        {
            await running.DisposeAsync();
            await upstream.DisposeAsync();
        }
    }
}
