namespace Edge.Peers.Load;

/// <summary>What callers counted that send as fast as they are answered.</summary>
/// <param name="Requests">Answers.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="Failed">Answers other than 2xx and 3xx, and socket errors.</param>
internal sealed record Saturation(long Requests, double PerSecond, long Failed);
