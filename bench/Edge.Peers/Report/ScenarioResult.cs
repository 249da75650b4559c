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
    /// Adds what a peer took in the last round beyond another one that does without policies, where the round counts for both.
    /// </summary>
    public void AddBeyond(string peer, string plain)
    {
        var (result, less) = (Of(peer), Of(plain));
        if (result.Count > 0 && result.Failure is null && less.Failure is null
            && result.Samples[Metric.ProcessorPerRequest] is { } all
            && less.Samples.TryGetValue(Metric.ProcessorPerRequest, out var some) && some.Count == all.Count)
        {
            result.Add(Metric.ProcessorBeyondPlain, all[^1] - some[^1]);
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
}
