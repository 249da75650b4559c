namespace Edge.Core.Resilience;

/// <summary>
/// Whether a request may be sent again after an attempt has ended: that nothing is done, or charged, twice without somebody
/// having said so. Stateless.
/// </summary>
public static class RepeatRules
{
    /// <summary>
    /// Whether its method says that sending it twice does what sending it once does (RFC 9110, section 9.2.2).
    /// </summary>
    public static bool IsIdempotent(string method) => method is "GET" or "HEAD" or "PUT" or "DELETE" or "OPTIONS" or "TRACE";

    /// <summary>Whether the same upstream may be sent the request again.</summary>
    /// <param name="end">How the last attempt ended.</param>
    /// <param name="canResend">Its body is all here.</param>
    /// <param name="isIdempotent">It may be done twice.</param>
    /// <param name="isLlm">
    /// The upstream is a provider of language models: it has done, and charged, nothing where it answers with an error.
    /// </param>
    public static bool MayRetry(in AttemptEnd end, bool canResend, bool isIdempotent, bool isLlm) => end.Cause switch
    {
        AttemptCause.Unavailable or AttemptCause.Overload or AttemptCause.Connect => true,
        AttemptCause.Status => canResend && (isIdempotent || isLlm),
        AttemptCause.Timeout or AttemptCause.Reset => canResend && isIdempotent,
        _ => false,
    };

    /// <summary>
    /// Whether another upstream may be sent the request: as <see cref="MayRetry"/>; and a provider of language models also where
    /// the first one has left it unanswered, since it is a question, and the caller is charged for the answer that it gets.
    /// </summary>
    public static bool MayFallBack(in AttemptEnd end, bool canResend, bool isIdempotent, bool isLlm) =>
        MayRetry(end, canResend, isIdempotent || isLlm, isLlm);
}
