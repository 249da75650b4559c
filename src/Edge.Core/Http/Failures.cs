namespace Edge.Core.Http;

/// <summary>
/// What each <see cref="Failure"/> looks like from outside: status, error code, Proxy-Status and a message that is safe to show.
/// All of it is text made once; nothing is allocated per failure. Safe from any thread.
/// </summary>
/// <remarks>
/// The messages name the side and the cause and nothing else: no host, address, path or text from an exception, because an
/// error travels to callers who must not learn how the inside is built. The log has the details.
/// </remarks>
public static class Failures
{
    /// <summary>How many there are, <see cref="Failure.None"/> included.</summary>
    public const int Count = (int)LastOfUpstream + 1;

    /// <summary>The status of <see cref="Failure.CallerGone"/>: counted, but never sent, for there is nobody left.</summary>
    public const int CallerGoneStatus = 499;

    /// <summary>After this long a caller may try again where a limit turned it away.</summary>
    private const int RetryAfterSecondsDefault = 1;

    // In their order: None, the caller's, the edge's, the upstream's. Their names are not asked: that would load what the
    // runtime knows of enums, at each start.
    private const Failure LastOfCaller = Failure.CallerWantsKeptAnswer;
    private const Failure LastOfEdge = Failure.EdgeKeysUnavailable;
    private const Failure LastOfUpstream = Failure.UpstreamAnswerRepeats;

    private static readonly Entry[] Table = BuildTable();

    /// <summary>The status of the answer; 200 for <see cref="Failure.None"/>.</summary>
    public static int StatusCode(Failure failure) => Table[(int)failure].Status;

    /// <summary>The proxy error type of RFC 9209, section 2.3; empty for <see cref="Failure.None"/>.</summary>
    public static string ProxyStatusError(Failure failure) => Table[(int)failure].ProxyError;

    /// <summary>The whole value of the Proxy-Status header (RFC 9209, section 2).</summary>
    public static string ProxyStatus(Failure failure) => Table[(int)failure].ProxyStatus;

    /// <summary>One sentence for the caller; empty for <see cref="Failure.None"/>.</summary>
    public static string Message(Failure failure) => Table[(int)failure].Message;

    /// <summary>A stable code in snake_case: OpenAI's <c>code</c>, the end of a problem's <c>type</c>, a log field.</summary>
    public static string Code(Failure failure) => Table[(int)failure].Code;

    /// <summary>Whose fault it is.</summary>
    public static FailureSide Side(Failure failure) => Table[(int)failure].Side;

    /// <summary>True where the service behind the gateway, or the way to it, failed.</summary>
    public static bool IsUpstreamSide(Failure failure) => Side(failure) == FailureSide.Upstream;

    /// <summary>True where no connection came about, from the name to the TLS handshake: nothing was sent.</summary>
    public static bool IsOfConnecting(Failure failure) =>
        failure is Failure.UpstreamDnsError or Failure.UpstreamDnsTimeout or Failure.UpstreamConnectionRefused
            or Failure.UpstreamUnreachable or Failure.UpstreamConnectTimeout or Failure.UpstreamTlsError
            or Failure.UpstreamCertificateError;

    /// <summary>True where a caller was kept out: not authenticated, not allowed, or over a limit. For the audit log.</summary>
    public static bool IsRefusal(Failure failure) =>
        Side(failure) == FailureSide.Caller && StatusCode(failure) is 401 or 403 or 429;

    /// <summary>Seconds for the Retry-After header (RFC 9110, section 10.2.3); 0: the header is not sent.</summary>
    public static int RetryAfterSeconds(Failure failure) =>
        failure is Failure.EdgeConnectionLimit or Failure.EdgeResources or Failure.EdgeKeysUnavailable
            or Failure.EdgeLimitsUnavailable or Failure.EdgeOverloaded or Failure.EdgeStopping
            or Failure.UpstreamCircuitOpen or Failure.UpstreamUnavailable
            ? RetryAfterSecondsDefault
            : 0;

