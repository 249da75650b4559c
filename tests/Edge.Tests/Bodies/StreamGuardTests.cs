namespace Edge.Tests.Bodies;

/// <summary>Streams that are cut off because they are too long, or go round in circles.</summary>
public sealed class StreamGuardTests
{
    private const string Body = "{\"stream\":true,\"messages\":[]}";

    [Theory]
    [InlineData(10, 200, "")]
    [InlineData(11, 200, "upstream_answer_too_long")]
    public async Task A_stream_has_at_most_so_many_tokens(int chunks, int status, string code)
    {
        await using var door = await OpenAsync(
            "answerTokensMax: 10", [.. Enumerable.Range(0, chunks).Select(static i => $"{i:0000}")]);
        await CheckAsync(door, status, code);
    }

    [Theory]
    [InlineData("loop", "loop", "loop", "loop", "")]
    [InlineData("loop", "loop", "loop", "loop", "loop", "upstream_answer_repeats")]
    [InlineData("loop", "loop", "loop", "stop", "loop", "loop", "loop", "")]
    [InlineData("\\n", "\\n", "\\n", "\\n", "\\n", "\\n", "\\n", "\\n", "")]
    public async Task A_stream_repeats_itself_so_often_and_no_more(params string[] texts)
    {
        await using var door = await OpenAsync("repeatsMax: 3", texts[..^1]);
        await CheckAsync(door, 200, texts[^1]);
    }

    [Fact]
    public async Task An_answer_of_one_piece_is_not_cut()
    {
        const string answer =
            "{\"choices\":[{\"message\":{\"content\":\"a text of more than ten tokens, for it goes on and on\"}}]}";
        await using var door = await BodyDoor.OpenAsync(
            ", metering: { answerTokensMax: 10 }", scripts: async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(
                    $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}");
            });
        Assert.Equal(answer, (await door.PostAsync("{\"messages\":[]}")).Text);
    }

    private static Task<BodyDoor> OpenAsync(string guard, string[] texts) => BodyDoor.OpenAsync(
        $", metering: {{ {guard} }}", usageLog: true, scripts: async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            foreach (var text in texts)
            {
                var chunk = $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n";
                await connection.SendAsync($"{chunk.Length:x}\r\n{chunk}\r\n");
            }

            await connection.SendAsync("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
        });

    private static async Task CheckAsync(BodyDoor door, int status, string code)
    {
        var answer = await door.PostAsync(Body);
        Assert.Equal(status, answer.Status);
        if (code.Length == 0)
        {
            Assert.EndsWith("data: [DONE]\n\n", answer.Text, StringComparison.Ordinal);
            Assert.True(answer.Body.IsComplete);
        }
        else
        {
            Assert.Contains($"\"code\":\"{code}\"", answer.Text, StringComparison.Ordinal);
            Assert.False(answer.Body.IsComplete);
            Assert.False((bool)(await door.UsageAsync())["exact"]!);
        }
    }
}
