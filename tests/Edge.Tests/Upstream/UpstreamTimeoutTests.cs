using Edge.Core.Http;
using Edge.Tests.Support;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>An upstream that is slow in every way there is. The clock is the test's.</summary>
public class UpstreamTimeoutTests
{
    private const string Timeouts = ", timeouts: { firstByte: 2s, idle: 3s, total: 20s }";

    [Theory]
    [InlineData("", "connection_read_timeout", "upstream_first_byte_timeout")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", "connection_read_timeout", "upstream_first_byte_timeout")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n", "connection_read_timeout", "upstream_first_byte_timeout")]
    public async Task An_upstream_that_never_finishes_its_head_is_given_up(string begun, string error, string code)
    {
        var time = new ManualTime();
        await using var upstream = Stalling(begun);
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), Timeouts, time: time);

        await using var caller = await door.CallAsync();
        await upstream.WaitForRequestsAsync(1);
        var answering = caller.ReadResponseAsync();
        await time.AdvanceUntilAsync(answering);
        var answer = await answering;

        Assert.Equal(504, answer.Status);
        Assert.Contains(error, answer.Headers["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains(code, answer.Text, StringComparison.Ordinal);
        await upstream.WaitForEndedAsync(1);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhel")]
    public async Task A_body_that_stands_still_is_broken_off_after_the_idle_time(string begun)
    {
        var time = new ManualTime();
        await using var upstream = Stalling(begun);
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), Timeouts, time: time);

        await using var caller = await door.CallAsync();
        var answer = await caller.ReadHeadAsync();
        var reading = answer.Body.ReadToEndAsync();
        await time.AdvanceUntilAsync(reading);

        Assert.Equal(200, answer.Status);
        Assert.True(answer.Body.IsBroken);
        await upstream.WaitForEndedAsync(1);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "x")]
    public async Task A_body_that_drips_is_broken_off_after_the_total_time(string head, string drop)
    {
        var time = new ManualTime();
        var next = new SemaphoreSlim(0);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(head);
            while (true)
            {
                await next.WaitAsync(connection.Deadline);
                await connection.SendAsync(drop);
            }
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), Timeouts, time: time);

        await using var caller = await door.CallAsync();
        var answer = await caller.ReadHeadAsync();
        var drops = 0;
        for (; drops < 100; drops++)
        {
            next.Release();
            if (await answer.Body.ReadPieceAsync() is null)
            {
                break;
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(answer.Body.IsBroken);
        Assert.InRange(drops, 19, 22);
        next.Release(10);
    }

    [Fact]
    public async Task An_upstream_that_takes_no_more_of_the_request_is_given_up()
    {
        var time = new ManualTime();
        await using var upstream = ScriptedUpstream.Start(static async connection =>
        {
            await connection.ReadRequestHeadAsync();
            await connection.StallAsync();
        });
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), Timeouts, time: time);

        const int Length = 64 * 1024 * 1024;
        await using var caller = await door.CallAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n");
        var sending = SendAsync(caller, Length);
        await upstream.WaitForRequestsAsync(1);
        var answering = caller.ReadResponseAsync();
        await time.AdvanceUntilAsync(answering);

        Assert.Equal(504, (await answering).Status);
        await caller.DisposeAsync();
        await sending;
    }

    [Fact]
    public async Task A_short_timeout_holds_after_a_rest()
    {
        var time = new ManualTime();
        await using var upstream = Stalling("");
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), ", timeouts: { firstByte: 400ms }", time: time);
        var sweeper = door.Gateway.Sweeper;
        Assert.False(sweeper.IsResting);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(sweeper.IsResting);

        // While it rests the clock goes by whoever looks at it.
        var before = sweeper.NowMs;
        time.Advance(TimeSpan.FromMilliseconds(70));
        Assert.Equal(before + 70, sweeper.NowMs);

        await using var caller = await door.CallAsync();
        await Deadline.UntilAsync(() => !sweeper.IsResting);
        var answering = caller.ReadResponseAsync();
        time.Advance(TimeSpan.FromMilliseconds(400 + (2 * UpstreamSweeper.PeriodMs)));
        Assert.Equal(504, (await answering).Status);
        await Deadline.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(UpstreamSweeper.PeriodMs));
            return sweeper.IsResting;
        });
    }

    [Fact]
    public async Task A_request_ends_the_rest_when_its_timeout_is_near()
    {
        var time = new ManualTime();
        await using var upstream = Stalling("");
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), ", timeouts: { firstByte: 10s }", time: time);
        var sweeper = door.Gateway.Sweeper;
        time.Advance(TimeSpan.FromSeconds(2));
        await using var caller = await door.CallAsync();
        await upstream.WaitForRequestsAsync(1);
        var answering = caller.ReadResponseAsync();
        time.Advance(TimeSpan.FromMilliseconds(10_000 - ConnectionRound.SoonMs - ConnectionRound.RoundMs));
        Assert.True(sweeper.IsResting);
        time.Advance(TimeSpan.FromMilliseconds(ConnectionRound.SoonMs));
        Assert.False(sweeper.IsResting);
        Assert.False(answering.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(ConnectionRound.RoundMs + (2 * UpstreamSweeper.PeriodMs)));
        Assert.Equal(504, (await answering).Status);
    }

    [Fact]
    public async Task The_sweeper_does_not_rest_while_many_ask_for_the_time()
    {
        var time = new ManualTime();
        await using var upstream = Stalling("");
        await using var door = await Door.OpenAsync(upstream.Url.ToString(), "", time: time);
        var sweeper = door.Gateway.Sweeper;
        time.Advance(TimeSpan.FromSeconds(2));
        var beganMs = sweeper.NowMs;
        for (var i = 0; i < UpstreamSweeper.AskedMax - 1; i++)
        {
            Assert.Equal(beganMs, sweeper.NowMs);
        }

        Assert.True(sweeper.IsResting);
        Assert.Equal(beganMs, sweeper.NowMs);
        Assert.False(sweeper.IsResting);
        time.Advance(TimeSpan.FromMilliseconds(UpstreamSweeper.RestPeriodMs + (2 * UpstreamSweeper.PeriodMs)));
        Assert.True(sweeper.IsResting);
    }

    [Fact]
    public void A_deadline_holds_to_its_last_millisecond_and_no_longer()
    {
        var deadlines = new ExchangeDeadlines();
        Assert.Equal(Failure.None, deadlines.Expired(long.MaxValue));

        deadlines.HeadBy(100);
        Assert.Equal(Failure.None, deadlines.Expired(100));
        Assert.Equal(Failure.UpstreamFirstByteTimeout, deadlines.Expired(101));
        deadlines.HeadIsHere();
        deadlines.HeadBy(50);
        Assert.Equal(Failure.None, deadlines.Expired(101));

        deadlines.ReceiveBy(200);
        Assert.Equal(Failure.None, deadlines.Expired(200));
        Assert.Equal(Failure.UpstreamIdleTimeout, deadlines.Expired(201));
        deadlines.ReceiveWheneverReady();
        deadlines.SendBy(300);
        Assert.Equal(Failure.None, deadlines.Expired(300));
        Assert.Equal(Failure.UpstreamIdleTimeout, deadlines.Expired(301));
        deadlines.SendWheneverReady();
        deadlines.WholeBy(400);
        Assert.Equal(Failure.None, deadlines.Expired(400));
        Assert.Equal(Failure.UpstreamTotalTimeout, deadlines.Expired(401));
        deadlines.Clear();
        Assert.Equal(Failure.None, deadlines.Expired(long.MaxValue));
    }

    [Fact]
    public async Task A_timeout_that_comes_late_never_hits_the_next_exchange()
    {
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(ScriptedUpstream.Ok("fine")));
        var channel = await new SocketConnector().ConnectAsync(
            EventLoops.Idlest, upstream.Endpoint, TestContext.Current.CancellationToken);
        using var connection = new UpstreamConnection(channel, null, 1024, 0, null);

        var first = connection.BeginExchange();
        Assert.True(connection.TryEndExchange(first));
        var second = connection.BeginExchange();
        connection.TryAbort(first, Failure.UpstreamTotalTimeout);
        Assert.Equal(Failure.None, connection.AbortReason);
        Assert.True(connection.TryEndExchange(second));

        var third = connection.BeginExchange();
        connection.TryAbort(third, Failure.UpstreamTotalTimeout);
        connection.TryAbort(third, Failure.CallerGone);
        Assert.False(connection.TryEndExchange(third));
        Assert.Equal(Failure.UpstreamTotalTimeout, connection.AbortReason);
    }

    private static ScriptedUpstream Stalling(string begun) => ScriptedUpstream.Start(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(begun);

        // Ends when the gateway closes.
        await connection.WaitForBytesAsync();
    });

    private static async Task SendAsync(RawHttpClient caller, int length)
    {
        var piece = new byte[64 * 1024];
        try
        {
            for (var sent = 0; sent < length; sent += piece.Length)
            {
                await caller.SendAsync(piece);
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or TimeoutException)
        {
            // The gateway closed, as it may.
        }
    }
}
