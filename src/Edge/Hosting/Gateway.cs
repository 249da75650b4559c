using System.Collections.Immutable;
using System.Linq;
using System.Net;
using Edge.Admin;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Limits;
using Edge.Core.Resilience;
using Edge.Core.Routing;
using Edge.Estimates;
using Edge.Issuers;
using Edge.Pipeline;
using Edge.Redis;
using Edge.Telemetry;
using Edge.Upstream;

namespace Edge.Hosting;

/// <summary>
/// A running gateway: its listeners, the configuration in force and the connections to its upstreams. It owns all of them.
/// Start it with <see cref="StartAsync"/>, end it with <see cref="DrainAsync"/> and dispose it.
/// </summary>
internal sealed partial class Gateway : IAsyncDisposable
{
    /// <summary>Most verified tokens that are remembered.</summary>
    public const int TokensMax = 65_536;

    private readonly TimeProvider _time;
    private readonly ProgramLog _log;
    private readonly IHostResolver _resolver;
    private readonly IssuerDirectory _issuers;
    private readonly TokenCache<Caller> _tokens = new(TokensMax, SystemRandom.NextSecret());
    private readonly RequestIds _requestIds = new();
    private readonly List<HttpServer> _listeners = [];
    private readonly List<CertificateStore> _certificates = [];
    private Dictionary<string, Service> _services = [];
    private FailureLimiter? _failureLimiter;
    private HttpServer? _admin;
    private volatile GatewaySnapshot _snapshot;
    private volatile bool _isReady;

    private Gateway(EdgePlan plan, ProgramLog log, IHostResolver resolver, TimeProvider time)
    {
        _time = time;
        _log = log;
        _resolver = resolver;
        Sweeper = new UpstreamSweeper(time);
        _issuers = new IssuerDirectory(Sweeper, resolver, log);
        Audit = new AuditLog(log, time);
        Usage = new UsageLog(log, time);
        Limits = new GatewayLimits(plan.LimitState, time, log);
        Metrics = new GatewayMetrics(time, Limits.Clock, GenAiMetrics.NamesOf(Environment.GetEnvironmentVariables()));
        Estimates = new TokenEstimates(log, time);
        Exporting = new TelemetryExport(Metrics, time, log);
        Access = new AccessLog(log, time) { Also = Exporting };
        Cache = new GatewayCache(Limits.Clock, Metrics, time, log);
        Memory = new MemoryWatch(plan.Memory, new ProcessMemory(), log, time);
        GatewayObservations.Register(this, Metrics.Registry);
        _snapshot = BuildSnapshot(plan, out _, out _);
        _issuers.Replace(_snapshot.Issuers);
        Limits.Restore(_snapshot.Routes.Select(static route => route.Limits));
    }

    /// <summary>The configuration in force.</summary>
    public GatewaySnapshot Snapshot => _snapshot;

    /// <summary>True from the moment all listeners accept until the drain begins.</summary>
    public bool IsReady => _isReady;

    /// <summary>
    /// True where limits are shared and the store that they are shared through is away: limited requests are then refused, or
    /// each replica goes by its share, as the file says.
    /// </summary>
    public bool IsStoreAway => Limits.Leases is { Fleet.IsDown: true } && _snapshot.Plan.HasLimits;

    /// <summary>True where nothing that is limited can be let in until the store is back.</summary>
    public bool IsClosed => IsStoreAway && _snapshot.Plan.Redis?.WhenDown == WhenDown.Closed;

    /// <summary>What it has counted.</summary>
    public GatewayCounters Counters { get; } = new();

    /// <summary>The same and more by the names that collectors know.</summary>
    public GatewayMetrics Metrics { get; }

    /// <summary>The clock of all upstream connections.</summary>
    public UpstreamSweeper Sweeper { get; }

    /// <summary>What is sent to collectors.</summary>
    public TelemetryExport Exporting { get; }

    /// <summary>Who was refused, let in, and what was administered.</summary>
    public AuditLog Audit { get; }

    /// <summary>What the program says of itself.</summary>
    public ProgramLog Log => _log;

