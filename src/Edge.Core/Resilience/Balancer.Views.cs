using Edge.Core.Configuration;

namespace Edge.Core.Resilience;

/// <content>Which targets are there to choose from, and the ways to choose.</content>
public sealed partial class Balancer
{
    // Until a change or until its time is up, whichever comes first. Two that make it at once make the same.
    private View ViewAt(long nowNs)
    {
        var view = _view;
        return view.Version == _changes.Version && nowNs < view.UntilNs ? view : MakeView(nowNs);
    }

    private View MakeView(long nowNs)
    {
        // Read first: what changes while it is made makes the next one.
        var version = _changes.Version;
        var untilNs = long.MaxValue;
        var isPanicking = IsTooFew(nowNs);
        var weights = new double[_targets.Length];
        var live = new List<int>(_targets.Length);
        var isLive = default(TargetSet);
        var trials = new List<int>();
        for (var i = 0; i < _targets.Length; i++)
        {
            var state = _targets[i];
            if (state.EjectedUntilNs > nowNs)
            {
                untilNs = Math.Min(untilNs, state.EjectedUntilNs);
            }

            var wait = state.Breaker?.WaitNs(nowNs) ?? 0;
            if (wait > 0)
            {
                untilNs = Math.Min(untilNs, wait > long.MaxValue - nowNs ? long.MaxValue : nowNs + wait);
                continue;
            }

            if (isPanicking || (state.IsHealthy && state.EjectedUntilNs <= nowNs))
            {
                live.Add(i);
                isLive.Add(i);
                if (state.Breaker is { State: not CircuitState.Closed })
                {
                    trials.Add(i);
                }

                weights[i] = _weights[i] * ShareOf(state, nowNs, ref untilNs);
            }
        }

        return _view = new View
        {
            Version = version,
            UntilNs = untilNs,
            IsPanicking = isPanicking,
            Live = [.. live],
            Trials = _plan.By is BalanceKind.TwoChoices or BalanceKind.LeastTokens ? [.. trials] : [],
            IsLive = isLive,
            Weights = weights,
            WeightSum = SumOf(weights),
            Turns = _plan.By is BalanceKind.RoundRobin or BalanceKind.Weighted ? TurnSchedule.Make([.. live], weights) : [],
        };
    }

    private bool IsTooFew(long nowNs)
    {
        var count = 0;
        foreach (var state in _targets)
        {
            count += state.IsHealthy && state.EjectedUntilNs <= nowNs ? 1 : 0;
        }

        return count < _plan.PanicBelow * _targets.Length;
    }

    private double ShareOf(TargetState state, long nowNs, ref long untilNs)
    {
        var slowNs = _plan.SlowStart.Ticks * TimeSpan.NanosecondsPerTick;
        var since = nowNs - state.BackAtNs;
        if (state.BackAtNs == 0 || since >= slowNs || since < 0)
        {
            return 1;
        }

        untilNs = Math.Min(untilNs, nowNs + Math.Max(1, slowNs / SlowStartSteps));
        return Math.Max(SlowStartShareMin, (double)since / slowNs);
    }

    private static double SumOf(double[] weights)
    {
        double sum = 0;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        return sum;
    }

    private int OfTrials(View view, in TargetSet tried, long nowNs, out long pass)
    {
        foreach (var target in view.Trials)
        {
            if (!tried.Contains(target) && TryEnter(target, nowNs, out pass))
            {
                return target;
            }
        }

        pass = CircuitBreaker.NoPass;
        return -1;
    }

    private int BetterOfTwo(View view, long nowNs)
    {
        var live = view.Live;
        if (live.Length == 1)
        {
            return live[0];
        }

        var draw = Draw(_seed, Interlocked.Increment(ref _turn));
        var first = Below((uint)draw, live.Length);
        var second = Below((uint)(draw >> 32), live.Length - 1);
        var (a, b) = (live[first], live[second < first ? second : second + 1]);
        return Cost(view, a, nowNs) <= Cost(view, b, nowNs) ? a : b;
    }

    // One of which nothing is known gets a request, and no second one before the first is answered.
    private double Cost(View view, int target, long nowNs)
    {
        var state = _targets[target];
        var inFlight = state.InFlight;
        var latency = state.Latency.IsUnknown && inFlight > 0 ? FailurePenalty.TotalNanoseconds : state.Latency.At(nowNs);
        return latency * (inFlight + 1) / view.Weights[target];
    }

    private int OfHash(View view, ulong affinity, in TargetSet tried)
    {
        var ring = _ring!;
        var all = Volatile.Read(ref _inFlight) + 1;
        var point = ring.PointOf(affinity);
        var seen = default(TargetSet);
        for (var i = 0; i < ring.Count && seen.Count < view.Live.Length; i++)
        {
            var target = ring.OwnerOf(point + i);
            if (!view.IsLive.Contains(target) || seen.Contains(target))
            {
                continue;
            }

            seen.Add(target);
            var most = Math.Max(AffinityInFlightMin, AffinityLoadMax * all * view.Weights[target] / view.WeightSum);
            if (!tried.Contains(target) && _targets[target].InFlight < most)
            {
                return target;
            }
        }

        return -1;
    }

    private int OfFewestTokens(View view, in TargetSet tried)
    {
        var live = view.Live;
        var start = (int)((ulong)Interlocked.Increment(ref _turn) % (ulong)live.Length);
        var best = -1;
        var least = double.MaxValue;
        for (var i = 0; i < live.Length && i < LeastTokensLookMax; i++)
        {
            var at = start + i;
            var target = live[at < live.Length ? at : at - live.Length];
            var cost = (_targets[target].Tokens + 1) / view.Weights[target];
            if (cost < least && !tried.Contains(target))
            {
                least = cost;
                best = target;
            }
        }

        return best;
    }

    private sealed class View
    {
        public required long Version { get; init; }

        public long UntilNs { get; init; }

        public bool IsPanicking { get; init; }

        public required int[] Live { get; init; }

        /// <summary>Those whose circuit wants a trial, where the way to choose might not come to them soon.</summary>
        public required int[] Trials { get; init; }

        public TargetSet IsLive { get; init; }

        public required double[] Weights { get; init; }

        public double WeightSum { get; init; }

        public required ushort[] Turns { get; init; }
    }
}
