using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Limits;
using Edge.Core.Llm;

namespace Edge.Core.Configuration.Options;

/// <summary>What <c>defaults</c> and a route have in common, as written.</summary>
internal class RouteSettingsOptions
{
    /// <summary>The description of <c>defaults</c>.</summary>
    public static readonly ObjectShape<RouteSettingsOptions> Shape = new(
        "defaults", "defaults", "What holds for every route that does not say otherwise.",
        Keys<RouteSettingsOptions>(isDefaults: true));

    /// <summary>The identifier of requests.</summary>
    public Located<Optional<RequestIdOptions>>? RequestId { get; set; }

    /// <summary>Who is let in.</summary>
    public Located<Optional<AuthenticateOptions>>? Authenticate { get; set; }

    /// <summary>What a caller has to be.</summary>
    public Located<Optional<AuthorizeOptions>>? Authorize { get; set; }

    /// <summary>How much may be asked for.</summary>
    public Located<List<Located<LimitOptions>>>? Limits { get; set; }

    /// <summary>Changes to requests.</summary>
    public Located<MessageOptions>? Request { get; set; }

    /// <summary>Changes to answers.</summary>
    public Located<MessageOptions>? Response { get; set; }

    /// <summary>Headers about the caller.</summary>
    public Located<ForwardedHeaders>? Forwarded { get; set; }

    /// <summary>Quiet time before a comment.</summary>
    public Located<Optional<TimeSpan>>? Heartbeat { get; set; }

    /// <summary>Bytes of a body.</summary>
    public Located<long>? RequestBodyMax { get; set; }

    /// <summary>What requests must look like.</summary>
    public Located<Optional<ValidateOptions>>? Validate { get; set; }

    /// <summary>Changes to bodies.</summary>
    public Located<List<Located<RewriteOptions>>>? Rewrite { get; set; }

    /// <summary>Whether tokens are counted.</summary>
    public Located<Optional<MeteringOptions>>? Metering { get; set; }

    /// <summary>How tokens are estimated.</summary>
    public Located<EstimateKind>? Estimate { get; set; }

    /// <summary>What is answered from memory.</summary>
    public Located<Optional<CacheOptions>>? Cache { get; set; }

    /// <summary>How requests are translated.</summary>
    public Located<Optional<TranslateOptions>>? Translate { get; set; }

    /// <summary>What becomes of an answer that nobody waits for.</summary>
    public Located<DisconnectOptions>? OnDisconnect { get; set; }

    /// <summary>Whether a stream is stopped that has used up a limit.</summary>
    public Located<bool>? OnExhausted { get; set; }

    /// <summary>Web pages of other origins.</summary>
    public Located<Optional<CorsOptions>>? Cors { get; set; }

    /// <summary>How well it is to serve.</summary>
    public Located<Optional<SloOptions>>? Slo { get; set; }

    /// <summary>Whether answers say how long each stage took.</summary>
    public Located<bool>? ServerTiming { get; set; }

    /// <summary>Headers for browsers.</summary>
    public Located<SecurityHeadersOptions>? SecurityHeaders { get; set; }

    /// <summary>The keys, whose absence means a fixed value in <c>defaults</c>, and in a route what the defaults say.</summary>
    protected static Key<T>[] Keys<T>(bool isDefaults)
        where T : RouteSettingsOptions => [.. DoorKeys<T>(isDefaults), .. BodyKeys<T>(isDefaults)];

    // Of who may ask how much, and of headers.
    private static Key<T>[] DoorKeys<T>(bool isDefaults)
        where T : RouteSettingsOptions =>
    [
        new Key<T, Optional<RequestIdOptions>>(
            "requestId", new OrNoneShape<RequestIdOptions>(RequestIdOptions.Shape), (o, v) => o.RequestId = v,
            "How requests are identified.", defaultText: isDefaults ? "none" : null),
        new Key<T, Optional<AuthenticateOptions>>(
            "authenticate", new OrNoneShape<AuthenticateOptions>(AuthenticateOptions.Shape), (o, v) => o.Authenticate = v,
            "Who is let in. `none`: anybody, and a credential is the upstream's affair.",
            defaultText: isDefaults ? "none" : null),
        new Key<T, Optional<AuthorizeOptions>>(
            "authorize", new OrNoneShape<AuthorizeOptions>(AuthorizeOptions.Shape), (o, v) => o.Authorize = v,
            "What a caller has to be.", defaultText: isDefaults ? "none" : null),
        new Key<T, List<Located<LimitOptions>>>(
            "limits", new ListShape<LimitOptions>(LimitOptions.Shape, "limits", 0, LimitHold.LimitsMax), (o, v) => o.Limits = v,
            "How much may be asked for: a request has to fit all of them. Those in `defaults` are counted together for all " +
            "routes that take them.", defaultText: isDefaults ? "[]" : null),
        new Key<T, MessageOptions>(
            "request", MessageOptions.Request, (o, v) => o.Request = v,
            "Changes to requests on their way to the upstream.", defaultText: isDefaults ? "{}" : null),
        new Key<T, MessageOptions>(
            "response", MessageOptions.Response, (o, v) => o.Response = v,
            "Changes to answers on their way to the caller.", defaultText: isDefaults ? "{}" : null),
        new Key<T, ForwardedHeaders>(
            "forwarded", Scalars.Forwarded, (o, v) => o.Forwarded = v,
            "Which headers tell the upstream who called: `X-Forwarded-*`, `Forwarded` (RFC 7239), both or none.",
            defaultText: isDefaults ? "both" : null),
        new Key<T, Optional<TimeSpan>>(
            "heartbeat", new OrNoneShape<TimeSpan>(Scalars.Duration()),
            (o, v) => o.Heartbeat = v, "After this long without a byte, an event stream gets a comment line.",
            defaultText: isDefaults ? "none" : null),
        new Key<T, Optional<SloOptions>>(
            "slo", new OrNoneShape<SloOptions>(SloOptions.Shape), (o, v) => o.Slo = v,
            "How well it is to serve. See [telemetry.md](telemetry.md#objectives).", defaultText: isDefaults ? "none" : null),
        new Key<T, bool>(
            "serverTiming", Scalars.Boolean, (o, v) => o.ServerTiming = v,
            "Answers say in `Server-Timing` how long each stage took. Whoever may call sees it.",
            defaultText: isDefaults ? "false" : null),
        new Key<T, long>(
            "requestBodyMax", Scalars.Size(0, ListenerOptions.RequestBodyBytesMax), (o, v) => o.RequestBodyMax = v,
            "Most bytes of a request's body. Left out everywhere: what the listener says."),
    ];