    private static Entry[] BuildTable()
    {
        var table = new Entry[Count];
        for (var failure = Failure.None; failure <= LastOfUpstream; failure++)
        {
            table[(int)failure] = Describe(failure);
        }

        return table;
    }

    private static Entry Describe(Failure failure) => failure switch
    {
        Failure.None => new Entry(FailureSide.None, 200, "none", "", ""),
        <= LastOfCaller => DescribeCaller(failure),
        <= LastOfEdge => DescribeEdge(failure),
        _ => DescribeUpstream(failure),
    };

    // A request that no route takes has no next hop (destination_not_found); every other 4xx of ours is http_request_error,
    // which is there to tell an intermediary's 4xx from the origin's.
    private static Entry DescribeCaller(Failure failure) => failure switch
    {
        >= Failure.CallerCredentialMissing and <= Failure.CallerAddressForbidden => DescribeDenied(failure),
        >= Failure.CallerBodyNotJson and <= Failure.CallerRequestTokensExceeded => DescribeBody(failure),
        Failure.CallerTargetInvalid => Caller(
            400, "target_invalid", "http_request_error", "The request target is not valid."),
        Failure.CallerRouteNotFound => Caller(
            404, "route_not_found", "destination_not_found", "No route matches this host and path."),
        Failure.CallerMethodNotAllowed => Caller(
            405, "method_not_allowed", "http_request_error", "This method is not allowed here."),
        Failure.CallerHeaderInvalid => Caller(
            400, "header_invalid", "http_request_error", "A request header has characters that are not allowed."),
        Failure.CallerBodyTooLarge => Caller(
            413, "body_too_large", "http_request_error", "The request body is larger than this route allows."),
        Failure.CallerBodyInvalid => Caller(
            400, "body_invalid", "http_request_error", "The request body is malformed or incomplete."),
        Failure.CallerBodyTimeout => Caller(
            408, "body_timeout", "http_request_error", "The request body did not arrive in time."),
        Failure.CallerFailedTooOften => Caller(
            429, "too_many_failed_authentications", "http_request_denied",
            "Too many authentications from this address have failed; try again later."),
        Failure.CallerOriginNotAllowed => Caller(
            403, "origin_not_allowed", "http_request_denied", "Pages of this origin may not call here."),
        Failure.CallerCorsMethodNotAllowed => Caller(
            403, "cors_method_not_allowed", "http_request_denied", "Pages may not call here by this method."),
        Failure.CallerCorsHeaderNotAllowed => Caller(
            403, "cors_header_not_allowed", "http_request_denied", "Pages may not set one of these headers here."),
        Failure.CallerRateExceeded => Caller(
            429, "rate_limit_exceeded", "http_request_denied", "A limit of requests is used up; try again later."),
        Failure.CallerTokensExceeded => Caller(
            429, "token_limit_exceeded", "http_request_denied", "A limit of tokens is used up; try again later."),
        Failure.CallerBudgetExceeded => Caller(
            429, "budget_exceeded", "http_request_denied", "A budget is used up."),
        Failure.CallerModelWithoutPrice => Caller(
            403, "model_without_price", "http_request_denied", "Money is limited here, and this model has no price."),
        Failure.CallerQuotaExceeded => Caller(
            429, "quota_exceeded", "http_request_denied", "A quota of requests is used up."),
        Failure.CallerTooManyAtOnce => Caller(
            429, "concurrency_limit_exceeded", "http_request_denied", "Too many requests run at once; try again when one ended."),
        Failure.CallerUpgradeInvalid => Caller(
            400, "upgrade_invalid", "http_request_error", "The request for another protocol is malformed."),
        Failure.CallerUpgradeNotOffered => Caller(
            501, "upgrade_not_offered", "http_request_error", "This route does not switch to this protocol."),
        Failure.CallerWantsKeptAnswer => Caller(
            504, "not_in_memory", "http_request_error", "Only an answer from memory is wanted, and there is none."),
        Failure.CallerGone => Caller(
            CallerGoneStatus, "caller_gone", "http_request_error", "The caller closed the connection."),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };

