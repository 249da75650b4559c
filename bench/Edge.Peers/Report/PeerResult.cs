namespace Edge.Peers.Report;

/// <summary>What one peer did in one scenario, over all rounds.</summary>
/// <param name="Peer">Its name.</param>
internal sealed record PeerResult(string Peer)
{
    /// <summary>The values of each round.</summary>
    public Dictionary<Metric, List<double>> Samples { get; } = [];

    /// <summary>Rounds in which the generator could not keep its rate, which count for nothing.</summary>
    public int Voided { get; set; }

    /// <summary>Rounds in which the peer fell so far behind the rate that requests were left without an answer.</summary>
    public int Overloaded { get; set; }

    /// <summary>What went wrong; null when nothing did.</summary>
    public string? Failure { get; set; }

    /// <summary>Whether it ran without an error, and at least one round counts.</summary>
    public bool HasPassed => Failure is null && Count > 0;

    /// <summary>How many rounds count.</summary>
    public int Count => Samples.Count == 0 ? 0 : Samples.Values.Min(static samples => samples.Count);

    /// <summary>Leaves the values of the first rounds, and forgets those of later ones.</summary>
    public void Leave(int rounds)
    {
        foreach (var samples in Samples.Values)
        {
            samples.RemoveRange(rounds, samples.Count - rounds);
        }
    }

    /// <summary>Adds a round's value.</summary>
    public void Add(Metric metric, double value)
    {
        if (!Samples.TryGetValue(metric, out var values))
        {
            Samples[metric] = values = [];
        }

        values.Add(value);
    }
}