    // Of bodies and answers, and of browsers.
    private static Key<T>[] BodyKeys<T>(bool isDefaults)
        where T : RouteSettingsOptions =>
    [
        new Key<T, Optional<ValidateOptions>>(
            "validate", new OrNoneShape<ValidateOptions>(ValidateOptions.Shape), (o, v) => o.Validate = v,
            "What requests must look like.", defaultText: isDefaults ? "none" : null),
        new Key<T, List<Located<RewriteOptions>>>(
            "rewrite", new ListShape<RewriteOptions>(RewriteOptions.Shape, "rules", 0, RewriteOptions.ItemsMax),
            (o, v) => o.Rewrite = v, "Changes to request bodies, in their order. See [bodies.md](bodies.md).",
            defaultText: isDefaults ? "[]" : null),
        new Key<T, Optional<MeteringOptions>>(
            "metering", new OrNoneShape<MeteringOptions>(MeteringOptions.Shape), (o, v) => o.Metering = v,
            "Counts the tokens of requests and answers; for upstreams of an LLM dialect.",
            defaultText: isDefaults ? "none" : null),
        new Key<T, EstimateKind>(
            "estimate", BodyScalars.Estimate, (o, v) => o.Estimate = v,
            "How the tokens of prompts are [estimated](bodies.md#estimates) before they are forwarded: `chars4`, four " +
            "characters to a token; `calibrated`, corrected by what providers report; `exact`, counted with the model's " +
            "vocabulary.",
            defaultText: isDefaults ? "chars4" : null),
        new Key<T, Optional<CacheOptions>>(
            "cache", new OrNoneShape<CacheOptions>(CacheOptions.Shape), (o, v) => o.Cache = v,
            "Answers repeated POSTs to an LLM from memory. See [caching.md](caching.md).",
            defaultText: isDefaults ? "none" : null),
        new Key<T, Optional<TranslateOptions>>(
            "translate", new OrNoneShape<TranslateOptions>(TranslateOptions.Shape), (o, v) => o.Translate = v,
            "How chat completions and messages are [translated](translation.md) where the upstream speaks the other of the two " +
            "dialects. `none`: they pass as they are.", defaultText: isDefaults ? "{}" : null),
        new Key<T, DisconnectOptions>(
            "onDisconnect", DisconnectOptions.AnyShape, (o, v) => o.OnDisconnect = v,
            "What becomes of a metered answer when its caller leaves: `abort`, or `{ drain: 2000 tokens }`.",
            defaultText: isDefaults ? "abort" : null),
        new Key<T, bool>(
            "onExhausted", BodyScalars.Exhaustion, (o, v) => o.OnExhausted = v,
            "What becomes of a stream that turns out to need more than its limits of tokens or money have left: `finish`, and " +
            "later requests wait for what it took too much, or `stop`, with an error event.",
            defaultText: isDefaults ? "finish" : null),
        new Key<T, Optional<CorsOptions>>(
            "cors", new OrNoneShape<CorsOptions>(CorsOptions.Shape), (o, v) => o.Cors = v,
            "Which web pages of other origins may call, and how. With `none` the upstream's own CORS headers go through.",
            defaultText: isDefaults ? "none" : null),
        new Key<T, SecurityHeadersOptions>(
            "securityHeaders", SecurityHeadersOptions.Shape, (o, v) => o.SecurityHeaders = v,
            "Headers that tell browsers to be careful with the answers, the gateway's own included.",
            defaultText: isDefaults ? "none" : null),
    ];
}
