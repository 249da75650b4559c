namespace Edge.Peers.Load;

/// <summary>What the callers of streams saw while they were measured.</summary>
/// <param name="Events">Events that came.</param>
/// <param name="Lost">Events that were missing or out of order, and streams that ended.</param>
/// <param name="P50Us">Median of the time from the origin's write to the caller's read, in microseconds.</param>
/// <param name="P99Us">99th percentile.</param>
/// <param name="P999Us">99.9th percentile.</param>
internal sealed record StreamResult(long Events, long Lost, double P50Us, double P99Us, double P999Us);
