using Edge.Core.Configuration;
using Edge.Core.Limits;

namespace Edge.Core.Resilience;

/// <summary>
/// Lets so many requests wait for an upstream at once as it can bear (<see cref="AdaptiveLimit"/>), and has the others stand in
/// line: by rank, and within one in their order. The line is bounded in length and in time; where it is full, the last of the
/// lowest rank goes. Thread-safe. Whoever is let in must say <see cref="Leave"/> once.
/// </summary>
/// <remarks>
/// A place is held until the answer begins, not until it ends: so a stream that runs for minutes is neither a place taken nor a
/// slow answer. Where there is room and no line, entering and leaving is a compare-and-swap each.
/// </remarks>
public sealed class OverloadGate
{
    private static readonly TimeSpan TickMin = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan TickMax = TimeSpan.FromMilliseconds(50);

    private readonly LimitClock _clock;
    private readonly AdaptiveLimit _limit;
    private readonly Lock _lock = new();
    private readonly Line[] _lines;
    private readonly long[] _shed;
    private readonly ITimer _timer;
    private readonly TimeSpan _tick;
    private int _waiting;
    private int _queued;
    private long _everQueued;
    private bool _isTicking;

    /// <summary>A gate.</summary>
    public OverloadGate(OverloadPlan plan, TimeProvider time)
    {
        Plan = plan;
        _clock = new LimitClock(time);
        _limit = new AdaptiveLimit(plan.ConcurrentMin, plan.ConcurrentMax);
        _lines = new Line[plan.ShedFirst.Length + 2];
        _shed = new long[_lines.Length];
        var tick = plan.QueueTimeout / 20;
        _tick = tick < TickMin ? TickMin : tick > TickMax ? TickMax : tick;
        _timer = time.CreateTimer(
            static gate => ((OverloadGate)gate!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the file says.</summary>
    public OverloadPlan Plan { get; }

    /// <summary>As many may wait for the upstream now.</summary>
    public int Limit => _limit.Current;

    /// <summary>So many do.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>So many stand in line.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>So many ever did.</summary>
    public long EverQueued => Volatile.Read(ref _everQueued);

    /// <summary>How many ranks there are: no tier, those of the list, all others.</summary>
    public int RankCount => _lines.Length;

    /// <summary>The time that <see cref="Leave"/> wants.</summary>
    public long NowNs => _clock.NowNs;

    /// <summary>How many of a rank were turned away.</summary>
    public long Shed(int rank) => Volatile.Read(ref _shed[rank]);

    /// <summary>The rank of a caller's tier: the lowest goes first.</summary>
    public int RankOf(string? tier)
    {
        if (tier is null)
        {
            return 0;
        }

        for (var i = 0; i < Plan.ShedFirst.Length; i++)
        {
            if (Plan.ShedFirst[i] == tier)
            {
                return i + 1;
            }
        }

        return Plan.ShedFirst.Length + 1;
    }

    /// <summary>What a rank is called: its tier's name, or in parentheses what is none.</summary>
    public string NameOf(int rank) =>
        rank == 0 ? "(none)" : rank <= Plan.ShedFirst.Length ? Plan.ShedFirst[rank - 1] : "(others)";

    /// <summary>Lets a request in if there is room and nobody stands in line.</summary>
    public bool TryEnter() => Volatile.Read(ref _queued) == 0 && TryTakePlace();

    /// <summary>Stands in line until there is room. Where the result is false, the request was turned away.</summary>
    /// <param name="waiter">Its place in line.</param>
    /// <param name="rank">Its rank.</param>
    public ValueTask<bool> EnterAsync(OverloadWaiter waiter, int rank)
    {
        OverloadWaiter? displaced;
        ValueTask<bool> result;
        lock (_lock)
        {
            if (_queued >= Plan.QueueMax && !CanDisplace(rank))
            {
                // Where there is no line at all, the gate may have opened since it was looked at.
                var isIn = Plan.QueueMax == 0 && TryTakePlace();
                _shed[rank] += isIn ? 0 : 1;
                return new ValueTask<bool>(isIn);
            }

            displaced = _queued >= Plan.QueueMax ? TakeLowest() : null;
            waiter.Rank = rank;
            waiter.UntilNs = _clock.NowNs + (Plan.QueueTimeout.Ticks * TimeSpan.NanosecondsPerTick);
            result = waiter.Begin();
            _lines[rank].Add(waiter);
            _everQueued++;

            // Before the look for a place in LetIn, as whoever leaves gives the place up before it looks for a line.
            Interlocked.Increment(ref _queued);
            if (!_isTicking)
            {
                _isTicking = true;
                _timer.Change(_tick, _tick);
            }
        }

        displaced?.Tell(false);
        LetIn();
        return result;
    }

    /// <summary>The answer has begun, or will not: gives the place to the next.</summary>
    /// <param name="startNs">When it was taken.</param>
    /// <param name="outcome">What became of it.</param>
    public void Leave(long startNs, OverloadOutcome outcome)
    {
        Interlocked.Decrement(ref _waiting);
        if (outcome != OverloadOutcome.Unknown)
        {
            var nowNs = _clock.NowNs;
            if (outcome == OverloadOutcome.Answered)
            {
                _limit.Answered(nowNs - startNs, nowNs);
            }
            else
            {
                _limit.Refused(nowNs);
            }
        }

        if (Volatile.Read(ref _queued) > 0)
        {
            LetIn();
        }
    }

    private bool TryTakePlace()
    {
        var waiting = Volatile.Read(ref _waiting);
        while (waiting < _limit.Current)
        {
            var seen = Interlocked.CompareExchange(ref _waiting, waiting + 1, waiting);
            if (seen == waiting)
            {
                _limit.Note(waiting + 1);
                return true;
            }

            waiting = seen;
        }

        return false;
    }

    private void LetIn()
    {
        while (true)
        {
            OverloadWaiter? next;
            lock (_lock)
            {
                if (_queued == 0 || !TryTakePlace())
                {
                    return;
                }

                next = TakeHighest();
            }

            next.Tell(true);
        }
    }

    private void Expire()
    {
        // Those who gave up, one after another by the link that they have no more use for.
        OverloadWaiter? late = null;
        lock (_lock)
        {
            var nowNs = _clock.NowNs;
            for (var rank = 0; rank < _lines.Length; rank++)
            {
                while (_lines[rank].First is { } first && first.UntilNs <= nowNs)
                {
                    Remove(first);
                    _shed[rank]++;
                    first.After = late;
                    late = first;
                }
            }

            if (_queued == 0)
            {
                _isTicking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        while (late is not null)
        {
            var next = late.After;
            late.After = null;
            late.Tell(false);
            late = next;
        }

        // The limit may have grown while nobody left.
        LetIn();
    }

    private bool CanDisplace(int rank)
    {
        for (var lower = 0; lower < rank; lower++)
        {
            if (_lines[lower].First is not null)
            {
                return true;
            }
        }

        return false;
    }

    private OverloadWaiter TakeLowest()
    {
        var rank = 0;
        while (_lines[rank].Last is null)
        {
            rank++;
        }

        _shed[rank]++;
        return Remove(_lines[rank].Last!);
    }

    private OverloadWaiter TakeHighest()
    {
        var rank = _lines.Length - 1;
        while (_lines[rank].First is null)
        {
            rank--;
        }

        return Remove(_lines[rank].First!);
    }

    private OverloadWaiter Remove(OverloadWaiter waiter)
    {
        _lines[waiter.Rank].Remove(waiter);
        Interlocked.Decrement(ref _queued);
        return waiter;
    }

    /// <summary>Those of one rank, in their order.</summary>
    private struct Line
    {
        public OverloadWaiter? First;
        public OverloadWaiter? Last;

        public void Add(OverloadWaiter waiter)
        {
            waiter.Before = Last;
            waiter.After = null;
            if (Last is null)
            {
                First = waiter;
            }
            else
            {
                Last.After = waiter;
            }

            Last = waiter;
        }

        public void Remove(OverloadWaiter waiter)
        {
            if (waiter.Before is null)
            {
                First = waiter.After;
            }
            else
            {
                waiter.Before.After = waiter.After;
            }

            if (waiter.After is null)
            {
                Last = waiter.Before;
            }
            else
            {
                waiter.After.Before = waiter.Before;
            }

            waiter.Before = null;
            waiter.After = null;
        }
    }
}
