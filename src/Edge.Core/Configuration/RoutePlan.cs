using System.Collections.Immutable;
using Edge.Core.Llm;
using Edge.Core.Templating;

namespace Edge.Core.Configuration;

/// <summary>Which requests go where, and what is done to them on the way.</summary>
public sealed record RoutePlan
{
    /// <summary>Its name in the file; unique.</summary>
    public required string Name { get; init; }

    /// <summary>Hosts, lower case, without port: <c>api.example.com</c> or <c>*.example.com</c>. Empty: any.</summary>
    public required ImmutableArray<string> Hosts { get; init; }

    /// <summary>Which paths.</summary>
    public required PathPattern Path { get; init; }

    /// <summary>Methods, as they stand in requests. Empty: any.</summary>
    public required ImmutableArray<string> Methods { get; init; }

    /// <summary>The service that answers.</summary>
    public required UpstreamPlan Upstream { get; init; }

    /// <summary>What is done where the service fails, in this order.</summary>
    public ImmutableArray<FallbackPlan> Fallback { get; init; } = [];

    /// <summary>Another service that a share of the requests goes to; null: none.</summary>
    public CanaryPlan? Canary { get; init; }

    /// <summary>Another service that gets copies of requests; null: none.</summary>
    public ShadowPlan? Shadow { get; init; }

    /// <summary>All services that a request may be sent to.</summary>
    public IEnumerable<UpstreamPlan> Upstreams
    {
        get
        {
            yield return Upstream;
            if (Canary is not null)
            {
                yield return Canary.Upstream;
            }

            if (Shadow is not null)
            {
                yield return Shadow.Upstream;
            }

            foreach (var fallback in Fallback)
            {
                if (fallback.Upstream is not null)
                {
                    yield return fallback.Upstream;
                }
            }
        }
    }

    /// <summary>Takes the literal part of the matched path off before forwarding.</summary>
    public bool StripPath { get; init; }

    /// <summary>Forwards the caller's Host instead of the target's own authority.</summary>
    public bool PreserveHost { get; init; }

    /// <summary>Other protocols that callers may switch to; null: none.</summary>
    public UpgradePlan? Upgrade { get; init; }

    /// <summary>How much may be asked for. Empty: anything.</summary>
    public ImmutableArray<LimitPlan> Limits { get; init; } = [];

    /// <summary>Changes to the headers of requests.</summary>
    public HeaderRules RequestHeaders { get; init; } = HeaderRules.None;

    /// <summary>Changes to the headers of answers, those made by the gateway included.</summary>
    public HeaderRules ResponseHeaders { get; init; } = HeaderRules.None;

    /// <summary>The header that identifies a request, or null for none.</summary>
    public RequestIdPlan? RequestId { get; init; }

    /// <summary>Most bytes of a request body; null: the listener's.</summary>
    public long? RequestBodyMax { get; init; }

    /// <summary>What requests must look like; null: anything.</summary>
    public ValidatePlan? Validate { get; init; }

    /// <summary>Changes to bodies, in their order.</summary>
    public ImmutableArray<RewriteItem> Rewrite { get; init; } = [];

    /// <summary>How tokens are counted; null: not at all.</summary>
    public MeteringPlan? Metering { get; init; }

    /// <summary>How the tokens of prompts are estimated.</summary>
    public EstimateKind Estimate { get; init; }

    /// <summary>What is answered from memory; null: nothing.</summary>
    public CachePlan? Cache { get; init; }

    /// <summary>How requests are translated for an upstream of the other dialect; null: not at all.</summary>
    public TranslatePlan? Translate { get; init; } = TranslatePlan.Default;

    /// <summary>Tokens of a metered answer that are read on when its caller leaves; null: it is broken off.</summary>
    public long? DrainTokens { get; init; }

    /// <summary>A stream that has used up one of the route's limits of tokens or money is stopped.</summary>
    public bool StopsWhenExhausted { get; init; }

    /// <summary>After this long without a byte, an event stream gets a comment line; null: never.</summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>Which web pages of other origins may call; null: the upstream's own affair.</summary>
    public CorsPlan? Cors { get; init; }

