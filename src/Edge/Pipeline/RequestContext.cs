using System.Net;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;
using Edge.Core.Limits;
using Edge.Core.Llm;
using Edge.Core.Memory;
using Edge.Core.Resilience;
using Edge.Core.Telemetry;
using Edge.Core.Templating;
using Edge.Hosting;
using Edge.Redis;
using Edge.Telemetry;
using Edge.Upstream;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// Everything about one request. Kestrel keeps the object per connection (HTTP/1.1) or per pooled stream (HTTP/2) through
/// <see cref="IHostContextContainer{TContext}"/>, so that a request on a kept connection costs no allocation: the feature
/// interfaces are looked up once, and <see cref="Begin"/> resets what belongs to the request.
/// Used by one request at a time; stages run one after another.
/// </summary>
internal sealed partial class RequestContext
{
    // A byte in a chunk of its own is six on the wire.
    private const int ChunkedBytesPerByteMax = 6;

    // IPv6 with an IPv4 address in it has 45 chars (INET6_ADDRSTRLEN, less its zero), a scope behind it 11.
    private const int PeerBytesMax = 64;

    // The last chunk and the trailers, whose size Kestrel bounds besides.
    private const int ChunkedEndBytesMax = 64 * 1024;

    private readonly IHttpConnectionFeature _connection;
    private readonly TimeProvider _time;
    private readonly long _nanosecondsPerTick;
    private LimitHold? _hold;
    private LimitHold? _spending;
    private AnswerMeter? _meter;
    private RequestTrace? _trace;
    private SpendingGuard? _guard;
    private OverloadWaiter? _waiter;
    private AttemptRace? _race;
    private CacheExchange? _cache;
    private RepeatState? _repeats;
    private TargetSet _tried;
    private int _attempts;
    private IPAddress? _peer;
    private IPAddress? _client;
    private byte[] _peerText = [];
    private ModelPrice? _price;
    private bool _isPriceSought;

    /// <summary>A context on one of Kestrel's connections or streams.</summary>
    public RequestContext(IFeatureCollection features, UpstreamSweeper sweeper)
    {
        Features = features;
        Request = features.Require<IHttpRequestFeature>();
        _response = features.Require<IHttpResponseFeature>();
        ResponseBody = features.Require<IHttpResponseBodyFeature>();
        Lifetime = features.Require<IHttpRequestLifetimeFeature>();
        _bodyDetection = features.Require<IHttpRequestBodyDetectionFeature>();
        BodyPipe = features.Require<IRequestBodyPipeFeature>();
        _connection = features.Require<IHttpConnectionFeature>();
        Wire = features.Find<Transport.LoopConnection>();
        _pace = Wire is null ? null : PaceOf(features);
        _bodySize = features.Require<IHttpMaxRequestBodySizeFeature>();

        // Kestrel has the listener's limit at first, and every listener has one.
        _bodySizeOfListener = _bodySize.MaxRequestBodySize!.Value;
        _time = sweeper.Time;

        // One here: clocks count nanoseconds, or hundreds of them. By way of a TimeSpan it would be floating point.
        _nanosecondsPerTick = 1_000_000_000 / _time.TimestampFrequency;
        Sweeper = sweeper;
        Attempt = new RequestAttempt(sweeper);
        CallerWatch = new CallerWatch(features, Attempt.Exchange);
    }

    /// <summary>What the server awaits.</summary>
    public RequestCompletion Completion { get; } = new();

    /// <summary>The clock of exchanges.</summary>
    public UpstreamSweeper Sweeper { get; }

    /// <summary>The attempt that is under way, or was the last; of several at once, the one whose answer is taken.</summary>
    public RequestAttempt Attempt { get; set; }

    /// <summary>Its exchange; open only while the Forward stage runs.</summary>
    public UpstreamExchange Exchange => Attempt.Exchange;

    /// <summary>The configuration that this request was admitted under; it never changes until the request ends.</summary>
    public GatewaySnapshot Snapshot { get; private set; } = null!;

    /// <summary>The route, once the Route stage has found it.</summary>
    public GatewayRoute? Route
    {
        get;
        set
        {
            field = value;
            Upstream = value?.Upstream!;
        }
    }

    /// <summary>Who is asked to answer: the route's own service, or one of its fallbacks. Once the route is known.</summary>
    public RouteUpstream Upstream { get; private set; } = null!;

    /// <summary>The target, safe to route on and to forward.</summary>
    public RequestTarget Target { get; set; }

