namespace Edge.Peers.Load;

/// <summary>One second of a constant rate of requests: what became of those that were due in it.</summary>
/// <param name="Answered">Requests whose fate is known: answered, broken, or given up.</param>
/// <param name="Failed">Of them, those without an answer of 2xx.</param>
/// <param name="P50Us">Median of the time from when a request was due to the last byte of its answer, in microseconds.</param>
/// <param name="P99Us">99th percentile.</param>
/// <param name="MaxUs">The slowest.</param>
/// <param name="LateP99Us">99th percentile of the generator's own lateness.</param>
internal sealed record OpenLoadSecond(
    long Answered, long Failed, double P50Us, double P99Us, double MaxUs, double LateP99Us)
{
    /// <summary>Whether the generator kept its rate in it.</summary>
    public bool HasKeptRate => LateP99Us <= OpenLoadResult.LateUsMax;
}
