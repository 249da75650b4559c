using Edge.Core.Http;
using Edge.Pipeline;
using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>What the log says of requests, and of what they go to: upstreams and issuers.</summary>
internal static partial class RequestMessages
{
    /// <summary>Says why a request failed: route, failure, attempts, and the detail that callers are not told.</summary>
    public static void Failed(this ILogger log, RequestContext context, Failure failure, TimeSpan elapsed)
    {
        if (!log.IsEnabled(LogLevel.Warning))
        {
            return;
        }

        var route = context.Route?.Plan.Name ?? "-";
        var elapsedMs = (long)Math.Round(elapsed.TotalMilliseconds);
        if (context.FailureDetail is { } detail)
        {
            log.FailedFor(route, Failures.Code(failure), elapsedMs, context.Attempts, detail);
        }
        else
        {
            log.Failed(route, Failures.Code(failure), elapsedMs, context.Attempts);
        }
    }

    /// <summary>An upstream is asked for more than it bears.</summary>
    [LoggerMessage(
        310, LogLevel.Warning,
        "edge: upstream {upstream} bears {limit} requests at once and is asked for more; {queued} stand in line, others are "
        + "turned away",
        EventName = "edge.upstream.overloaded")]
    public static partial void Overloaded(this ILogger log, string upstream, long limit, long queued);

    /// <summary>What is known of a target has changed.</summary>
    [LoggerMessage(
        311, LogLevel.Warning, "edge: upstream {upstream}, target {target}: {change}", EventName = "edge.target.changed")]
    public static partial void TargetChanged(this ILogger log, string upstream, string target, string change);

    /// <summary>An issuer's keys are here.</summary>
    [LoggerMessage(
        320, LogLevel.Information, "edge: issuer {issuer}: {keys} keys, {skipped} left out", EventName = "edge.issuer.keys")]
    public static partial void IssuerHasKeys(this ILogger log, string issuer, long keys, long skipped);

    /// <summary>They are not.</summary>
    [LoggerMessage(
        321, LogLevel.Warning, "edge: issuer {issuer}: keys not fetched ({error}); {have}; next attempt in {seconds} s",
        EventName = "edge.issuer.failed")]
    public static partial void IssuerFailed(this ILogger log, string issuer, string error, string have, long seconds);

#pragma warning disable SYSLIB1025 // One event in two forms of words.
    [LoggerMessage(
        300, LogLevel.Warning, "edge: route {route}: {failure} after {ms} ms, attempts {attempts}",
        EventName = "edge.request.failed", SkipEnabledCheck = true)]
    private static partial void Failed(this ILogger log, string route, string failure, long ms, long attempts);

    [LoggerMessage(
        301, LogLevel.Warning, "edge: route {route}: {failure} after {ms} ms, attempts {attempts}: {detail}",
        EventName = "edge.request.failed", SkipEnabledCheck = true)]
    private static partial void FailedFor(
        this ILogger log, string route, string failure, long ms, long attempts, string detail);
#pragma warning restore SYSLIB1025
}
