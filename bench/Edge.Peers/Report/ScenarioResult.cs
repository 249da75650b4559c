namespace Edge.Peers.Report;

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

    /// <summary>
    /// Adds what a peer took in a round beyond another one that does without policies; not once a round did not count for one of
    /// them.
    /// </summary>
    public void AddBeyond(string peer, string plain, int round)
    {
        if (LastOf(peer, round) is { } all && LastOf(plain, round) is { } some)
        {
            Of(peer).Add(Metric.ProcessorBeyondPlain, all - some);
        }
    }

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

    private double? LastOf(string peer, int round) =>
        Peers.Find(result => result.Peer == peer) is { Failure: null } result
        && result.Samples.TryGetValue(Metric.ProcessorPerRequest, out var samples) && samples.Count == round + 1
            ? samples[^1] : null;
}