    /// <summary>Chars of the path that the route strips, where it strips.</summary>
    public int StripLength { get; set; }

    /// <summary>The request's identifier, or null where the route wants none.</summary>
    public string? RequestId { get; set; }

    /// <summary>Who calls, once the Authenticate stage knows; null on routes that ask nobody.</summary>
    public Caller? Caller { get; set; }

    /// <summary>What placeholders in headers stand for.</summary>
    public TemplateValues TemplateValues => new(Caller, RequestId);

    /// <summary>The WWW-Authenticate header of a 401, or of a 403 for want of scopes.</summary>
    public string? Challenge { get; set; }

    /// <summary>Why the caller was not let in, as a stable code for logs and metrics alone; or null.</summary>
    public string? RefusalReason { get; set; }

    /// <summary>What the error says beyond what its kind says; null: nothing.</summary>
    public ErrorDetails? ErrorDetails { get; set; }

    /// <summary>Seconds of the Retry-After header, where more is known than the failure says; 0: not.</summary>
    public int RetryAfterSeconds { get; set; }

    /// <summary>The Allow header of a 405.</summary>
    public string? Allow { get; set; }

    /// <summary>When the request began (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    public long StartTimestamp { get; private set; }

    /// <summary>Nanoseconds since the request began.</summary>
    public long ElapsedNs => (_time.GetTimestamp() - StartTimestamp) * _nanosecondsPerTick;

    /// <summary>Nanoseconds after which the first bytes of a streamed answer were here; 0: none were.</summary>
    public long FirstEventNs { get; private set; }

    /// <summary>Where it is counted while it runs.</summary>
    public StripedCounter? Running { get; set; }

    /// <summary>Its place in a trace; null where nobody is told of traces.</summary>
    public RequestTrace? Trace { get; private set; }

    /// <summary>Connections tried for this request.</summary>
    public int Attempts => _attempts;

    /// <summary>Attempts that were begun beside another one.</summary>
    public int Hedges { get; set; }

    /// <summary>Bytes of the answer's body handed to the caller's connection.</summary>
    public long ResponseBytes { get; set; }

    /// <summary>True for a question of a browser's whether a page may send a request (CORS), which the door answers.</summary>
    public bool IsPreflight { get; set; }

    /// <summary>What went wrong in detail, for our own log; may name hosts.</summary>
    public string? FailureDetail { get; set; }

    /// <summary>
    /// The event stream that is on its way to the caller, uncompressed; null where the answer is something else.
    /// </summary>
    public EventStream? EventStream { get; set; }

    /// <summary>When the exchange with the upstream must be over, all attempts together, on the sweeper's clock.</summary>
    public long WholeByMs { get; set; }

    /// <summary>Breaks the exchange when the caller goes away. Released before the exchange is closed.</summary>
    public CallerWatch CallerWatch { get; }

    /// <summary>
    /// The request's body where it is small and whole; later the body of an error. Its memory is given back early.
    /// </summary>
    public HeadBuffer Body { get; } = new(BlockPool.TinyBytes);

    /// <summary>How the body is sent, once the Forward stage knows.</summary>
    public RequestBodyKind BodyKind { get; set; }

    /// <summary>The body as <see cref="Upstream"/> gets it, where it is here, whole: <see cref="Body"/>, or made of it.</summary>
    public HeadBuffer SentBody { get; set; } = null!;

    /// <summary>The targets of <see cref="Upstream"/> that the request has been at.</summary>
    public ref TargetSet Tried => ref _tried;

    /// <summary>What has become of earlier attempts; null on routes that make one only.</summary>
    public RepeatState? Repeats { get; private set; }

    /// <summary>What is known of the request's body, once it has been read; says nothing where it was not.</summary>
    public RequestFacts Facts { get; set; }

    /// <summary>Finds out what the request uses; null where it is not metered.</summary>
    public AnswerMeter? Meter { get; private set; }

    /// <summary>Its dealings with the cache; null where its route has none, or before that is known.</summary>
    public CacheExchange? Cache { get; private set; }

    /// <summary>
    /// What the request has used. Set once on every way in which it can end, before Record; says nothing before that, and where
    /// it is not metered.
    /// </summary>
    public RequestUsage Usage { get; private set; }

    /// <summary>True where the answer is read on when the caller leaves, to learn what it used.</summary>
    public bool Drains => (Meter is not null && Route!.Plan.DrainTokens is not null) || Cache?.Http is { IsSilent: true };

