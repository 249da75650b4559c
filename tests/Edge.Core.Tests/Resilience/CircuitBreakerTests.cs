using CsCheck;
using Edge.Core.Configuration;
using Edge.Core.Resilience;

namespace Edge.Core.Tests.Resilience;

public sealed class CircuitBreakerTests
{
    private const long Second = 1_000_000_000;
    private static readonly BreakerPlan Plan = new();

    [Fact]
    public void It_opens_with_the_failure_that_reaches_the_threshold_and_not_one_before()
    {
        var breaker = new CircuitBreaker(Plan);
        for (var i = 0; i < 4; i++) FailOnce(breaker, Second);
        Assert.Equal(CircuitState.Closed, breaker.State);
        FailOnce(breaker, Second);
        Assert.Equal((CircuitState.Open, 1), (breaker.State, breaker.Opened));
        Assert.Equal(CircuitBreaker.NoPass, breaker.TryEnter(Second));
        Assert.Equal(30 * Second, breaker.WaitNs(Second));
    }

    [Theory]
    [InlineData(10 * Second, CircuitState.Open)]
    [InlineData((10 * Second) + 1, CircuitState.Closed)]
    public void Failures_count_as_long_as_the_window_says_and_not_a_nanosecond_longer(long later, CircuitState state)
    {
        var breaker = new CircuitBreaker(Plan);
        FailOnce(breaker, Second);
        for (var i = 0; i < 4; i++) FailOnce(breaker, Second + later);
        Assert.Equal(state, breaker.State);
    }

