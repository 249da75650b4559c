using System.Globalization;
using System.Net;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>Streams that use up a limit of tokens or money while they run, and what is told of what was used.</summary>
public sealed class ExhaustedStreamTests
{
    // Two tokens of prompt and a hundred of answer are reserved.
    private const string Body =
        "{\"model\":\"gpt-4o\",\"max_tokens\":100,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]}";

    private const string Usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}\n\n";
    private const string Done = "data: [DONE]\n\n";

    [Theory]
    [InlineData("stop", "tokens: 300", 150, "")]
    [InlineData("stop", "tokens: 300", 298, "")]
    [InlineData("stop", "tokens: 300", 299, "token_limit_exceeded")]
    [InlineData("stop", "tokens: 300", 2000, "token_limit_exceeded")]
    [InlineData("stop", "tokens: 250, of: output", 250, "")]
    [InlineData("stop", "tokens: 250, of: output", 251, "token_limit_exceeded")]
    [InlineData("stop", "tokens: 50, of: input", 2000, "")]
    [InlineData("stop", "usd: 0.01", 999, "")]
    [InlineData("stop", "usd: 0.01", 1000, "budget_exceeded")]
    [InlineData("finish", "tokens: 300", 2000, "")]
    public async Task A_stream_goes_on_until_its_limit_is_used_up(string then, string limit, int tokens, string code)
    {
        await using var door = await OpenAsync(limit, then, tokens, "");
        var answer = await door.PostAsync(Body);
        if (code.Length == 0)
        {
            Assert.EndsWith(Done, answer.Text, StringComparison.Ordinal);
            return;
        }

        Assert.Contains($"\"code\":\"{code}\"", answer.Text, StringComparison.Ordinal);
        Assert.False(answer.Body.IsComplete);
        var line = await door.UsageAsync();
        Assert.Equal(code, (string)line["failure"]!);
        Assert.False((bool)line["exact"]!);
    }

    [Fact]
    public async Task A_stream_that_was_stopped_is_charged_for_what_came_and_nothing_more()
    {
        await using var door = await OpenAsync("tokens: 300, algorithm: fixed", "stop", 2000, "");
        await door.PostAsync(Body);
        var line = await door.UsageAsync();
        Assert.Equal((2, 299), ((int)line["inputTokens"]!, (int)line["outputTokens"]!));

        // All are used up, and one that came with them.
        var next = await door.PostAsync(Body.Replace("100", "1", StringComparison.Ordinal));
        Assert.Equal(429, next.Status);
        Assert.Contains("\"used\":300,\"remaining\":0", next.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_took_more_on_its_way_gets_back_what_it_turns_out_not_to_have_used()
    {
        await using var door = await OpenAsync("tokens: 1000, algorithm: fixed", "stop", 500, Usage);
        Assert.EndsWith(Done, (await door.PostAsync(Body)).Text, StringComparison.Ordinal);
        Assert.True((bool)(await door.UsageAsync())["exact"]!);

        // Of what was taken before the last 64, at most what had been reserved comes back: 502 to 566 were taken.
        var next = await door.PostAsync(Body);
        var left = int.Parse(next.Headers["x-ratelimit-remaining-tokens"]!, CultureInfo.InvariantCulture) + 102;
        Assert.InRange(left, 1000 - 566 + 102, 1000 - 21);
    }

    [Fact]
    public async Task Two_streams_share_what_is_left()
    {
        await using var door = await OpenAsync("tokens: 1000, algorithm: fixed", "stop", 2000, "", together: 2);
        var answers = await Task.WhenAll(door.PostAsync(Body), door.PostAsync(Body));
        var came = answers.Sum(static a => a.Text.Split("\"delta\"").Length - 1);
        Assert.All(answers, static a => Assert.False(a.Body.IsComplete));

        // The prompts of both are part of the limit; each may have a token in hand when it is stopped.
        Assert.InRange(came, 996 - (2 * 64), 996 + 2);
    }

    [Theory]
    [InlineData("openai", "event: error", false)]
    [InlineData("claude", "event: error", true)]
    public async Task The_error_is_told_in_the_words_of_the_dialect(string upstream, string line, bool expected)
    {
        await using var door = await OpenAsync("tokens: 300", "stop", 2000, "");
        var answer = await door.PostAsync(Body, path: upstream == "claude" ? "/v1/messages" : "/v1/chat/completions");
        Assert.Equal(expected, answer.Text.Contains(line, StringComparison.Ordinal));
        Assert.Contains("A limit of tokens is used up", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_usage_log_says_what_it_cost()
    {
        await using var door = await OpenAsync("tokens: 5000", "finish", 10, Usage);
        await door.PostAsync(Body);

        // 9 at $2.50 and 12 at $10 for a million.
        Assert.Equal(0.000143m, (decimal)(await door.UsageAsync())["dollars"]!);
    }

    [Theory]
    [InlineData("usageHeader: true", true)]
    [InlineData("", false)]
    public async Task A_stream_over_HTTP_2_ends_with_a_trailer_that_says_what_it_used(string metering, bool expected)
    {
        await using var door = await OpenAsync("tokens: 5000", "finish", 10, Usage, metering);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{door.Http2Endpoint}/v1/chat/completions")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(Body, Encoding.UTF8, "application/json"),
        };
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.EndsWith(Done, text, StringComparison.Ordinal);
        Assert.Equal(expected, answer.Headers.Trailer.Contains("X-Edge-Usage"));
        Assert.Equal(
            expected ? "input=9, output=12, exact" : null,
            answer.TrailingHeaders.TryGetValues("X-Edge-Usage", out var values) ? string.Join(' ', values) : null);
    }

    // So many streams begin together: before the first token of one, the requests of all are there.
    private static Task<BodyDoor> OpenAsync(
        string limit, string then, int tokens, string usage, string metering = "", int together = 1)
    {
        var arrived = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var prices = Path.Combine(Path.GetTempPath(), $"edge-prices-{Guid.NewGuid():N}.yaml");
        File.WriteAllText(prices, "models: { gpt-4o: { input: 2.50, output: 10 } }");
        return OpenAsync();

        async Task<BodyDoor> OpenAsync()
        {
            try
            {
                return await BodyDoor.OpenAsync(
                    $", metering: {{ {metering} }}, onExhausted: {then}, "
                    + $"limits: [{{ name: l, per: global, window: 1h, {limit} }}]",
                    usageLog: true, top: $"prices: {prices}", scripts: StreamAsync);
            }
            finally
            {
                File.Delete(prices);
            }
        }

        Task StreamAsync(ScriptedConnection connection) => ExhaustedStreamTests.StreamAsync(connection, tokens, usage, () =>
        {
            if (Interlocked.Increment(ref arrived) == together)
            {
                all.SetResult();
            }

            return connection.StallAsync(all.Task);
        });
    }

    private static async Task StreamAsync(ScriptedConnection connection, int tokens, string usage, Func<Task> begin)
    {
        var request = await connection.ReadRequestAsync();
        await begin();
        var member = request!.Target.EndsWith("messages", StringComparison.Ordinal) ? "text" : "content";
        await connection.SendAsync(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        try
        {
            for (var i = 0; i < tokens; i++)
            {
                var chunk = $"data: {{\"choices\":[{{\"delta\":{{\"{member}\":\"{i:0000}\"}}}}]}}\n\n";
                await connection.SendAsync($"{chunk.Length:x}\r\n{chunk}\r\n");
            }

            var end = usage + Done;
            await connection.SendAsync($"{end.Length:x}\r\n{end}\r\n0\r\n\r\n");
        }
        catch (IOException)
        {
            // Stopped, as it should be.
        }
    }
}
