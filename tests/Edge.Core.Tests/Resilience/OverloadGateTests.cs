using Edge.Core.Configuration;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

public sealed class OverloadGateTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void As_many_as_the_limit_get_in_and_the_next_stands_in_line_until_one_leaves()
    {
        var gate = New(max: 2);
        Assert.True(gate.TryEnter());
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
        var third = new Caller(gate, 0);
        Assert.Null(third.IsIn);
        Assert.Equal((2, 1), (gate.Waiting, gate.Queued));
        gate.Leave(1, OverloadOutcome.Unknown);
        Assert.True(third.IsIn);
        Assert.Equal((2, 0), (gate.Waiting, gate.Queued));
    }

    [Fact]
    public void Higher_tiers_go_first_and_within_one_who_came_first()
    {
        var gate = New(max: 1);
        Assert.True(gate.TryEnter());
        Assert.Equal([0, 1, 2, 3], new[] { null, "free", "starter", "gold" }.Select(gate.RankOf));
        var names = new List<string>();
        var waiting = new List<(string Name, Caller Caller)>();
        foreach (var name in (string[])["none 1", "free 1", "gold 1", "free 2", "starter 1", "gold 2"])
        {
            var tier = name[..^2];
            waiting.Add((name, new Caller(gate, gate.RankOf(tier == "none" ? null : tier))));
        }

        while (waiting.Count > 0)
        {
            gate.Leave(1, OverloadOutcome.Unknown);
            var next = waiting.Single(static w => w.Caller.IsIn is not null);
            Assert.True(next.Caller.IsIn);
            names.Add(next.Name);
            waiting.Remove(next);
        }

        Assert.Equal(["gold 1", "gold 2", "starter 1", "free 1", "free 2", "none 1"], names);
    }

    [Fact]
    public void A_full_line_turns_away_the_last_of_the_lowest_tier_and_never_a_higher_one()
    {
        var gate = New(max: 1, queue: 2);
        Assert.True(gate.TryEnter());
        var free = new Caller(gate, 1);
        var last = new Caller(gate, 1);
        var another = new Caller(gate, 1);
        Assert.False(another.IsIn);
        var gold = new Caller(gate, 3);
        Assert.False(last.IsIn);
        var gold2 = new Caller(gate, 3);
        Assert.False(free.IsIn);
        var gold3 = new Caller(gate, 3);
        Assert.False(gold3.IsIn);
        Assert.Null(gold.IsIn);
        Assert.Null(gold2.IsIn);
        Assert.Equal((0, 3, 1), (gate.Shed(0), gate.Shed(1), gate.Shed(3)));
        Assert.Equal(2, gate.Queued);
    }

    [Fact]
    public void Who_has_stood_too_long_is_turned_away_and_the_timer_rests_when_the_line_is_empty()
    {
        var gate = New(max: 1);
        Assert.True(gate.TryEnter());
        Assert.False(_time.IsTicking);
        var waiting = new Caller(gate, 1);
        Assert.True(_time.IsTicking);
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Null(waiting.IsIn);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(waiting.IsIn);
        Assert.False(_time.IsTicking);
        Assert.Equal((1, 0, 1), (gate.Waiting, gate.Queued, gate.Shed(1)));

        // The same waiter serves the next request.
        waiting.Enter(1);
        Assert.Null(waiting.IsIn);
        gate.Leave(1, OverloadOutcome.Unknown);
        Assert.True(waiting.IsIn);
    }

    [Fact]
    public void Without_a_line_who_finds_no_room_is_turned_away_at_once()
    {
        var gate = New(max: 1, queue: 0);
        Assert.True(gate.TryEnter());
        var next = new Caller(gate, 3);
        Assert.False(next.IsIn);
    }

    [Fact]
    public async Task Threads_never_exceed_the_limit_and_nobody_is_forgotten()
    {
        var gate = New(max: 3, queue: 1000);
        var inside = 0;
        var most = 0;
        var entered = 0;
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var waiter = new OverloadWaiter();
            for (var i = 0; i < 5000; i++)
            {
                if (gate.TryEnter() || await gate.EnterAsync(waiter, i % gate.RankCount))
                {
                    InterlockedMax(ref most, Interlocked.Increment(ref inside));
                    Interlocked.Increment(ref entered);
                    Interlocked.Decrement(ref inside);
                    gate.Leave(1, OverloadOutcome.Unknown);
                }
            }
        }));
        await Task.WhenAll(workers).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.InRange(most, 1, 3);
        Assert.Equal(40_000, entered);
        Assert.Equal((0, 0), (gate.Waiting, gate.Queued));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        var seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var now && now != seen) seen = now;
    }

    private OverloadGate New(int max, int queue = 100) => new(
        new OverloadPlan
        {
            ShedFirst = ["free", "starter"],
            ConcurrentMin = max,
            ConcurrentMax = max,
            QueueMax = queue,
            QueueTimeout = TimeSpan.FromMilliseconds(500),
        },
        _time);

    /// <summary>Stands in line, and tells without waiting what became of it: null as long as it stands there.</summary>
    private sealed class Caller
    {
        private readonly OverloadGate _gate;
        private readonly OverloadWaiter _waiter = new();
        private ValueTask<bool> _entering;
        private bool? _isIn;

        public Caller(OverloadGate gate, int rank)
        {
            _gate = gate;
            Enter(rank);
        }

        public bool? IsIn => _isIn ??= _entering.IsCompleted ? _entering.GetAwaiter().GetResult() : null;

        public void Enter(int rank)
        {
            _isIn = null;
#pragma warning disable CA2012 // It is asked once: IsIn keeps the answer.
            _entering = _gate.EnterAsync(_waiter, rank);
#pragma warning restore CA2012
        }
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _nanos = 1;
        private Action? _tick;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public bool IsTicking => _period != Timeout.InfiniteTimeSpan;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Volatile.Read(ref _nanos);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _tick = () => callback(state);
            return new ManualTimer(this);
        }

        public void Advance(TimeSpan time)
        {
            Interlocked.Add(ref _nanos, time.Ticks * 100);
            if (IsTicking) _tick!();
        }

        private sealed class ManualTimer(ManualTime time) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                time._period = period;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