    /// <summary>What each request was.</summary>
    public AccessLog Access { get; }

    /// <summary>What metered requests have used.</summary>
    public UsageLog Usage { get; }

    /// <summary>What the caches of all routes share.</summary>
    public GatewayCache Cache { get; }

    /// <summary>What all limits share.</summary>
    public GatewayLimits Limits { get; }

    /// <summary>How much memory it uses, and whether that is too much.</summary>
    public MemoryWatch Memory { get; }

    /// <summary>Its listeners, in the order of the file.</summary>
    public IReadOnlyList<HttpServer> Listeners => _listeners;

    /// <summary>Connections that have switched to another protocol.</summary>
    public Tunnels Tunnels { get; } = new();

    /// <summary>Estimates of tokens, and what was learned of them.</summary>
    public TokenEstimates Estimates { get; }

    /// <summary>The services behind it, as they run now.</summary>
    public IReadOnlyCollection<UpstreamCluster> Upstreams =>
        [.. _services.Values.Select(static service => service.Cluster)];

    /// <summary>The gate of a service; null: it has none.</summary>
    public OverloadGate? GateOf(UpstreamCluster upstream) => _services.GetValueOrDefault(upstream.Plan.Name)?.Gate;

    /// <summary>The issuers of tokens, as they run now.</summary>
    public ImmutableArray<Issuer> Issuers => _issuers.Running;

    /// <summary>The certificates of its listeners.</summary>
    public IReadOnlyList<CertificateStore> Certificates => _certificates;

    /// <summary>Where it listens, in the order of the file.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => _listeners.ConvertAll(static listener => listener.Endpoint);

    /// <summary>Where its administrative listener is, or null.</summary>
    public IPEndPoint? AdminEndpoint => _admin?.Endpoint;

    /// <summary>Binds all listeners and begins to serve.</summary>
    /// <exception cref="IOException">
    /// An address is in use or not ours, a certificate cannot be read, or the audit log cannot be written.
    /// </exception>
    public static async Task<Gateway> StartAsync(
        EdgePlan plan, ProgramLog log, IHostResolver resolver, TimeProvider time, CancellationToken cancellation)
    {
        var gateway = new Gateway(plan, log, resolver, time);
        try
        {
            if (gateway.Limits.Leases is { } leases)
            {
                await leases.WaitUntilReadyAsync(cancellation);
            }

            await gateway.ListenAsync(plan, cancellation);
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }

        gateway._isReady = true;
        gateway.Audit.Lived("started", string.Join(", ", gateway.Endpoints));
        return gateway;
    }

    /// <summary>
    /// Takes a new configuration for all requests that begin from now on; running ones finish under the old one. A service
    /// that did not change keeps its connections; those of one that did, or went, are closed as they become idle. Of a target
    /// that stays what it was is kept what is known: its circuit, its health, how fast it answers. An issuer
    /// whose keys come from where they came from keeps its keys. Listeners stay as they are. Called by one thread at a time.
    /// </summary>
    /// <exception cref="IOException">
    /// A file of certificate authorities cannot be read, or the audit log not written; nothing has changed.
    /// </exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is malformed; nothing has changed.</exception>
    public void Reload(EdgePlan plan)
    {
        var old = _services;
        RedisLeases? oldStore;
        RedisCache? oldCache;
        Audit.Apply(plan.AuditLog);
        try
        {
            Usage.Apply(plan.UsageLog);
            Access.Apply(plan.AccessLog);
            _snapshot = BuildSnapshot(plan, out oldStore, out oldCache);
        }
        catch
        {
            Audit.Apply(_snapshot.Plan.AuditLog);
            Usage.Apply(_snapshot.Plan.UsageLog);
            Access.Apply(_snapshot.Plan.AccessLog);
            throw;
        }

        Memory.Apply(plan.Memory);
        Estimates.Apply(plan.CalibrationFile);
        Exporting.Apply(plan.Telemetry);
        Log.Level = plan.LogLevel;
        _issuers.Replace(_snapshot.Issuers);
        if (oldStore is not null)
        {
            // Requests under the old configuration find it away from now on, and go by its policy.
            _ = oldStore.DisposeAsync().AsTask();
        }

        if (oldCache is not null)
        {
            // Whoever still asks it finds it away.
            _ = oldCache.DisposeAsync().AsTask();
        }

        // Only now: whoever takes the old snapshot until then finds its connections.
        foreach (var (name, service) in old)
        {
            if (!_services.TryGetValue(name, out var same) || same.Cluster != service.Cluster)
            {
                service.Cluster.Dispose();
            }
        }
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

        await _issuers.DisposeAsync();
        foreach (var service in _services.Values)
        {
            service.Cluster.Dispose();
        }

        foreach (var certificate in _certificates)
        {
            certificate.Dispose();
        }

        Memory.Dispose();
        await Cache.DisposeAsync();
        await Limits.DisposeAsync();
        await Estimates.DisposeAsync();
        Metrics.Levels.Dispose();
        Sweeper.Dispose();
        Audit.Lived("stopped", null);

        // Each may have to wait for somebody who takes nothing: all at the same time, so that the end comes in time.
        await Task.WhenAll(
            Exporting.DisposeAsync().AsTask(), Audit.DisposeAsync().AsTask(), Usage.DisposeAsync().AsTask(),
            Access.DisposeAsync().AsTask());
    }

