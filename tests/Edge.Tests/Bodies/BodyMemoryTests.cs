using System.Globalization;
using System.Text;
using Edge.Pipeline;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

public sealed class BodyMemoryTests
{
    private const int Large = 6 * 1024 * 1024;

    [Fact]
    public void There_is_room_up_to_the_limit_and_not_one_byte_more()
    {
        var memory = new BodyMemory(10);

        Assert.True(memory.TryHold(4));
        Assert.True(memory.TryHold(6));
        Assert.False(memory.TryHold(1));
        Assert.Equal((10, 1), (memory.HeldBytes, memory.Refused));
        memory.Release(4);
        Assert.True(memory.TryHold(4));
        Assert.False(memory.TryHold(1));
    }

    [Fact]
    public async Task Large_bodies_at_once_are_turned_away_before_the_heap_is_full_and_let_in_again_at_once()
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync(goOn.Task);
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });

        // 80 MiB: 20 MiB are for bodies, of which one takes 8.
        await using var edge = await EdgeProcess.RunAsync(
            $$"""
            listeners: [{ address: "127.0.0.1:0" }]
            upstreams: { it: { dialect: openai, targets: ["{{upstream.Url}}"] } }
            routes: [{ name: all, upstream: it, rewrite: [{ default: { user: somebody } }] }]
            """,
            new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "5000000" });
        var many = Enumerable.Range(0, 12).Select(_ => AskAsync(edge)).ToArray();
        while (many.Count(static one => one.IsCompleted) < 10)
        {
            await Task.WhenAny(many.Where(static one => !one.IsCompleted));
        }

        goOn.SetResult();
        var answers = await Task.WhenAll(many);
        Assert.Equal(2, answers.Count(static answer => answer.Status == 200));
        Assert.All(answers.Where(static answer => answer.Status != 200), static answer =>
        {
            Assert.Equal((503, "2"), (answer.Status, answer.Headers["Retry-After"]));
            Assert.Contains("\"code\":\"edge_overloaded\"", answer.Text, StringComparison.Ordinal);
        });

        Assert.Equal(200, (await AskAsync(edge)).Status);
    }

    private static async Task<RawResponse> AskAsync(EdgeProcess edge)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"{{new string('x', Large)}}"}]}""";
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n")
            + "Content-Type: application/json\r\n\r\n";
        await using var client = await RawHttpClient.ConnectAsync(edge.Endpoint);
        await client.SendAsync(Encoding.ASCII.GetBytes(head + body));
        var answer = await client.ReadHeadAsync();
        await answer.Body.ReadToEndAsync();
        return answer;
    }
}
