using System.Collections.Immutable;
using Edge.Core.Configuration;

namespace Edge.Core.Resilience;

/// <summary>
/// Chooses among the targets of an upstream, of those that are well (see <see cref="TargetState"/>). Which these are is worked
/// out when it changes, not for each request. Thread-safe; a choice takes no lock and allocates nothing.
/// </summary>
public sealed partial class Balancer
{
    /// <summary>Targets with fewer requests under way than this are never too busy for their own callers.</summary>
    public const int AffinityInFlightMin = 8;

    /// <summary>A target may have so many times its share under way before its callers go elsewhere.</summary>
    public const double AffinityLoadMax = 1.25;

    /// <summary>The fewest tokens are looked for among so many targets, other ones each time.</summary>
    public const int LeastTokensLookMax = 16;

    /// <summary>A failure counts as an answer that took at least this long.</summary>
    public static readonly TimeSpan FailurePenalty = TimeSpan.FromSeconds(1);

    /// <summary>What there is at least of a share that grows.</summary>
    private const double SlowStartShareMin = 0.1;

    private const int SlowStartSteps = 10;

    private readonly BalancePlan _plan;
    private readonly OutlierPlan? _outlier;
    private readonly TargetChanges _changes;
    private readonly ImmutableArray<TargetState> _targets;
    private readonly double[] _weights;
    private readonly HashRing? _ring;
    private readonly ulong _seed;
    private long _turn;
    private long _inFlight;
    private volatile View _view;

    /// <summary>A balancer.</summary>
    /// <param name="plan">How it chooses.</param>
    /// <param name="outlier">Whom it ejects; null: nobody.</param>
    /// <param name="targets">The targets, at most <see cref="TargetSet.TargetsMax"/>.</param>
    /// <param name="names">A name for each, the same on all replicas.</param>
    /// <param name="weights">A weight for each.</param>
    /// <param name="changes">Those of the upstream.</param>
    /// <param name="seed">For what it draws.</param>
    public Balancer(
        BalancePlan plan, OutlierPlan? outlier, ImmutableArray<TargetState> targets, ReadOnlySpan<string> names,
        ReadOnlySpan<int> weights, TargetChanges changes, ulong seed)
    {
        _plan = plan;
        _outlier = outlier;
        _changes = changes;
        _targets = targets;
        _seed = seed;
        _weights = new double[targets.Length];
        for (var i = 0; i < _weights.Length; i++)
        {
            _weights[i] = weights[i];
        }

        _ring = plan.By == BalanceKind.Hash ? new HashRing(names, _weights) : null;
        _view = new View { Version = 0, Live = [], Trials = [], Weights = [], Turns = [] };
    }

    /// <summary>The targets, in the order of the file.</summary>
    public ImmutableArray<TargetState> Targets => _targets;

    /// <summary>True where so few targets are well that all are used.</summary>
    public bool IsPanicking(long nowNs) => ViewAt(nowNs).IsPanicking;

    /// <summary>Chooses a target. It counts as used from here on: <see cref="End"/> must follow.</summary>
    /// <param name="affinity">What the choice goes by where it goes by a hash.</param>
    /// <param name="tokens">Tokens of the request.</param>
    /// <param name="tried">Targets to be left out.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="pass">What the target's circuit has given; to be handed back to it.</param>
    /// <returns>The target's number; negative: there is none, see <see cref="WaitNs"/>.</returns>
    public int Pick(ulong affinity, long tokens, in TargetSet tried, long nowNs, out long pass)
    {
        var view = ViewAt(nowNs);
        pass = CircuitBreaker.NoPass;
        if (view.Trials.Length > 0 && OfTrials(view, tried, nowNs, out pass) is >= 0 and var trial)
        {
            return Enter(trial, tokens);
        }

        var first = view.Live.Length == 0 ? -1 : _plan.By switch
        {
            BalanceKind.TwoChoices => BetterOfTwo(view, nowNs),
            BalanceKind.Hash => OfHash(view, affinity, tried),
            BalanceKind.LeastTokens => OfFewestTokens(view, tried),
            _ => view.Turns[(int)((ulong)Interlocked.Increment(ref _turn) % (ulong)view.Turns.Length)],
        };
        var chosen = first >= 0 && !tried.Contains(first) && TryEnter(first, nowNs, out pass)
            ? first
            : AnyOf(view, tried, nowNs, out pass);
        return chosen < 0 ? chosen : Enter(chosen, tokens);
    }

