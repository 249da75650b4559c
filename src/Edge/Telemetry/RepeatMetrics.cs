using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>What is counted of requests that take more than one attempt. Thread-safe.</summary>
internal sealed class RepeatMetrics(MetricRegistry registry)
{
    /// <summary>Attempts at the same upstream after the first.</summary>
    public CounterFamily Retries { get; } = registry.Counter(
        "edge.upstream.retries", "{attempt}", "Requests sent to the same upstream again, by how the attempt before ended",
        "edge.upstream", "edge.reason");

    /// <summary>Those that were not made.</summary>
    public CounterFamily Denied { get; } = registry.Counter(
        "edge.upstream.retries.denied", "{attempt}", "Retries that were not made, by what was missing",
        "edge.upstream", "edge.cause");

    /// <summary>Attempts that were begun beside another one.</summary>
    public CounterFamily Hedges { get; } = registry.Counter(
        "edge.upstream.hedges", "{attempt}",
        "Attempts begun beside one that took long, by what became of them: won, lost, failed, or denied",
        "edge.upstream", "edge.outcome");

    /// <summary>Requests that a canary took.</summary>
    public CounterFamily Canaries { get; } = registry.Counter(
        "edge.canary.requests", "{request}", "Requests that went to a route's canary", "edge.route", "edge.upstream");

    /// <summary>Copies of requests.</summary>
    public CounterFamily Shadows { get; } = registry.Counter(
        "edge.shadow.requests", "{request}",
        "Copies of requests for a route's shadow, by what became of them: answered, failed, dropped since too many were under " +
        "way, or skipped since the body could not be copied",
        "edge.route", "edge.upstream", "edge.outcome");

    /// <summary>Requests that a fallback took.</summary>
    public CounterFamily Fallbacks { get; } = registry.Counter(
        "edge.fallbacks", "{request}", "Requests that a fallback took, by how the attempt before ended",
        "edge.route", "edge.fallback", "edge.reason");
}
