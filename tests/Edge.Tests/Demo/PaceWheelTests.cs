using CsCheck;
using Edge.Demo;

namespace Edge.Tests.Demo;

public sealed class PaceWheelTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly PaceWheel _wheel;

    public PaceWheelTests() => _wheel = new PaceWheel(_time);

    public void Dispose() => _wheel.Dispose();

    [Fact]
    public async Task A_wait_ends_at_its_time_and_not_before()
    {
        var wait = _wheel.WaitUntilAsync(new PaceWaiter(), Ms(10)).AsTask();
        Advance(9);
        Assert.False(wait.IsCompleted);
        Advance(PaceWheel.TickMs);
        Assert.True(await wait);
    }

    [Fact]
    public async Task A_moment_that_has_passed_is_not_waited_for()
    {
        Advance(10);
        var wait = _wheel.WaitUntilAsync(new PaceWaiter(), Ms(10)).AsTask();
        Assert.True(wait.IsCompleted);
        Assert.True(await wait);
    }

    [Fact]
    public async Task A_wait_longer_than_a_turn_of_the_wheel_ends_in_its_own_turn()
    {
        const int turnMs = 4096 * PaceWheel.TickMs;
        var waiter = new PaceWaiter();
        var wait = _wheel.WaitUntilAsync(waiter, Ms(turnMs + 10)).AsTask();
        for (var ms = 0; ms < turnMs + 8; ms += PaceWheel.TickMs)
        {
            Advance(PaceWheel.TickMs);
        }

        Assert.False(wait.IsCompleted);
        Advance(PaceWheel.TickMs);
        Assert.True(await wait);
    }

    [Fact]
    public async Task A_clock_that_leaps_leaves_nobody_behind()
    {
        var waits = Enumerable.Range(1, 100).Select(i => _wheel.WaitUntilAsync(new PaceWaiter(), Ms(i * 997)).AsTask()).ToArray();
        Advance(200_000);
        Assert.All(await Task.WhenAll(waits), Assert.True);
    }

    [Fact]
    public async Task A_cancelled_wait_ends_at_once_and_so_does_every_later_one()
    {
        var waiter = new PaceWaiter();
        var wait = _wheel.WaitUntilAsync(waiter, Ms(10)).AsTask();
        _wheel.Cancel(waiter);
        Assert.False(await wait);
        Assert.False(await _wheel.WaitUntilAsync(waiter, Ms(20)));
        Assert.False(await _wheel.WaitForCancellationAsync(waiter));

        _wheel.Renew(waiter);
        Assert.False(_wheel.WaitUntilAsync(waiter, Ms(20)).AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_wait_without_a_time_ends_by_cancellation_alone()
    {
        var waiter = new PaceWaiter();
        var wait = _wheel.WaitForCancellationAsync(waiter).AsTask();
        Advance(10_000_000);
        Assert.False(wait.IsCompleted);
        _wheel.Cancel(waiter);
        Assert.False(await wait);
    }

    [Fact]
    public async Task The_timer_runs_only_while_somebody_waits()
    {
        Assert.Equal(0, _time.RunningTimers);
        var wait = _wheel.WaitUntilAsync(new PaceWaiter(), Ms(2)).AsTask();
        Assert.Equal(1, _time.RunningTimers);
        Advance(2);
        Assert.True(await wait);
        Assert.Equal(0, _time.RunningTimers);
    }

    [Fact]
    public void Every_wait_ends_soon_after_its_time()
        => Gen.Select(Gen.Int[0, 20_000].Array[1, 40], Gen.Int[1, 3_000].Array[1, 40]).Sample((dues, steps) =>
        {
            var time = new ManualTime();
            using var wheel = new PaceWheel(time);
            var waiters = dues.Select(due => (Due: due, Waiter: new PaceWaiter())).ToArray();
            foreach (var (due, waiter) in waiters)
            {
                _ = wheel.WaitUntilAsync(waiter, Ms(due)).AsTask();
            }

            var now = 0;
            foreach (var step in steps)
            {
                now += step;
                time.Advance(TimeSpan.FromMilliseconds(step));
                foreach (var (due, waiter) in waiters)
                {
                    Assert.True(due > now ? waiter.Waiting : !waiter.Waiting || now < due + PaceWheel.TickMs);
                }
            }
        });

    private static long Ms(int milliseconds) => milliseconds * TimeSpan.TicksPerMillisecond;

    private void Advance(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