    /// <summary>
    /// How long until a target may be had again after there was none: until the first of the open circuits lets a trial through,
    /// or the first ejection ends. Null: nobody knows, since it is health checks that keep all out.
    /// </summary>
    public long? WaitNs(long nowNs)
    {
        long? wait = null;
        foreach (var target in _targets)
        {
            if (target.IsHealthy && target.Breaker is { State: not CircuitState.Closed } breaker)
            {
                var own = breaker.WaitNs(nowNs);
                wait = wait is { } least ? Math.Min(least, own) : own;
            }
        }

        return wait;
    }

    /// <summary>What was chosen is no longer under way.</summary>
    public void End(int target, long tokens)
    {
        _targets[target].Exit(tokens);
        if (_ring is not null)
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    /// <summary>An answer has begun, and says nothing bad of the target.</summary>
    public void Succeeded(int target, long elapsedNs, long nowNs)
    {
        var state = _targets[target];
        state.Latency.Observe(elapsedNs, nowNs);
        if (_outlier is not null)
        {
            state.Count(isFailure: false, _outlier, nowNs);
        }
    }

    /// <summary>
    /// An answer was not waited for to its beginning, because another target was faster: it would have taken at least so long,
    /// and nothing is known besides.
    /// </summary>
    public void Outlasted(int target, long elapsedNs, long nowNs) => _targets[target].Latency.ObserveAtLeast(elapsedNs, nowNs);

    /// <summary>An attempt has failed.</summary>
    public void Failed(int target, FailureCauses cause, long elapsedNs, long nowNs)
    {
        var state = _targets[target];
        state.Latency.Observe(Math.Max(elapsedNs, (long)FailurePenalty.TotalNanoseconds), nowNs);
        if (_outlier is null || (cause & _outlier.On) == 0)
        {
            return;
        }

        var inARow = state.Count(isFailure: true, _outlier, nowNs);
        if ((inARow >= _outlier.Failures || IsWorseThanOthers(state)) && TryEject(state, _outlier, nowNs))
        {
            state.TellEjected();
        }
    }

    // What is asked of it must not depend on luck, so a draw is a mix of seed and turn.
    private static ulong Draw(ulong seed, long turn)
    {
        var value = seed + ((ulong)turn * 0x9E3779B97F4A7C15UL);
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }

    private static int Below(uint draw, int count) => (int)(((ulong)draw * (uint)count) >> 32);

    private int Enter(int target, long tokens)
    {
        _targets[target].Enter(tokens);
        if (_ring is not null)
        {
            Interlocked.Increment(ref _inFlight);
        }

        return target;
    }

    private bool TryEnter(int target, long nowNs, out long pass)
    {
        var state = _targets[target];
        pass = CircuitBreaker.NoPass;
        if (state.Breaker is null)
        {
            return true;
        }

        state.At(nowNs);
        pass = state.Breaker.TryEnter(nowNs);
        return pass != CircuitBreaker.NoPass;
    }

    private int AnyOf(View view, in TargetSet tried, long nowNs, out long pass)
    {
        var live = view.Live;
        var start = live.Length == 0 ? 0 : Below((uint)Draw(_seed, Interlocked.Increment(ref _turn)), live.Length);
        for (var i = 0; i < live.Length; i++)
        {
            var target = live[(start + i) % live.Length];
            if (!tried.Contains(target) && TryEnter(target, nowNs, out pass))
            {
                return target;
            }
        }

        pass = CircuitBreaker.NoPass;
        return -1;
    }

    private bool IsWorseThanOthers(TargetState state)
    {
        if (_outlier!.Margin is not { } margin || state.WindowTotal < _outlier.Volume)
        {
            return false;
        }

        long total = 0;
        long failed = 0;
        foreach (var other in _targets)
        {
            total += other == state ? 0 : other.WindowTotal;
            failed += other == state ? 0 : other.WindowFailed;
        }

        // Who is alone is not worse than others.
        return total > 0 && ((double)state.WindowFailed / state.WindowTotal) - ((double)failed / total) >= margin;
    }

    private bool TryEject(TargetState state, OutlierPlan plan, long nowNs)
    {
        lock (_changes.Ejecting)
        {
            if (state.EjectedUntilNs > nowNs)
            {
                return false;
            }

            var others = 0;
            foreach (var target in _targets)
            {
                others += target.EjectedUntilNs > nowNs ? 1 : 0;
            }

            var most = Math.Min(Math.Max(1, (int)(plan.EjectedMax * _targets.Length)), _targets.Length - 1);
            if (others >= most)
            {
                return false;
            }

            state.Eject(plan, nowNs);
            return true;
        }
    }
}
