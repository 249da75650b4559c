using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Identity;
using Edge.Core.Llm;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes the plan of options in which nothing is wrong.</summary>
internal sealed class PlanBuilder(ConfigurationFiles files, ConsumerRegistry consumers, PriceTable? prices)
{
    /// <summary>Makes the plan.</summary>
    public EdgePlan Build(EdgeOptions options)
    {
        var upstreams = options.Upstreams.Items()
            .Select(u => UpstreamBuilder.Upstream(u.Name.Value, u.Value.Value, files)).ToImmutableArray();
        var byName = upstreams.ToDictionary(u => u.Name, StringComparer.Ordinal);
        var issuers = options.Identity.Get().Issuers.Items()
            .ToDictionary(
                i => i.Name.Value, i => IdentityBuilder.Issuer(i.Name.Value, i.Value.Value, files), StringComparer.Ordinal);
        var defaults = new RouteSettings(options.Defaults.Get(), issuers, files);
        var routes = options.Routes.Items().Select(r => Route(r.Value, defaults, byName)).ToImmutableArray();
        return new EdgePlan
        {
            Listeners = [.. options.Listeners.Items().Select(l => Listener(l.Value))],
            Admin = options.Admin is { } admin ? new AdminPlan(admin.Value.Address.Get(), admin.Value.Token?.Value) : null,
            Redis = options.Redis is { } redis ? LimitBuilder.Redis(redis.Value, files) : null,
            LimitState = options.LimitState is { Value: var state }
                ? new LimitStatePlan(files.Resolve(state.File.Get()), state.Every.Get())
                : null,
            Overload = options.Overload is { } overload ? LimitBuilder.Overload(overload.Value) : null,
            Prices = prices,
            CalibrationFile = options.Calibration is { } calibration ? files.Resolve(calibration.Value) : null,
            CacheBytesMax = options.CacheStore.Get().SizeMax.Get(),
            Upstreams = upstreams,
            Routes = routes,
            Identity = new IdentityPlan
            {
                Issuers = [.. options.Identity.Get().Issuers.Items().Select(i => issuers[i.Name.Value])],
                Consumers = consumers,
                Claims = IdentityBuilder.Claims(routes, upstreams),
                Tiers = [.. options.Tiers.Items().Select(t => t.Name.Value)],
                FailureLimit = IdentityBuilder.FailureLimit(options.Identity.Get().FailureLimit.Get()),
            },
            Tiers = [.. options.Tiers.Items().Select(t => BodyBuilder.Tier(t.Name.Value, t.Value.Value))],
            TrustedProxies = [.. options.TrustedProxies.Items().Select(n => n.Value)],
            DrainTimeout = options.DrainTimeout.Get(),
            Memory = new MemoryPlan(options.Memory.Get().Limit?.Value, options.Memory.Get().ShedAt.Get()),
            Telemetry = Telemetry(options.Telemetry.Get()),
            LogLevel = options.Telemetry.Get().LogLevel.Get(),
            ExplainTiers = [.. (options.Telemetry.Get().Explain?.Value.Tiers).Items().Select(t => t.Value)],
            AccessLog = options.Telemetry.Get().AccessLog is { } accessLog ? AccessLog(accessLog.Value) : null,
            AuditLog = options.Telemetry.Get().AuditLog is { } auditLog ? AuditLog(auditLog.Value) : null,
            UsageLog = options.Telemetry.Get().UsageLog is { } usageLog ? UsageLog(usageLog.Value) : null,
            SecurityHeaders = defaults.SecurityHeaders,
            Files = files.Paths,
        };
    }

    private ListenerPlan Listener(ListenerOptions listener) => new()
    {
        Endpoint = listener.Address.Get(),
        Tls = listener.Tls is { Value: var tls }
            ? new ListenerTlsPlan(files.Resolve(tls.Certificate.Get()), files.Resolve(tls.Key.Get()), tls.Minimum.Get())
            : null,
        H2c = listener.H2c.Get(),
        RequestHeadersMax = (int)listener.RequestHeadersMax.Get(),
        RequestBodyMax = listener.RequestBodyMax.Get(),
        HeadersTimeout = listener.HeadersTimeout.Get(),
        KeepAliveTimeout = listener.KeepAliveTimeout.Get(),
        ConnectionsMax = listener.ConnectionsMax.Get(),
        ConnectionsPerAddress = listener.ConnectionsPerAddress?.Value,
    };

