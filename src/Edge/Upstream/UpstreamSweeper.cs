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
/// </remarks>
internal sealed class UpstreamSweeper : IDisposable, IThreadPoolWorkItem
{
    /// <summary>Time between two looks.</summary>
    public const int PeriodMs = 50;

    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly long _ticksPerMs;
    private readonly Lock _gate = new();
    private UpstreamPool[] _pools = [];
    private readonly ITimer _timer;
    private long _nowMs;
    private int _sweeping;

    /// <summary>Starts the timer.</summary>
    public UpstreamSweeper(TimeProvider time)
    {
        _time = time;
        _origin = time.GetTimestamp();
        _ticksPerMs = time.TimestampFrequency / 1000;
        var period = TimeSpan.FromMilliseconds(PeriodMs);
        _timer = time.CreateTimer(static state => ((UpstreamSweeper)state!).Sweep(), this, period, period);
    }

    /// <summary>Milliseconds since the sweeper was made, as of its last look. A field's read, no system call.</summary>
    public long NowMs => Volatile.Read(ref _nowMs);

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

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        Volatile.Write(ref _nowMs, (_time.GetTimestamp() - _origin) / _ticksPerMs);

        // A sweep that takes longer than a period must not be joined by a second one.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
        {
            return;
        }

        var isOverdue = false;
        foreach (var pool in Volatile.Read(ref _pools))
        {
            isOverdue |= pool.Sweep(NowMs);
        }

        if (isOverdue && TickingTime.IsItsThread)
        {
            // What requests do whose time is up may take longer than the clock has until it is to be moved on again.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        AbortOverdue(isOverdue);
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
