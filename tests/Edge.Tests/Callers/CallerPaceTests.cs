using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>Callers that are slow, cautious, in a hurry or gone: what the upstream sees of it.</summary>
public sealed class CallerPaceTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task Pipelined_requests_are_answered_in_their_order()
    {
        await using var door = await Door.OpenAsync(scripts: async static connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.SendAsync(ScriptedUpstream.Ok(request.Target + request.Text));
            }
        });
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync(string.Concat(Enumerable.Range(0, 20).Select(static i => i % 2 == 0
            ? $"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n"
            : $"POST /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(i % 2 == 0 ? $"/{i}" : $"/{i}ab", (await client.ReadResponseAsync()).Text);
        }

        Assert.Equal(20, (await door.SeenAsync()).Count);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    public async Task A_bad_second_request_does_not_harm_the_first_and_ends_the_connection(string second)
    {
        await using var door = await Door.OpenAsync();
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync(Get + second + Get);
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        await client.WaitForEndAsync();
        Assert.Equal(0, client.Unread);
        Assert.Single(await door.SeenAsync());
    }

    [Fact]
    public async Task Each_piece_of_a_slow_body_travels_when_it_comes()
    {
        var steps = new[] { NewStep(), NewStep() };
        await using var door = await Door.OpenAsync(scripts: async connection =>
        {
            var request = await connection.ReadRequestHeadAsync();
            await request!.Body.ReadUntilAsync("one");
            steps[0].SetResult();
            await request.Body.ReadUntilAsync("onetwo");
            steps[1].SetResult();
            await request.Body.ReadToEndAsync();
            await connection.SendAsync(ScriptedUpstream.Ok(request.Text));
        });
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\none");
        await steps[0].Task.WaitAsync(client.Deadline);
        await client.SendAsync("two");
        await steps[1].Task.WaitAsync(client.Deadline);
        await client.SendAsync("!!");
        Assert.Equal("onetwo!!", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Who_expects_100_gets_it_when_the_upstream_says_so_and_sends_its_body_then()
    {
        await using var door = await Door.OpenAsync(scripts: async static connection =>
        {
            var request = await connection.ReadRequestHeadAsync();
            Assert.Equal("100-continue", request!.Headers["Expect"]);
            Assert.Equal(0, connection.Unread);
            await connection.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await request.Body.ReadToEndAsync();
            await connection.SendAsync(ScriptedUpstream.Ok(request.Text));
        });
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n");
        await client.ReadUntilAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.SendAsync("body");
        Assert.Equal("body", (await client.ReadResponseAsync()).Text);
    }

    [Theory]
    [InlineData("Content-Length: 4", "body")]
    [InlineData("Transfer-Encoding: chunked", "4\r\nbody\r\n0\r\n\r\n")]
    public async Task Who_expects_100_is_told_a_final_answer_instead_and_nobody_waits_for_the_body(string framing, string body)
    {
        await using var door = await Door.OpenAsync(scripts:
        [
            async static connection =>
            {
                await connection.ReadRequestHeadAsync();
                await connection.SendAsync("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno");
                Assert.Empty(await connection.ReadToEndAsync());
            },
            Door.Answering(ScriptedUpstream.Ok("second")),
        ]);
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{framing}\r\n\r\n");
        var answer = await client.ReadResponseAsync();
        Assert.Equal((401, "no"), (answer.Status, answer.Text));
        Assert.Empty(answer.Interim);
        await door.Upstream.WaitForEndedAsync(1);

        // It may send its body all the same or leave it: only a connection that closes cannot take one thing for the other.
        Assert.Equal("close", answer.Headers["Connection"]);
        await client.SendAsync(body + Get);
        Assert.Empty(await client.ReadToEndAsync());
        Assert.Single(await door.SeenAsync());
    }

    [Fact]
    public async Task Who_expects_100_of_a_silent_upstream_gets_it_after_a_second()
    {
        await using var door = await Door.OpenAsync();
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        await client.ReadUntilAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.SendAsync("body");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
        Assert.Equal("body", Assert.Single(await door.SeenAsync()).Text);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", false)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", false)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    public async Task When_a_caller_vanishes_the_upstream_is_hung_up_on_and_its_connection_never_used_again(
        string sent, bool byForce)
    {
        await using var door = await Door.OpenAsync(scripts:
        [
            async static connection =>
            {
                var request = await connection.ReadRequestHeadAsync();
                await request!.Body.ReadToEndAsync();
                await connection.ReadToEndAsync();
            },
            Door.Answering(ScriptedUpstream.Ok("second")),
        ]);
        await using (var client = await RawHttpClient.ConnectAsync(door.Endpoint))
        {
            await client.SendAsync(sent);
            await door.Upstream.WaitForRequestsAsync(1);
            Vanish(client, byForce);
        }

        await door.Upstream.WaitForEndedAsync(1);
        Assert.Equal("second", (await RawHttpClient.ExchangeAsync(door.Endpoint, Get)).Text);
        Assert.Equal(2, door.Upstream.Connections);
        Assert.Equal(sent.StartsWith("GET", StringComparison.Ordinal), door.Upstream.Requests[0].Body.IsComplete);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_a_caller_vanishes_in_the_middle_of_an_answer_the_upstream_is_hung_up_on(bool byForce)
    {
        await using var door = await Door.OpenAsync(scripts:
        [
            async static connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
                await connection.ReadToEndAsync();
            },
            Door.Answering(ScriptedUpstream.Ok("second")),
        ]);
        await using (var client = await RawHttpClient.ConnectAsync(door.Endpoint))
        {
            await client.SendAsync(Get);
            await client.ReadUntilAsync("first");
            Vanish(client, byForce);
        }

        await door.Upstream.WaitForEndedAsync(1);
        Assert.Equal("second", (await RawHttpClient.ExchangeAsync(door.Endpoint, Get)).Text);
        Assert.Equal(2, door.Upstream.Connections);
    }

    [Fact]
    public async Task A_caller_that_closes_its_half_counts_as_gone_and_never_gets_a_false_success()
    {
        await using var door = await Door.OpenAsync(scripts: async static connection =>
        {
            await connection.ReadRequestAsync();
            await connection.ReadToEndAsync();
        });
        await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
        await client.SendAsync(Get);
        await door.Upstream.WaitForRequestsAsync(1);
        client.FinishSending();
        await door.Upstream.WaitForEndedAsync(1);
        var answer = System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 499 ", StringComparison.Ordinal), answer);
    }

    private static void Vanish(RawHttpClient client, bool byForce)
    {
        if (byForce)
        {
            client.Reset();
        }
        else
        {
            client.Close();
        }
    }

    private static TaskCompletionSource NewStep() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
