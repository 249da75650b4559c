namespace Edge.Core.Http;

/// <summary>
/// Every expected way in which a request can fail. The name says the side first: the caller's, the edge's own, or the upstream's
/// (the provider). Status, Proxy-Status error and message follow from it alone (see <c>Failures</c>).
/// </summary>
public enum Failure : byte
{
    /// <summary>Nothing failed.</summary>
    None,

    /// <summary>The request target is not one that can be forwarded safely.</summary>
    CallerTargetInvalid,

    /// <summary>No route matches host and path.</summary>
    CallerRouteNotFound,

    /// <summary>A route matches host and path, but not the method.</summary>
    CallerMethodNotAllowed,

    /// <summary>A header has characters that cannot be forwarded safely.</summary>
    CallerHeaderInvalid,

    /// <summary>The route wants a credential and there is none.</summary>
    CallerCredentialMissing,

    /// <summary>The credential is not one that the route takes.</summary>
    CallerCredentialInvalid,

    /// <summary>The credential was good, and its time is over.</summary>
    CallerCredentialExpired,

    /// <summary>There are several credentials, and they differ.</summary>
    CallerCredentialAmbiguous,

    /// <summary>The caller has not all of the scopes that the route needs.</summary>
    CallerScopeMissing,

    /// <summary>The caller's tier is none of those that the route needs.</summary>
    CallerTierForbidden,

    /// <summary>A claim of the caller's token does not say what the route needs.</summary>
    CallerClaimForbidden,

    /// <summary>The route may not be called from the caller's address.</summary>
    CallerAddressForbidden,

    /// <summary>The request's body is larger than the route allows.</summary>
    CallerBodyTooLarge,

    /// <summary>The request's body is broken: bad chunk, fewer bytes than announced.</summary>
    CallerBodyInvalid,

    /// <summary>The caller sent its body too slowly.</summary>
    CallerBodyTimeout,

    /// <summary>The request's body is not JSON, where it has to be.</summary>
    CallerBodyNotJson,

    /// <summary>The request breaks rules of the route: its schema, or a parameter that must be there.</summary>
    CallerBodyRejected,

    /// <summary>The request's body is of no form that the route's rules could transform.</summary>
    CallerBodyNotTransformable,

    /// <summary>The request says something that cannot be said in the dialect of the route's upstream.</summary>
    CallerBodyNotTranslatable,

    /// <summary>The request's body is of another media type than JSON.</summary>
    CallerMediaTypeUnsupported,

    /// <summary>The request's body is compressed, where it has to be read.</summary>
    CallerContentCodingUnsupported,

    /// <summary>The caller's tier does not include the model.</summary>
    CallerModelForbidden,

    /// <summary>The request, with its answer, would have more tokens than the caller's tier allows at once.</summary>
    CallerRequestTokensExceeded,

    /// <summary>The caller closed its connection or reset its stream.</summary>
    CallerGone,

    /// <summary>Too many authentications from the caller's address have failed lately.</summary>
    CallerFailedTooOften,

    /// <summary>A browser asked whether a page may call, and its origin may not.</summary>
    CallerOriginNotAllowed,

    /// <summary>Likewise, and the page may not use the method.</summary>
    CallerCorsMethodNotAllowed,

    /// <summary>Likewise, and the page may not set one of the headers.</summary>
    CallerCorsHeaderNotAllowed,
    /// <summary>A limit is used up for the moment.</summary>
    CallerRateExceeded,

    /// <summary>A limit of tokens is used up for the moment.</summary>
    CallerTokensExceeded,

    /// <summary>A limit of money is used up.</summary>
    CallerBudgetExceeded,

    /// <summary>Money is limited, and nobody knows what the model costs.</summary>
    CallerModelWithoutPrice,

    /// <summary>A limit is used up for a long time: the day, the month.</summary>
    CallerQuotaExceeded,

    /// <summary>The caller has as many requests running as a limit allows.</summary>
    CallerTooManyAtOnce,

    /// <summary>The request asks for another protocol in a way that cannot be understood.</summary>
    CallerUpgradeInvalid,

    /// <summary>An HTTP/2 request asks for another protocol, to which the route does not switch.</summary>
    CallerUpgradeNotOffered,

    /// <summary>It wants what is in memory, or nothing: and there is nothing.</summary>
    CallerWantsKeptAnswer,

    /// <summary>An error of our own: a bug, counted and logged.</summary>
    EdgeInternal,

    /// <summary>The system gives the gateway no more sockets.</summary>
    EdgeResources,

    /// <summary>The common store of limits is away, and the configuration lets nothing in without it.</summary>
    EdgeLimitsUnavailable,

    /// <summary>More is asked of the upstream than it bears, and others go first.</summary>
    EdgeOverloaded,

    /// <summary>Of two attempts that ran beside each other, the other's answer was taken. Never told to a caller.</summary>
    EdgeAttemptLost,

    /// <summary>The target has as many connections as the configuration allows.</summary>
    EdgeConnectionLimit,

    /// <summary>The process ends, and the time that running requests had is over.</summary>
    EdgeStopping,

    /// <summary>The keys of the issuer of the caller's token are not there yet.</summary>
    EdgeKeysUnavailable,

    /// <summary>No target may be asked now: their circuits are open.</summary>
    UpstreamCircuitOpen,

    /// <summary>No target may be asked: health checks have taken them out.</summary>
    UpstreamUnavailable,

    /// <summary>All of the provider's credentials are at their limits for the moment.</summary>
    UpstreamRateLimited,

    /// <summary>The target's name could not be resolved.</summary>
    UpstreamDnsError,

    /// <summary>The target's name was not resolved in time.</summary>
    UpstreamDnsTimeout,

    /// <summary>The target refused the connection.</summary>
    UpstreamConnectionRefused,

    /// <summary>The target could not be reached: no route, network down.</summary>
    UpstreamUnreachable,

    /// <summary>The connection was not made in time.</summary>
    UpstreamConnectTimeout,

    /// <summary>The TLS handshake failed.</summary>
    UpstreamTlsError,

    /// <summary>The target's certificate is not to be trusted.</summary>
    UpstreamCertificateError,

    /// <summary>The connection ended before the first byte of an answer.</summary>
    UpstreamClosed,

    /// <summary>No head of an answer came in time.</summary>
    UpstreamFirstByteTimeout,

    /// <summary>The answer's body, or the request's body on its way out, stood still for too long.</summary>
    UpstreamIdleTimeout,

    /// <summary>The whole exchange took too long.</summary>
    UpstreamTotalTimeout,

    /// <summary>The answer's head is not HTTP/1.x, or its framing is ambiguous.</summary>
    UpstreamHeadInvalid,

    /// <summary>The answer's head is longer than allowed.</summary>
    UpstreamHeadTooLarge,

    /// <summary>The target says that it switches protocols, but not to the one that it was asked for, or not rightly.</summary>
    UpstreamUpgradeInvalid,

    /// <summary>The answer's body ended before it was whole.</summary>
    UpstreamBodyIncomplete,

    /// <summary>The answer's chunked framing is broken.</summary>
    UpstreamBodyInvalid,

    /// <summary>The answer is none of the upstream's dialect, so that it cannot be translated.</summary>
    UpstreamAnswerNotTranslatable,

    /// <summary>A streamed answer has more tokens than the route allows.</summary>
    UpstreamAnswerTooLong,

    /// <summary>A streamed answer says the same over and over.</summary>
    UpstreamAnswerRepeats,
}
