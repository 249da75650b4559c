using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>What is counted of questions that are compared by their vectors. Thread-safe.</summary>
internal sealed class SemanticMetrics(MetricRegistry registry)
{
    /// <summary>Parts of a cosine, in which it is recorded.</summary>
    public const double PartsPerUnit = 1e6;

    private const double MicroDollars = 1e6;

    private static readonly double[] Seconds = [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5];

    private static readonly double[] Cosines = [.5, .6, .7, .75, .8, .85, .9, .92, .94, .95, .96, .97, .98, .99, .995, 1];

    /// <summary>Questions for which a vector was asked.</summary>
    public CounterFamily Vectors { get; } = registry.Counter(
        "edge.cache.embeddings", "{request}",
        "Questions for whose vector an upstream was asked, by what became of them: hit, miss, failed, or invalid since it was " +
        "no vector of the right length",
        "edge.route", "edge.outcome");

    /// <summary>How long vectors took.</summary>
    public HistogramFamily Duration { get; } = registry.Histogram(
        "edge.cache.embeddings.duration", "s", MetricRegistry.NanosecondsPerSecond, Seconds,
        "How long requests waited for a vector", "edge.route");

    /// <summary>Tokens of questions.</summary>
    public CounterFamily Tokens { get; } = registry.Counter(
        "edge.cache.embeddings.tokens", "{token}", "Tokens that vectors took", "edge.route");

    /// <summary>What they cost.</summary>
    public CounterFamily Cost { get; } = registry.Counter(
        "edge.cache.embeddings.cost", "USD", MicroDollars, "US dollars that vectors cost, by the file of prices", "edge.route");

    /// <summary>How near the nearest question was, found or not.</summary>
    public HistogramFamily Similarity { get; } = registry.Histogram(
        "edge.cache.similarity", "1", PartsPerUnit, Cosines,
        "Cosine between a question and the nearest that was kept, over the threshold or not", "edge.route");
}