    // What is refused as a matter of policy is http_request_denied (RFC 9209, section 2.3.24).
    private static Entry DescribeDenied(Failure failure) => failure switch
    {
        Failure.CallerCredentialMissing => Caller(
            401, "credential_missing", "http_request_denied", "This route needs a credential, and the request has none."),
        Failure.CallerCredentialInvalid => Caller(
            401, "credential_invalid", "http_request_denied", "The credential is not valid here."),
        Failure.CallerCredentialExpired => Caller(
            401, "credential_expired", "http_request_denied", "The credential has expired."),
        Failure.CallerCredentialAmbiguous => Caller(
            400, "credential_ambiguous", "http_request_error", "The request has several credentials that differ; send one."),
        Failure.CallerScopeMissing => Caller(
            403, "scope_missing", "http_request_denied", "The credential does not have the scopes that this route needs."),
        Failure.CallerTierForbidden => Caller(
            403, "tier_forbidden", "http_request_denied", "This route is not part of the caller's tier."),
        Failure.CallerClaimForbidden => Caller(
            403, "claim_forbidden", "http_request_denied", "The credential does not permit the use of this route."),
        Failure.CallerAddressForbidden => Caller(
            403, "address_forbidden", "http_request_denied", "This route may not be called from this address."),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };

    private static Entry DescribeBody(Failure failure) => failure switch
    {
        Failure.CallerBodyNotJson => Caller(
            400, "body_not_json", "http_request_error", "The request body is not valid JSON."),
        Failure.CallerBodyRejected => Caller(
            400, "validation_failed", "http_request_error", "The request is not what this route takes."),
        Failure.CallerBodyNotTransformable => Caller(
            400, "body_not_transformable", "http_request_error", "The request body has no form that this route can transform."),
        Failure.CallerBodyNotTranslatable => Caller(
            400, "body_not_translatable", "http_request_error", "The request cannot be translated for the model of this route."),
        Failure.CallerMediaTypeUnsupported => Caller(
            415, "media_type_unsupported", "http_request_error", "The request body must be application/json."),
        Failure.CallerContentCodingUnsupported => Caller(
            415, "content_coding_unsupported", "http_request_error", "The request body must not be compressed."),
        Failure.CallerModelForbidden => Caller(
            403, "model_forbidden", "http_request_denied", "This model is not part of the tier of the caller."),
        Failure.CallerRequestTokensExceeded => Caller(
            429, "request_tokens_exceeded", "http_request_denied",
            "The request has more tokens than the tier of the caller allows."),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };

    private static Entry DescribeEdge(Failure failure) => failure switch
    {
        Failure.EdgeInternal => Edge(
            500, "internal_error", "proxy_internal_error", "The gateway failed to handle the request."),
        Failure.EdgeResources => Edge(
            503, "out_of_resources", "proxy_internal_error", "The gateway has no socket to spare; try again."),
        Failure.EdgeKeysUnavailable => Edge(
            503, "keys_unavailable", "proxy_internal_error", "The gateway cannot verify this credential yet; try again."),
        Failure.EdgeLimitsUnavailable => Edge(
            503, "limits_unavailable", "proxy_internal_error", "The gateway cannot check its limits at the moment; try again."),
        Failure.EdgeOverloaded => Edge(
            503, "overloaded", "http_request_denied", "More is asked of this service than it bears; try again."),
        Failure.EdgeAttemptLost => Edge(
            500, "attempt_lost", "proxy_internal_error", "Another attempt at the request was faster."),
        Failure.EdgeStopping => Edge(
            503, "stopping", "proxy_internal_error", "The gateway is being stopped; try again."),
        Failure.EdgeConnectionLimit => Edge(
            503, "connection_limit", "connection_limit_reached", "The gateway has no connection to spare; try again."),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };

