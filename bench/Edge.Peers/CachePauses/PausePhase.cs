namespace Edge.Peers.CachePauses;

/// <summary>What came of one phase of a run.</summary>
/// <param name="Cache">Size of the cache, as the configuration says it.</param>
/// <param name="Name">In the table.</param>
/// <param name="Kept">Answers that the cache had at its end.</param>
/// <param name="ResidentBytes">Memory of the gateway at its end.</param>
/// <param name="Requests">Requests of it.</param>
/// <param name="Hits">Of them, those that were answered from the cache.</param>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Lost">Requests without an answer of 2xx.</param>
/// <param name="Pauses">The collector's pauses in it.</param>
internal sealed record PausePhase(
    string Cache,
    string Name,
    long Kept,
    long ResidentBytes,
    long Requests,
    long Hits,
    double PerSecond,
    long Lost,
    Pauses Pauses);