    private async Task ListenAsync(EdgePlan plan, CancellationToken cancellation)
    {
        Audit.Apply(plan.AuditLog);
        Usage.Apply(plan.UsageLog);
        Access.Apply(plan.AccessLog);
        Log.Level = plan.LogLevel;
        Exporting.Apply(plan.Telemetry);
        Estimates.Apply(plan.CalibrationFile);
        var kestrel = new KestrelLog(_log, _time);
        if (plan.Admin is { } admin)
        {
            var door = new ListenerPlan { Endpoint = admin.Endpoint, ConnectionsMax = AdminApplication.ConnectionsMax };
            _admin = await HttpServer.StartAsync(
                door, new AdminApplication(this, admin.Token), null, ServerTransport.EventLoops, null, kestrel, _time,
                cancellation);
        }

        var record = new RecordStage(this, _log, _time);
        var application = new GatewayApplication(this, Sweeper, _requestIds, record, _log, _time);
        foreach (var listener in plan.Listeners)
        {
            CertificateStore? certificate = null;
            if (listener.Tls is { } tls)
            {
                certificate = new CertificateStore(tls, _log, _time);
                _certificates.Add(certificate);
            }

            _listeners.Add(await HttpServer.StartAsync(
                listener, application, certificate?.HandshakeOptions, ServerTransport.EventLoops,
                address => _snapshot.TrustedProxies.Contains(address), kestrel, _time, cancellation));
        }
    }

    private GatewaySnapshot BuildSnapshot(EdgePlan plan, out RedisLeases? oldStore, out RedisCache? oldCache)
    {
        if (plan.Redis is { CaFile: not null } redis)
        {
            RedisConnection.Check(redis);
        }

        var services = new Dictionary<string, Service>(plan.Upstreams.Length, StringComparer.Ordinal);
        try
        {
            foreach (var upstream in plan.Upstreams)
            {
                services[upstream.Name] = ServiceFor(upstream, plan.Overload);
            }
        }
        catch
        {
            foreach (var (name, service) in services)
            {
                if (!_services.TryGetValue(name, out var kept) || kept.Cluster != service.Cluster)
                {
                    service.Cluster.Dispose();
                }
            }

            throw;
        }

        var issuers = _issuers.Prepare(plan.Identity.Issuers);
        oldStore = Limits.Use(plan.Redis, plan.HasLimits);
        oldCache = Cache.Use(plan);
        var routes = new List<(RoutePlan, GatewayRoute)>(plan.Routes.Length);
        foreach (var route in plan.Routes)
        {
            var tokens = route.Authenticate is { } asked ? new RouteTokens(asked, plan.Identity, issuers, _tokens) : null;
            var limits = route.Limits.IsEmpty ? null : new RouteLimits(route.Limits, Limits);
            var body = RouteBody.Of(route, plan.Tiers);
            var service = services[route.Upstream.Name];
            var upstream = new RouteUpstream(route, service.Cluster, service.Gate);
            var fallbacks = Fallbacks(route, services);
            var running = new GatewayRoute(route, upstream, fallbacks, limits, body)
            {
                Canary = CanaryOf(route, services, upstream, fallbacks),
                Shadow = ShadowOf(route, services),
                Tokens = tokens,
                Cache = CacheOf(route, plan, services),
                Metrics = Metrics.Of(route),
            };
            routes.Add((route, running));
        }

        _services = services;
        Metrics.Levels.Apply(plan.Routes);
        Metrics.Budgets.Keep(plan.Routes);
        return new GatewaySnapshot(plan, new Router<GatewayRoute>(routes), new TrustedProxies(plan.TrustedProxies))
        {
            Issuers = issuers,
            Routes = [.. routes.Select(static route => route.Item2)],
            Resources = new ProtectedResources(plan.Routes),
            FailureLimiter = FailureLimiterFor(plan),
        };
    }

