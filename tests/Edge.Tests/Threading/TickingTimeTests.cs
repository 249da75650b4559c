using Edge.Tests.Support;
using Edge.Threading;

namespace Edge.Tests.Threading;

public sealed class TickingTimeTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(5);

    [Fact]
    public async Task Timers_that_call_often_are_called_on_one_thread_and_not_once_they_are_disposed()
    {
        using var first = new Counter(Short, Short);
        using var second = new Counter(TimeSpan.Zero, 2 * Short);
        await first.ReachAsync(3);
        await second.ReachAsync(3);
        Assert.Equal(first.Thread, second.Thread);
        Assert.Equal("edge ticks", first.Thread!.Name);
        Assert.True(first.IsItsThread);
        Assert.False(TickingTime.IsItsThread);
        first.Timer.Dispose();

        // A call may be under way.
        await second.ReachAsync(second.Calls + 2);
        var calls = first.Calls;
        await second.ReachAsync(second.Calls + 5);
        Assert.Equal(calls, first.Calls);
        Assert.False(first.Timer.Change(Short, Short));
    }

    [Fact]
    public async Task A_timer_can_be_stopped_and_set_again()
    {
        using var beside = new Counter(Short, Short);
        using var timer = new Counter(Short, Short);
        await timer.ReachAsync(2);
        Assert.True(timer.Timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        await beside.ReachAsync(beside.Calls + 2);
        var calls = timer.Calls;
        await beside.ReachAsync(beside.Calls + 5);
        Assert.Equal(calls, timer.Calls);
        Assert.True(timer.Timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        await timer.ReachAsync(calls + 1);
        await beside.ReachAsync(beside.Calls + 5);
        Assert.Equal(calls + 1, timer.Calls);
        Assert.True(timer.Timer.Change(Short, Short));
        await timer.ReachAsync(calls + 4);
    }

    [Theory]
    [InlineData(1, -1)]
    [InlineData(1, 501)]
    [InlineData(501, 1)]
    public async Task Other_timers_are_those_of_the_system(int dueMs, int periodMs)
    {
        using var timer = new Counter(TimeSpan.FromMilliseconds(dueMs), TimeSpan.FromMilliseconds(periodMs));
        await timer.ReachAsync(1);
        Assert.NotEqual("edge ticks", timer.Thread!.Name);
    }

    [Fact]
    public void It_is_the_clock_of_the_system()
    {
        var before = TimeProvider.System.GetTimestamp();
        var now = TickingTime.Shared.GetTimestamp();
        Assert.InRange(now, before, TimeProvider.System.GetTimestamp());
        Assert.Equal(TimeProvider.System.TimestampFrequency, TickingTime.Shared.TimestampFrequency);
    }

    /// <summary>A timer that counts its calls.</summary>
    private sealed class Counter : IDisposable
    {
        private int _calls;

        public Counter(TimeSpan dueTime, TimeSpan period) =>
            Timer = TickingTime.Shared.CreateTimer(static state => ((Counter)state!).Count(), this, dueTime, period);

        public ITimer Timer { get; }

        public int Calls => Volatile.Read(ref _calls);

        public Thread? Thread { get; private set; }

        public bool IsItsThread { get; private set; }

        public Task ReachAsync(int calls) => Deadline.UntilAsync(() => Calls >= calls);

        public void Dispose() => Timer.Dispose();

        private void Count()
        {
            Thread = Thread.CurrentThread;
            IsItsThread = TickingTime.IsItsThread;
            Interlocked.Increment(ref _calls);
        }
    }
}