    [Fact]
    public void Successes_between_failures_do_not_forgive_them()
    {
        var breaker = new CircuitBreaker(Plan);
        for (var i = 0; i < 5; i++)
        {
            FailOnce(breaker, i);
            breaker.Succeed(breaker.TryEnter(i), i);
        }

        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    public void After_its_time_so_many_trials_at_once_are_let_in_as_the_plan_says_and_enough_of_them_close_it()
    {
        var breaker = Opened(Plan with { Trials = 2, Successes = 3 });
        Assert.Equal(CircuitBreaker.NoPass, breaker.TryEnter((30 * Second) - 1));
        var first = breaker.TryEnter(30 * Second);
        var second = breaker.TryEnter(30 * Second);
        Assert.NotEqual(CircuitBreaker.NoPass, first);
        Assert.NotEqual(CircuitBreaker.NoPass, second);
        Assert.Equal(CircuitBreaker.NoPass, breaker.TryEnter(30 * Second));
        Assert.Equal((CircuitState.HalfOpen, 2, 0L), (breaker.State, breaker.Trials, breaker.WaitNs(30 * Second)));
        breaker.Succeed(first, 30 * Second);
        breaker.Succeed(second, 30 * Second);
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        breaker.Succeed(breaker.TryEnter(31 * Second), 31 * Second);
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void A_trial_that_fails_opens_it_for_its_whole_time_again()
    {
        var breaker = Opened(Plan);
        breaker.Fail(breaker.TryEnter(35 * Second), 36 * Second);
        Assert.Equal((CircuitState.Open, 30 * Second, 2L), (breaker.State, breaker.WaitNs(36 * Second), breaker.Opened));
    }

    [Fact]
    public void A_trial_that_says_nothing_makes_room_for_the_next()
    {
        var breaker = Opened(Plan);
        breaker.Leave(breaker.TryEnter(30 * Second));
        Assert.Equal((CircuitState.HalfOpen, 0), (breaker.State, breaker.Trials));
        Assert.NotEqual(CircuitBreaker.NoPass, breaker.TryEnter(30 * Second));
    }

    [Fact]
    public void What_began_before_it_opened_counts_for_nothing_when_it_ends()
    {
        var breaker = new CircuitBreaker(Plan);
        var old = breaker.TryEnter(0);
        for (var i = 0; i < 5; i++) FailOnce(breaker, 0);
        breaker.Succeed(old, 1);
        var trial = breaker.TryEnter(30 * Second);
        breaker.Fail(old, 30 * Second);
        breaker.Succeed(old, 30 * Second);
        Assert.Equal((CircuitState.HalfOpen, 1), (breaker.State, breaker.Trials));
        breaker.Succeed(trial, 30 * Second);
        breaker.Succeed(breaker.TryEnter(30 * Second), 30 * Second);
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void A_trial_whose_answer_breaks_later_opens_it_again()
    {
        var breaker = Opened(Plan);
        var pass = breaker.Succeed(breaker.TryEnter(30 * Second), 30 * Second);
        breaker.Fail(pass, 31 * Second, hadSucceeded: true);
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Theory]
    [InlineData(1, 30)]
    [InlineData(45, 45)]
    [InlineData(300, 300)]
    [InlineData(301, 300)]
    [InlineData(1e9, 300)]
    public void A_providers_word_extends_the_time_within_bounds(double retryAfterSeconds, long openForSeconds)
    {
        var breaker = new CircuitBreaker(Plan with { Failures = 1 });
        breaker.Fail(breaker.TryEnter(0), 0, retryAfter: TimeSpan.FromSeconds(retryAfterSeconds));
        Assert.Equal(openForSeconds * Second, breaker.WaitNs(0));
    }

    [Fact]
    public void A_ratio_says_nothing_before_there_is_the_volume()
    {
        var breaker = new CircuitBreaker(Plan with { Failures = 0, Ratio = 0.5, Volume = 10 });
        for (var i = 0; i < 9; i++) FailOnce(breaker, Second);
        Assert.Equal(CircuitState.Closed, breaker.State);
        FailOnce(breaker, Second);
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    public void A_ratio_opens_it_when_it_is_reached_and_forgets_what_left_the_window()
    {
        var breaker = new CircuitBreaker(Plan with { Failures = 0, Ratio = 0.5, Volume = 10 });
        for (var i = 0; i < 10; i++) breaker.Succeed(breaker.TryEnter(Second), Second);
        for (var i = 0; i < 9; i++) FailOnce(breaker, Second);
        Assert.Equal(CircuitState.Closed, breaker.State);

        // The successes have left, and the failures of before with them.
        for (var i = 0; i < 9; i++) FailOnce(breaker, 12 * Second);
        Assert.Equal(CircuitState.Closed, breaker.State);
        FailOnce(breaker, 12 * Second);
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    public void Forced_open_it_stays_so_until_it_is_reset()
    {
        var breaker = new CircuitBreaker(Plan);
        breaker.ForceOpen();
        Assert.Equal(CircuitBreaker.NoPass, breaker.TryEnter(long.MaxValue - 1));
        Assert.Equal(CircuitBreaker.NoPass, breaker.TryEnter(long.MaxValue));
        breaker.Reset();
        Assert.NotEqual(CircuitBreaker.NoPass, breaker.TryEnter(0));
    }

    [Fact]
    public void Times_at_the_end_of_their_range_do_not_overflow_into_the_past()
    {
        var breaker = new CircuitBreaker(Plan with { Failures = 1, Within = TimeSpan.MaxValue, OpenFor = TimeSpan.MaxValue });
        breaker.Fail(breaker.TryEnter(long.MaxValue - 5), long.MaxValue - 5);
        Assert.Equal(CircuitBreaker.NoPass, breaker.TryEnter(long.MaxValue - 4));
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    /// <summary>
    /// Random passes, outcomes in any order, late and stale ones, and a clock that also goes back, against a model that is as
    /// simple as can be: a list of the failures.
    /// </summary>
    [Fact]
    public void It_does_what_a_simple_model_does()
    {
        var plan = Gen.Select(Gen.Int[1, 6], Gen.Int[1, 3], Gen.Int[1, 3], static (failures, successes, trials) =>
            Plan with { Failures = failures, Successes = successes, Trials = trials });
        var step = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 100], Gen.Long[-2 * Second, 12 * Second]);
        Gen.Select(plan, step.Array[1, 200]).Sample(
            static (plan, steps) =>
            {
                var breaker = new CircuitBreaker(plan);
                var model = new BreakerModel(plan);
                var passes = new List<(long Pass, object? Model)>();
                var now = 100 * Second;
                foreach (var (what, which, forward) in steps)
                {
                    now += forward;
                    if (what == 0 || passes.Count == 0)
                    {
                        var pass = breaker.TryEnter(now);
                        var expected = model.TryEnter(now);
                        Assert.Equal(expected is not null, pass != CircuitBreaker.NoPass);
                        if (expected is not null) passes.Add((pass, expected));
                    }
                    else
                    {
                        var (pass, expected) = passes[which % passes.Count];
                        passes.RemoveAt(which % passes.Count);
                        if (what == 1) breaker.Succeed(pass, now);
                        else if (what == 2) breaker.Fail(pass, now);
                        else breaker.Leave(pass);
                        model.End(expected!, what, now);
                    }

                    Assert.Equal((model.State, model.TrialCount), (breaker.State, breaker.Trials));
                    Assert.True(breaker.Trials <= plan.Trials);
                }
            },
            iter: 2000);
    }

    [Fact]
    public async Task Of_many_threads_at_once_no_more_get_in_than_there_may_be_trials()
    {
        const int Threads = 8;
        for (var round = 0; round < 200; round++)
        {
            var breaker = Opened(Plan with { Trials = 3 });
            using var start = new Barrier(Threads);
            var entered = await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return breaker.TryEnter(30 * Second) != CircuitBreaker.NoPass ? 1 : 0;
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Equal(3, entered.Sum());
            Assert.Equal(3, breaker.Trials);
        }
    }

    private static void FailOnce(CircuitBreaker breaker, long nowNs)
    {
        var pass = breaker.TryEnter(nowNs);
        Assert.NotEqual(CircuitBreaker.NoPass, pass);
        breaker.Fail(pass, nowNs);
    }

    private static CircuitBreaker Opened(BreakerPlan plan)
    {
        var breaker = new CircuitBreaker(plan);
        for (var i = 0; i < plan.Failures; i++) FailOnce(breaker, 0);
        return breaker;
    }

    private sealed class BreakerModel(BreakerPlan plan)
    {
        private readonly List<long> _failures = [];
        private readonly HashSet<object> _trials = [];
        private object _era = new();
        private long _latest;
        private long _openUntil;
        private int _successes;

        public CircuitState State { get; private set; }

        public int TrialCount => _trials.Count;

        public object? TryEnter(long nowNs)
        {
            if (State == CircuitState.Closed) return new Pass(_era);
            _latest = Math.Max(_latest, nowNs);
            if (State == CircuitState.Open)
            {
                if (_latest < _openUntil) return null;
                Enter(CircuitState.HalfOpen);
            }

            if (_trials.Count >= plan.Trials) return null;
            var pass = new Pass(_era);
            _trials.Add(pass);
            return pass;
        }

        public void End(object pass, int what, long nowNs)
        {
            if (((Pass)pass).Era != _era) return;
            _trials.Remove(pass);
            if (what == 1 && State == CircuitState.HalfOpen && ++_successes == plan.Successes) Enter(CircuitState.Closed);
            if (what != 2) return;
            _latest = Math.Max(_latest, nowNs);
            _failures.Add(_latest);
            var isMany = _failures.Count(at => _latest - at <= plan.Within.TotalNanoseconds) >= plan.Failures;
            if (State != CircuitState.HalfOpen && !isMany) return;
            _openUntil = _latest + (long)plan.OpenFor.TotalNanoseconds;
            Enter(CircuitState.Open);
        }

        private void Enter(CircuitState state)
        {
            State = state;
            _era = new object();
            _trials.Clear();
            _failures.Clear();
            _successes = 0;
        }

        private sealed class Pass(object era)
        {
            public object Era => era;
        }
    }
}
