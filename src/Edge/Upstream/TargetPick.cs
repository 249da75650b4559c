using Edge.Core.Http;

namespace Edge.Upstream;

/// <summary>
/// The choice of a target for one attempt, from <see cref="UpstreamCluster.Pick"/> to <see cref="End"/>, which must come exactly
/// once, whatever becomes of the attempt; more of them do nothing. Between the two it counts as work under way at the target.
/// The object is kept and used again. For one thread at a time.
/// <code>
///   Pick ──┬── Answered (the head of an answer is here) ── End (the body is whole, broken, or nobody wants it any more)
///          └── End (there is no answer, or it is not waited for)
/// </code>
/// </summary>
internal sealed class TargetPick
{
    private UpstreamCluster? _cluster;

    /// <summary>The target's connections; valid after a pick that succeeded, also when it has ended.</summary>
    public UpstreamPool Pool { get; private set; } = null!;

    /// <summary>The target's number in the file, from 0.</summary>
    public int Target { get; private set; }

    /// <summary>True from a pick that succeeded to its end.</summary>
    public bool IsOpen => _cluster is not null;

    /// <summary>
    /// How long to leave the upstream alone: after a refused pick until one may succeed, after an answer what the provider asks
    /// for. Null: nobody says.
    /// </summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>The head of an answer is here. To be called before its bytes are forgotten.</summary>
    public void Answered(UpstreamExchange exchange)
    {
        if (exchange.Head.StatusCode is 429 or >= 500)
        {
            RetryAfter = Core.Http.RetryAfter.Read(exchange.Head, exchange.HeadBytes, exchange.Time.GetUtcNow());
        }
    }

    /// <summary>The attempt is over.</summary>
    /// <param name="failure">What failed; a caller that left, or our own limits, are no failure of the target.</param>
    /// <param name="isRace">
    /// True where the connection was an old one and no byte of an answer came: if it was closed, that was in the moment in which
    /// it was taken, which says nothing of the target.
    /// </param>
    public void End(Failure failure, bool isRace = false) => _cluster = null;

    /// <summary>A target was chosen. For the cluster.</summary>
    internal void Begin(UpstreamCluster cluster, UpstreamPool pool, int target)
    {
        _cluster = cluster;
        Pool = pool;
        Target = target;
        RetryAfter = null;
    }
}