    private static RouteFallback[] Fallbacks(RoutePlan route, Dictionary<string, Service> services) =>
    [
        .. route.Fallback.Select(plan => new RouteFallback(
            plan,
            plan.Upstream is { Name: var name }
                ? new RouteUpstream(route, services[name].Cluster, services[name].Gate, isOther: true, plan.Model)
                : null)),
    ];

    private static RouteCanary? CanaryOf(
        RoutePlan route, Dictionary<string, Service> services, RouteUpstream own, RouteFallback[] fallbacks)
    {
        if (route.Canary is not { } plan)
        {
            return null;
        }

        var service = services[plan.Upstream.Name];
        var back = new FallbackPlan
        {
            Kind = FallbackKind.Upstream,
            On = new AttemptCauses("unavailable", "overload", "connect", "timeout", "reset", "429", "5xx"),
            Upstream = route.Upstream,
        };
        return new RouteCanary(
            plan,
            new RouteUpstream(route, service.Cluster, service.Gate, isOther: true),
            [new RouteFallback(back, own), .. fallbacks]);
    }

    private RouteShadow? ShadowOf(RoutePlan route, Dictionary<string, Service> services) => route.Shadow is { } plan
        ? new RouteShadow(plan, new RouteUpstream(route, services[plan.Upstream.Name].Cluster, null, isOther: true), Sweeper)
        : null;

    /// <summary>The limiter of a plan; the one in force where its limit stays, so that a reload forgives nobody.</summary>
    private FailureLimiter? FailureLimiterFor(EdgePlan plan)
    {
        if (plan.Identity.FailureLimit is not { } limit || plan.Routes.All(static route => route.Authenticate is null))
        {
            return null;
        }

        if (_failureLimiter?.Plan != limit)
        {
            _failureLimiter = new FailureLimiter(limit, _time, SystemRandom.NextSecret());
        }

        return _failureLimiter;
    }

    private Service ServiceFor(UpstreamPlan plan, OverloadPlan? overload)
    {
        var ca = plan.CaFile is null ? default : FileStamp.Of(plan.CaFile);
        var service = _services.TryGetValue(plan.Name, out var old) && old.Ca == ca && old.Cluster.Plan.IsSameAs(plan)
            ? old
            : new Service(new UpstreamCluster(plan, Sweeper, _resolver, Metrics, _log, old?.Cluster), ca, null);
        return overload is null ? service with { Gate = null }
            : overload.IsSameAs(service.Gate?.Plan) ? service
            : service with { Gate = new OverloadGate(overload, _time) };
    }

    /// <summary>A service as it runs.</summary>
    /// <param name="Cluster">Its connections.</param>
    /// <param name="Ca">Which authorities it trusts: the plan names the file only.</param>
    /// <param name="Gate">Lets as many requests wait for it as it bears; null: any number.</param>
    private sealed record Service(UpstreamCluster Cluster, FileStamp Ca, OverloadGate? Gate);
}
