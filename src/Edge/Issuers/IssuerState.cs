namespace Edge.Issuers;

/// <summary>What an issuer is doing, for the administrative listener.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Issuer">Its name in tokens.</param>
/// <param name="Counters">What was counted.</param>
internal sealed record IssuerState(string Name, string Issuer, IssuerCounters Counters)
{
    /// <summary>Keys that verify; 0 until the first were fetched.</summary>
    public required int KeyCount { get; init; }

    /// <summary>Since when the issuer last confirmed them; null without keys.</summary>
    public required TimeSpan? KeysAge { get; init; }

    /// <summary>Failures since the last success.</summary>
    public required int FailuresInARow { get; init; }

    /// <summary>When the next fetch is due.</summary>
    public required TimeSpan NextFetch { get; init; }

    /// <summary>Requests that wait for keys.</summary>
    public required int Waiting { get; init; }
}
