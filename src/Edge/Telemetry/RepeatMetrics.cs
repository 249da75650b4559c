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

    /// <summary>Requests that a fallback took.</summary>
    public CounterFamily Fallbacks { get; } = registry.Counter(
        "edge.fallbacks", "{request}", "Requests that a fallback took, by how the attempt before ended",
        "edge.route", "edge.fallback", "edge.reason");
}
