using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Scenarios;
using Edge.Measuring;

namespace Edge.Load.Running;

/// <summary>
/// The open model: arrivals are made when they are due, whatever becomes of the ones before. One thread does nothing but wait
/// for the next moment; the questions themselves run on the thread pool.
/// </summary>
internal sealed class OpenRunner
{
    // Files that the process has open beside its questions' connections.
    private const int OwnFiles = 500;

    private const long WaitNsMax = 100 * Monotonic.MillisecondNs;

    /// <summary>
    /// Most questions without an answer: as many as the system lets have a connection. One more is not asked, which voids the
    /// run; without a file left, the process could not even say so.
    /// </summary>
    public static readonly int InFlightMax = Math.Min(50_000, Native.OpenFilesMax() - OwnFiles);

    private readonly LoadScenario _scenario;
    private readonly RatePlan _plan;
    private readonly Recorder _recorder;
    private readonly ulong _seed;
    private readonly double _warmUpArrivals;
    private readonly long _warmUpNs;
    private readonly long _startNs;
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellation;

    // One for the schedule itself, so that it can't be zero while more are to come.
    private long _open = 1;

    /// <summary>A run whose first arrival that counts is due at a moment of the monotonic clock.</summary>
    public OpenRunner(
        LoadScenario scenario, RatePlan plan, Recorder recorder, long startNs, TimeSpan warmUp, ulong seed,
        CancellationToken cancellation)
    {
        (_scenario, _plan, _recorder, _seed, _cancellation) = (scenario, plan, recorder, seed, cancellation);
        _startNs = startNs;
        _warmUpArrivals = warmUp.TotalSeconds * plan.FirstRate;
        _warmUpNs = (long)warmUp.TotalNanoseconds;
    }

    /// <summary>Makes all arrivals; ends when the last of them has its answer.</summary>
    public Task RunAsync()
    {
        new Thread(Schedule) { IsBackground = true, Name = "arrivals" }.Start();
        return _allEnded.Task;
    }

    private void Schedule()
    {
        try
        {
            using var clock = new Poller();
            var arrivals = _scenario.MakeArrivals();
            var dice = new Dice(_seed);
            for (long number = 0; !_cancellation.IsCancellationRequested; number++)
            {
                var (at, kind) = arrivals.Next(ref dice);
                if (DueNs(at) is not { } dueNs || !WaitUntil(clock, dueNs))
                {
                    break;
                }

                Make(new Arrival(number, kind, dice.NextBits()), dueNs);
            }

            CloseOne();
        }
        catch (Exception exception)
        {
            _allEnded.TrySetException(exception);
        }
    }

    private long? DueNs(double at) => at < _warmUpArrivals
        ? _startNs - _warmUpNs + (long)(at / _plan.FirstRate * Monotonic.SecondNs)
        : _startNs + _plan.DueNs(at - _warmUpArrivals);

    private bool WaitUntil(Poller clock, long dueNs)
    {
        for (long now; (now = Monotonic.NowNs) < dueNs;)
        {
            if (_cancellation.IsCancellationRequested)
            {
                return false;
            }

            clock.Wait(Math.Min(dueNs, now + WaitNsMax));
        }

        return true;
    }

    private void Make(Arrival arrival, long dueNs)
    {
        if (Volatile.Read(ref _open) > InFlightMax)
        {
            _recorder.Drop();
            return;
        }

        Interlocked.Increment(ref _open);
        ThreadPool.UnsafeQueueUserWorkItem(
            static item => _ = item.Runner.AskAsync(item.Arrival, item.DueNs), (Runner: this, Arrival: arrival, DueNs: dueNs),
            preferLocal: false);
    }

    private async Task AskAsync(Arrival arrival, long dueNs)
    {
        _recorder.Begin(dueNs, Monotonic.NowNs);
        Answer answer;
        using (var timeout = CancellationTokenSource.CreateLinkedTokenSource(_cancellation))
        {
            timeout.CancelAfter(_scenario.AnswerTimeout);
            try
            {
                answer = await _scenario.AskAsync(arrival, timeout.Token);
            }
            catch (Exception exception)
            {
                // Scenarios answer for what the other side does, so this is their own.
                answer = Answer.Failed(Kinds.Bug, exception.ToString());
            }
        }

        _recorder.End(dueNs, Monotonic.NowNs, answer);
        CloseOne();
    }

    private void CloseOne()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _allEnded.TrySetResult();
        }
    }
}
