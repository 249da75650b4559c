using System.Net;
using System.Text;
using Edge.Tests.Callers;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>Request bodies on their way to an upstream that takes them, refuses them, or dies of them.</summary>
public class UploadTests
{
    private const string Chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string Again = "GET /again HTTP/1.1\r\nHost: a\r\n\r\n";

    private static readonly Func<ScriptedConnection, Task> Fine = ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_and_its_answer_stream_side_by_side(bool chunked)
    {
        const int Turns = 10;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestHeadAsync() is { } request)
            {
                await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                while (await request.Body.ReadPieceAsync() is { } piece)
                {
                    await connection.SendAsync($"{piece.Length:x}\r\n{Encoding.Latin1.GetString(piece)}\r\n");
                }

                await connection.SendAsync("0\r\n\r\n");
            }
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var round = 0; round < 2; round++)
        {
            await caller.SendAsync(chunked ? Chunked : $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Turns * 3}\r\n\r\n");
            var answer = await caller.ReadHeadAsync();
            for (var turn = 0; turn < Turns; turn++)
            {
                var text = turn.ToString("000", System.Globalization.CultureInfo.InvariantCulture);
                await caller.SendAsync(chunked ? $"3\r\n{text}\r\n" : text);
                Assert.Equal(text, Encoding.Latin1.GetString((await answer.Body.ReadPieceAsync())!));
            }

            await caller.SendAsync(chunked ? "0\r\n\r\n" : "");
            await answer.Body.ReadToEndAsync();
            Assert.True(answer.Body.IsComplete);
        }

        Assert.Equal(chunked, upstream.Requests[0].Headers.IsChunked());
        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_early_refusal_reaches_the_caller_whole_and_its_connection_goes_on(bool reset)
    {
        const int Length = 4 * 1024 * 1024;
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestHeadAsync();
                await connection.SendAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo much");
                if (reset)
                {
                    await connection.WaitUntilReceivedAsync();
                    connection.Reset();
                }
            },
            Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n");
        var sending = caller.SendAsync(new byte[Length]);
        var answer = await caller.ReadResponseAsync();
        Assert.Equal(413, answer.Status);
        Assert.Equal("too much", answer.Text);

        await sending;
        await caller.SendAsync(Again);
        Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        Assert.Equal(2, upstream.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_early_refusal_while_the_upstream_reads_on_reaches_the_caller(bool chunked)
    {
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                var request = await connection.ReadRequestHeadAsync();
                await connection.SendAsync("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno");
                await request!.Body.ReadToEndAsync();

                // Half a request is no reason to trust the connection: it ends.
                Assert.False(request.Body.IsComplete);
            },
            Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync(
            chunked ? Chunked + "5\r\nhello\r\n" : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
        var answer = await caller.ReadResponseAsync();
        Assert.Equal("no", answer.Text);

        await caller.SendAsync((chunked ? "5\r\nworld\r\n0\r\n\r\n" : "world") + Again);
        Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);
        await upstream.WaitForEndedAsync(1);
    }

    [Theory]
    [InlineData(Chunked + "5\r\nhello\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")]
    public async Task A_caller_who_goes_away_within_a_body_never_completes_it(string begun)
    {
        var broken = new TaskCompletionSource<bool>();
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                var request = await connection.ReadRequestHeadAsync();
                await request!.Body.ReadToEndAsync();
                broken.SetResult(request.Body.IsBroken);
            },
            Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        var caller = await door.CallAsync(begun);
        await upstream.WaitForRequestsAsync(1);
        await caller.DisposeAsync();

        Assert.True(await broken.Task.WaitAsync(RawConnection.DeadlineDefault, TestContext.Current.CancellationToken));
        Assert.Equal("fine", (await door.GetAsync()).Text);
    }

    [Fact]
    public async Task A_malformed_chunk_of_the_caller_ends_the_request_and_not_its_body()
    {
        var broken = new TaskCompletionSource<bool>();
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                var request = await connection.ReadRequestHeadAsync();
                await request!.Body.ReadToEndAsync();
                broken.SetResult(request.Body.IsBroken);
            },
            Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync(Chunked + "5\r\nhello\r\n");
        await upstream.WaitForRequestsAsync(1);
        await caller.SendAsync("xyz\r\n");

        Assert.Equal(400, (await caller.ReadResponseAsync()).Status);
        Assert.True(await broken.Task.WaitAsync(RawConnection.DeadlineDefault, TestContext.Current.CancellationToken));
        Assert.Equal("fine", (await door.GetAsync()).Text);
    }

    [Fact]
    public async Task Trailers_travel_upstream_but_for_those_that_could_deceive()
    {
        await using var upstream = ScriptedUpstream.Start(Fine);
        await using var door = await Door.OpenAsync(
            upstream.Url.ToString(), route: ", request: { headers: { set: { X-Consumer-ID: me }, remove: [X-Internal] } }");

        await using var caller = await door.CallAsync(Chunked);
        await upstream.WaitForConnectionsAsync(1);
        await caller.SendAsync(
            "5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\nX-Consumer-ID: admin\r\nX-Internal: yes\r\n"
            + "Authorization: Bearer x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n");
        Assert.Equal("fine", (await caller.ReadResponseAsync()).Text);

        var request = Assert.Single(upstream.Requests);
        Assert.Equal("hello", request.Text);
        var trailer = Assert.Single(request.Body.Trailers);
        Assert.Equal(("X-Sum", "1"), (trailer.Key, trailer.Value));
    }

    [Fact]
    public async Task Trailers_of_an_answer_reach_a_caller_who_speaks_HTTP2()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            + "5\r\nhello\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n"));
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.GetAsync(new Uri($"http://{door.Http2Endpoint}/"), TestContext.Current.CancellationToken);

        Assert.Equal("hello", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var trailer = Assert.Single(answer.TrailingHeaders);
        Assert.Equal("1", Assert.Single(trailer.Value));
    }

    [Theory]
    [InlineData(65_536, 200)]
    [InlineData(65_537, 413)]
    [InlineData(300_000, 413)]
    public async Task A_body_of_unknown_length_over_HTTP_2_has_at_most_so_many_bytes(int length, int status)
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), route: ", requestBodyMax: 64KiB");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{door.Http2Endpoint}/")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new PiecewiseContent(new byte[length], 10_000, announces: false),
        };
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_caller_over_HTTP_2_who_leaves_before_its_body_is_asked_for_is_no_fault()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestHeadAsync();
            await connection.WaitForEndAsync();
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());
        await using var caller = await Http2Caller.ConnectAsync(door.Http2Endpoint);
        await caller.SendHeadersAsync(1, Http2Caller.Request("POST", "/", ("expect", "100-continue")), isWhole: false);
        await upstream.WaitForRequestsAsync(1);
        await caller.SendAsync(Http2FrameType.Reset, 0, 1, new byte[] { 0, 0, 0, 8 });
        await upstream.WaitForEndedAsync(1);

        // A caller who leaves is nothing to tell of; a fault of the gateway's own would be.
        Assert.Equal("", await door.CloseAsync());
    }

    [Fact]
    public async Task A_body_waits_for_the_upstream_to_say_continue()
    {
        var early = 0;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            var request = await connection.ReadRequestHeadAsync();
            early = connection.Unread;
            Assert.Equal("100-continue", request!.Headers["Expect"]);
            await connection.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await request.Body.ReadToEndAsync();
            await connection.SendAsync(ScriptedUpstream.Ok(request.Text));
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await caller.ReadLineAsync());
        Assert.Equal("", await caller.ReadLineAsync());
        await caller.SendAsync("hello");

        Assert.Equal("hello", (await caller.ReadResponseAsync()).Text);
        Assert.Equal(0, early);
    }

    [Fact]
    public async Task A_body_that_the_upstream_refuses_beforehand_is_never_asked_for()
    {
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestHeadAsync();
                await connection.SendAsync("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno");

                // The body was announced and does not come: the connection cannot go on.
                Assert.False(await connection.WaitForBytesAsync());
            },
            Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString());

        await using var caller = await door.CallAsync(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        var answer = await caller.ReadResponseAsync();

        Assert.Equal(417, answer.Status);
        Assert.Empty(answer.Interim);
        await upstream.WaitForEndedAsync(1);
        Assert.Equal("fine", (await door.GetAsync()).Text);
    }

    [Fact]
    public async Task A_body_goes_to_an_upstream_that_says_nothing_after_a_while()
    {
        var time = new ManualTime();
        await using var upstream = ScriptedUpstream.Start(Fine);
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), time: time);

        await using var caller = await door.CallAsync(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
        var answering = caller.ReadResponseAsync();
        await time.AdvanceUntilAsync(answering);

        Assert.Equal("fine", (await answering).Text);
        Assert.Equal("hello", Assert.Single(upstream.Requests).Text);
    }
}
