using Edge.Core.Http;
using Edge.Core.Resilience;

namespace Edge.Upstream;

/// <summary>
/// The choice of a target for one attempt, from <see cref="UpstreamCluster.Pick"/> to <see cref="End"/>, which must come exactly
/// once, whatever becomes of the attempt; more of them do nothing. Between the two it counts as work under way at the target.
/// The object is kept and used again. For one thread at a time.
/// <code>
///   Pick ─┬─ Answered (a head is here) ── End (the body is whole, broken, or nobody wants it)
///         └─ End (there is no answer, or it is not waited for)
/// </code>
/// An answer counts when it begins: whoever waited for the end of a stream would learn too late. One that breaks later counts as
/// a failure then.
/// </summary>
internal sealed class TargetPick
{
    private UpstreamCluster? _cluster;
    private long _pass;
    private long _tokens;
    private long _beganNs;
    private int _credential = -1;
    private bool _hasBegun;
    private bool _hasFailed;

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

    /// <summary>
    /// True where the answer was about the credential of a pool (429 or 401), so that it says nothing of the target, and the
    /// same target with another credential is a place that was not tried yet.
    /// </summary>
    public bool IsCredentialAtFault { get; private set; }

    /// <summary>The line of the header with the credential that was chosen of a pool; empty: the upstream has no pool.</summary>
    public ReadOnlySpan<byte> CredentialLine => _cluster is null ? default : _cluster.CredentialLine(_credential);

    /// <summary>The head of an answer is here. To be called before its bytes are forgotten.</summary>
    public void Answered(UpstreamExchange exchange)
    {
        var status = exchange.Head.StatusCode;
        if (status is 429 or >= 500)
        {
            RetryAfter = Core.Http.RetryAfter.Read(exchange.Head, exchange.HeadBytes, exchange.Time.GetUtcNow());
        }

        if (_cluster?.Balancer is not { } balancer)
        {
            return;
        }

        _hasBegun = true;
        var nowNs = _cluster.NowNs;
        if (_cluster.Credentials is { } credentials)
        {
            var room = ProviderRoom.Read(exchange.Head, exchange.HeadBytes, exchange.Time.GetUtcNow());
            IsCredentialAtFault = credentials.Answered(_credential, status, room, RetryAfter, nowNs);
        }

        var cause = IsCredentialAtFault ? FailureCauses.None : FailureCauseOf.Status(status);
        var breaker = balancer.Targets[Target].Breaker;
        balancer.Targets[Target].At(nowNs);
        if (breaker is not null && (cause & breaker.Plan.On) != 0)
        {
            _hasFailed = true;
            breaker.Fail(_pass, nowNs, retryAfter: RetryAfter);
        }
        else if (breaker is not null)
        {
            _pass = breaker.Succeed(_pass, nowNs);
        }

        Tell(balancer, cause, nowNs);
    }

    /// <summary>The attempt is over.</summary>
    /// <param name="failure">What failed; a caller that left, or our own limits, are no failure of the target.</param>
    /// <param name="isRace">
    /// True where the connection was an old one and no byte of an answer came: if it was closed, that was in the moment in which
    /// it was taken, which says nothing of the target.
    /// </param>
    public void End(Failure failure, bool isRace = false)
    {
        var cluster = _cluster;
        _cluster = null;
        if (cluster?.Balancer is not { } balancer)
        {
            return;
        }

        var cause = isRace && failure == Failure.UpstreamClosed ? FailureCauses.None : FailureCauseOf.Failure(failure, _hasBegun);
        var breaker = balancer.Targets[Target].Breaker;
        if (cause == FailureCauses.None || _hasFailed)
        {
            if (failure == Failure.EdgeAttemptLost && !_hasBegun)
            {
                balancer.Outlasted(Target, cluster.NowNs - _beganNs, cluster.NowNs);
            }

            Leave(breaker);
        }
        else
        {
            var nowNs = cluster.NowNs;
            balancer.Targets[Target].At(nowNs);
            if (breaker is not null && (cause & breaker.Plan.On) != 0)
            {
                breaker.Fail(_pass, nowNs, hadSucceeded: _hasBegun);
            }
            else
            {
                Leave(breaker);
            }

            Tell(balancer, cause, nowNs);
        }

        balancer.End(Target, _tokens);
        cluster.Credentials?.End(_credential, _tokens);
    }

    /// <summary>The next pick is for another request: what was learned of the last one says nothing to it.</summary>
    public void Forget() => IsCredentialAtFault = false;

    /// <summary>A target was chosen. For the cluster.</summary>
    internal void Begin(
        UpstreamCluster cluster, UpstreamPool pool, int target, long pass, long tokens, int credential, long nowNs)
    {
        _cluster = cluster;
        _pass = pass;
        _tokens = tokens;
        _credential = credential;
        _beganNs = nowNs;
        _hasBegun = _hasFailed = IsCredentialAtFault = false;
        Pool = pool;
        Target = target;
        RetryAfter = null;
    }

    /// <summary>None was chosen. For the cluster.</summary>
    internal void Refuse(TimeSpan? retryAfter)
    {
        RetryAfter = retryAfter;
        IsCredentialAtFault = false;
    }

    private void Leave(CircuitBreaker? breaker)
    {
        if (!_hasBegun)
        {
            breaker?.Leave(_pass);
        }
    }

    private void Tell(Balancer balancer, FailureCauses cause, long nowNs)
    {
        if (cause != FailureCauses.None)
        {
            balancer.Failed(Target, cause, nowNs - _beganNs, nowNs);
        }
        else if (!IsCredentialAtFault)
        {
            balancer.Succeeded(Target, nowNs - _beganNs, nowNs);
        }
    }
}
