using System.Diagnostics;
using Edge.Transport;

namespace Edge.Threading;

/// <summary>
/// The system's clock, of which timers that call several times a second share one thread, and are called on it: they are to be
/// done soon, and one that takes long makes the others late. All other timers are the system's. Lives as long as the program.
/// </summary>
/// <remarks>
/// A timer of the runtime wakes its timer thread, which wakes a thread of the pool, which looks for more work before it sleeps:
/// three switches and more, 150 us of processor time a call where a program does little else, and so more than a request. The
/// wait between two calls is the kernel's, as the event loops wait: that of the runtime is some 20 pages of code.
/// </remarks>
internal sealed unsafe class TickingTime : TimeProvider
{
    /// <summary>Timers with longer periods than this are the system's.</summary>
    public static readonly TimeSpan PeriodMax = TimeSpan.FromMilliseconds(500);

    [ThreadStatic]
    private static bool IsOfThread;

    private readonly Lock _gate = new();
    private readonly List<Ticker> _tickers = [];
    private readonly List<Ticker> _due = [];
    private readonly int _epoll = LinuxSocket.CreateEpoll();
    private readonly int _changed = LinuxSocket.CreateEvent();
    private bool _isRunning;

    private TickingTime()
    {
        if (LinuxSocket.Watch(_epoll, _changed, 0) < 0)
        {
            throw new InvalidOperationException("The wake-up of the ticking thread can't be watched.");
        }
    }

    /// <summary>The one of the process.</summary>
    public static TickingTime Shared { get; } = new();

    /// <summary>True on the thread that calls the timers.</summary>
    public static bool IsItsThread => IsOfThread;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period <= TimeSpan.Zero || period > PeriodMax || dueTime < TimeSpan.Zero || dueTime > PeriodMax)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        var ticker = new Ticker(this, callback, state);
        ticker.Change(dueTime, period);
        return ticker;
    }

    // The runtime's count of milliseconds is 4 ms behind at times, and a wait that ends on time would be too short by it.
    private static long NowMs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    private void Run()
    {
        IsOfThread = true;
        var events = stackalloc byte[EpollEvent.BytesMax];
        while (true)
        {
            int wait;
            lock (_gate)
            {
                wait = CollectDue(NowMs);
            }

            if (_due.Count == 0)
            {
                // The eventfd is never read: edge-triggered, each signal is an event of its own.
                _ = LinuxSocket.NextEvents(_epoll, events, 1, wait);
                continue;
            }

            foreach (var ticker in _due)
            {
                ticker.Call();
            }

            _due.Clear();
        }
    }

    /// <summary>Finds what is due, and moves it on.</summary>
    /// <returns>Milliseconds until the next is.</returns>
    private int CollectDue(long nowMs)
    {
        var next = long.MaxValue;
        foreach (var ticker in _tickers)
        {
            if (ticker.DueMs <= nowMs)
            {
                _due.Add(ticker);

                // Of all timers at multiples of their periods, so that they come together. What was missed while the machine
                // stalled is not made up for.
                ticker.DueMs = nowMs - (nowMs % ticker.PeriodMs) + ticker.PeriodMs;
            }

            next = Math.Min(next, ticker.DueMs);
        }

        return (int)Math.Min(next - nowMs, int.MaxValue);
    }

    private bool Set(Ticker ticker, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            if (ticker.IsDisposed)
            {
                return false;
            }

            _tickers.Remove(ticker);
            if (dueTime >= TimeSpan.Zero)
            {
                ticker.DueMs = NowMs + (long)dueTime.TotalMilliseconds;
                ticker.PeriodMs = period > TimeSpan.Zero ? Math.Max(1, (long)period.TotalMilliseconds) : long.MaxValue / 2;
                _tickers.Add(ticker);
            }

            Start();
            LinuxSocket.Signal(_changed);
            return true;
        }
    }

    private void Start()
    {
        if (!_isRunning)
        {
            _isRunning = true;
            new Thread(Run) { IsBackground = true, Name = "edge ticks" }.Start();
        }
    }

    private void Remove(Ticker ticker)
    {
        lock (_gate)
        {
            ticker.IsDisposed = true;
            _tickers.Remove(ticker);
        }
    }

    private sealed class Ticker(TickingTime time, TimerCallback callback, object? state) : ITimer
    {
        public long DueMs { get; set; }

        public long PeriodMs { get; set; }

        public bool IsDisposed { get; set; }

        public void Call() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => time.Set(this, dueTime, period);

        public void Dispose() => time.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
