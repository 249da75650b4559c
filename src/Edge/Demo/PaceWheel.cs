namespace Edge.Demo;

/// <summary>
/// Wakes many waiters with one timer: a hashed wheel of slots, one tick each. Thousands of paced streams cost one timer
/// callback a tick, where a timer each would make the runtime scan them all at every expiry. Safe from any thread.
/// </summary>
/// <remarks>Waits end up to one tick late and never early. The timer runs only while somebody waits.</remarks>
internal sealed class PaceWheel : IDisposable
{
    /// <summary>The grain of every wait.</summary>
    public const int TickMs = 2;

    private const int Slots = 4096;
    private const long TickTicks = TickMs * TimeSpan.TicksPerMillisecond;

    private readonly Lock _gate = new();
    private readonly PaceWaiter?[] _slots = new PaceWaiter?[Slots];
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private long _cursor;
    private int _count;

    /// <summary>A wheel that runs by the given clock.</summary>
    public PaceWheel(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(
            static state => ((PaceWheel)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since the wheel was made, in units of 100 ns: what <see cref="WaitUntilAsync"/> counts in.</summary>
    public long Now => _time.GetElapsedTime(_start).Ticks;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Waits until <see cref="Now"/> has reached a moment.</summary>
    /// <returns>True when the time has come, false when the waiter is cancelled.</returns>
    public ValueTask<bool> WaitUntilAsync(PaceWaiter waiter, long due)
    {
        lock (_gate)
        {
            if (waiter.Cancelled)
            {
                return new ValueTask<bool>(false);
            }

            var now = Now;
            if (due <= now)
            {
                return new ValueTask<bool>(true);
            }

            if (_count++ == 0)
            {
                _cursor = now / TickTicks;
                _timer.Change(TimeSpan.FromMilliseconds(TickMs), TimeSpan.FromMilliseconds(TickMs));
            }

            waiter.DueTick = Math.Max((due + TickTicks - 1) / TickTicks, _cursor + 1);
            Link(waiter);
            return waiter.Begin();
        }
    }

    /// <summary>Waits until the waiter is cancelled, however long that takes.</summary>
    public ValueTask<bool> WaitForCancellationAsync(PaceWaiter waiter)
    {
        lock (_gate)
        {
            waiter.DueTick = long.MaxValue;
            return waiter.Cancelled ? new ValueTask<bool>(false) : waiter.Begin();
        }
    }

    /// <summary>Ends the waiter's wait, if any, and every later one.</summary>
    public void Cancel(PaceWaiter waiter)
    {
        lock (_gate)
        {
            waiter.Cancelled = true;
            if (!waiter.Waiting)
            {
                return;
            }

            waiter.Waiting = false;
            if (waiter.DueTick != long.MaxValue)
            {
                Unlink(waiter);
            }
        }

        waiter.Complete(false);
    }

    /// <summary>Makes a waiter fit for its owner's next exchange. Nobody may be waiting on it.</summary>
    public void Renew(PaceWaiter waiter)
    {
        lock (_gate)
        {
            waiter.Cancelled = false;
        }
    }

    private void Tick()
    {
        PaceWaiter? ready = null;
        lock (_gate)
        {
            var now = Now / TickTicks;

            // After a pause longer than a turn of the wheel, one whole turn visits every slot.
            for (var tick = Math.Max(_cursor + 1, now - Slots + 1); tick <= now; tick++)
            {
                ready = TakeDue(tick, now, ready);
            }

            _cursor = Math.Max(_cursor, now);
            if (_count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        while (ready is not null)
        {
            // Its owner may wait anew as soon as it is completed: the link is read before.
            var next = ready.Next;
            ready.Next = null;
            ready.Complete(true);
            ready = next;
        }
    }

    private PaceWaiter? TakeDue(long tick, long now, PaceWaiter? ready)
    {
        for (var waiter = _slots[tick & (Slots - 1)]; waiter is not null;)
        {
            var next = waiter.Next;
            if (waiter.DueTick <= now)
            {
                Unlink(waiter);
                waiter.Waiting = false;
                waiter.Next = ready;
                ready = waiter;
            }

            waiter = next;
        }

        return ready;
    }

    private void Link(PaceWaiter waiter)
    {
        ref var head = ref _slots[waiter.DueTick & (Slots - 1)];
        waiter.Previous = null;
        waiter.Next = head;
        head?.Previous = waiter;
        head = waiter;
    }

    private void Unlink(PaceWaiter waiter)
    {
        if (waiter.Previous is null)
        {
            _slots[waiter.DueTick & (Slots - 1)] = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        waiter.Next?.Previous = waiter.Previous;
        waiter.Previous = null;
        waiter.Next = null;
        _count--;
    }
}
