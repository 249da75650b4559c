using System.Net.Sockets;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.SupportTests;

public sealed class RawHttpClientTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task A_response_with_a_length_is_read_whole_and_the_next_one_too()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("hello")));
        await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint);
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            var response = await client.ReadResponseAsync();
            Assert.Equal(200, response.Status);
            Assert.Equal("OK", response.Reason);
            Assert.Equal("text/plain", response.Headers["content-type"]);
            Assert.Equal("hello", response.Text);
            Assert.True(response.Body.IsComplete);
        }

        Assert.Equal(1, upstream.Connections);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_chunked_body_comes_chunk_by_chunk_with_its_trailers()
    {
        var response = await AnswerTo(
            "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n");
        Assert.Equal("abc0123456789", response.Text);
        Assert.Equal("1", response.Body.Trailers["T"]);
        Assert.True(response.Body.IsComplete);
        Assert.False(response.Body.IsBroken);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc")]
    public async Task A_body_that_is_cut_short_is_told_from_a_whole_one(string answer)
    {
        var response = await AnswerTo(answer);
        Assert.Equal("abc", response.Text);
        Assert.False(response.Body.IsComplete);
        Assert.True(response.Body.IsBroken);
    }

    [Fact]
    public async Task A_body_without_framing_ends_whole_at_a_close_and_broken_at_a_reset()
    {
        var closed = await AnswerTo("HTTP/1.1 200 OK\r\n\r\nabc");
        Assert.True(closed.Body.IsComplete);

        var read = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\nabc");
            await connection.StallAsync(read.Task);
            connection.Reset();
        });
        await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint);
        await client.SendAsync(Get);
        var response = await client.ReadHeadAsync();
        await response.Body.ReadUntilAsync("abc");
        read.SetResult();
        await response.Body.ReadToEndAsync();
        Assert.True(response.Body.IsBroken);
        Assert.Equal(ConnectionEnd.Reset, client.End);
    }

    [Theory]
    [InlineData("HTTP/1.1 200\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n")]
    public async Task A_malformed_response_is_refused(string answer) =>
        await Assert.ThrowsAsync<InvalidDataException>(() => AnswerTo(answer));

    [Fact]
    public async Task Interim_responses_are_passed_over_and_remembered()
    {
        var response = await AnswerTo(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 \r\n\r\n");
        Assert.Equal(204, response.Status);
        Assert.Equal([100, 103], response.Interim);
        Assert.True(response.Body.IsComplete);
    }

    [Fact]
    public async Task An_answer_to_HEAD_has_no_body()
    {
        await using var upstream = ScriptedUpstream.Start(
            ScriptedUpstream.Answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
        var response = await RawHttpClient.ExchangeAsync(upstream.Endpoint, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("5", response.Headers["Content-Length"]);
        Assert.True(response.Body.IsComplete);
        Assert.Empty(response.Body.Bytes);
    }

    [Fact]
    public async Task Each_piece_of_a_cut_message_is_received_by_itself()
    {
        var pieces = new TaskCompletionSource<List<string>>();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            List<string> received = [];
            while (await connection.ReadSomeAsync() is { Length: > 0 } piece)
            {
                received.Add(Encoding.Latin1.GetString(piece));
            }

            pieces.SetResult(received);
        });
        await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint);
        await client.SendCutAsync("abcdef", 1, 2, 4);
        await client.WaitUntilReceivedAsync();
        client.FinishSending();
        Assert.Equal(["a", "b", "cd", "ef"], await pieces.Task.WaitAsync(client.Deadline));
    }

    [Fact]
    public async Task Waiting_ends_at_the_deadline_and_tells_what_had_come()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.SendAsync("half\r\n");
            await connection.StallAsync();
        });
        await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint, TimeSpan.FromMilliseconds(200));
        var late = await Assert.ThrowsAsync<TimeoutException>(() => client.ReadExactAsync(100));
        Assert.Contains("half\\r\\n", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_end_the_connection_by_a_reset()
    {
        var end = new TaskCompletionSource<ConnectionEnd>();
        await using var upstream = ScriptedUpstream.Start(async connection => end.SetResult(await connection.WaitForEndAsync()));
        await using var client = await RawHttpClient.ConnectAsync(upstream.Endpoint);
        await client.SendAsync("x");
        await client.WaitUntilReceivedAsync();
        client.Reset();
        Assert.Equal(ConnectionEnd.Reset, await end.Task.WaitAsync(client.Deadline));
    }

    [Fact]
    public async Task Connecting_to_nobody_fails_at_once()
    {
        var upstream = ScriptedUpstream.Start(static connection => connection.StallAsync());
        await upstream.DisposeAsync();
        await Assert.ThrowsAsync<SocketException>(() => RawHttpClient.ConnectAsync(upstream.Endpoint));
    }

    private static async Task<RawResponse> AnswerTo(string answer)
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answer);
        });
        return await RawHttpClient.ExchangeAsync(upstream.Endpoint, Get);
    }
}