    /// <summary>Most bytes of the request's body: the listener's limit until <see cref="LimitRequestBody"/>.</summary>
    public long RequestBodyMax { get; private set; }

    /// <summary>The address at the other end of the caller's connection.</summary>
    public IPAddress Peer
    {
        get
        {
            ReadPeer();
            return _peer!;
        }
    }

    /// <summary>The same as text; made once a connection.</summary>
    public ReadOnlySpan<byte> PeerText
    {
        get
        {
            ReadPeer();
            return _peerText;
        }
    }

    /// <summary>What the request holds of its limits, or was refused by; null on routes without.</summary>
    public LimitHold? LimitsHeld { get; private set; }

    /// <summary>The same of limits of tokens and money, once the body is known.</summary>
    public LimitHold? SpendingHeld { get; private set; }

    /// <summary>
    /// What the model costs, by the file of prices; null: nobody knows. To be asked for once the body is known, and before the
    /// end.
    /// </summary>
    public ModelPrice? Price
    {
        get
        {
            if (!_isPriceSought)
            {
                _price = Snapshot.Plan.Prices?.Find(Facts.Model);
                _isPriceSought = true;
            }

            return _price;
        }
    }

    /// <summary>What the request has cost, in millionths of a dollar; null: nobody knows. Once its usage is.</summary>
    public long? CostMicros => Price?.Of(Usage.Counts);

    /// <summary>Its upstream has no room for the request, and one of the route's fallbacks may have.</summary>
    public bool IsTurnedAway { get; set; }

    /// <summary>The request's place in line at a gate. The memory is the connection's.</summary>
    public OverloadWaiter OverloadWaiter => _waiter ??= new OverloadWaiter();

    /// <summary>True where the peer is a proxy whose word about the caller is believed.</summary>
    public bool IsPeerTrusted => !Snapshot.TrustedProxies.IsEmpty && Snapshot.TrustedProxies.Contains(Peer);

    /// <summary>
    /// The caller's own address: the peer's, or where that is a trusted proxy, what it and those before it say, up to the first
    /// that is not trusted (<see cref="Forwarding.ClientAddress"/>). Never one that a caller made up.
    /// </summary>
    public IPAddress ClientAddress => _client ??= !IsPeerTrusted
        ? Peer
        : Forwarding.ClientAddress(
            Peer, RequestHeaders["X-Forwarded-For"], RequestHeaders["Forwarded"], Snapshot.TrustedProxies);

    /// <summary>Starts the next request on this connection or stream.</summary>
    public void Begin(GatewaySnapshot snapshot, long timestamp)
    {
        Snapshot = snapshot;
        _pace?.MinDataRate = null;
        StartTimestamp = timestamp;
        BeginServer();
        Route = null;
        ClearUpgrade();
        Dialect = Dialect.Http;
        Translation = null;
        Target = default;
        StripLength = 0;
        RequestId = null;
        Caller = null;
        LimitsHeld = null;
        SpendingHeld = null;
        _isPriceSought = false;
        Challenge = null;
        RefusalReason = null;
        ErrorDetails = null;
        Allow = null;
        _attempts = 0;
        Hedges = 0;
        IsTurnedAway = false;
        Attempt.Reset();
        Repeats = null;
        _tried = default;
        ResponseBytes = 0;
        FailureDetail = null;
        RetryAfterSeconds = 0;
        IsPreflight = false;
        IsBodyTaken = false;
        Facts = default;
        Meter = null;
        Cache = null;
        Usage = default;
        _client = null;
        BeginBody();
        EventStream = null;
        FirstEventNs = 0;
        Trace = null;
        BeginStages();
    }

    /// <summary>The request has a place in a trace. The memory is the connection's.</summary>
    public void BeginTrace(TraceParent id, ulong parentSpan)
    {
        Trace = _trace ??= new RequestTrace();
        Trace.Begin(id, parentSpan);
    }

    /// <summary>Another connection is tried for this request. Attempts may count at the same time.</summary>
    /// <returns>How many that makes.</returns>
    public int CountAttempt() => Interlocked.Increment(ref _attempts);

    /// <summary>Where attempts of this request run beside each other. The memory is the connection's.</summary>
    public AttemptRace Race => _race ??= new AttemptRace(this);

    /// <summary>Bytes of a streamed answer are here; the first time counts.</summary>
    public void MarkEvent()
    {
        if (FirstEventNs == 0)
        {
            FirstEventNs = Math.Max(1, ElapsedNs);
        }
    }