    /// <summary>Headers that tell browsers to be careful with the answers.</summary>
    public SecurityHeadersPlan SecurityHeaders { get; init; } = SecurityHeadersPlan.None;

    /// <summary>How well it is to serve; null: nobody says.</summary>
    public SloPlan? Slo { get; init; }

    /// <summary>Answers say how long each stage took (Server-Timing).</summary>
    public bool ServerTiming { get; init; }

    /// <summary>Who is let in; null: anybody, and nobody is asked for a credential.</summary>
    public AuthenticatePlan? Authenticate { get; init; }

    /// <summary>What a caller has to be; null: anything.</summary>
    public AuthorizePlan? Authorize { get; init; }

    /// <summary>Which headers tell the service who called.</summary>
    public ForwardedHeaders Forwarded { get; init; } = ForwardedHeaders.Both;
}

/// <summary>Where a request's identifier is read and written.</summary>
/// <param name="Header">Name of the header. A well-formed value from the caller is kept, else one is made.</param>
/// <param name="Echo">True: the answer carries it too.</param>
public sealed record RequestIdPlan(string Header, bool Echo);

/// <summary>Which headers tell a service about the caller's side of the connection.</summary>
public enum ForwardedHeaders
{
    /// <summary>X-Forwarded-For, -Proto, -Host and RFC 7239's Forwarded.</summary>
    Both,

    /// <summary>X-Forwarded-For, -Proto and -Host.</summary>
    XForwarded,

    /// <summary>Forwarded (RFC 7239).</summary>
    Rfc7239,

    /// <summary>None; those that the caller sent are taken off.</summary>
    None,
}

/// <summary>Changes to a header section, made in this order: remove, set, add.</summary>
/// <param name="Remove">Names of headers to take off.</param>
/// <param name="Set">Headers that replace whatever was there.</param>
/// <param name="Add">Headers put beside what is there.</param>
public sealed record HeaderRules(
    ImmutableArray<string> Remove, ImmutableArray<HeaderValue> Set, ImmutableArray<HeaderValue> Add)
{
    /// <summary>No change.</summary>
    public static HeaderRules None { get; } = new([], [], []);

    /// <summary>True where there is nothing to do.</summary>
    public bool IsEmpty => Remove.IsEmpty && Set.IsEmpty && Add.IsEmpty;

    /// <summary>True where other rules say the same, list by list.</summary>
    public bool IsSameAs(HeaderRules other) =>
        Remove.AsSpan().SequenceEqual(other.Remove.AsSpan())
        && Set.AsSpan().SequenceEqual(other.Set.AsSpan())
        && Add.AsSpan().SequenceEqual(other.Add.AsSpan());
}

/// <summary>A header that the file spells out.</summary>
/// <param name="Name">A token (RFC 9110, section 5.6.2).</param>
/// <param name="Value">A field value without CR, LF or NUL, perhaps with placeholders. May hold a secret: never logged.</param>
public sealed record HeaderValue(string Name, Template Value)
{
    /// <summary>The name alone, since the value may be a secret.</summary>
    public override string ToString() => $"{Name}: ***";
}

/// <summary>How a route's path is to be matched.</summary>
/// <param name="Kind">Exact, prefix or with parameters.</param>
/// <param name="Text">
/// As written. Exact: <c>/v1/models</c>. Prefix: <c>/v1/*</c>, which matches <c>/v1</c>, <c>/v1/</c> and all below.
/// Parameters: <c>/users/{id}/posts</c>, a parameter being one non-empty segment; a final <c>/*</c> may follow.
/// </param>
public sealed record PathPattern(PathPatternKind Kind, string Text);

/// <summary>The kinds of <see cref="PathPattern"/>.</summary>
public enum PathPatternKind
{
    /// <summary>The whole path, byte for byte.</summary>
    Exact,

    /// <summary>A path and all below it.</summary>
    Prefix,

    /// <summary>Segments, some of which match anything.</summary>
    Parameters,
}
