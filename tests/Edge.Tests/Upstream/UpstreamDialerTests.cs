using System.Net;
using System.Net.Sockets;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

public sealed class UpstreamDialerTests : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly FakeConnector _connector = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _connector.Dispose();

    [Fact]
    public async Task A_listening_target_is_connected_without_delay_and_with_keepalive()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var result = await Real("127.0.0.1", port, new FakeResolver()).DialAsync(EventLoops.Idlest, Stop);
        using var channel = result.Channel!;
        Assert.Equal(Failure.None, result.Failure);
        Assert.Null(result.Detail);
        Assert.Null(result.Tls);
        Assert.Equal(1, channel.Socket.GetOption(LinuxSocket.LevelTcp, LinuxSocket.NoDelay));
        Assert.Equal(1, channel.Socket.GetOption(LinuxSocket.LevelSocket, LinuxSocket.KeepAlive));
        Assert.Equal(60, channel.Socket.GetOption(LinuxSocket.LevelTcp, LinuxSocket.KeepAliveTime));
    }

    [Fact]
    public async Task A_refused_connection_is_told_with_its_address_in_the_detail()
    {
        var port = ClosedPort();
        var result = await Real("127.0.0.1", port, new FakeResolver()).DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal(DialResult.Failed(Failure.UpstreamConnectionRefused, $"connection refused by 127.0.0.1:{port}"), result);
    }

    [Fact]
    public async Task Localhost_is_found_by_the_systems_resolver_whatever_family_listens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var result = await Real("localhost", port, new SystemHostResolver()).DialAsync(EventLoops.Idlest, Stop);
        using var channel = result.Channel;
        Assert.Equal(Failure.None, result.Failure);
    }

    [Fact]
    public async Task Where_only_IPv4_listens_a_name_with_both_families_is_connected_at_once()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        // The clock stands still: the second address starts because the first failed, not because time passed.
        var result = await Real("both.test", port, FakeResolver.Answering("::1", "127.0.0.1")).DialAsync(EventLoops.Idlest, Stop);
        using var channel = result.Channel!;
        Assert.Equal(IPAddress.Loopback, channel.Remote!.Address);
    }

    [Fact]
    public async Task An_address_that_never_answers_times_out()
    {
        using var hole = new BlackHole();
        var dial = Real("127.0.0.1", hole.Endpoint.Port, new FakeResolver()).DialAsync(EventLoops.Idlest, Stop).AsTask();
        await _time.TimerAsync(ConnectTimeout);
        _time.Advance(ConnectTimeout);
        var result = await dial;
        Assert.Equal(Failure.UpstreamConnectTimeout, result.Failure);
        Assert.Null(result.Channel);
        Assert.Contains("5000 ms", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_called_off_leaves_no_socket_open()
    {
        using var hole = new BlackHole();
        using var off = new CancellationTokenSource();
        LoopSocket? socket = null;
        var connecting = ConnectAttempt.RunAsync(EventLoops.Idlest, hole.Endpoint, made => socket = made, off.Token);
        Assert.False(socket!.IsClosed);
        await off.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.True(socket!.IsClosed);
    }

    [Fact]
    public async Task A_connection_that_is_refused_leaves_no_socket_open()
    {
        LoopSocket? socket = null;
        var closed = new IPEndPoint(IPAddress.Loopback, ClosedPort());
        await Assert.ThrowsAsync<SocketException>(
            () => ConnectAttempt.RunAsync(EventLoops.Idlest, closed, made => socket = made, Stop));
        Assert.True(socket!.IsClosed);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, Failure.UpstreamConnectionRefused)]
    [InlineData(SocketError.ConnectionReset, Failure.UpstreamConnectionRefused)]
    [InlineData(SocketError.TimedOut, Failure.UpstreamConnectTimeout)]
    [InlineData(SocketError.HostUnreachable, Failure.UpstreamUnreachable)]
    [InlineData(SocketError.NetworkUnreachable, Failure.UpstreamUnreachable)]
    [InlineData(SocketError.NetworkDown, Failure.UpstreamUnreachable)]
    [InlineData(SocketError.AddressNotAvailable, Failure.UpstreamUnreachable)]
    [InlineData(SocketError.AddressFamilyNotSupported, Failure.UpstreamUnreachable)]
    [InlineData(SocketError.AccessDenied, Failure.UpstreamUnreachable)]
    [InlineData(SocketError.TooManyOpenSockets, Failure.EdgeResources)]
    public async Task Each_error_of_the_system_has_its_failure(SocketError error, Failure failure)
    {
        var dial = Faked("192.0.2.1", new FakeResolver()).DialAsync(EventLoops.Idlest, Stop).AsTask();
        (await _connector.NextAsync()).Fail(error);
        var result = await dial;
        Assert.Equal(failure, result.Failure);
        Assert.Contains("192.0.2.1:80", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_leaves_is_told_from_a_timeout()
    {
        using var caller = new CancellationTokenSource();
        var dial = Faked("192.0.2.1", new FakeResolver()).DialAsync(EventLoops.Idlest, caller.Token).AsTask();
        await _connector.NextAsync();
        await caller.CancelAsync();
        Assert.Equal(Failure.CallerGone, (await dial).Failure);
    }

    [Fact]
    public async Task A_caller_that_has_left_already_starts_nothing()
    {
        var dialer = Faked("192.0.2.1", new FakeResolver());
        var result = await dialer.DialAsync(EventLoops.Idlest, new CancellationToken(canceled: true));
        Assert.Equal(Failure.CallerGone, result.Failure);
        Assert.True(_connector.IsQuiet);
    }

    [Fact]
    public async Task A_caller_that_leaves_during_name_resolution_is_gone_too()
    {
        using var caller = new CancellationTokenSource();
        var resolver = new FakeResolver();
        var dial = Faked("a.test", resolver).DialAsync(EventLoops.Idlest, caller.Token).AsTask();
        await resolver.NextAsync();
        await caller.CancelAsync();
        Assert.Equal(Failure.CallerGone, (await dial).Failure);
    }

    private static int ClosedPort()
    {
        // Bound but not listening: the system refuses connections, and gives the port to nobody else.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Reserved.Add(socket);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static readonly System.Collections.Concurrent.ConcurrentBag<Socket> Reserved = [];

    private static UpstreamPlan Plan(TargetPlan target) => new()
    {
        Name = "test",
        Dialect = Dialect.Http,
        Targets = [target],
        Timeouts = new UpstreamTimeouts { Connect = ConnectTimeout },
    };

    private static TargetPlan Target(string host, int port) => new(false, host, port, $"{host}:{port}", "");

    private UpstreamDialer Real(string host, int port, IHostResolver resolver)
    {
        var target = Target(host, port);
        return new UpstreamDialer(Plan(target), target, resolver, _time);
    }

    private UpstreamDialer Faked(string host, FakeResolver resolver)
    {
        var target = Target(host, 80);
        return new UpstreamDialer(Plan(target), target, resolver, _connector, _time);
    }

    /// <summary>A listener whose queue is full: the system drops what else comes, so that connecting hangs.</summary>
    private sealed class BlackHole : IDisposable
    {
        private const int QueueFillers = 8;

        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _fillers = [];

        public BlackHole()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(1);
            for (var i = 0; i < QueueFillers; i++)
            {
                var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _fillers.Add(filler);
                _ = filler.ConnectAsync(Endpoint).ContinueWith(static task => task.Exception, TaskScheduler.Default);
            }
        }

        public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

        public void Dispose()
        {
            _fillers.ForEach(static filler => filler.Dispose());
            _listener.Dispose();
        }
    }
}