    /// <summary>Begins to hold limits. The memory is the connection's, and made for its first limited request.</summary>
    public LimitHold TakeLimits()
    {
        LimitsHeld = _hold ??= new LimitHold();
        LimitsHeld.Clear();
        return LimitsHeld;
    }

    /// <summary>Begins to hold limits of tokens and money, likewise.</summary>
    public LimitHold TakeSpending()
    {
        SpendingHeld = _spending ??= new LimitHold();
        SpendingHeld.Clear();
        return SpendingHeld;
    }

    /// <summary>Has its stream stopped when it has used up what <see cref="SpendingHeld"/> is of.</summary>
    public void GuardSpending(LimitClock clock, RedisLeases? leases)
    {
        if (Meter is not null)
        {
            _guard ??= new SpendingGuard();
            _guard.Begin(SpendingHeld!, clock, leases, Price);
            Meter.Guard(_guard);
        }
    }

    /// <summary>The request is metered from here on. The memory is the connection's.</summary>
    public void BeginMeter(MeteringPlan plan)
    {
        Meter = _meter ??= new AnswerMeter();
        Meter.Begin(plan);
    }

    /// <summary>The request may be answered from memory. The memory of its key is the connection's.</summary>
    public CacheExchange BeginCache(RouteCache route)
    {
        Cache = _cache ??= new CacheExchange(CallerWatch);
        Cache.Begin(route);
        return Cache;
    }

    /// <summary>The request may be sent more than once. The memory is the connection's.</summary>
    public RepeatState BeginRepeats()
    {
        Repeats = _repeats ??= new RepeatState();
        Repeats.Begin(this);
        return Repeats;
    }

    /// <summary>
    /// Asks another upstream from here on, perhaps for another model: what that is called and costs is now said of the request.
    /// </summary>
    public void Use(RouteUpstream upstream, string? model)
    {
        Upstream = upstream;
        _tried = default;
        Facts = Facts with { Model = model };
        _isPriceSought = false;
        _guard?.Reprice(Price);
    }

    /// <summary>The request is over: works out what it has used.</summary>
    /// <param name="failure">How it failed, if it did.</param>
    public void Settle(Failure failure)
    {
        if (Meter is not null)
        {
            Usage = Meter.Settle(Facts, failure);
            Meter.ReturnDecoder();
        }
    }

    /// <summary>
    /// Lets go of the configuration, so that an idle connection does not keep an old one alive; what is
    /// remembered of a token has none.
    /// </summary>
    public void End()
    {
        EndBody();
        EndFields();
        EndHeaders();
        Cache?.End();
        Translation?.ReturnMemory();
        Repeats?.End();
        EventStream?.ReturnMemory();
        EventStream = null;
        ReturnBody();
        Snapshot = null!;
        Route = null;
        Caller = null;
        ResumeHeartbeat();
    }

    /// <summary>Sets the most bytes of this request's body; null: the listener's. Before the body is first read.</summary>
    /// <remarks>
    /// Of a chunked body Kestrel counts the framing too. So it gets room for the worst of that, and whoever reads the body counts
    /// what is in the chunks.
    /// </remarks>
    public void LimitRequestBody(long? bytesMax)
    {
        RequestBodyMax = bytesMax ?? _bodySizeOfListener;
        if (CanHaveBody && (bytesMax is not null || RequestHeaders.TransferEncoding.Count > 0) && !_bodySize.IsReadOnly)
        {
            _bodySize.MaxRequestBodySize = RequestHeaders.TransferEncoding.Count > 0
                ? (RequestBodyMax * ChunkedBytesPerByteMax) + ChunkedEndBytesMax
                : RequestBodyMax;
        }
    }

    /// <summary>Has the caller's connection closed after the answer, which has not started.</summary>
    public void CloseAfterAnswer()
    {
        // HTTP/2 has no such header: there the stream alone is lost.
        if (!IsHttp2)
        {
            ResponseHeaders.Connection = "close";
        }
    }

    // A pooled HTTP/2 stream stays on its connection, so the peer never changes; reading it makes text, so it is read once.
    private void ReadPeer()
    {
        if (_peer is null)
        {
            var peer = _connection.RemoteIpAddress ?? IPAddress.None;
            _peer = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
            Span<byte> text = stackalloc byte[PeerBytesMax];
            _ = _peer.TryFormat(text, out var length);
            _peerText = text[..length].ToArray();
        }
    }
}
