using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Scenarios;
using Edge.Measuring;

namespace Edge.Load.Tests;

public sealed class OpenRunnerTests
{
    private const double Rate = 200;
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_arrival_is_made_and_has_its_own_number_and_seed()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<ulong, long>();
        using var scenario = new Script((arrival, _) =>
        {
            Assert.True(seen.TryAdd(arrival.Seed, arrival.Number));
            return Task.FromResult(Answer.Right(0, 10));
        });
        var record = await RunAsync(scenario);
        Assert.Equal(Rate, record.Answers);
        Assert.Equal(Rate, record.Recorder.Measured);
        Assert.Equal(0, record.Recorder.InFlight);
        Assert.Equal(0, record.Errors);
        Assert.Equal(Rate * 10, record.Recorder.Bytes);
        Assert.Equal(Enumerable.Range(0, (int)Rate).Select(static i => (long)i), seen.Values.Order());
    }

    [Fact]
    public async Task A_stall_is_charged_to_all_who_would_have_come_meanwhile()
    {
        // A server that serves one at a time, and once not at all for 400 ms.
        using var server = new SemaphoreSlim(1);
        using var scenario = new Script(async (arrival, cancellation) =>
        {
            await server.WaitAsync(cancellation);
            await Task.Delay(arrival.Number == 20 ? 400 : 0, cancellation);
            server.Release();
            return Answer.Right(0, 0);
        });
        var record = await RunAsync(scenario);

        // 80 of 200 arrivals are due while it stands still: a generator that waits for answers would have told of one.
        Assert.True(record.Recorder.Whole.MaxMs >= 390, $"{record.Recorder.Whole.MaxMs}");
        Assert.True(record.Recorder.Whole.Percentile(75) >= 100, $"{record.Recorder.Whole.Percentile(75)}");
    }

    [Fact]
    public async Task Arrivals_go_on_while_nobody_answers()
    {
        var all = new TaskCompletionSource();
        var begun = 0;
        using var scenario = new Script(async (_, _) =>
        {
            if (Interlocked.Increment(ref begun) == (int)Rate)
            {
                all.SetResult();
            }

            await all.Task;
            return Answer.Right(0, 0);
        });
        Assert.Equal(Rate, (await RunAsync(scenario)).Answers);
    }

    [Fact]
    public async Task Warm_up_arrivals_are_judged_and_not_timed()
    {
        using var scenario = new Script(static (arrival, _) =>
            Task.FromResult(arrival.Number == 0 ? Answer.Failed("odd") : Answer.Right(0, 0)));
        var record = await RunAsync(scenario, warmUp: TimeSpan.FromSeconds(0.5));
        Assert.Equal(Rate * 1.5, record.Answers);
        Assert.Equal(Rate, record.Recorder.Whole.Count);
        Assert.Equal(1, record.Errors);
        Assert.Equal(Outcome.Failed, record.Outcome);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_an_error()
    {
        using var scenario = new Script(
            static async (_, cancellation) =>
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellation);
                }
                catch (OperationCanceledException exception)
                {
                    return Answer.Failed(Kinds.Of(exception));
                }

                return Answer.Right(0, 0);
            },
            TimeSpan.FromMilliseconds(50));
        var record = await RunAsync(scenario);
        Assert.Equal(new Count(Kinds.TimedOut, Verdict.Failed, (long)Rate), Assert.Single(record.Counts));
        Assert.Equal(Recorder.SamplesMax, record.Recorder.Samples.Count);
    }

    [Fact]
    public async Task A_scenario_that_throws_is_an_error_and_not_a_crash()
    {
        using var scenario = new Script(static (_, _) => throw new InvalidOperationException("mine"));
        var record = await RunAsync(scenario);
        Assert.Equal(Rate, record.Errors);
        Assert.Contains("mine", record.Recorder.Samples[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generator_that_was_too_late_voids_the_run()
    {
        using var scenario = new Script(static (_, _) => Task.FromResult(Answer.Right(0, 0)));

        // Nobody is on time to the nanosecond.
        var record = await RunAsync(scenario, lateMax: TimeSpan.Zero);
        Assert.False(record.HasKeptRate);
        Assert.Equal(Outcome.Void, record.Outcome);
        Assert.Contains(Report.Session.Notes(record), static note => note.StartsWith("VOID", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_arrival_that_was_left_out_voids_the_run()
    {
        using var scenario = new Script(static (_, _) => Task.FromResult(Answer.Right(0, 0)));
        var record = await RunAsync(scenario, lateMax: TimeSpan.FromHours(1));
        Assert.Equal(Outcome.Passed, record.Outcome);
        record.Recorder.Drop();
        Assert.Equal(Outcome.Void, record.Outcome);
    }

    [Fact]
    public async Task A_finding_that_does_not_hold_fails_a_run_without_errors()
    {
        using var scenario = new Script(static (_, _) => Task.FromResult(Answer.Right(0, 0)));
        var record = await RunAsync(scenario, lateMax: TimeSpan.FromHours(1));
        record.Findings.Say("so it is");
        record.Findings.Require(true, "this holds");
        Assert.Equal(Outcome.Passed, record.Outcome);
        record.Findings.Require(false, "this doesn't");
        Assert.Equal(Outcome.Failed, record.Outcome);
    }

    private static async Task<RunRecord> RunAsync(Script scenario, TimeSpan warmUp = default, TimeSpan? lateMax = null)
    {
        var plan = RatePlan.Parse("200", OneSecond);
        var startNs = Monotonic.NowNs + (long)warmUp.TotalNanoseconds;
        var recorder = new Recorder(plan, startNs, isOfStreams: false);
        await new OpenRunner(scenario, plan, recorder, startNs, warmUp, seed: 1, Cancellation).RunAsync();
        return new RunRecord
        {
            Name = scenario.Name,
            About = scenario.About,
            IsOfStreams = false,
            Plan = plan,
            WarmUp = warmUp,
            Seed = 1,
            LateMax = lateMax ?? TimeSpan.FromHours(1),
            Recorder = recorder,
            Timeline = new Timeline(startNs, plan.Duration),
        };
    }

    private sealed class Script(Func<Arrival, CancellationToken, Task<Answer>> ask, TimeSpan? timeout = null) : LoadScenario
    {
        public override string Name => "script";

        public override string About => "What a test says.";

        public override string DefaultRate => "1";

        public override TimeSpan AnswerTimeout => timeout ?? TimeSpan.FromMinutes(1);

        public override Task<Answer> AskAsync(Arrival arrival, CancellationToken cancellation) => ask(arrival, cancellation);
    }
}
