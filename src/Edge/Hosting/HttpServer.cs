using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Edge.Core.Configuration;
using Edge.Pipeline;
using Edge.Threading;
using Edge.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Edge.Hosting;

/// <summary>
/// One listener on raw Kestrel: no middleware, no routing, no HttpContext. It owns the server and its services, and must be
/// stopped by <see cref="StopAsync"/> and then disposed.
/// </summary>
/// <remarks>
/// Limits are per server in Kestrel, so each listener has a server of its own. Only where there is TLS or HTTP/2 are Kestrel's
/// internal services built (<see cref="KestrelServices"/>). Without, the server is made by hand, which takes a third of the time.
/// </remarks>
internal sealed class HttpServer : IAsyncDisposable
{
    /// <summary>Most header fields in a request (Kestrel answers one more with 431).</summary>
    public const int RequestHeaderCountMax = 100;

    /// <summary>
    /// A caller that sends its body more slowly than this is cut off, after a time of grace. So is one that takes its answer
    /// more slowly, by <see cref="SlowReceivers"/>.
    /// </summary>
    public const double BytesPerSecondMin = ReceiverPatience.BytesPerSecondMin;

    /// <summary>How long a caller may be slower than <see cref="BytesPerSecondMin"/>.</summary>
    public static readonly TimeSpan SlownessMax = TimeSpan.FromSeconds(15);

    /// <summary>Most concurrent streams on one HTTP/2 connection.</summary>
    public const int Http2StreamsMax = 250;

    private readonly ServiceProvider? _services;
    private readonly IServer _server;

    private HttpServer(
        ServiceProvider? services, IServer server, IPEndPoint endpoint, ConnectionGate gate, LingeringSockets lingering,
        SlowReceivers slow, Heartbeats heartbeats)
    {
        Gate = gate;
        Lingering = lingering;
        Slow = slow;
        Heartbeats = heartbeats;
        _services = services;
        _server = server;
        Endpoint = endpoint;
    }

    /// <summary>Where it listens, with the port that the system chose where the plan said 0.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The connections that it has; of a server on Kestrel's sockets, none.</summary>
    public ConnectionGate Gate { get; }

    /// <summary>Those of them that are over and that the caller does not end yet.</summary>
    public LingeringSockets Lingering { get; }

    /// <summary>Those whose callers do not take at once what is sent.</summary>
    public SlowReceivers Slow { get; }

    /// <summary>Those that are looked after once a second.</summary>
    public Heartbeats Heartbeats { get; }

    /// <summary>Binds and starts. The application serves every request of this listener.</summary>
    /// <param name="plan">Address and limits.</param>
    /// <param name="application">Called by Kestrel, on its I/O threads.</param>
    /// <param name="tls">Chooses TLS settings per connection; null for plain text.</param>
    /// <param name="transport">Who serves the sockets.</param>
    /// <param name="isExempt">Addresses that may have any number of connections; null: none.</param>
    /// <param name="log">Takes what Kestrel logs.</param>
    /// <param name="time">The clock of connections that linger.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="IOException">The address is in use or not ours.</exception>
    public static async Task<HttpServer> StartAsync<TContext>(
        ListenerPlan plan, IHttpApplication<TContext> application, TlsHandshakeCallbackOptions? tls,
        ServerTransport transport, Func<IPAddress, bool>? isExempt, ILoggerFactory log, TimeProvider time,
        CancellationToken cancellation)
        where TContext : notnull
    {
        var gate = new ConnectionGate(plan.ConnectionsMax, plan.ConnectionsPerAddress, isExempt);
        var lingering = new LingeringSockets(time);
        var slow = new SlowReceivers(time);
        var heartbeats = new Heartbeats(TickingTime.Shared);
        var loops = transport == ServerTransport.EventLoops ? new LoopTransport(gate, lingering, slow, heartbeats) : null;
        var services = tls is null && !plan.H2c ? null : BuildServices(plan, tls, loops, log);
        var server = services?.GetRequiredService<IServer>() ?? CreatePlain(plan, loops, log);
        if (loops is not null)
        {
            _ = ServerHeart.TryLeaveOutConnections(server);
            _ = services is not null && LoopScheduling.TryReadOnLoop(server);
        }

        try
        {
            await server.StartAsync(application, cancellation);
        }
        catch (Exception exception)
        {
            await DisposeAsync(services, server);
            if (exception is SocketException)
            {
                // Kestrel puts into words only that an address is in use.
                throw new IOException($"Failed to bind to address {plan.Endpoint}: {exception.Message}.", exception);
            }

            throw;
        }

        var address = server.Features.Find<IServerAddressesFeature>()!.Addresses.First();
        var port = new Uri(address).Port;
        return new HttpServer(services, server, new IPEndPoint(plan.Endpoint.Address, port), gate, lingering, slow, heartbeats);
    }

