using System.Net;
using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>Either side ends the connection at every single byte of an exchange, in order or by force.</summary>
[Collection(nameof(MeasuresMemory))]
public class FailureAtEachStepTests
{
    private const string Post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    private const string WithLength = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private const string WithChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

    private const string Events =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "a\r\ndata: one\n\r\n1\r\n\n\r\n0\r\n\r\n";

    [Theory]
    [InlineData(WithLength, false)]
    [InlineData(WithLength, true)]
    [InlineData(WithChunks, false)]
    [InlineData(WithChunks, true)]
    [InlineData(Events, false)]
    [InlineData(Events, true)]
    public async Task An_upstream_that_ends_at_any_byte_is_seen_to(string answer, bool reset)
    {
        var cut = 0;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answer[..cut]);
            if (reset)
            {
                await connection.WaitUntilReceivedAsync();
                connection.Reset();
            }
        });
        var unobserved = new Unobserved();
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), route: ", heartbeat: 10ms");
        for (; cut < answer.Length; cut++)
        {
            await using var caller = await door.CallAsync(Post);
            var got = await caller.ReadResponseAsync();
            Assert.True(got.Status == 502 || (got.Status == 200 && got.Body.IsBroken), $"{got.Status} at {cut}");
        }

        Assert.Equal(answer.Length, upstream.Connections);
        await door.CloseAsync();
        unobserved.AssertNone();
    }

    [Theory]
    [InlineData(WithLength, false)]
    [InlineData(WithLength, true)]
    [InlineData(Events, false)]
    public async Task A_caller_who_ends_at_any_byte_of_a_request_or_an_answer_leaves_nothing_behind(string answer, bool tls)
    {
        using var authority = new TestAuthority();
        var script = (ScriptedConnection connection) => AnswerInHalvesAsync(connection, answer);
        await using var upstream = tls
            ? ScriptedUpstream.StartTls(authority.Issue("127.0.0.1"), script)
            : ScriptedUpstream.Start(script);
        var unobserved = new Unobserved();
        await using var door = await Door.OpenAsync(
            upstream.Url.ToString(), $", tls: {{ ca: {authority.File} }}", ", heartbeat: 10ms");

        for (var sent = 1; sent <= Post.Length; sent++)
        {
            var caller = await door.CallAsync(Post[..sent]);
            if (sent == Post.Length)
            {
                await caller.ReadHeadAsync();
            }

            if (sent % 2 == 0)
            {
                caller.Reset();
            }

            await caller.DisposeAsync();
        }

        // Every connection that an aborted request held has been closed; one at most lies idle.
        await WaitAsync(() => door.Gateway.Counters.Running == 0);
        await door.CloseAsync();
        await upstream.WaitForEndedAsync(upstream.Connections);
        unobserved.AssertNone();
    }

    [Fact]
    public async Task An_HTTP2_caller_who_cancels_closes_the_upstream_connection()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            Assert.False(await connection.WaitForBytesAsync());
        });
        var unobserved = new Unobserved();
        await using var door = await Door.OpenAsync(upstream.Url.ToString());
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        for (var i = 1; i <= 20; i++)
        {
            var answer = await client.GetAsync(
                new Uri($"http://{door.Http2Endpoint}/"),
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken);
            answer.Dispose();
            await upstream.WaitForEndedAsync(i);
        }

        await WaitAsync(() => door.Gateway.Counters.Running == 0);
        unobserved.AssertNone();
    }

    [Fact]
    public async Task An_HTTP2_caller_sees_a_broken_body_as_broken()
    {
        await using var upstream = ScriptedUpstream.Start(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString());
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        await Assert.ThrowsAsync<HttpRequestException>(
            () => client.GetStringAsync(new Uri($"http://{door.Http2Endpoint}/"), TestContext.Current.CancellationToken));
    }

    private static async Task AnswerInHalvesAsync(ScriptedConnection connection, string answer)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            var half = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 6;
            await connection.SendAsync(answer[..half]);
            await Task.Yield();
            await connection.SendAsync(answer[half..]);
        }
    }

    private static async Task WaitAsync(Func<bool> reached)
    {
        // Asked again, since a counter cannot be awaited.
        for (var i = 0; !reached() && i < 10_000; i++)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.True(reached());
    }
}
