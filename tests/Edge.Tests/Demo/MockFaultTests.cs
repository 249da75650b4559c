using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.Demo;

namespace Edge.Tests.Demo;

/// <summary>What the mock does wrong when it is asked to, seen from the socket.</summary>
public sealed class MockFaultTests
{
    private const string LastChunk = "\r\n0\r\n\r\n";

    [Fact]
    public async Task A_cut_stream_ends_after_its_events_without_a_last_chunk()
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.ExchangeAsync(Ask("mock;cut-after=3"));
        Assert.Equal(3, Count(answer, "data: "));
        Assert.EndsWith("\n\n\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(LastChunk, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_cut_inside_an_event_ends_in_its_middle()
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.ExchangeAsync(Ask("mock;cut-inside=3"));
        Assert.Equal(4, Count(answer, "data: "));
        Assert.False(answer.EndsWith("\n\n\r\n", StringComparison.Ordinal));
        Assert.DoesNotContain(LastChunk, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_by_reset_is_a_reset()
    {
        await using var mock = await MockClient.StartAsync();
        var error = await Assert.ThrowsAsync<SocketException>(() => mock.ExchangeAsync(Ask("mock;cut-after=3;cut=reset")));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_whole_answer_is_cut_in_its_middle()
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.ExchangeAsync(Ask("mock-cut", stream: false));
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var field = answer.Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
        var length = int.Parse(field["Content-Length: ".Length..], CultureInfo.InvariantCulture);
        Assert.Equal(length / 2, answer.Length - end - 4);
    }

    [Fact]
    public async Task A_provider_that_fails_in_mid_stream_says_so_in_an_event()
    {
        await using var mock = await MockClient.StartAsync();
        var answer = await mock.ExchangeAsync(Ask("mock;error-after=3"));
        Assert.Equal(4, Count(answer, "data: "));
        Assert.Contains("data: {\"error\":{", answer, StringComparison.Ordinal);
        Assert.EndsWith(LastChunk, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mock;hang=head", "\r\n\r\n", true)]
    [InlineData("mock;hang=head", "\r\n\r\n", false)]
    [InlineData("mock;hang-after=2", "\"You \"", true)]
    [InlineData("mock;gap=3600000", "\"You \"", true)]
    public async Task A_caller_that_leaves_a_silent_provider_is_noticed(string model, string until, bool stream)
    {
        await using var mock = await MockClient.StartAsync();
        using (var socket = await mock.ConnectAsync(Ask(model, stream)))
        {
            await MockClient.ReadUntilAsync(socket, until);
        }

        await UntilAsync(() => mock.Provider.Stats is { Abandoned: 1, OpenStreams: 0 });
    }

    [Fact]
    public async Task A_caller_that_leaves_in_mid_stream_stops_the_provider()
    {
        await using var mock = await MockClient.StartAsync();
        using (var socket = await mock.ConnectAsync(Ask("mock;gap=2;tokens=100000")))
        {
            await MockClient.ReadUntilAsync(socket, "\"said\"");
        }

        await UntilAsync(() => mock.Provider.Stats is { Abandoned: 1, OpenStreams: 0 });
        Assert.InRange(mock.Provider.Stats.Tokens, 2, 50_000);
    }

    [Fact]
    public async Task Head_first_event_and_each_token_come_at_their_time()
    {
        var time = new ManualTime();
        await using var mock = await MockClient.StartAsync(
            new MockOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Time = time });
        using var socket = await mock.ConnectAsync(Ask("mock;head-delay=100;first-delay=200;gap=300;tokens=3"));
        await WaitsAsync(time);
        Assert.Equal(0, socket.Available);
        time.Advance(TimeSpan.FromMilliseconds(100));
        var head = await MockClient.ReadUntilAsync(socket, "\r\n\r\n");
        Assert.DoesNotContain("data:", head, StringComparison.Ordinal);
        await WaitsAsync(time);
        time.Advance(TimeSpan.FromMilliseconds(200));
        await MockClient.ReadUntilAsync(socket, "\"You \"");
        await WaitsAsync(time);
        Assert.Equal(0, socket.Available);
        time.Advance(TimeSpan.FromMilliseconds(300));
        await MockClient.ReadUntilAsync(socket, "\"said\"");
        await WaitsAsync(time);
        Assert.Equal(0, socket.Available);
        time.Advance(TimeSpan.FromMilliseconds(300));
        await MockClient.ReadUntilAsync(socket, "[DONE]");
    }

    [Fact]
    public async Task An_error_status_carries_Retry_After_where_it_helps()
    {
        await using var mock = await MockClient.StartAsync();
        Assert.Contains("\r\nRetry-After: 1\r\n", await mock.ExchangeAsync(Ask("mock;status=503")), StringComparison.Ordinal);
        Assert.Contains(
            "\r\nRetry-After: 7\r\n", await mock.ExchangeAsync(Ask("mock;status=429;retry-after=7")), StringComparison.Ordinal);
        Assert.DoesNotContain("Retry-After", await mock.ExchangeAsync(Ask("mock;status=500")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_raw_answer_arrives_byte_for_byte()
    {
        const string answer = "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!\0\u00ff";
        await using var mock = await MockClient.StartAsync();
        var bytes = Encoding.Latin1.GetBytes(answer);
        using var socket = await mock.ConnectAsync(
            $"POST /raw?piece=1 HTTP/1.1\r\nHost: m\r\nContent-Length: {bytes.Length}\r\n\r\n");
        await socket.SendAsync(bytes, SocketFlags.None, TestContext.Current.CancellationToken);
        Assert.Equal(answer, await MockClient.ReadToEndAsync(socket));
    }

    [Fact]
    public async Task Every_named_raw_answer_is_sent_as_it_stands()
    {
        await using var mock = await MockClient.StartAsync();
        foreach (var name in RawAnswers.Names.Split(", "))
        {
            var expected = RawAnswers.Find(name)!;
            using var socket = await mock.ConnectAsync($"GET /raw/{name} HTTP/1.1\r\nHost: m\r\n\r\n");
            if (expected.Length != 0)
            {
                var received = await MockClient.ReadUntilAsync(socket, expected[^Math.Min(8, expected.Length)..]);
                Assert.StartsWith(received, expected, StringComparison.Ordinal);
            }
        }

        Assert.Equal(0, mock.Provider.Stats.Abandoned);
    }

    [Fact]
    public async Task A_provider_that_is_disposed_cuts_its_streams()
    {
        var mock = await MockClient.StartAsync();
        using var socket = await mock.ConnectAsync(Ask("mock;gap=3600000"));
        await MockClient.ReadUntilAsync(socket, "\"You \"");
        await mock.DisposeAsync();
        try
        {
            Assert.DoesNotContain(LastChunk, await MockClient.ReadToEndAsync(socket), StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            // A reset is as good an end as the killed process would make.
        }
    }

    private static string Ask(string model, bool stream = true)
    {
        var body = $$"""
            {"model":"{{model}}","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Hello"}]}
            """;
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nConnection: close\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static Task WaitsAsync(ManualTime time) => UntilAsync(() => time.RunningTimers == 1);

    /// <summary>Waits for something that another thread is about to do.</summary>
    private static async Task UntilAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(10), "It has not happened in 10 s.");
            await Task.Yield();
        }
    }
}
