using System.Text;
using Edge.Tests.Support;
using Edge.Tests.Upstream;
using Door = Edge.Tests.Callers.Door;

namespace Edge.Tests.Upgrades;

/// <summary>How switched connections end: by either side, by time, by a drain.</summary>
public sealed class UpgradeEndTests
{
    private const int PieceBytes = 64 * 1024;
    private const int PiecesMax = 2000;

    // What the kernel keeps for two connections on loopback, both ways, and the gateway's own blocks.
    private const int StuckBytesMax = 40 * 1024 * 1024;

    [Fact]
    public async Task What_a_caller_sent_before_it_ended_arrives_before_the_end()
    {
        var received = new TaskCompletionSource<string>();
        await using var door = await OpenAsync(async connection =>
            received.SetResult(Encoding.Latin1.GetString(await connection.ReadToEndAsync())));
        var (caller, _) = await Switching.ConnectAsync(door);
        await caller.SendAsync("last words");
        await caller.WaitUntilReceivedAsync();
        caller.Close();
        Assert.Equal("last words", await InTimeAsync(received.Task));
        await Switching.WaitForRestAsync(door);
    }

    [Fact]
    public async Task What_an_upstream_sent_before_it_ended_arrives_before_the_end()
    {
        await using var door = await OpenAsync(static connection => connection.SendAsync(new string('x', 1_000_000)));
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        Assert.Equal(1_000_000, (await caller.ReadToEndAsync()).Length);
        Assert.Equal(ConnectionEnd.Closed, caller.End);
    }

    [Fact]
    public async Task A_reset_of_the_caller_ends_the_upstream()
    {
        await using var door = await OpenAsync(static connection => connection.ReadToEndAsync());
        var (caller, _) = await Switching.ConnectAsync(door);
        caller.Reset();
        await door.Upstream.WaitForEndedAsync(1);
        await Switching.WaitForRestAsync(door);
    }

    [Fact]
    public async Task A_reset_of_the_upstream_is_no_end_in_order_to_the_caller()
    {
        await using var door = await OpenAsync(static connection =>
        {
            connection.Reset();
            return Task.CompletedTask;
        });
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        Assert.Equal(ConnectionEnd.Reset, await caller.WaitForEndAsync());
        await Switching.WaitForRestAsync(door);
        Assert.Equal(1, door.Gateway.Gateway.Counters.Ended(Core.Http.Failure.UpstreamBodyIncomplete));
    }

