using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>The same of one route. Thread-safe.</summary>
/// <param name="route">Its name.</param>
/// <param name="metrics">Whose series they are.</param>
internal sealed class SemanticCounters(string route, SemanticMetrics metrics)
{
    /// <summary>Another question was near enough, and its answer given.</summary>
    public StripedCounter Hits { get; } = metrics.Vectors.Of(route, "hit");

    /// <summary>None was.</summary>
    public StripedCounter Misses { get; } = metrics.Vectors.Of(route, "miss");

    /// <summary>There was no vector, or not in time.</summary>
    public StripedCounter Failures { get; } = metrics.Vectors.Of(route, "failed");

    /// <summary>What came was none.</summary>
    public StripedCounter Invalid { get; } = metrics.Vectors.Of(route, "invalid");

    /// <summary>In nanoseconds.</summary>
    public HistogramSeries Duration { get; } = metrics.Duration.Of(route);

    /// <summary>Tokens of questions.</summary>
    public StripedCounter Tokens { get; } = metrics.Tokens.Of(route);

    /// <summary>Millionths of a dollar.</summary>
    public StripedCounter Cost { get; } = metrics.Cost.Of(route);

    /// <summary>In <see cref="SemanticMetrics.PartsPerUnit"/>.</summary>
    public HistogramSeries Similarity { get; } = metrics.Similarity.Of(route);
}
