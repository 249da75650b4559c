using Edge.Tests.Support;

namespace Edge.Tests.Upstream;

/// <summary>A clock that stands still until the test moves it, and on which a test can wait for a timer to be set.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private readonly List<(TimeSpan Due, TaskCompletionSource Set)> _waiting = [];
    private TimeSpan _now = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _now.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + new TimeSpan(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, timer by timer in their order.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan end;
        lock (_gate)
        {
            end = _now + by;
        }

        while (true)
        {
            Timer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.At <= end).MinBy(static timer => timer.At);
                if (next is null)
                {
                    _now = end;
                    return;
                }

                _now = next.At > _now ? next.At : _now;
                _timers.Remove(next);
            }

            next.Fire();
        }
    }

    /// <summary>
    /// Moves the clock on in small steps until something has happened, however long the threads between take to get there.
    /// </summary>
    public async Task AdvanceUntilAsync(Task happened)
    {
        using var deadline = Deadline.Begin(TimeSpan.FromMinutes(1));
        while (!happened.IsCompleted)
        {
            deadline.Token.ThrowIfCancellationRequested();
            Advance(TimeSpan.FromMilliseconds(50));
            await Task.WhenAny(happened, Task.Delay(1, deadline.Token));
        }
    }

    /// <summary>Completes once a timer is running that was set to end in exactly this long from now.</summary>
    public Task TimerAsync(TimeSpan due)
    {
        lock (_gate)
        {
            if (_timers.Exists(timer => timer.At == _now + due))
            {
                return Task.CompletedTask;
            }

            var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((_now + due, set));
            return set.Task.WaitAsync(RawConnection.DeadlineDefault, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan At { get; private set; }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
            {
                // Before the callback, which may stop the timer.
                Change(_period, _period);
            }

            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    At = time._now + dueTime;
                    time._timers.Add(this);
                    foreach (var (due, set) in time._waiting)
                    {
                        if (due == At)
                        {
                            set.TrySetResult();
                        }
                    }
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
