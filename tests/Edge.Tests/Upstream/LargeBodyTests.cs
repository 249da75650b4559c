using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>
/// Bodies that take several receives and sends, among them those that end where a receive's memory does: whole, in order, and on
/// connections that go on.
/// </summary>
public class LargeBodyTests
{
    private const int Repetitions = 3;

    // Half of the places are requests': none is left for a connection of another loop's.
    private const string NoneAhead = ", connectionsMax: 3";

    /// <summary>Lengths of whole messages: around the sizes of the blocks that they go through.</summary>
    public static TheoryData<int> Lengths { get; } =
    [
        4095, 4096, 4097, 8192, 16_384, 20_480, 65_535, 65_536, 65_537, 131_072, 200_000, 262_144, 1_048_576, 3_000_001,
    ];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task An_answer_comes_whole_and_its_connection_goes_on(int length)
    {
        var (message, body) = Message("HTTP/1.1 200 OK", length);
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(message));
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), NoneAhead);

        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var i = 0; i < Repetitions; i++)
        {
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            var answer = await caller.ReadResponseAsync();
            Assert.Equal(200, answer.Status);
            Assert.Equal(body, answer.Text);
        }

        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task A_request_arrives_whole_and_its_connections_go_on(int length)
    {
        var (message, body) = Message("POST / HTTP/1.1\r\nHost: a", length);
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), NoneAhead);

        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var i = 0; i < Repetitions; i++)
        {
            await caller.SendAsync(message);
            Assert.Equal("fine", (await caller.ReadResponseAsync("POST")).Text);
        }

        Assert.Equal(1, upstream.Connections);
        Assert.All(upstream.Requests, request => Assert.Equal(body, request.Text));
    }

    [Theory]
    [InlineData(150_000, true)]
    [InlineData(150_000, false)]
    [InlineData(1_500_000, true)]
    [InlineData(1_500_000, false)]
    public async Task Bodies_of_unknown_length_come_whole(int length, bool isChunked)
    {
        var body = Numbered(length);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(isChunked
                ? $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
                : $"HTTP/1.1 200 OK\r\n\r\n{body}");
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync(
            $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        var answer = await caller.ReadResponseAsync("POST");

        Assert.True(answer.Body.IsComplete);
        Assert.Equal(body, answer.Text);
        Assert.Equal(body, Assert.Single(upstream.Requests).Text);
    }

    [Theory]
    [InlineData(5_000)]
    [InlineData(1_500_000)]
    public async Task Bodies_of_a_target_over_TLS_come_whole_both_ways_over_one_connection(int length)
    {
        var body = Numbered(length);
        using var authority = new TestAuthority();
        await using var upstream = ScriptedUpstream.StartTls(
            authority.Issue("127.0.0.1"), ScriptedUpstream.Answer(ScriptedUpstream.Ok(body)));
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), $", tls: {{ ca: {authority.File} }}{NoneAhead}");

        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var i = 0; i < Repetitions; i++)
        {
            await caller.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}");
            Assert.Equal(body, (await caller.ReadResponseAsync("POST")).Text);
        }

        Assert.All(upstream.Requests, request => Assert.Equal(body, request.Text));
        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task An_answer_comes_whole_over_HTTP_2()
    {
        var body = Numbered(1_500_000);
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok(body)));
        await using var door = await Door.OpenAsync(upstream.Url.ToString());
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        Assert.Equal(
            body,
            await client.GetStringAsync(new Uri($"http://{door.Http2Endpoint}/"), TestContext.Current.CancellationToken));
    }

    // Its window is so small that the kernel here never takes a piece at once.
    [Theory]
    [InlineData("Content-Length: 3000000\r\n\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n", "\r\n0\r\n\r\n")]
    public async Task An_answer_comes_whole_to_a_slow_caller(string head, string end)
    {
        var body = Numbered(3_000_000);
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer("HTTP/1.1 200 OK\r\n" + head + body + end));
        await using var door = await Door.OpenAsync(upstream.Url.ToString());
        using var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        caller.ReceiveBufferSize = 4096;
        await caller.ConnectAsync(door.Endpoint, TestContext.Current.CancellationToken);
        await caller.SendAsync("GET / HTTP/1.0\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        var received = new MemoryStream();
        var buffer = new byte[3000];
        while (await caller.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var count)
        {
            received.Write(buffer, 0, count);
        }

        var text = Encoding.Latin1.GetString(received.ToArray());
        Assert.Equal(body, text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    [Fact]
    public async Task Answers_pass_in_whatever_pieces_they_come()
    {
        var body = Numbered(2_000_000);
        var next = new SemaphoreSlim(0);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n");
            for (var (start, length) = (0, 1); start < body.Length; start += length, length = (length * 3) + 1)
            {
                await next.WaitAsync(connection.Deadline);
                length = Math.Min(length, body.Length - start);
                await connection.SendAsync(body.Substring(start, length));
            }
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync();
        var answer = await caller.ReadHeadAsync();
        var read = new StringBuilder();
        while (read.Length < body.Length)
        {
            next.Release();
            read.Append(Encoding.Latin1.GetString((await answer.Body.ReadPieceAsync())!));
        }

        Assert.Equal(body, read.ToString());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    public async Task What_follows_the_body_reaches_nobody(string more)
    {
        var body = Numbered(300_000);
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}{more}");
                Assert.False(await connection.WaitForBytesAsync());
            },
            ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), NoneAhead);

        await using var caller = await door.CallAsync();
        Assert.Equal(body, (await caller.ReadResponseAsync()).Text);
        await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        Assert.Equal(2, upstream.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_ends_early_is_broken_and_never_looks_whole(bool isReset)
    {
        var body = Numbered(300_000);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length + 1}\r\n\r\n{body}");
            if (isReset)
            {
                await connection.WaitUntilReceivedAsync();
                connection.Reset();
            }
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync();
        var answer = await caller.ReadResponseAsync();

        Assert.True(answer.Body.IsBroken);
        Assert.StartsWith(answer.Text, body, StringComparison.Ordinal);
        Assert.Contains("upstream_response_incomplete", await door.CloseAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_leaves_within_a_large_answer_ends_it()
    {
        var body = Numbered(100_000);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length * 2}\r\n\r\n{body}");
            Assert.False(await connection.WaitForBytesAsync());
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        var caller = await door.CallAsync();
        var answer = await caller.ReadHeadAsync();
        await answer.Body.ReadPieceAsync();
        caller.Reset();
        await caller.DisposeAsync();

        await upstream.WaitForEndedAsync(1);
    }

    /// <summary>A message of so many bytes in all, and the body in it.</summary>
    private static (string Message, string Body) Message(string start, int length)
    {
        const int HeadBytes = 100;
        const string End = "\r\n\r\n";
        var head = $"{start}\r\nContent-Length: {length - HeadBytes}\r\nX-Filling: ";
        var body = Numbered(length - HeadBytes);
        return (head.PadRight(HeadBytes - End.Length, 'f') + End + body, body);
    }

    private static string Numbered(int length)
    {
        var text = new StringBuilder(length + 10);
        while (text.Length < length)
        {
            text.Append(text.Length).Append(' ');
        }

        return text.ToString(0, length);
    }
}
