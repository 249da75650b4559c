using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Core.Telemetry;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>
/// What a gateway counts of requests: the metrics by OpenTelemetry's names (HTTP and GenAI conventions) and, under <c>edge.</c>,
/// its own. Series are found once and kept with what they are about. Thread-safe.
/// </summary>
internal sealed class GatewayMetrics
{
    /// <summary>Micro-dollars, in which money is counted, in a dollar.</summary>
    private const double MicroDollars = 1e6;

    private static readonly double[] HttpSeconds =
        [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10];

    private readonly SeriesByCode<StripedCounter> _running;
    private readonly TimeProvider _time;

    /// <summary>All metrics of a gateway.</summary>
    public GatewayMetrics(TimeProvider time, LimitClock clock, GenAiNames genAi)
    {
        _time = time;
        ServerDuration = Registry.Histogram(
            "http.server.request.duration", "s", MetricRegistry.NanosecondsPerSecond, HttpSeconds,
            "Duration of HTTP server requests",
            "http.request.method", "url.scheme", "network.protocol.version", new MetricLabel("http.response.status_code", true),
            "error.type", "http.route", "edge.route");
        ActiveRequests = Registry.UpDownCounter(
            "http.server.active_requests", "{request}", "Number of active HTTP server requests",
            "http.request.method", "url.scheme");
        ClientDuration = Registry.Histogram(
            "http.client.request.duration", "s", MetricRegistry.NanosecondsPerSecond, HttpSeconds,
            "Duration of HTTP client requests",
            "http.request.method", "url.scheme", "network.protocol.version", new MetricLabel("http.response.status_code", true),
            "error.type", "server.address", new MetricLabel("server.port", true), "edge.upstream");
        GenAi = new GenAiMetrics(Registry, genAi);
        AuthenticationOutcomes = Registry.Counter(
            "edge.authentication.outcomes", "{request}", "Requests that were asked who calls, by what became of it",
            "edge.route", "edge.outcome");
        LimitDecisions = Registry.Counter(
            "edge.limit.decisions", "{request}", "Requests that a limit has let in or refused",
            "edge.route", "edge.limit", "edge.outcome");
        TokensSettled = Registry.Counter(
            "edge.tokens.settled", "{token}", "Tokens charged, by how they are known",
            "edge.route", "edge.tier", "gen_ai.request.model", "gen_ai.token.type", "edge.known");
        Cost = Registry.Counter(
            "edge.cost", "USD", MicroDollars, "What answers have cost by the file of prices",
            "edge.route", "edge.tier", "gen_ai.request.model");
        StreamEnds = Registry.Counter(
            "edge.stream.ends", "{stream}", "Streamed answers that have ended, by cause", "edge.route", "edge.cause");
        ResponseBytes = Registry.Counter(
            "edge.response.bytes", "By", "Bytes of bodies of answers handed to callers", "edge.route");
        Attempts = Registry.Counter(
            "edge.upstream.attempts", "{attempt}", "Connections taken or tried for requests", "edge.route", "edge.repeated");
        Repeats = new RepeatMetrics(Registry);
        Upgrades = new UpgradeMetrics(Registry);
        CacheRequests = Registry.Counter(
            "edge.cache.requests", "{request}", "Requests that could be answered from memory, by what became of them",
            "edge.route", "edge.outcome");
        CacheStored = Registry.Counter("edge.cache.stored", "{answer}", "Answers that were kept", "edge.route");
        CacheBytes = Registry.Counter("edge.cache.bytes", "By", "Bytes of bodies answered from memory", "edge.route");
        CacheSavedTokens = Registry.Counter(
            "edge.cache.saved_tokens", "{token}", "Tokens that answers from memory did not use", "edge.route",
            "gen_ai.token.type");
        CacheSavedCost = Registry.Counter(
            "edge.cache.saved_cost", "USD", MicroDollars, "US dollars that answers from memory did not cost", "edge.route");
        Semantic = new SemanticMetrics(Registry);
        Reloads = ReloadsOf(Registry);
        Exports = Registry.Counter(
            "edge.otlp.exports", "{export}", "Exports by OTLP", "edge.signal", "edge.outcome");
        SpansDropped = Registry.Counter("edge.spans.dropped", "{span}", "Spans that could not be sent");
        Levels = new ServiceLevels(Registry, time);
        Budgets = new BudgetMetrics(Registry, clock);
        _running = new SeriesByCode<StripedCounter>(code =>
            ActiveRequests.Of(new HttpLabels(code).Method, new HttpLabels(code).Scheme));
        NoRoute = new RouteMetrics(this, "", "", "");
    }