    /// <summary>Stops accepting and waits for running requests until the token is cancelled, which aborts the rest.</summary>
    public Task StopAsync(CancellationToken abort) => _server.StopAsync(abort);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Heartbeats.Dispose();
        Lingering.Dispose();
        Slow.Dispose();
        return DisposeAsync(_services, _server);
    }

    // Where there are services, they own the server.
    private static ValueTask DisposeAsync(ServiceProvider? services, IServer server)
    {
        if (services is not null)
        {
            return services.DisposeAsync();
        }

        server.Dispose();
        return ValueTask.CompletedTask;
    }

    private static ServiceProvider BuildServices(
        ListenerPlan plan, TlsHandshakeCallbackOptions? tls, LoopTransport? loops, ILoggerFactory log)
    {
        var builder = new KestrelServices(log);
        builder.UseKestrelCore().UseKestrelHttpsConfiguration();
        if (loops is not null)
        {
            // The last of those that can bind is the one that Kestrel takes.
            builder.ConfigureServices(services => services.AddSingleton<IConnectionListenerFactory>(loops));
        }
        else
        {
            builder.ConfigureServices(static services => services.Configure<SocketTransportOptions>(Configure));
        }

        builder.ConfigureKestrel(options =>
        {
            Configure(options, plan, tls, loops is not null);
            options.Listen(plan.Endpoint, listen => ConfigureConnections(listen, tls, loops is not null));
        });
        return builder.BuildProvider();
    }

    private static KestrelServer CreatePlain(ListenerPlan plan, LoopTransport? loops, ILoggerFactory log)
    {
        var options = new KestrelServerOptions();
        Configure(options, plan, tls: null, loops is not null);
        options.Listen(plan.Endpoint, static listen => listen.Protocols = HttpProtocols.Http1);
        if (loops is not null)
        {
            return new KestrelServer(Options.Create(options), loops, log);
        }

        var sockets = new SocketTransportOptions();
        Configure(sockets);
        return new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(sockets), log), log);
    }

    private static void Configure(SocketTransportOptions options)
    {
        // Continuations run on the thread that epoll woke: 11 us instead of 16 us a request were measured.
        options.UnsafePreferInlineScheduling = true;
        options.WaitForDataBeforeAllocatingBuffer = true;
    }

    private static void Configure(
        KestrelServerOptions options, ListenerPlan plan, TlsHandshakeCallbackOptions? tls, bool hasGate)
    {
        options.AddServerHeader = false;
        options.AllowSynchronousIO = false;
        options.AllowResponseHeaderCompression = true;

        // Field values travel byte for byte: Latin-1 maps every byte to one char and back.
        options.RequestHeaderEncodingSelector = static name =>
            name == HeaderNames.ContentLength ? ContentLengthEncoding.Instance
            : name == HeaderNames.Connection ? ConnectionEncoding.Instance
            : Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => FieldLineEncoding.Instance;

        var limits = options.Limits;

        // The gate counts those too that have switched protocols, which Kestrel does not.
        limits.MaxConcurrentConnections = hasGate ? null : plan.ConnectionsMax;
        limits.MaxRequestBodySize = plan.RequestBodyMax;
        limits.MaxRequestHeadersTotalSize = plan.RequestHeadersMax;
        limits.MaxRequestLineSize = plan.RequestHeadersMax;
        limits.MaxRequestHeaderCount = RequestHeaderCountMax;
        limits.MaxRequestBufferSize = Math.Max(1024 * 1024, plan.RequestHeadersMax * 2);
        limits.RequestHeadersTimeout = plan.HeadersTimeout;
        limits.KeepAliveTimeout = plan.KeepAliveTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(BytesPerSecondMin, SlownessMax);

        // Over HTTP/2 it counts what the caller's windows hold back, of which the transport knows nothing. Over HTTP/1 it is in
        // the way: of a body whose length is said it counts no byte, so who reads 20 KB a second was cut off.
        limits.MinResponseDataRate = hasGate && tls is null && !plan.H2c ? null : new MinDataRate(BytesPerSecondMin, SlownessMax);
        limits.Http2.MaxStreamsPerConnection = Http2StreamsMax;
        limits.Http2.MaxRequestHeaderFieldSize = plan.RequestHeadersMax;
    }

    /// <summary>HTTP over TLS, or HTTP/2 without.</summary>
    private static void ConfigureConnections(ListenOptions listen, TlsHandshakeCallbackOptions? tls, bool hasGate)
    {
        if (tls is null)
        {
            // It is not gathered: large answers would pay for it more than small ones save.
            listen.Protocols = HttpProtocols.Http2;
            return;
        }

        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.Use(static next => connection =>
        {
            HandshakeWatch.AddTo(connection);
            return next(connection);
        });
        listen.UseHttps(tls);
        listen.Use(next => connection =>
        {
            HandshakeWatch.End(connection);
            return hasGate && HasNegotiatedHttp2(connection) ? ServeHttp2Async(connection, next) : next(connection);
        });
    }

    private static Task ServeHttp2Async(ConnectionContext connection, ConnectionDelegate next)
    {
        var wire = connection.Features.Require<LoopConnection>();
        wire.AbortsAfterTurn = true;
        return GatheredOutput.ServeAsync(connection, wire.Loop, next);
    }

    private static bool HasNegotiatedHttp2(ConnectionContext connection) =>
        connection.Features.Get<ITlsApplicationProtocolFeature>() is { } negotiated
        && negotiated.ApplicationProtocol.Span.SequenceEqual(SslApplicationProtocol.Http2.Protocol.Span);
}
