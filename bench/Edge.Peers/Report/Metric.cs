namespace Edge.Peers.Report;

/// <summary>Something that is measured.</summary>
/// <param name="Name">In JSON.</param>
/// <param name="Title">Over its column, with its unit.</param>
/// <param name="Decimals">How many digits behind the point are worth printing.</param>
internal sealed record Metric(string Name, string Title, int Decimals)
{
    /// <summary>Processor time of the whole peer for a request.</summary>
    public static readonly Metric ProcessorPerRequest = new("processorUsPerRequest", "CPU us/request", 1);

    /// <summary>The same beyond what it takes without policies, in the same round.</summary>
    public static readonly Metric ProcessorBeyondPlain = new("processorUsBeyondPlain", "beyond plain us", 1);

    /// <summary>Answers a second when callers send as fast as they are answered.</summary>
    public static readonly Metric RequestsPerSecond = new("requestsPerSecond", "requests/s", 0);

    /// <summary>Resident memory at the end.</summary>
    public static readonly Metric Resident = new("residentMiB", "resident MiB", 1);

    /// <summary>Median latency.</summary>
    public static readonly Metric P50 = new("p50Us", "p50 us", 0);

    /// <summary>99th percentile of latency.</summary>
    public static readonly Metric P99 = new("p99Us", "p99 us", 0);

    /// <summary>99.9th percentile of latency.</summary>
    public static readonly Metric P999 = new("p999Us", "p99.9 us", 0);

    /// <summary>99th percentile of the generator's lateness.</summary>
    public static readonly Metric LateP99 = new("generatorLateP99Us", "generator late p99 us", 0);

    /// <summary>Processor time of the whole peer for an event.</summary>
    public static readonly Metric ProcessorPerEvent = new("processorUsPerEvent", "CPU us/event", 1);

    /// <summary>Memory that a stream adds.</summary>
    public static readonly Metric ResidentPerStream = new("residentKiBPerStream", "KiB/stream", 1);
}
