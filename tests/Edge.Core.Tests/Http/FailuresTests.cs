using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class FailuresTests
{
    /// <summary>The registry of RFC 9209, section 2.3.</summary>
    private static readonly HashSet<string> ProxyErrorTypes =
    [
        "dns_timeout", "dns_error", "destination_not_found", "destination_unavailable", "destination_ip_prohibited",
        "destination_ip_unroutable", "connection_refused", "connection_terminated", "connection_timeout",
        "connection_read_timeout", "connection_write_timeout", "connection_limit_reached", "tls_protocol_error",
        "tls_certificate_error", "tls_alert_received", "http_request_error", "http_request_denied", "http_response_incomplete",
        "http_response_header_section_size", "http_response_header_size", "http_response_body_size",
        "http_response_trailer_section_size", "http_response_trailer_size", "http_response_transfer_coding",
        "http_response_content_coding", "http_response_timeout", "http_upgrade_failed", "http_protocol_error",
        "proxy_internal_response", "proxy_internal_error", "proxy_configuration_error", "proxy_loop_detected",
    ];

    /// <summary>What each failure looks like. A member of the enumeration without a row fails the first test below.</summary>
    private static readonly (Failure Failure, int Status, string ProxyError, string Code)[] Expected =
    [
        (Failure.None, 200, "", "none"),
        (Failure.CallerTargetInvalid, 400, "http_request_error", "target_invalid"),
        (Failure.CallerRouteNotFound, 404, "destination_not_found", "route_not_found"),
        (Failure.CallerMethodNotAllowed, 405, "http_request_error", "method_not_allowed"),
        (Failure.CallerHeaderInvalid, 400, "http_request_error", "header_invalid"),
        (Failure.CallerCredentialMissing, 401, "http_request_denied", "credential_missing"),
        (Failure.CallerCredentialInvalid, 401, "http_request_denied", "credential_invalid"),
        (Failure.CallerCredentialExpired, 401, "http_request_denied", "credential_expired"),
        (Failure.CallerCredentialAmbiguous, 400, "http_request_error", "credential_ambiguous"),
        (Failure.CallerScopeMissing, 403, "http_request_denied", "scope_missing"),
        (Failure.CallerTierForbidden, 403, "http_request_denied", "tier_forbidden"),
        (Failure.CallerClaimForbidden, 403, "http_request_denied", "claim_forbidden"),
        (Failure.CallerAddressForbidden, 403, "http_request_denied", "address_forbidden"),
        (Failure.CallerRateExceeded, 429, "http_request_denied", "rate_limit_exceeded"),
        (Failure.CallerTokensExceeded, 429, "http_request_denied", "token_limit_exceeded"),
        (Failure.CallerBudgetExceeded, 429, "http_request_denied", "budget_exceeded"),
        (Failure.CallerModelWithoutPrice, 403, "http_request_denied", "model_without_price"),
        (Failure.CallerQuotaExceeded, 429, "http_request_denied", "quota_exceeded"),
        (Failure.CallerUpgradeInvalid, 400, "http_request_error", "upgrade_invalid"),
        (Failure.CallerUpgradeNotOffered, 501, "http_request_error", "upgrade_not_offered"),
        (Failure.CallerWantsKeptAnswer, 504, "http_request_error", "not_in_memory"),
        (Failure.CallerTooManyAtOnce, 429, "http_request_denied", "concurrency_limit_exceeded"),
        (Failure.CallerBodyTooLarge, 413, "http_request_error", "body_too_large"),
        (Failure.CallerBodyInvalid, 400, "http_request_error", "body_invalid"),
        (Failure.CallerBodyTimeout, 408, "http_request_error", "body_timeout"),
        (Failure.CallerBodyNotJson, 400, "http_request_error", "body_not_json"),
        (Failure.CallerBodyRejected, 400, "http_request_error", "validation_failed"),
        (Failure.CallerBodyNotTransformable, 400, "http_request_error", "body_not_transformable"),
        (Failure.CallerBodyNotTranslatable, 400, "http_request_error", "body_not_translatable"),
        (Failure.CallerMediaTypeUnsupported, 415, "http_request_error", "media_type_unsupported"),
        (Failure.CallerContentCodingUnsupported, 415, "http_request_error", "content_coding_unsupported"),
        (Failure.CallerModelForbidden, 403, "http_request_denied", "model_forbidden"),
        (Failure.CallerRequestTokensExceeded, 429, "http_request_denied", "request_tokens_exceeded"),
        (Failure.CallerFailedTooOften, 429, "http_request_denied", "too_many_failed_authentications"),
        (Failure.CallerOriginNotAllowed, 403, "http_request_denied", "origin_not_allowed"),
        (Failure.CallerCorsMethodNotAllowed, 403, "http_request_denied", "cors_method_not_allowed"),
        (Failure.CallerCorsHeaderNotAllowed, 403, "http_request_denied", "cors_header_not_allowed"),
        (Failure.CallerGone, 499, "http_request_error", "caller_gone"),
        (Failure.EdgeInternal, 500, "proxy_internal_error", "edge_internal_error"),
        (Failure.EdgeResources, 503, "proxy_internal_error", "edge_out_of_resources"),
        (Failure.EdgeKeysUnavailable, 503, "proxy_internal_error", "edge_keys_unavailable"),
        (Failure.EdgeLimitsUnavailable, 503, "proxy_internal_error", "edge_limits_unavailable"),
        (Failure.EdgeOverloaded, 503, "http_request_denied", "edge_overloaded"),
        (Failure.EdgeAttemptLost, 500, "proxy_internal_error", "edge_attempt_lost"),
        (Failure.EdgeStopping, 503, "proxy_internal_error", "edge_stopping"),
        (Failure.EdgeConnectionLimit, 503, "connection_limit_reached", "edge_connection_limit"),
        (Failure.UpstreamCircuitOpen, 503, "destination_unavailable", "upstream_circuit_open"),
        (Failure.UpstreamUnavailable, 503, "destination_unavailable", "upstream_unavailable"),
        (Failure.UpstreamRateLimited, 429, "destination_unavailable", "upstream_rate_limited"),
        (Failure.UpstreamDnsError, 502, "dns_error", "upstream_dns_error"),
        (Failure.UpstreamDnsTimeout, 504, "dns_timeout", "upstream_dns_timeout"),
        (Failure.UpstreamConnectionRefused, 502, "connection_refused", "upstream_connection_refused"),
        (Failure.UpstreamUnreachable, 502, "destination_ip_unroutable", "upstream_unreachable"),
        (Failure.UpstreamConnectTimeout, 504, "connection_timeout", "upstream_connect_timeout"),
        (Failure.UpstreamTlsError, 502, "tls_protocol_error", "upstream_tls_error"),
        (Failure.UpstreamCertificateError, 502, "tls_certificate_error", "upstream_certificate_error"),
        (Failure.UpstreamClosed, 502, "connection_terminated", "upstream_closed"),
        (Failure.UpstreamFirstByteTimeout, 504, "connection_read_timeout", "upstream_first_byte_timeout"),
        (Failure.UpstreamIdleTimeout, 504, "connection_read_timeout", "upstream_idle_timeout"),
        (Failure.UpstreamTotalTimeout, 504, "http_response_timeout", "upstream_total_timeout"),
        (Failure.UpstreamHeadInvalid, 502, "http_protocol_error", "upstream_response_invalid"),
        (Failure.UpstreamHeadTooLarge, 502, "http_response_header_section_size", "upstream_response_headers_too_large"),
        (Failure.UpstreamUpgradeInvalid, 502, "http_upgrade_failed", "upstream_upgrade_invalid"),
        (Failure.UpstreamBodyIncomplete, 502, "http_response_incomplete", "upstream_response_incomplete"),
        (Failure.UpstreamBodyInvalid, 502, "http_response_transfer_coding", "upstream_response_body_invalid"),
        (Failure.UpstreamAnswerNotTranslatable, 502, "http_protocol_error", "upstream_answer_not_translatable"),
        (Failure.UpstreamAnswerTooLong, 502, "http_response_body_size", "upstream_answer_too_long"),
        (Failure.UpstreamAnswerRepeats, 502, "http_response_incomplete", "upstream_answer_repeats"),
    ];

    public static TheoryData<Failure> All => new(Enum.GetValues<Failure>());

    [Theory]
    [MemberData(nameof(All))]
    public void Every_failure_has_the_status_error_type_and_code_of_the_table(Failure failure)
    {
        var row = Assert.Single(Expected, row => row.Failure == failure);
        Assert.Equal(row.Status, Failures.StatusCode(failure));
        Assert.Equal(row.ProxyError, Failures.ProxyStatusError(failure));
        Assert.Equal(row.Code, Failures.Code(failure));
    }

    [Fact]
    public void As_many_are_counted_as_there_are() => Assert.Equal(Failures.Count, Enum.GetValues<Failure>().Length);

    [Theory]
    [MemberData(nameof(All))]
    public void The_side_is_the_one_that_the_name_begins_with(Failure failure)
    {
        var side = failure == Failure.None ? FailureSide.None
            : Enum.GetValues<FailureSide>().Single(
                side => failure.ToString().StartsWith(side.ToString(), StringComparison.Ordinal));
        Assert.Equal(side, Failures.Side(failure));
        Assert.Equal(side == FailureSide.Upstream, Failures.IsUpstreamSide(failure));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Proxy_Status_is_a_structured_field_with_a_registered_error(Failure failure)
    {
        if (failure == Failure.None)
        {
            Assert.Equal("edge", Failures.ProxyStatus(failure));
            return;
        }

        Assert.Contains(Failures.ProxyStatusError(failure), ProxyErrorTypes);
        var message = Failures.Message(failure);
        Assert.All(message, c => Assert.True(c is >= ' ' and <= '~' and not '"' and not '\\'));
        Assert.Equal($"edge; error={Failures.ProxyStatusError(failure)}; details=\"{message}\"", Failures.ProxyStatus(failure));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_message_is_one_sentence_and_a_code_is_snake_case(Failure failure)
    {
        Assert.Matches("^[a-z]+(_[a-z]+)*$", Failures.Code(failure));
        if (failure != Failure.None)
        {
            Assert.Matches("^[A-Z][^.]*\\.$", Failures.Message(failure));
        }
    }

    [Fact]
    public void Codes_are_unique()
    {
        var codes = Enum.GetValues<Failure>().Select(Failures.Code).ToArray();
        Assert.Equal(codes.Length, codes.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Only_a_503_says_when_to_come_back(Failure failure) =>
        Assert.Equal(Failures.StatusCode(failure) == 503, Failures.RetryAfterSeconds(failure) > 0);
}