    private static TelemetryPlan Telemetry(TelemetryOptions telemetry) => new()
    {
        ServiceName = telemetry.ServiceName.Get(),
        Environment = telemetry.Environment?.Value,
        Traces = new TracesPlan
        {
            Sample = telemetry.Traces.Get().Sample.Get(),
            Slow = telemetry.Traces.Get().Slow.Get(),
            TrustsParent = telemetry.Traces.Get().TrustParent.Get(),
        },
        Otlp = telemetry.Otlp is not { Value: var otlp }
            ? null
            : new OtlpPlan
            {
                Endpoint = otlp.Endpoint.Get(),
                Protocol = otlp.Protocol.Get(),
                Interval = otlp.Interval.Get(),
                Logs = LogsOf(otlp),
                Headers = [.. otlp.Headers.Items().Select(h => KeyValuePair.Create(h.Name.Value, h.Value.Value))],
            },
    };

    private static OtlpLogs LogsOf(OtlpOptions otlp)
    {
        var logs = OtlpLogs.None;
        foreach (var item in otlp.Logs.Items()) logs |= item.Value;
        return logs;
    }

    private AccessLogPlan AccessLog(AccessLogOptions accessLog)
    {
        var (to, file) = LogPlace(accessLog.To.Get());
        return new AccessLogPlan(to, file, accessLog.Format.Get(), accessLog.Sample.Get(), accessLog.Stages.Get());
    }

    private UsageLogPlan UsageLog(UsageLogOptions usageLog)
    {
        var (to, file) = LogPlace(usageLog.To.Get());
        return new UsageLogPlan(to, file);
    }

    private AuditLogPlan AuditLog(AuditLogOptions auditLog)
    {
        var events = auditLog.Events is null ? AuditEvents.All : AuditEvents.None;
        foreach (var item in auditLog.Events.Items()) events |= item.Value;
        var (to, file) = LogPlace(auditLog.To.Get());
        return new AuditLogPlan(to, file, events);
    }

    private (LogTarget To, string? File) LogPlace(string place) => place switch
    {
        AuditLogOptions.StandardOutput => (LogTarget.StandardOutput, null),
        AuditLogOptions.StandardError => (LogTarget.StandardError, null),
        var path => (LogTarget.File, files.Resolve(path)),
    };

    private static RoutePlan Route(RouteOptions route, RouteSettings defaults, Dictionary<string, UpstreamPlan> upstreams)
    {
        var match = route.Match.Get();
        var settings = new RouteSettings(route, defaults);
        ImmutableArray<string> methods = [.. match.Methods.Items().Select(m => m.Value)];
        return new RoutePlan
        {
            Name = route.Name.Get(),
            Hosts = [.. match.Hosts.Items().Select(h => h.Value)],
            Path = match.Path.Get(),
            Methods = methods,
            Upstream = upstreams[route.Upstream.Get()],
            Fallback = AttemptBuilder.Fallbacks(route.Fallback.Items(), upstreams),
            Canary = route.Canary is { Value: var canary } ? AttemptBuilder.Canary(canary, upstreams) : null,
            Shadow = route.Shadow is { Value: var shadow } ? AttemptBuilder.Shadow(shadow, upstreams) : null,
            StripPath = route.StripPath.Get(),
            PreserveHost = route.PreserveHost.Get(),
            Upgrade = route.Upgrade is { Value: var upgrade }
                ? new UpgradePlan
                {
                    Protocols = [.. upgrade.Protocols.Items().Select(static p => p.Value)],
                    Idle = upgrade.Idle.Get(),
                    Total = upgrade.Total.Get(),
                }
                : null,
            RequestHeaders = settings.Request,
            ResponseHeaders = settings.Response,
            RequestId = settings.RequestId,
            RequestBodyMax = settings.RequestBodyMax,
            Heartbeat = settings.Heartbeat,
            Forwarded = settings.Forwarded,
            Cors = settings.Cors is { } cors ? BrowserPlans.Cors(cors, methods) : null,
            SecurityHeaders = settings.SecurityHeaders,
            ServerTiming = settings.ServerTiming,
            Slo = settings.Slo,
            Authenticate = settings.Authenticate,
            Authorize = settings.Authorize,
            Limits = settings.Limits,
            Validate = settings.Validate,
            Rewrite = settings.Rewrite,
            Metering = settings.Metering ?? LimitBuilder.MeteringFor(settings.Limits),
            DrainTokens = settings.DrainTokens,
            StopsWhenExhausted = settings.StopsWhenExhausted,
            Estimate = settings.Estimate,
            Cache = settings.Cache,
            Translate = settings.Translate,
        };
    }

    /// <summary>What <c>defaults</c> and a route have in common; each key of the route replaces that of the defaults.</summary>
    private sealed class RouteSettings
    {
        private readonly Dictionary<string, IssuerPlan> _issuers;
        private readonly ConfigurationFiles _files;

        /// <summary>The defaults, in which every key has a value.</summary>
        public RouteSettings(RouteSettingsOptions defaults, Dictionary<string, IssuerPlan> issuers, ConfigurationFiles files)
            : this(defaults, null, issuers, files)
        {
        }

