using Edge.Core.Http;
using Edge.Threading;

namespace Edge.Upstream;

/// <summary>
/// The one clock and timer of all upstream connections: a few times a second it moves the coarse clock on and lets every pool
/// look for deadlines that have passed and connections that have been idle or alive for too long.
/// </summary>
/// <remarks>
/// Deadlines set on the coarse clock fire at most two periods late and one early; should the machine stall, earlier by as long as
/// it stalled.
/// Where nothing has to come soon, the program is not to wake twenty times a second for it: with one quiet stream, or ten
/// thousand, that was 1.2 ms of processor time a second. So once no deadline has been near for a while the sweeper rests: it
/// looks twice a second, and whoever asks for the time meanwhile moves the clock on. A deadline that may pass before the next
/// look ends the rest, and so do many who ask, since each then reads the system's clock.
/// </remarks>
internal sealed class UpstreamSweeper : IDisposable, IThreadPoolWorkItem
{
    /// <summary>Time between two looks.</summary>
    public const int PeriodMs = 50;

    /// <summary>The same while it rests, and how long no deadline was near before it does.</summary>
    public const int RestPeriodMs = 500;

    /// <summary>Asked more often than this between two looks, it does not rest.</summary>
    public const int AskedMax = 10_000;

    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly long _ticksPerMs;
    private readonly Lock _gate = new();
    private UpstreamPool[] _pools = [];
    private readonly ITimer _timer;
    private long _nowMs;
    private int _isResting;
    private int _sweeping;
    private long _busyAtMs;
    private int _asked;

    /// <summary>Starts the timer.</summary>
    public UpstreamSweeper(TimeProvider time)
    {
        _time = time;
        _origin = time.GetTimestamp();
        _ticksPerMs = time.TimestampFrequency / 1000;
        var period = TimeSpan.FromMilliseconds(PeriodMs);
        _timer = time.CreateTimer(static state => ((UpstreamSweeper)state!).Sweep(), this, period, period);
    }

    /// <summary>
    /// Milliseconds since the sweeper was made, as of its last look, or where it rests, as of now. Two fields' read, or the
    /// clock's.
    /// </summary>
    public long NowMs => Volatile.Read(ref _isResting) == 0 ? Volatile.Read(ref _nowMs) : AskClock();

    /// <summary>True while it looks twice a second only.</summary>
    public bool IsResting => Volatile.Read(ref _isResting) != 0;

    /// <summary>The clock behind it, for the few waits that need a timer of their own.</summary>
    public TimeProvider Time => _time;

    /// <summary>Has a pool looked after from now on.</summary>
    public void Add(UpstreamPool pool)
    {
        lock (_gate)
        {
            _pools = [.. _pools, pool];
        }
    }

    /// <summary>Lets go of a pool.</summary>
    public void Remove(UpstreamPool pool)
    {
        lock (_gate)
        {
            var others = new List<UpstreamPool>(_pools);
            others.Remove(pool);
            _pools = [.. others];
        }
    }

    /// <summary>Breaks the exchanges of all pools.</summary>
    public void BreakOff(Failure reason)
    {
        foreach (var pool in Volatile.Read(ref _pools))
        {
            pool.BreakOff(reason);
        }
    }

    /// <summary>There is a deadline that may pass before the next look: ends the rest.</summary>
    public void Rouse()
    {
        if (!IsResting)
        {
            return;
        }

        lock (_gate)
        {
            if (IsResting)
            {
                Volatile.Write(ref _busyAtMs, MoveOn());
                Volatile.Write(ref _isResting, 0);
                SetPeriod(PeriodMs);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private long AskClock()
    {
        // A number that threads may step over is near enough.
        if (++_asked > AskedMax)
        {
            Rouse();
        }

        return MoveOn();
    }

    private long MoveOn()
    {
        var nowMs = (_time.GetTimestamp() - _origin) / _ticksPerMs;
        var seenMs = Volatile.Read(ref _nowMs);
        while (nowMs > seenMs)
        {
            // Never back: whoever was held up in between has an old time.
            var before = Interlocked.CompareExchange(ref _nowMs, nowMs, seenMs);
            if (before == seenMs)
            {
                return nowMs;
            }

            seenMs = before;
        }

        return seenMs;
    }

    private void Sweep()
    {
        var nowMs = MoveOn();

        // A sweep that takes longer than a period must not be joined by a second one.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
        {
            return;
        }

        _asked = 0;
        var isOverdue = false;
        var hasSoon = false;
        foreach (var pool in Volatile.Read(ref _pools))
        {
            isOverdue |= pool.Sweep(nowMs);
            hasSoon |= pool.HasDeadlineSoon;
        }

        if (hasSoon)
        {
            Volatile.Write(ref _busyAtMs, nowMs);
            Rouse();
        }
        else if (!IsResting && nowMs - Volatile.Read(ref _busyAtMs) >= RestPeriodMs)
        {
            Rest();
        }

        if (isOverdue && TickingTime.IsItsThread)
        {
            // What requests do whose time is up may take longer than the clock has until it is to be moved on again.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        AbortOverdue(isOverdue);
    }

    private void Rest()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isResting, 1);
            SetPeriod(RestPeriodMs);
        }

        // One that set its deadline before this may have found the sweeper awake; one that comes after does not.
        foreach (var pool in Volatile.Read(ref _pools))
        {
            if (pool.HasDeadlineSoon)
            {
                Rouse();
                return;
            }
        }
    }

    private void SetPeriod(int periodMs)
    {
        var period = TimeSpan.FromMilliseconds(periodMs);
        _timer.Change(period, period);
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => AbortOverdue(areAny: true);

    private void AbortOverdue(bool areAny)
    {
        try
        {
            foreach (var pool in areAny ? Volatile.Read(ref _pools) : [])
            {
                pool.AbortOverdue();
            }
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }
}
