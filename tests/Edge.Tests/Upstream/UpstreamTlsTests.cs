using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Transport;
using Edge.Upstream;

namespace Edge.Tests.Upstream;

public sealed class UpstreamTlsTests : IDisposable
{
    private const string Host = "api.edge.test";
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly TestAuthority _authority = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_right_certificate_is_trusted_by_the_CA_file()
    {
        using var server = new TlsServer(_authority.Issue(Host));
        var result = await Dialer(Host, server.Port, _authority.File).DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal((Failure.None, null), (result.Failure, result.Detail));
        Assert.NotNull(result.Channel);
        Assert.Equal(SslApplicationProtocol.Http11, result.Tls!.NegotiatedApplicationProtocol);
        Assert.True(result.Tls.SslProtocol is SslProtocols.Tls12 or SslProtocols.Tls13);
        await result.Tls.DisposeAsync();
        Assert.True(result.Channel.Socket.IsClosed);
        Assert.Equal(Host, (await server.NextAsync()).ServerName);
    }

    [Fact]
    public async Task A_name_with_a_trailing_dot_is_the_same_name()
    {
        using var server = new TlsServer(_authority.Issue(Host));
        var result = await Dialer(Host + ".", server.Port, _authority.File).DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal((Failure.None, null), (result.Failure, result.Detail));
        await result.Tls!.DisposeAsync();
        Assert.Equal(Host, (await server.NextAsync()).ServerName);
    }

    [Fact]
    public async Task An_IP_literal_is_checked_against_the_certificate_and_sends_no_SNI()
    {
        using var server = new TlsServer(_authority.Issue("127.0.0.1"));
        var result = await Dialer("127.0.0.1", server.Port, _authority.File).DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal((Failure.None, null), (result.Failure, result.Detail));
        await result.Tls!.DisposeAsync();
        Assert.Equal("", (await server.NextAsync()).ServerName);
    }

    [Fact]
    public Task A_certificate_for_another_host_is_refused() =>
        RefusedAsync(Host, "other.edge.test", "RemoteCertificateNameMismatch");

