using System.Net;
using Edge.Admin;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Routing;
using Edge.Pipeline;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Hosting;

/// <summary>
/// A running gateway: its listeners, the configuration in force and the connections to its upstreams. It owns all of them.
/// Start it with <see cref="StartAsync"/>, end it with <see cref="DrainAsync"/> and dispose it.
/// </summary>
internal sealed class Gateway : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly ProgramLog _log;
    private readonly UpstreamSweeper _sweeper;
    private readonly IHostResolver _resolver;
    private readonly RequestIds _requestIds = new();
    private readonly List<HttpServer> _listeners = [];
    private readonly List<CertificateStore> _certificates = [];
    private Dictionary<string, UpstreamCluster> _clusters = [];
    private HttpServer? _admin;
    private volatile GatewaySnapshot _snapshot;
    private volatile bool _isReady;

    private Gateway(EdgePlan plan, ProgramLog log, IHostResolver resolver, TimeProvider time)
    {
        _time = time;
        _log = log;
        _resolver = resolver;
        _sweeper = new UpstreamSweeper(time);
        _snapshot = BuildSnapshot(plan);
    }

    /// <summary>The configuration in force.</summary>
    public GatewaySnapshot Snapshot => _snapshot;

    /// <summary>True from the moment all listeners accept until the drain begins.</summary>
    public bool IsReady => _isReady;

    /// <summary>What it has counted.</summary>
    public GatewayCounters Counters { get; } = new();

    /// <summary>The services behind it, as they run now.</summary>
    public IReadOnlyCollection<UpstreamCluster> Upstreams => _clusters.Values;

    /// <summary>Where it listens, in the order of the file.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => _listeners.ConvertAll(static listener => listener.Endpoint);

    /// <summary>Where its administrative listener is, or null.</summary>
    public IPEndPoint? AdminEndpoint => _admin?.Endpoint;

    /// <summary>Binds all listeners and begins to serve.</summary>
    /// <exception cref="IOException">An address is in use or not ours, or a certificate cannot be read.</exception>
    public static async Task<Gateway> StartAsync(
        EdgePlan plan, ProgramLog log, IHostResolver resolver, TimeProvider time, CancellationToken cancellation)
    {
        var gateway = new Gateway(plan, log, resolver, time);
        try
        {
            await gateway.ListenAsync(plan, cancellation);
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }

        gateway._isReady = true;
        return gateway;
    }

    /// <summary>
    /// Takes a new configuration for all requests that begin from now on; running ones finish under the old one. Listeners stay
    /// as they are. Called by one thread at a time.
    /// </summary>
    public void Reload(EdgePlan plan) => _snapshot = BuildSnapshot(plan);

    /// <summary>
    /// Ends gracefully: not ready at once, no new connections, running requests and streams go on for the plan's drain time, and
    /// what is left then is broken off. The administrative listener answers to the end.
    /// </summary>
    /// <returns>True when every request ended by itself.</returns>
    public async Task<bool> DrainAsync()
    {
        _isReady = false;
        var limit = _snapshot.Plan.DrainTimeout;
        _log.Say($"edge: draining, {Counters.Running} requests running, at most {limit.TotalSeconds:0} s");
        using var abort = new CancellationTokenSource(limit, _time);
        await Task.WhenAll(_listeners.ConvertAll(listener => listener.StopAsync(abort.Token)));
        var left = Counters.Running;
        _log.Say(left == 0 ? "edge: drained" : $"edge: drain time is up, {left} requests broken off");
        return left == 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        if (_admin is not null)
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await _admin.StopAsync(now.Token);
            await _admin.DisposeAsync();
        }

        foreach (var cluster in _clusters.Values)
        {
            cluster.Dispose();
        }

        foreach (var certificate in _certificates)
        {
            certificate.Dispose();
        }

        _sweeper.Dispose();
        _requestIds.Dispose();
    }

    private async Task ListenAsync(EdgePlan plan, CancellationToken cancellation)
    {
        if (plan.Admin is { } admin)
        {
            var door = new ListenerPlan { Endpoint = admin.Endpoint, ConnectionsMax = AdminApplication.ConnectionsMax };
            _admin = await HttpServer.StartAsync(door, new AdminApplication(this, admin.Token), null, cancellation);
        }

        var application = new GatewayApplication(this, _sweeper, _requestIds, new RecordStage(Counters, _log, _time));
        foreach (var listener in plan.Listeners)
        {
            CertificateStore? certificate = null;
            if (listener.Tls is { } tls)
            {
                certificate = new CertificateStore(tls, _log, _time);
                _certificates.Add(certificate);
            }

            _listeners.Add(await HttpServer.StartAsync(listener, application, certificate?.HandshakeOptions, cancellation));
        }
    }

    private GatewaySnapshot BuildSnapshot(EdgePlan plan)
    {
        // A service that did not change keeps its connections; one that did, or went, closes them as they become idle.
        var old = _clusters;
        _clusters = [];
        foreach (var upstream in plan.Upstreams)
        {
            _clusters[upstream.Name] = old.Remove(upstream.Name, out var same) && same.Plan.IsSameAs(upstream)
                ? same
                : new UpstreamCluster(upstream, _sweeper, _resolver);
            if (same is not null && _clusters[upstream.Name] != same)
            {
                same.Dispose();
            }
        }

        foreach (var gone in old.Values)
        {
            gone.Dispose();
        }

        var routes = new List<(RoutePlan, GatewayRoute)>(plan.Routes.Length);
        foreach (var route in plan.Routes)
        {
            routes.Add((route, new GatewayRoute(route, _clusters[route.Upstream.Name])));
        }

        return new GatewaySnapshot(plan, new Router<GatewayRoute>(routes), new TrustedProxies(plan.TrustedProxies));
    }
}
