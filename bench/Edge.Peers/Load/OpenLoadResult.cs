namespace Edge.Peers.Load;

/// <summary>What came of a constant rate of requests.</summary>
/// <param name="Requests">Requests that were due while it was measured.</param>
/// <param name="Failed">Answers other than 2xx, and connections that ended before their answer.</param>
/// <param name="Unanswered">Requests whose answer did not come within two seconds after the last was due.</param>
/// <param name="P50Us">Median of the time from when a request was due to the last byte of its answer, in microseconds.</param>
/// <param name="P99Us">99th percentile.</param>
/// <param name="P999Us">99.9th percentile.</param>
/// <param name="LateP99Us">99th percentile of the generator's own lateness: it is in the figures above, too.</param>
internal sealed record OpenLoadResult(
    long Requests, long Failed, long Unanswered, double P50Us, double P99Us, double P999Us, double LateP99Us)
{
    /// <summary>A generator that is later than this in one of a hundred has not kept its rate.</summary>
    public const double LateUsMax = 5_000;

    /// <summary>The same by seconds, of the moments at which requests were due.</summary>
    public OpenLoadSecond[] Seconds { get; init; } = [];

    /// <summary>Whether the rate was kept. If not, the run says nothing about the peer.</summary>
    public bool HasKeptRate => LateP99Us <= LateUsMax;
}
