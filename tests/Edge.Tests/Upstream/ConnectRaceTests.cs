using System.Net.Sockets;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

public sealed class ConnectRaceTests : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly ManualTime _time = new();
    private readonly FakeConnector _connector = new();
    private readonly FakeResolver _resolver = FakeResolver.Answering("2001:db8::1", "192.0.2.1");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _connector.Dispose();

    [Fact]
    public async Task The_first_address_wins_within_its_head_start()
    {
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        await _time.TimerAsync(ConnectRace.AttemptDelay);
        _time.Advance(ConnectRace.AttemptDelay - Moment);
        using var socket = await first.ConnectAsync();
        Assert.Same(socket, (await dial).Channel);
        Assert.True(_connector.IsQuiet);
    }

    [Fact]
    public async Task After_the_head_start_the_second_joins_and_the_first_may_still_win()
    {
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        await _time.TimerAsync(ConnectRace.AttemptDelay);
        _time.Advance(ConnectRace.AttemptDelay);
        var second = await _connector.NextAsync();
        using var socket = await first.ConnectAsync();
        Assert.Same(socket, (await dial).Channel);
        Assert.True(second.Cancellation.IsCancellationRequested);
        Assert.False(socket.Socket.IsClosed);
    }

    [Fact]
    public async Task A_loser_that_connects_too_late_is_closed()
    {
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        first.IgnoresCancellation = true;
        await _time.TimerAsync(ConnectRace.AttemptDelay);
        _time.Advance(ConnectRace.AttemptDelay);
        using var winner = await (await _connector.NextAsync()).ConnectAsync();
        Assert.Same(winner, (await dial).Channel);
        Assert.True(first.Cancellation.IsCancellationRequested);
        await ClosedAsync(await first.ConnectAsync());
        Assert.False(winner.Socket.IsClosed);
    }

    [Fact]
    public async Task An_attempt_that_connects_after_the_time_is_over_is_closed()
    {
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        first.IgnoresCancellation = true;
        await _time.TimerAsync(ConnectRace.AttemptDelay);
        _time.Advance(ConnectRace.AttemptDelay);
        var second = await _connector.NextAsync();
        second.IgnoresCancellation = true;
        _time.Advance(ConnectTimeout);
        Assert.Equal(Failure.UpstreamConnectTimeout, (await dial).Failure);
        await ClosedAsync(await first.ConnectAsync());
        await ClosedAsync(await second.ConnectAsync());
    }

    [Fact]
    public async Task An_attempt_that_connects_after_the_caller_left_is_closed()
    {
        using var caller = new CancellationTokenSource();
        var dial = Dialer().DialAsync(EventLoops.Idlest, caller.Token).AsTask();
        var first = await _connector.NextAsync();
        first.IgnoresCancellation = true;
        await caller.CancelAsync();
        Assert.Equal(Failure.CallerGone, (await dial).Failure);
        await ClosedAsync(await first.ConnectAsync());
    }

    [Fact]
    public async Task A_failure_lets_the_next_start_at_once()
    {
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        Assert.Equal("2001:db8::1", first.Address);
        first.Fail(SocketError.NetworkUnreachable);
        var second = await _connector.NextAsync();
        Assert.Equal("192.0.2.1", second.Address);
        using var socket = await second.ConnectAsync();
        Assert.Same(socket, (await dial).Channel);
    }

    [Fact]
    public async Task An_address_that_lost_in_spite_of_its_head_start_goes_last_next_time()
    {
        var dialer = Dialer();
        var dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        await _connector.NextAsync();
        await _time.TimerAsync(ConnectRace.AttemptDelay);
        _time.Advance(ConnectRace.AttemptDelay);
        (await (await _connector.NextAsync()).ConnectAsync()).Dispose();
        await dial;

        dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        Assert.Equal("192.0.2.1", first.Address);
        (await first.ConnectAsync()).Dispose();
        await dial;
    }

    [Fact]
    public async Task An_address_that_lost_for_want_of_a_head_start_is_not_blamed()
    {
        _resolver.Answer("192.0.2.1", "192.0.2.2", "192.0.2.3");
        var dialer = Dialer();
        var dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        await _time.TimerAsync(ConnectRace.AttemptDelay);
        _time.Advance(ConnectRace.AttemptDelay);
        await _connector.NextAsync();
        (await first.ConnectAsync()).Dispose();
        await dial;

        dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        (await _connector.NextAsync()).Fail(SocketError.ConnectionRefused);
        var second = await _connector.NextAsync();
        Assert.Equal("192.0.2.2", second.Address);
        (await second.ConnectAsync()).Dispose();
        await dial;
    }

    [Theory]
    [InlineData(SocketError.NetworkUnreachable, SocketError.ConnectionRefused, Failure.UpstreamConnectionRefused)]
    [InlineData(SocketError.ConnectionRefused, SocketError.NetworkUnreachable, Failure.UpstreamConnectionRefused)]
    [InlineData(SocketError.NetworkUnreachable, SocketError.TimedOut, Failure.UpstreamConnectTimeout)]
    [InlineData(SocketError.NetworkUnreachable, SocketError.HostUnreachable, Failure.UpstreamUnreachable)]
    public async Task Of_several_errors_the_most_telling_is_told(SocketError one, SocketError two, Failure told)
    {
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        (await _connector.NextAsync()).Fail(one);
        (await _connector.NextAsync()).Fail(two);
        Assert.Equal(told, (await dial).Failure);
    }

    [Fact]
    public async Task Running_out_of_sockets_is_not_blamed_on_an_address()
    {
        var dialer = Dialer();
        var dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        (await _connector.NextAsync()).Fail(SocketError.TooManyOpenSockets);
        (await _connector.NextAsync()).Fail(SocketError.ConnectionRefused);
        Assert.Equal(Failure.EdgeResources, (await dial).Failure);

        dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        Assert.Equal("2001:db8::1", first.Address);
        (await first.ConnectAsync()).Dispose();
        await dial;
    }

    [Fact]
    public async Task When_the_last_address_fails_those_still_trying_may_go_on()
    {
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        var first = await _connector.NextAsync();
        await _time.TimerAsync(ConnectRace.AttemptDelay);
        _time.Advance(ConnectRace.AttemptDelay);
        (await _connector.NextAsync()).Fail(SocketError.ConnectionRefused);
        using var socket = await first.ConnectAsync();
        Assert.Same(socket, (await dial).Channel);
    }

    [Fact]
    public async Task Every_address_gets_its_turn_while_the_others_hang()
    {
        _resolver.Answer("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4");
        var dial = Dialer().DialAsync(EventLoops.Idlest, Stop).AsTask();
        for (var i = 1; i < 4; i++)
        {
            Assert.Equal($"192.0.2.{i}", (await _connector.NextAsync()).Address);
            await _time.TimerAsync(ConnectRace.AttemptDelay);
            _time.Advance(ConnectRace.AttemptDelay);
        }

        using var socket = await (await _connector.NextAsync()).ConnectAsync();
        Assert.Same(socket, (await dial).Channel);
    }

    /// <summary>Waits until a socket's owner has closed it.</summary>
    private static async Task ClosedAsync(SocketChannel socket)
    {
        while (!socket.Socket.IsClosed)
        {
            await Task.Yield();
            Stop.ThrowIfCancellationRequested();
        }
    }

    private UpstreamDialer Dialer()
    {
        var target = new TargetPlan(false, "a.test", 80, "a.test", "");
        var plan = new UpstreamPlan
        {
            Name = "test",
            Dialect = Dialect.Http,
            Targets = [target],
            Timeouts = new UpstreamTimeouts { Connect = ConnectTimeout },
        };
        return new UpstreamDialer(plan, target, _resolver, _connector, _time);
    }
}