    // connection_read_timeout is "no new data within a time limit", http_response_timeout "no complete response within one":
    // hence the first for a head or a body that stands still, the second for the total.
    private static Entry DescribeUpstream(Failure failure) => failure switch
    {
        Failure.UpstreamCircuitOpen => Upstream(
            503, "circuit_open", "destination_unavailable", "The upstream has failed too often lately and is given a rest."),
        Failure.UpstreamUnavailable => Upstream(
            503, "unavailable", "destination_unavailable", "The upstream is not healthy."),
        Failure.UpstreamRateLimited => Upstream(
            429, "rate_limited", "destination_unavailable", "The provider takes no more requests for the moment."),
        Failure.UpstreamDnsError => Upstream(
            502, "dns_error", "dns_error", "The upstream's name could not be resolved."),
        Failure.UpstreamDnsTimeout => Upstream(
            504, "dns_timeout", "dns_timeout", "The upstream's name was not resolved in time."),
        Failure.UpstreamConnectionRefused => Upstream(
            502, "connection_refused", "connection_refused", "The upstream refused the connection."),
        Failure.UpstreamUnreachable => Upstream(
            502, "unreachable", "destination_ip_unroutable", "The upstream cannot be reached."),
        Failure.UpstreamConnectTimeout => Upstream(
            504, "connect_timeout", "connection_timeout", "The connection to the upstream was not made in time."),
        Failure.UpstreamTlsError => Upstream(
            502, "tls_error", "tls_protocol_error", "The TLS handshake with the upstream failed."),
        Failure.UpstreamCertificateError => Upstream(
            502, "certificate_error", "tls_certificate_error", "The upstream's certificate is not trusted."),
        Failure.UpstreamClosed => Upstream(
            502, "closed", "connection_terminated", "The upstream closed the connection before it answered."),
        Failure.UpstreamFirstByteTimeout => Upstream(
            504, "first_byte_timeout", "connection_read_timeout", "The upstream did not begin to answer in time."),
        Failure.UpstreamIdleTimeout => Upstream(
            504, "idle_timeout", "connection_read_timeout", "The upstream stopped sending or receiving for too long."),
        Failure.UpstreamTotalTimeout => Upstream(
            504, "total_timeout", "http_response_timeout", "The upstream did not finish its answer in time."),
        Failure.UpstreamHeadInvalid => Upstream(
            502, "response_invalid", "http_protocol_error", "The upstream's answer is not valid HTTP."),
        Failure.UpstreamHeadTooLarge => Upstream(
            502, "response_headers_too_large", "http_response_header_section_size", "The upstream's headers are too long."),
        Failure.UpstreamUpgradeInvalid => Upstream(
            502, "upgrade_invalid", "http_upgrade_failed", "The upstream did not switch to the protocol that it was asked for."),
        Failure.UpstreamBodyIncomplete => Upstream(
            502, "response_incomplete", "http_response_incomplete", "The upstream's answer ended before it was complete."),
        Failure.UpstreamBodyInvalid => Upstream(
            502, "response_body_invalid", "http_response_transfer_coding", "The upstream's answer is framed wrongly."),
        Failure.UpstreamAnswerNotTranslatable => Upstream(
            502, "answer_not_translatable", "http_protocol_error", "The upstream's answer is not what its API answers."),
        Failure.UpstreamAnswerTooLong => Upstream(
            502, "answer_too_long", "http_response_body_size", "The answer has more tokens than this route allows."),
        Failure.UpstreamAnswerRepeats => Upstream(
            502, "answer_repeats", "http_response_incomplete", "The answer says the same over and over, and was cut off."),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };

    private static Entry Caller(int status, string code, string proxyError, string message) =>
        new(FailureSide.Caller, status, code, proxyError, message);

    private static Entry Edge(int status, string code, string proxyError, string message) =>
        new(FailureSide.Edge, status, "edge_" + code, proxyError, message);

    private static Entry Upstream(int status, string code, string proxyError, string message) =>
        new(FailureSide.Upstream, status, "upstream_" + code, proxyError, message);

    private sealed record Entry(FailureSide Side, int Status, string Code, string ProxyError, string Message)
    {
        // Details are an sf-string: printable ASCII without quote or backslash, which a test holds true of every message.
        public string ProxyStatus { get; } =
            ProxyError.Length == 0 ? "edge" : "edge; error=" + ProxyError + "; details=\"" + Message + "\"";
    }
}