    [Fact]
    public async Task A_caller_that_leaves_while_the_upstream_takes_nothing_is_noticed()
    {
        var hold = new TaskCompletionSource();
        await using var door = await OpenAsync(connection => connection.StallAsync(hold.Task));
        var (caller, _) = await Switching.ConnectAsync(door);
        _ = await SendUntilStuckAsync(caller);
        caller.Reset();
        await Switching.WaitForRestAsync(door);
        hold.SetResult();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_side_that_takes_nothing_stops_the_other_and_the_gateway_holds_little(bool isCallerStuck)
    {
        var sent = new TaskCompletionSource<int>();
        var go = new TaskCompletionSource();
        var total = new TaskCompletionSource<long>();
        await using var door = await OpenAsync(async connection =>
        {
            if (isCallerStuck)
            {
                var (stuckAt, rest) = await SendUntilStuckAsync(connection);
                sent.SetResult(stuckAt);
                await rest;
                connection.FinishSending();
                await connection.ReadToEndAsync();
            }
            else
            {
                await connection.StallAsync(go.Task);
                total.SetResult((await connection.ReadToEndAsync()).Length);
            }
        });
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        if (isCallerStuck)
        {
            var stuckAt = await InTimeAsync(sent.Task);
            Assert.InRange(stuckAt, 1, StuckBytesMax);
            Assert.InRange((await caller.ReadToEndAsync()).Length, stuckAt, stuckAt + PieceBytes);
        }
        else
        {
            var (stuckAt, rest) = await SendUntilStuckAsync(caller);
            Assert.InRange(stuckAt, 1, StuckBytesMax);
            go.SetResult();
            await rest;
            await caller.WaitUntilReceivedAsync();
            caller.Close();
            Assert.InRange(await InTimeAsync(total.Task), stuckAt, stuckAt + PieceBytes);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_byte_either_way_for_so_long_it_is_ended(bool byCaller)
    {
        var time = new ManualTime();
        await using var door = await OpenAsync(Switching.EchoAsync, "upgrade: { idle: 10s, total: 1h }", time);
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        await Deadline.UntilAsync(() => door.Gateway.Gateway.Tunnels.Count > 0);

        for (var i = 0; byCaller && i < 5; i++)
        {
            // Not a moment too early: each byte begins the time anew.
            time.Advance(TimeSpan.FromSeconds(9));
            await caller.SendAsync("x");
            Assert.Equal("x"u8.ToArray(), await caller.ReadExactAsync(1));
        }

        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, door.Gateway.Gateway.Tunnels.Count);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(ConnectionEnd.Open, await caller.WaitForEndAsync());
        await door.Upstream.WaitForEndedAsync(1);
        await Switching.WaitForRestAsync(door);
    }

    [Fact]
    public async Task However_much_passes_it_is_ended_after_the_whole_time()
    {
        var time = new ManualTime();
        await using var door = await OpenAsync(Switching.EchoAsync, "upgrade: { idle: 10s, total: 1m }", time);
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        for (var i = 0; i < 11; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await caller.SendAsync("x");
            Assert.Equal("x"u8.ToArray(), await caller.ReadExactAsync(1));
        }

        time.Advance(TimeSpan.FromSeconds(6));
        Assert.NotEqual(ConnectionEnd.Open, await caller.WaitForEndAsync());
        await Switching.WaitForRestAsync(door);
        await door.Upstream.WaitForEndedAsync(1);
    }

    [Fact]
    public async Task The_times_of_ordinary_exchanges_do_not_hold()
    {
        var time = new ManualTime();
        await using var door = await Door.OpenAsync(
            upstream: "timeouts: { connect: 1s, firstByte: 1s, idle: 1s, total: 2s }",
            route: "upgrade: { idle: 30s, total: 1h }", time: time, scripts: Switching.Upstream(Switching.EchoAsync));
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        time.Advance(TimeSpan.FromSeconds(20));
        await caller.SendAsync("x");
        Assert.Equal("x"u8.ToArray(), await caller.ReadExactAsync(1));
    }

    [Fact]
    public async Task A_caller_that_reads_nothing_is_ended_by_the_idle_time()
    {
        var time = new ManualTime();
        var sent = new TaskCompletionSource<int>();
        await using var door = await OpenAsync(
            async connection =>
            {
                sent.SetResult((await SendUntilStuckAsync(connection)).StuckAt);
                await connection.ReadToEndAsync();
            },
            "upgrade: { idle: 10s }", time);
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        await InTimeAsync(sent.Task);
        await time.AdvanceUntilAsync(Switching.WaitForRestAsync(door));
    }

    [Fact]
    public async Task Shortly_before_a_drain_is_over_both_sides_are_told_and_may_end_in_order()
    {
        var heard = new TaskCompletionSource<byte[]>();
        await using var door = await OpenAsync(
            async connection =>
            {
                await connection.SendAsync("\x81\x02hi");
                heard.SetResult(await connection.ReadExactAsync(8));
            },
            top: "drainTimeout: 4s");
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        await caller.ReadExactAsync(4);
        var draining = door.Gateway.Gateway.DrainAsync();
        Assert.Equal(new byte[] { 0x88, 2, 0x03, 0xE9 }, await caller.ReadToEndAsync());
        Assert.Equal(ConnectionEnd.Closed, caller.End);
        var close = await heard.Task;
        Assert.Equal((0x88, 0x82), (close[0], close[1]));
        Assert.Equal((0x03, 0xE9), (close[6] ^ close[2], close[7] ^ close[3]));
        Assert.True(await draining);
    }

    [Fact]
    public async Task In_the_middle_of_a_frame_nothing_is_said_before_it_has_ended()
    {
        var rest = new TaskCompletionSource();
        await using var door = await OpenAsync(
            async connection =>
            {
                await connection.SendAsync("\x81\x0Ahalf-");
                await connection.StallAsync(rest.Task);
                await connection.SendAsync("full.");
                await connection.ReadToEndAsync();
            },
            top: "drainTimeout: 8s");
        var (caller, _) = await Switching.ConnectAsync(door);
        await using var ending = caller;
        await caller.ReadExactAsync(7);
        var draining = door.Gateway.Gateway.DrainAsync();
        await WaitForGoodbyeAsync(door);
        rest.SetResult();
        Assert.Equal([.. "full."u8, 0x88, 2, 0x03, 0xE9], await caller.ReadExactAsync(9));
        caller.Close();
        Assert.True(await draining);
    }

    [Fact]
    public async Task Where_nobody_listens_the_drain_breaks_it_off_in_its_time()
    {
        await using var door = await Door.OpenAsync(
            route: "upgrade: { protocols: [other] }", top: "drainTimeout: 1s",
            scripts: async static connection =>
            {
                await connection.ReadRequestHeadAsync();
                await connection.SendAsync("HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n");
                await connection.ReadToEndAsync();
            });
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
        Assert.Equal(101, (await caller.ReadHeadAsync()).Status);
        Assert.False(await door.Gateway.Gateway.DrainAsync());
        Assert.Equal(ConnectionEnd.Reset, await caller.WaitForEndAsync());
        await door.Upstream.WaitForEndedAsync(1);
    }

    private static Task<Door> OpenAsync(
        Func<ScriptedConnection, Task> then, string route = Switching.Route, TimeProvider? time = null, string top = "") =>
        Door.OpenAsync(route: route, time: time, top: top, scripts: Switching.Upstream(then));

    private static Task<T> InTimeAsync<T>(Task<T> task) =>
        task.WaitAsync(RawConnection.DeadlineDefault, TestContext.Current.CancellationToken);

    private static Task WaitForGoodbyeAsync(Door door) =>
        Deadline.UntilAsync(() => door.Gateway.Said.Contains("are told", StringComparison.Ordinal));

    /// <summary>
    /// Sends until the other side has taken nothing for a while: how much it had taken, and what is still to be sent.
    /// </summary>
    private static async Task<(int StuckAt, Task Sending)> SendUntilStuckAsync(RawConnection connection)
    {
        var piece = new byte[PieceBytes];
        for (var i = 0; i < PiecesMax; i++)
        {
            var sending = connection.SendAsync(piece);
            if (await Task.WhenAny(sending, Task.Delay(TimeSpan.FromSeconds(1))) != sending)
            {
                // Whoever does not wait for it, need not hear that it failed either.
                _ = sending.ContinueWith(static task => task.Exception, TaskScheduler.Default);
                return (i * PieceBytes, sending);
            }

            await sending;
        }

        return (PiecesMax * PieceBytes, Task.CompletedTask);
    }
}
