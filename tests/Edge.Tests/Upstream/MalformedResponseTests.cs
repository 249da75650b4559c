using System.Globalization;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>
/// Whatever an upstream answers: the caller sees a failure, the connection goes, and the next request is unharmed.
/// </summary>
public class MalformedResponseTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    // Name, bytes, and the status the caller gets (0: the answer had begun and must be broken).
    private static readonly (string Name, string Bytes, int Status)[] Cases =
    [
        ("both lengths", Ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502),
        ("both lengths, the other way", Ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 502),
        ("duplicate lengths", Ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 502),
        ("equal duplicate lengths", Ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("a list of lengths", Ok + "Content-Length: 5, 5\r\n\r\nhello", 502),
        ("a length with a sign", Ok + "Content-Length: +5\r\n\r\nhello", 502),
        ("a negative length", Ok + "Content-Length: -5\r\n\r\nhello", 502),
        ("a length beyond 64 bits", Ok + "Content-Length: 99999999999999999999\r\n\r\nhello", 502),
        ("an empty length", Ok + "Content-Length: \r\n\r\nhello", 502),
        ("an unknown coding", Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 502),
        ("a coding that hides", Ok + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 502),
        ("chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502),
        ("bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 502),
        ("one bare line feed", Ok + "Content-Length: 5\n\r\nhello", 502),
        ("a bare carriage return", Ok + "X: a\rb\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("a folded line", Ok + "X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("a space before the colon", Ok + "Content-Length : 5\r\n\r\nhello", 502),
        ("no colon", Ok + "Content-Length 5\r\n\r\nhello", 502),
        ("a zero byte", Ok + "X: a\0b\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("an empty name", Ok + ": 5\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("HTTP/2", "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("an HTTP/2 preface", "\0\0\u0012\u0004\0\0\0\0\0\0\u0003\0\0\0d\0\u0004\0\u0010\0\0\0\u0006\0\0@\0", 502),
        ("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("status 600", "HTTP/1.1 600 X\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("status 99", "HTTP/1.1 099 X\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("garbage", "lorem ipsum dolor sit amet\r\n\r\n", 502),
        ("TLS", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003", 502),
        ("an empty line first", "\r\n" + Ok + "Content-Length: 5\r\n\r\nhello", 502),
        ("nothing", "", 502),
        ("half a status line", "HTTP/1.1 20", 502),
        ("half a head", Ok + "Content-Le", 502),
        ("a head without its end", Ok + "Content-Length: 5\r\n", 502),
        ("101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", 502),
        ("only 100", "HTTP/1.1 100 Continue\r\n\r\n", 502),
        ("103 and the end", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 502),
        ("chunks in 1xx",
            "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n" + Ok + "Content-Length: 0\r\n\r\n", 502),
        ("nine interim answers", Interim(9) + Ok + "Content-Length: 5\r\n\r\nhello", 502),
        ("205 with a length", "HTTP/1.1 205 Reset\r\nContent-Length: 5\r\n\r\nhello", 502),
        ("205 with a chunk", "HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 502),
        ("205 until the end", "HTTP/1.1 205 Reset\r\n\r\nhello", 502),
        ("no body", Ok + "Content-Length: 5\r\n\r\n", 0),
        ("half a body", Ok + "Content-Length: 5\r\n\r\nhel", 0),
        ("no chunk", Ok + "Transfer-Encoding: chunked\r\n\r\n", 0),
        ("half a size", Ok + "Transfer-Encoding: chunked\r\n\r\n5", 0),
        ("half a chunk", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", 0),
        ("no last chunk", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 0),
        ("no end of trailers", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", 0),
        ("half a trailer", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n", 0),
        ("a size that is none", Ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n", 0),
        ("a negative size", Ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n", 0),
        ("a size of 17 digits", Ok + "Transfer-Encoding: chunked\r\n\r\n00000000000000005\r\nhello\r\n0\r\n\r\n", 0),
        ("a size with 0x", Ok + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 0),
        ("a size beyond 63 bits", Ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello\r\n0\r\n\r\n", 0),
        ("a chunk too long", Ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", 0),
        ("a chunk too short", Ok + "Transfer-Encoding: chunked\r\n\r\n6\r\nhello\r\n0\r\n\r\n", 0),
        ("a bare line feed after a size", Ok + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 0),
        ("a bare line feed after a chunk", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", 0),
        ("a bare line feed at the end", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\n\n", 0),
        ("a bare line feed in a trailer", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\n\r\n", 0),
        ("extensions too long", Ok + $"Transfer-Encoding: chunked\r\n\r\n5;{new string('x', 1025)}\r\nhello\r\n0\r\n\r\n", 0),
        ("trailers too long", Ok + $"Transfer-Encoding: chunked\r\n\r\n0\r\nX: {new string('x', 16 * 1024)}\r\n\r\n", 0),
    ];

    public static TheoryData<string> CaseNames => [.. Cases.Select(static c => c.Name)];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task A_malformed_answer_fails_visibly_and_harms_no_later_request(string name)
    {
        var (_, bytes, status) = Cases.Single(c => c.Name == name);
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(bytes);
                connection.FinishSending();

                // The gateway must close it, whatever it thinks of the rest.
                Assert.False(await connection.WaitForBytesAsync());
            },
            ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync();
        var answer = await caller.ReadResponseAsync();
        if (status == 0)
        {
            Assert.Equal(200, answer.Status);
            Assert.True(answer.Body.IsBroken);
        }
        else
        {
            Assert.Equal(status, answer.Status);
            Assert.StartsWith("edge; error=", answer.Headers["Proxy-Status"], StringComparison.Ordinal);
            Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
            Assert.DoesNotContain("hello", answer.Text, StringComparison.Ordinal);

            // The caller's own connection goes on.
            await caller.SendAsync("GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        }

        await upstream.WaitForEndedAsync(1);
        Assert.Equal("fine", (await door.GetAsync()).Text);
        Assert.Equal(2, upstream.Connections);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhel", "HTTP/1.1")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "HTTP/1.1")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "HTTP/1.0")]
    [InlineData("X: until-close\r\n\r\nhel", "HTTP/1.1")]
    [InlineData("X: until-close\r\n\r\nhel", "HTTP/1.0")]
    public async Task A_reset_within_a_body_never_looks_like_its_end(string rest, string version)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Ok + rest);
            await connection.WaitUntilReceivedAsync();
            connection.Reset();
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync($"GET / {version}\r\nHost: a\r\n\r\n");
        var answer = await caller.ReadResponseAsync();

        Assert.Equal(200, answer.Status);
        Assert.False(answer.Body.IsComplete);
    }

    [Theory]
    [InlineData("GET", Ok + "Content-Length: 5\r\n\r\nhello", "hello", "surplus")]
    [InlineData("GET", Ok + "Content-Length: 5\r\n\r\nhello", "hello", Ok + "Content-Length: 4\r\n\r\nevil")]
    [InlineData("GET", Ok + "Content-Length: 0\r\n\r\n", "", Ok + "Content-Length: 4\r\n\r\nevil")]
    [InlineData("GET", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello", "\r\n")]
    [InlineData("HEAD", Ok + "Content-Length: 5\r\n\r\n", "", "hello")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", "hello")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", "hello")]
    public async Task What_follows_an_answer_unasked_is_never_taken_for_the_next_one(
        string method, string answer, string text, string surplus)
    {
        foreach (var inOnePiece in (bool[])[true, false])
        {
            await using var upstream = ScriptedUpstream.Start(
                async connection =>
                {
                    await connection.ReadRequestAsync();
                    await (inOnePiece ? connection.SendAsync(answer + surplus)
                        : connection.SendCutAsync(answer + surplus, answer.Length));
                    Assert.False(await connection.WaitForBytesAsync());
                },
                ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
            await using var door = await Door.OpenAsync(upstream.Url.ToString());

            await using var caller = await door.CallAsync($"{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(text, (await caller.ReadResponseAsync(method)).Text);
            await upstream.WaitForEndedAsync(1);
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        }
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 2)]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", 1)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", 2)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: x, ClOsE\r\nContent-Length: 5\r\n\r\nhello", 2)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 1)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 1)]
    [InlineData("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n0\r\nX: y\r\n\r\n", 1)]
    public async Task A_sound_answer_passes_and_its_connection_is_used_again_if_it_may_be(string answer, int connections)
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(answer));
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        for (var i = 0; i < 2; i++)
        {
            var got = await door.GetAsync();
            Assert.Equal("hello", got.Text);
            Assert.True(got.Body.IsComplete);
            Assert.Empty(got.Interim);
        }

        Assert.Equal(connections, upstream.Connections);
    }

    [Fact]
    public async Task Eight_interim_answers_are_passed_over()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(Interim(8) + ScriptedUpstream.Ok("hello")));
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        Assert.Equal("hello", (await door.GetAsync()).Text);
    }

    [Fact]
    public async Task A_205_without_content_passes_however_it_is_framed()
    {
        await using var upstream = ScriptedUpstream.Start(
            ScriptedUpstream.Answer("HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
        await using var other = ScriptedUpstream.Start(
            ScriptedUpstream.Answer("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n"));
        foreach (var each in (ScriptedUpstream[])[upstream, other])
        {
            await using var door = await Door.OpenAsync(each.Url.ToString());
            await using var caller = await door.CallAsync();
            for (var i = 0; i < 2; i++)
            {
                var answer = await caller.ReadResponseAsync();
                Assert.Equal(205, answer.Status);
                Assert.Empty(answer.Text);
                await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            }
        }
    }

    [Fact]
    public async Task A_head_arrives_byte_by_byte()
    {
        var answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello";
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendCutAsync(answer, [.. Enumerable.Range(1, answer.Length - 1)]);
            await connection.StallAsync();
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        var got = await door.GetAsync();

        Assert.Equal("hello", got.Text);
        Assert.Equal("z", got.Headers["X-Y"]);
    }

    [Fact]
    public async Task A_chunked_body_may_be_cut_at_every_byte()
    {
        const string Answer =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n006\r\n world\r\n0\r\nX: y\r\n\r\n";
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            for (var cut = 1; await connection.ReadRequestAsync() is not null; cut++)
            {
                await connection.SendCutAsync(Answer, cut);
            }
        });
        // One connection for all: half of the places are left to requests, and none to another loop.
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), ", connectionsMax: 3");

        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var cut = 1; cut < Answer.Length; cut++)
        {
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            var got = await caller.ReadResponseAsync();
            Assert.Equal("hello world", got.Text);
            Assert.True(got.Body.IsComplete);
        }

        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 502)]
    public async Task A_head_may_be_as_long_as_the_limit_and_no_longer(int surplus, int status)
    {
        const int HeadBytesMax = 16 * 1024;
        const string Start = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n";

        // Fields of 200 bytes, and one that makes up the rest.
        var head = Start + string.Concat(Enumerable.Range(0, 60).Select(static i => $"X-{i:000}: {new string('x', 191)}\r\n"));
        head += "Y: " + new string('y', HeadBytesMax + surplus - head.Length - "Y: \r\n\r\n".Length) + "\r\n\r\n";
        Assert.Equal(HeadBytesMax + surplus, head.Length);
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(head + "hello"));
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), ", responseHeadersMax: 16KiB");

        var got = await door.GetAsync();

        Assert.Equal(status, got.Status);
        if (status == 502)
        {
            Assert.Contains("http_response_header_section_size", got.Headers["Proxy-Status"], StringComparison.Ordinal);
        }
    }

    private static string Interim(int count) => string.Concat(Enumerable.Range(0, count).Select(
        static i => $"HTTP/1.1 {(i % 2 == 0 ? 100 : 103)} X\r\nX-N: {i.ToString(CultureInfo.InvariantCulture)}\r\n\r\n"));
}
