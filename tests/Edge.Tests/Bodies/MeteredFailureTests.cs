using System.Text;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Bodies;

/// <summary>
/// Either side ends at every single byte of a metered exchange: what was reserved is settled once, nothing is held, and no memory
/// is kept.
/// </summary>
[Collection(nameof(MeasuresMemory))]
public sealed class MeteredFailureTests
{
    private const string Route =
        ", metering: { usageHeader: true }, limits: [{ name: t, per: global, tokens: 1000000, window: 1h, algorithm: fixed },"
        + " { name: c, per: global, concurrent: 1 }]";

    private const string Body =
        "{\"stream\":true,\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]}";

    private const string Request =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ";

    private const string Delta = "data: {\"choices\":[{\"delta\":{\"content\":\"abcd\"}}],\"usage\":null}\n\n";
    private const string Usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}\n\n";
    private const string Done = "data: [DONE]\n\n";

    private static readonly string Stream =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + $"{Delta.Length:x}\r\n{Delta}\r\n{Usage.Length:x}\r\n{Usage}\r\n{Done.Length:x}\r\n{Done}\r\n0\r\n\r\n";

    private static readonly string Whole = WithLength(
        "{\"choices\":[{\"message\":{\"content\":\"abcd\"}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}");

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task An_upstream_that_ends_at_any_byte_is_charged_once(bool streams, bool reset)
    {
        var answer = streams ? Stream : Whole;
        var cut = 0;
        var unobserved = new Unobserved();
        await using var door = await BodyDoor.OpenAsync(Route, scripts: async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answer[..cut]);
            if (reset)
            {
                await connection.WaitUntilReceivedAsync();
                connection.Reset();
            }
        });
        for (; cut <= answer.Length; cut++)
        {
            try
            {
                var got = await RawHttpClient.ExchangeAsync(door.Running.Endpoint, Request + $"{Body.Length}\r\n\r\n" + Body);
                Assert.True(cut == answer.Length || got.Status != 200 || got.Body.IsBroken, $"whole at {cut}");
            }
            catch (IOException)
            {
                // Broken off, as it should be.
            }

            await SettledAsync(door, cut + 1);
        }

        // Of a stream, the usage that came before the break counts; of an answer of one piece too.
        var limits = door.Running.Gateway.Limits;
        Assert.True(limits.SettledExactly >= 1, "no usage was read");
        Assert.Equal(cut, limits.SettledExactly + limits.SettledByEstimate + limits.SettledUnused);
        unobserved.AssertNone();
    }

    [Theory]
    [InlineData(false, "abort")]
    [InlineData(true, "abort")]
    [InlineData(false, "{ drain: 10 tokens }")]
    [InlineData(true, "{ drain: 10 tokens }")]
    public async Task A_caller_who_ends_at_any_byte_is_charged_once(bool reset, string onDisconnect)
    {
        const string head = "110\r\n\r\n";
        var request = Request + head + Body.PadRight(110);
        var unobserved = new Unobserved();
        await using var door = await BodyDoor.OpenAsync(Route + $", onDisconnect: {onDisconnect}", scripts: async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(Stream);
            }
        });
        for (var sent = 1; sent <= request.Length; sent++)
        {
            var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
            await caller.SendAsync(request[..sent]);
            if (reset)
            {
                caller.Reset();
            }

            await caller.DisposeAsync();
        }

        // However many of them came so far that they were known as requests: in the end nothing is held of any, and one may run.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await RawHttpClient.ExchangeAsync(door.Running.Endpoint, request)).Status != 200)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }

        await SettledAsync(door, 1);
        unobserved.AssertNone();
    }

    [Fact]
    public async Task A_caller_who_leaves_while_the_upstream_is_slow_to_answer_is_charged_for_its_prompt_once()
    {
        var seen = new SemaphoreSlim(0);
        await using var door = await BodyDoor.OpenAsync(Route, usageLog: true, scripts: async connection =>
        {
            await connection.ReadRequestAsync();
            seen.Release();
            await connection.WaitForEndAsync();
        });
        await using (var caller = await RawHttpClient.ConnectAsync(door.Running.Endpoint))
        {
            await caller.SendAsync(Request + $"{Body.Length}\r\n\r\n" + Body);
            Assert.True(await seen.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
            caller.Reset();
        }

        var line = await door.UsageAsync();
        Assert.Equal((2, 0, false), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
        await SettledAsync(door, 1);
        Assert.Equal(1, door.Running.Gateway.Limits.SettledByEstimate);
    }

    private static string WithLength(string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    private static async Task SettledAsync(BodyDoor door, int settled)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        var gateway = door.Running.Gateway;
        while (gateway.Counters.Running > 0
            || gateway.Limits.SettledExactly + gateway.Limits.SettledByEstimate + gateway.Limits.SettledUnused < settled)
        {
            await Task.Delay(1, deadline.Token);
        }
    }
}
