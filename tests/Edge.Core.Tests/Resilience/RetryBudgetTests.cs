using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

/// <summary>How many retries there may be, by a clock that the test sets.</summary>
public sealed class RetryBudgetTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void Retries_are_a_share_of_the_requests()
    {
        var budget = new RetryBudget(0.2, 0, _clock);
        Count(budget, 4);
        Assert.False(budget.TryTake());
        Count(budget, 6);
        Assert.Equal(2, budget.Left);
        Assert.True(budget.TryTake());
        Assert.True(budget.TryTake());
        Assert.False(budget.TryTake());
    }

    [Fact]
    public void Without_traffic_there_are_a_few()
    {
        var budget = new RetryBudget(0, 1, _clock);
        Assert.Equal(RetryBudget.WindowSeconds, TakeAll(budget));
        _clock.Seconds = 9;
        Assert.Equal(0, TakeAll(budget));
        _clock.Seconds = 10;
        Assert.Equal(RetryBudget.WindowSeconds, TakeAll(budget));
    }

    [Fact]
    public void The_window_slides()
    {
        var budget = new RetryBudget(0.1, 0, _clock);
        for (var second = 0; second < 20; second++)
        {
            _clock.Seconds = second;
            Count(budget, 10);
        }

        // Of the last ten seconds only.
        Assert.Equal(10, TakeAll(budget));

        // Those of seconds 16 to 19 are left, as are the retries that were taken.
        _clock.Seconds = 25;
        Assert.Equal(4 - 10, budget.Left);
    }

    [Fact]
    public void Nothing_is_left_of_what_was_counted_long_ago()
    {
        var budget = new RetryBudget(1, 0, _clock);
        Count(budget, 50);
        _clock.Seconds = 9;
        Assert.Equal(50, budget.Left);
        _clock.Seconds = 10;
        Assert.Equal(0, budget.Left);
        _clock.Seconds = 20;
        Assert.Equal(0, budget.Left);
        Count(budget, 1);
        Assert.Equal(1, budget.Left);
    }

    [Fact]
    public void Many_threads_take_no_more_than_there_is()
    {
        var budget = new RetryBudget(0.5, 0, _clock);
        var taken = 0;
        Parallel.For(0, 8, _ => Count(budget, 1000));
        Parallel.For(0, 8, _ => Interlocked.Add(ref taken, TakeAll(budget)));
        Assert.Equal(4000, taken);
    }

    private static void Count(RetryBudget budget, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            budget.CountRequest();
        }
    }

    private static int TakeAll(RetryBudget budget)
    {
        var taken = 0;
        while (budget.TryTake())
        {
            taken++;
        }

        return taken;
    }

    private sealed class Clock : TimeProvider
    {
        public int Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