    [Fact]
    public Task A_certificate_for_another_address_is_refused() =>
        RefusedAsync("127.0.0.1", "127.0.0.2", "RemoteCertificateNameMismatch");

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        using var other = new TestAuthority();
        using var server = new TlsServer(other.Issue(Host));
        await RefusedAsync(Dialer(Host, server.Port, _authority.File), server, "PartialChain");
    }

    [Fact]
    public async Task Without_a_CA_file_the_systems_authorities_decide()
    {
        using var server = new TlsServer(_authority.Issue(Host));
        await RefusedAsync(Dialer(Host, server.Port, caFile: null), server, "RemoteCertificateChainErrors");
    }

    [Fact]
    public async Task An_expired_certificate_is_refused()
    {
        using var server = new TlsServer(_authority.Issue(Host, expired: true));
        await RefusedAsync(Dialer(Host, server.Port, _authority.File), server, "NotTimeValid");
    }

    [Fact]
    public async Task A_clients_certificate_does_not_make_a_server()
    {
        using var server = new TlsServer(_authority.Issue(Host, forClients: true));
        await RefusedAsync(Dialer(Host, server.Port, _authority.File), server, "NotValidForUsage");
    }

    [Fact]
    public async Task A_second_connection_resumes_the_session_of_the_first()
    {
        using var server = new TlsServer(_authority.Issue(Host));
        var dialer = Dialer(Host, server.Port, _authority.File);
        var first = await VisitAsync(dialer, server);
        var second = await VisitAsync(dialer, server);

        // The server's certificate does not travel again.
        Assert.InRange(second.BytesWritten, 1, first.BytesWritten - 300);
    }

    [Fact]
    public async Task A_session_that_one_target_trusts_opens_no_door_at_another()
    {
        using var other = new TestAuthority();
        using var server = new TlsServer(_authority.Issue(Host));
        await VisitAsync(Dialer(Host, server.Port, _authority.File), server);
        await RefusedAsync(Dialer(Host, server.Port, other.File), server, "RemoteCertificateChainErrors");
        await RefusedAsync(Dialer(Host, server.Port, caFile: null), server, "RemoteCertificateChainErrors");
    }

    [Fact]
    public async Task A_server_that_speaks_only_HTTP_2_is_a_TLS_error()
    {
        using var server = new TlsServer(_authority.Issue(Host), SslApplicationProtocol.Http2);
        var result = await Dialer(Host, server.Port, _authority.File).DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal(Failure.UpstreamTlsError, result.Failure);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("")]
    public async Task A_server_that_does_not_speak_TLS_is_a_TLS_error(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dialer = Dialer(Host, ((IPEndPoint)listener.LocalEndpoint).Port, _authority.File);
        var dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        using var peer = await listener.AcceptSocketAsync(Stop);
        await peer.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer), Stop);
        peer.Shutdown(SocketShutdown.Send);
        var result = await dial;
        Assert.Equal(Failure.UpstreamTlsError, result.Failure);
        Assert.Null(result.Channel);
        Assert.Null(result.Tls);
        await EndAsync(peer);
    }

    [Fact]
    public async Task A_handshake_that_hangs_is_a_connect_timeout()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dialer = Dialer(Host, ((IPEndPoint)listener.LocalEndpoint).Port, _authority.File);
        var dial = dialer.DialAsync(EventLoops.Idlest, Stop).AsTask();
        using var peer = await listener.AcceptSocketAsync(Stop);
        await peer.ReceiveAsync(new byte[1], Stop);
        _time.Advance(ConnectTimeout);
        var result = await dial;
        Assert.Equal(Failure.UpstreamConnectTimeout, result.Failure);
        Assert.Contains("TLS", result.Detail, StringComparison.Ordinal);
        await EndAsync(peer);
    }

    [Fact]
    public async Task A_caller_that_leaves_during_the_handshake_is_gone()
    {
        using var caller = new CancellationTokenSource();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dialer = Dialer(Host, ((IPEndPoint)listener.LocalEndpoint).Port, _authority.File);
        var dial = dialer.DialAsync(EventLoops.Idlest, caller.Token).AsTask();
        using var peer = await listener.AcceptSocketAsync(Stop);
        await peer.ReceiveAsync(new byte[1], Stop);
        await caller.CancelAsync();
        Assert.Equal(Failure.CallerGone, (await dial).Failure);
        await EndAsync(peer);
    }

    [Fact]
    public async Task A_CA_file_without_a_certificate_is_refused_at_once()
    {
        Assert.ThrowsAny<IOException>(() => Dialer(Host, 1, _authority.File + ".missing"));
        var empty = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(empty, "no certificate here", Stop);
            Assert.ThrowsAny<IOException>(() => Dialer(Host, 1, empty));
        }
        finally
        {
            File.Delete(empty);
        }
    }

    [Fact]
    public async Task The_CA_file_is_read_once()
    {
        using var server = new TlsServer(_authority.Issue(Host));
        var dialer = Dialer(Host, server.Port, _authority.File);
        File.Delete(_authority.File);
        await VisitAsync(dialer, server);
    }

    [Fact]
    public async Task Dials_at_the_same_time_do_not_disturb_each_other()
    {
        using var server = new TlsServer(_authority.Issue(Host));
        var dialer = Dialer(Host, server.Port, _authority.File);
        var results = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => dialer.DialAsync(EventLoops.Idlest, Stop).AsTask())));
        foreach (var result in results)
        {
            Assert.Equal((Failure.None, null), (result.Failure, result.Detail));
            await result.Tls!.DisposeAsync();
        }
    }

    private async Task RefusedAsync(string asked, string certified, string problem)
    {
        using var server = new TlsServer(_authority.Issue(certified));
        await RefusedAsync(Dialer(asked, server.Port, _authority.File), server, problem);
    }

    private static async Task RefusedAsync(UpstreamDialer dialer, TlsServer server, string problem)
    {
        var result = await dialer.DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal(Failure.UpstreamCertificateError, result.Failure);
        Assert.Contains(problem, result.Detail, StringComparison.Ordinal);
        Assert.Null(result.Channel);
        Assert.Null(result.Tls);

        // The connection is closed: the server saw its end.
        await server.NextAsync();
    }

    /// <summary>Connects, reads the greeting (and with it the session tickets of TLS 1.3) and leaves.</summary>
    private static async Task<TlsServer.Visit> VisitAsync(UpstreamDialer dialer, TlsServer server)
    {
        var result = await dialer.DialAsync(EventLoops.Idlest, Stop);
        Assert.Equal((Failure.None, null), (result.Failure, result.Detail));
        Assert.Equal(1, await result.Tls!.ReadAsync(new byte[1], Stop));
        await result.Tls.ShutdownAsync();
        await result.Tls.DisposeAsync();
        return await server.NextAsync();
    }

    private static async Task EndAsync(Socket peer)
    {
        try
        {
            while (await peer.ReceiveAsync(new byte[4096], Stop) > 0)
            {
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // An end as well.
        }
    }

    private UpstreamDialer Dialer(string host, int port, string? caFile)
    {
        var target = new TargetPlan(true, host, port, $"{host}:{port}", "");
        var plan = new UpstreamPlan
        {
            Name = "test",
            Dialect = Dialect.Http,
            Targets = [target],
            CaFile = caFile,
            Timeouts = new UpstreamTimeouts { Connect = ConnectTimeout },
        };
        return new UpstreamDialer(plan, target, FakeResolver.Answering("127.0.0.1"), _time);
    }
}
