namespace Edge.Peers.Report;

/// <summary>Median, least and most of the rounds.</summary>
/// <param name="Median">The middle one; of an even number, the mean of the two.</param>
/// <param name="Min">The least.</param>
/// <param name="Max">The most.</param>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    /// <summary>Of at least one value.</summary>
    public static Spread Of(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}

/// <summary>What one peer did in one scenario, over all rounds.</summary>
/// <param name="Peer">Its name.</param>
internal sealed record PeerResult(string Peer)
{
    /// <summary>The values of each round.</summary>
    public Dictionary<Metric, List<double>> Samples { get; } = [];

    /// <summary>Rounds in which the generator could not keep its rate, which count for nothing.</summary>
    public int Voided { get; set; }

    /// <summary>What went wrong; null when nothing did.</summary>
    public string? Failure { get; set; }

    /// <summary>Whether it ran without an error, and at least one round counts.</summary>
    public bool HasPassed => Failure is null && Samples.Count > 0;

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

/// <summary>One scenario's results.</summary>
/// <param name="Name">On the command line and in JSON.</param>
/// <param name="Title">Over its table.</param>
/// <param name="Metrics">Columns of the table.</param>
internal sealed record ScenarioResult(string Name, string Title, Metric[] Metrics)
{
    /// <summary>The peers, in the order in which they were measured first.</summary>
    public List<PeerResult> Peers { get; } = [];

    /// <summary>The rate at which requests came; null where callers wait for answers.</summary>
    public int? RequestsPerSecond { get; set; }

    /// <summary>The result of a peer.</summary>
    public PeerResult Of(string peer)
    {
        var result = Peers.Find(result => result.Peer == peer);
        if (result is null)
        {
            Peers.Add(result = new PeerResult(peer));
        }

        return result;
    }
}