        /// <summary>A route's own settings, and those that the defaults give it.</summary>
        public RouteSettings(RouteSettingsOptions own, RouteSettings defaults)
            : this(own, defaults, defaults._issuers, defaults._files)
        {
        }

        private RouteSettings(
            RouteSettingsOptions own, RouteSettings? defaults, Dictionary<string, IssuerPlan> issuers, ConfigurationFiles files)
        {
            _issuers = issuers;
            _files = files;
            Validate = own.Validate is { Value: var validate } ? BodyBuilder.Validate(validate, files) : defaults?.Validate;
            Rewrite = own.Rewrite is { Value: var rewrite } ? BodyBuilder.Rewrite(rewrite) : defaults!.Rewrite;
            Metering = own.Metering is { Value: var metering } ? BodyBuilder.Metering(metering) : defaults?.Metering;
            DrainTokens = own.OnDisconnect is { Value: var leave } ? leave.Drain?.Value : defaults?.DrainTokens;
            Estimate = own.Estimate?.Value ?? defaults?.Estimate ?? EstimateKind.Chars4;
            StopsWhenExhausted = own.OnExhausted?.Value ?? defaults?.StopsWhenExhausted ?? false;
            Cache = own.Cache is { Value: var cache } ? CacheBuilder.Cache(cache) : defaults?.Cache;
            Translate = own.Translate is { Value: var translate } ? BodyBuilder.Translate(translate) : defaults?.Translate;
            Authenticate = own.Authenticate is { Value: var authenticate }
                ? IdentityBuilder.Authenticate(authenticate, issuers) : defaults?.Authenticate;
            Authorize = own.Authorize is { Value: var authorize } ? IdentityBuilder.Authorize(authorize) : defaults?.Authorize;
            Limits = own.Limits is { } limits
                ? LimitBuilder.Limits(limits.Value, own is RouteOptions route ? "route/" + route.Name.Get() : "defaults")
                : defaults!.Limits;
            RequestId = own.RequestId is { } id ? Identifier(id.Value) : defaults?.RequestId;
            Request = own.Request is { } request ? UpstreamBuilder.Headers(request.Value.Headers) : defaults!.Request;
            Response = own.Response is { } response ? UpstreamBuilder.Headers(response.Value.Headers) : defaults!.Response;
            Forwarded = own.Forwarded?.Value ?? defaults!.Forwarded;
            Heartbeat = own.Heartbeat is { Value: var heartbeat } ? Duration(heartbeat) : defaults?.Heartbeat;
            RequestBodyMax = own.RequestBodyMax?.Value ?? defaults?.RequestBodyMax;
            Slo = own.Slo is { Value: var slo } ? Objectives(slo.Value) : defaults?.Slo;
            ServerTiming = own.ServerTiming?.Value ?? defaults?.ServerTiming ?? false;
            Cors = own.Cors is { Value: var cors } ? cors.Value : defaults?.Cors;
            SecurityHeaders = own.SecurityHeaders is { Value: var security }
                ? BrowserPlans.SecurityHeaders(security)
                : defaults!.SecurityHeaders;
        }

        public AuthenticatePlan? Authenticate { get; }

        public AuthorizePlan? Authorize { get; }

        public ImmutableArray<LimitPlan> Limits { get; }

        public ValidatePlan? Validate { get; }

        public ImmutableArray<RewriteItem> Rewrite { get; }

        public MeteringPlan? Metering { get; }

        public long? DrainTokens { get; }

        public bool StopsWhenExhausted { get; }

        public EstimateKind Estimate { get; }

        public CachePlan? Cache { get; }

        public TranslatePlan? Translate { get; }

        public RequestIdPlan? RequestId { get; }

        public HeaderRules Request { get; }

        public HeaderRules Response { get; }

        public ForwardedHeaders Forwarded { get; }

        public TimeSpan? Heartbeat { get; }

        public long? RequestBodyMax { get; }

        public bool ServerTiming { get; }

        public SloPlan? Slo { get; }

        /// <summary>As written, since what it leaves out depends on the route.</summary>
        public CorsOptions? Cors { get; }

        public SecurityHeadersPlan SecurityHeaders { get; }

        private static RequestIdPlan? Identifier(Optional<RequestIdOptions> id) =>
            id.HasValue ? new RequestIdPlan(id.Value!.Header.Get(), id.Value.Echo.Get()) : null;

        private static SloPlan? Objectives(SloOptions? slo) => slo is null
            ? null
            : new SloPlan(
                slo.Availability?.Value, slo.FirstToken?.Value.Within?.Value, slo.FirstToken?.Value.Share?.Value ?? 0);

        private static TimeSpan? Duration(Optional<TimeSpan> duration) => duration.HasValue ? duration.Value : null;
    }
}