    /// <summary>All of them, for those who read.</summary>
    public MetricRegistry Registry { get; } = new();

    /// <summary>Names of models as metrics tell them.</summary>
    public ModelNames Models { get; } = new();

    /// <summary>Of requests for which no route was found.</summary>
    public RouteMetrics NoRoute { get; }

    /// <summary>Configurations read while running: <c>taken</c> and <c>refused</c>.</summary>
    public CounterFamily Reloads { get; }

    /// <summary>Exports by OTLP, by signal: <c>taken</c> and <c>failed</c>.</summary>
    public CounterFamily Exports { get; }

    /// <summary>Spans that could not be sent.</summary>
    public CounterFamily SpansDropped { get; }

    /// <summary>How fast objectives' budgets are used up.</summary>
    public ServiceLevels Levels { get; }

    /// <summary>How much of budgets and quotas is used.</summary>
    public BudgetMetrics Budgets { get; }

    /// <summary>Durations of requests.</summary>
    internal HistogramFamily ServerDuration { get; }

    /// <summary>Requests that run.</summary>
    internal CounterFamily ActiveRequests { get; }

    /// <summary>Durations of attempts at targets.</summary>
    internal HistogramFamily ClientDuration { get; }

    /// <summary>Figures of LLMs.</summary>
    internal GenAiMetrics GenAi { get; }

    /// <summary>Who was let in.</summary>
    internal CounterFamily AuthenticationOutcomes { get; }

    /// <summary>What limits decided.</summary>
    internal CounterFamily LimitDecisions { get; }

    /// <summary>Tokens charged.</summary>
    internal CounterFamily TokensSettled { get; }

    /// <summary>Money charged.</summary>
    internal CounterFamily Cost { get; }

    /// <summary>Streams by how they ended.</summary>
    internal CounterFamily StreamEnds { get; }

    /// <summary>Bytes of bodies.</summary>
    internal CounterFamily ResponseBytes { get; }

    /// <summary>Attempts at targets.</summary>
    internal CounterFamily Attempts { get; }

    /// <summary>Retries and fallbacks.</summary>
    internal RepeatMetrics Repeats { get; }

    /// <summary>Connections that have switched protocols.</summary>
    internal UpgradeMetrics Upgrades { get; }

    /// <summary>Requests at the cache.</summary>
    internal CounterFamily CacheRequests { get; }

    /// <summary>Answers kept.</summary>
    internal CounterFamily CacheStored { get; }

    /// <summary>Bytes from memory.</summary>
    internal CounterFamily CacheBytes { get; }

    /// <summary>Tokens not used.</summary>
    internal CounterFamily CacheSavedTokens { get; }

    /// <summary>Money not spent.</summary>
    internal CounterFamily CacheSavedCost { get; }

    /// <summary>Questions that are alike.</summary>
    internal SemanticMetrics Semantic { get; }

    /// <summary>How many requests like this one run.</summary>
    public StripedCounter Running(RequestContext context) =>
        _running.Of(HttpLabels.Of(context.Method, context.IsHttps).Code);

    /// <summary>What an exemplar says of a request that is over.</summary>
    public Exemplar ExemplarOf(RequestTrace trace, long elapsedNs) => new(
        elapsedNs / MetricRegistry.NanosecondsPerSecond, trace.Id.TraceId, trace.Id.SpanId, _time.GetUtcNow());

    /// <summary>The series of a route. Those of a route that had the same names before go on.</summary>
    public RouteMetrics Of(RoutePlan route) => new(
        this,
        route.Name,
        route.Path.Text,
        route.Upstream.Dialect switch
        {
            Dialect.OpenAI => "openai",
            Dialect.Anthropic => "anthropic",
            _ => "",
        })
    {
        Objectives = route.Slo is { } slo ? new RouteObjectives(Levels.Events, route.Name, slo) : null,
    };

    private static CounterFamily ReloadsOf(MetricRegistry registry)
    {
        var reloads = registry.Counter("edge.reloads", "{reload}", "Configurations read while running", "edge.outcome");

        // There from the start: a first one would else be no increase to who asks for that.
        reloads.Of("taken");
        reloads.Of("refused");
        return reloads;
    }

    /// <summary>The series of a target.</summary>
    public TargetMetrics Of(UpstreamPlan upstream, TargetPlan target) => new(ClientDuration, upstream, target);
}
