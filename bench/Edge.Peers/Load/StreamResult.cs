namespace Edge.Peers.Load;

/// <summary>What the callers of streams saw while they were measured.</summary>
/// <param name="Events">Events that came.</param>
/// <param name="Lost">Events that were missing, broken or out of order, and streams that ended or fell silent.</param>
/// <param name="P50Us">Median of the time from the origin's write to the caller's read, in microseconds.</param>
/// <param name="P99Us">99th percentile.</param>
/// <param name="P999Us">99.9th percentile.</param>
/// <param name="LateP99Us">99th percentile of the origin's own lateness, from when an event was due to its write.</param>
internal sealed record StreamResult(long Events, long Lost, double P50Us, double P99Us, double P999Us, double LateP99Us)
{
    /// <summary>Whether the origin kept its pace. If not, the run says nothing about the peer.</summary>
    public bool HasKeptRate => LateP99Us <= OpenLoadResult.LateUsMax;
}
