using System.Net.Sockets;
using Edge.Core.Configuration;
using Edge.Tests.Support;
using Edge.Tests.Transport;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

/// <summary>When an event loop gets a connection of its own.</summary>
public sealed class LoopDemandTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly FakeConnector _connector = new();
    private readonly UpstreamSweeper _sweeper;

    public LoopDemandTests()
    {
        Assert.SkipWhen(EventLoops.All.Length < 2, "The machine has one core.");
        _sweeper = new UpstreamSweeper(_time);
    }

    private static EventLoop One => EventLoops.All[0];

    private static EventLoop Other => EventLoops.All[1];

    public void Dispose()
    {
        _connector.Dispose();
        _sweeper.Dispose();
    }

    [Fact]
    public async Task A_loop_that_borrows_again_and_again_gets_its_own()
    {
        using var pool = await OpenAsync();
        await BorrowAsync(pool, LoopDemand.BorrowsMax);
        Assert.True(_connector.IsQuiet);

        await BorrowAsync(pool, 1);
        var attempt = await _connector.NextAsync();
        Assert.Same(Other, attempt.Loop);

        // One at a time, however often it borrows meanwhile.
        await BorrowAsync(pool, 3 * LoopDemand.BorrowsMax);
        Assert.True(_connector.IsQuiet);
        await attempt.ConnectAsync();
        await Deadline.UntilAsync(() => pool.IdleCount == 2);
        await BorrowAsync(pool, 3 * LoopDemand.BorrowsMax, from: Other);
        await LoopWork.RunAsync(One, () => Assert.Same(One, TakeAndReturn(pool)));
        Assert.True(_connector.IsQuiet);
    }

    [Fact]
    public async Task What_was_made_ahead_counts_as_one_that_may_have_been_closed()
    {
        using var pool = await OpenAsync();
        await BorrowAsync(pool, LoopDemand.BorrowsMax + 1);
        await (await _connector.NextAsync()).ConnectAsync();
        await Deadline.UntilAsync(() => pool.IdleCount == 2);
        await LoopWork.RunAsync(Other, () =>
        {
            var exchange = new UpstreamExchange(_sweeper);
            var connection = pool.TakeIdle()!;
            Assert.Same(Other, connection.Loop);
            exchange.Open(pool, connection, new UpstreamTimeouts(), requestIsHead: false, long.MaxValue);
            Assert.True(exchange.IsReused);
            pool.Close(connection);
        });
    }

    [Fact]
    public async Task A_loop_that_borrows_now_and_then_gets_none()
    {
        using var pool = await OpenAsync();
        for (var i = 0; i < 5; i++)
        {
            await BorrowAsync(pool, LoopDemand.BorrowsMax);
            _time.Advance(TimeSpan.FromMilliseconds(LoopDemand.WindowMs + UpstreamSweeper.PeriodMs));
        }

        Assert.True(_connector.IsQuiet);
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public async Task Half_of_the_places_are_left_to_requests(int connectionsMax, bool isMade)
    {
        using var pool = await OpenAsync(connectionsMax);
        await BorrowAsync(pool, LoopDemand.BorrowsMax + 1);
        Assert.Equal(!isMade, _connector.IsQuiet);
    }

    [Fact]
    public async Task One_that_cannot_be_made_is_tried_again_later()
    {
        using var pool = await OpenAsync();
        await BorrowAsync(pool, LoopDemand.BorrowsMax + 1);
        (await _connector.NextAsync()).Fail(SocketError.ConnectionRefused);
        while (_connector.IsQuiet)
        {
            _time.Advance(TimeSpan.FromMilliseconds(LoopDemand.RetryAfterMs));
            await BorrowAsync(pool, LoopDemand.BorrowsMax + 1);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Same(Other, (await _connector.NextAsync()).Loop);
    }

    [Theory]
    [InlineData(LoopDemand.RetryAfterMs - 1, false)]
    [InlineData(LoopDemand.RetryAfterMs, true)]
    public void After_one_that_was_made_or_not_a_loop_waits(long afterMs, bool isSaid)
    {
        const long Began = 1_000_000;
        var demand = new LoopDemand();
        for (var i = 0; i <= LoopDemand.BorrowsMax; i++)
        {
            Assert.Equal(i == LoopDemand.BorrowsMax, demand.Borrowed(Other, Began));
        }

        demand.Ended(Other, Began);
        var said = 0;
        for (var i = 0; i <= LoopDemand.BorrowsMax; i++)
        {
            said += demand.Borrowed(Other, Began + afterMs) ? 1 : 0;
        }

        Assert.Equal(isSaid ? 1 : 0, said);
    }

    [Fact]
    public async Task A_loop_whose_connections_are_all_at_work_borrows_as_it_likes()
    {
        using var pool = await OpenAsync();
        await LoopWork.RunAsync(Other, () => _ = pool.ConnectAsync(CancellationToken.None).AsTask());
        await (await _connector.NextAsync()).ConnectAsync();
        await Deadline.UntilAsync(() => pool.ConnectionCount == 2);
        await BorrowAsync(pool, 3 * LoopDemand.BorrowsMax);
        Assert.True(_connector.IsQuiet);
    }

    [Fact]
    public async Task One_that_is_made_after_the_pool_was_given_up_is_closed()
    {
        var pool = await OpenAsync();
        await BorrowAsync(pool, LoopDemand.BorrowsMax + 1);
        var attempt = await _connector.NextAsync();
        pool.Dispose();
        var channel = await attempt.ConnectAsync();
        await Deadline.UntilAsync(() => channel.Socket.IsClosed);
        Assert.Equal(0, pool.ConnectionCount);
    }

    /// <summary>A pool with an idle connection of the one loop.</summary>
    private async Task<UpstreamPool> OpenAsync(int connectionsMax = 100)
    {
        var target = new TargetPlan(false, "192.0.2.1", 80, "192.0.2.1:80", "");
        var plan = new UpstreamPlan
        {
            Name = "a",
            Dialect = Dialect.Http,
            Targets = [target],
            ConnectionsMax = connectionsMax,

            // However far a test moves the clock, the connection is none too old.
            ConnectionLifetime = TimeSpan.FromDays(20),
        };
        var dialer = new UpstreamDialer(plan, target, new FakeResolver(), _connector, _time);
        var pool = new UpstreamPool(plan, target, _sweeper, dialer);
        Task<ConnectResult>? connecting = null;
        await LoopWork.RunAsync(One, () => connecting = pool.ConnectAsync(CancellationToken.None).AsTask());
        await (await _connector.NextAsync()).ConnectAsync();
        pool.Return((await connecting!).Connection!);
        return pool;
    }

    private static async Task BorrowAsync(UpstreamPool pool, int times, EventLoop? from = null)
    {
        for (var i = 0; i < times; i++)
        {
            await LoopWork.RunAsync(Other, () => Assert.Same(from ?? One, TakeAndReturn(pool)));
        }
    }

    private static EventLoop TakeAndReturn(UpstreamPool pool)
    {
        var connection = pool.TakeIdle()!;
        pool.Return(connection);
        return connection.Loop;
    }
}
