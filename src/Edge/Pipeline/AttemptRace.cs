// CA2012: the result of an attempt is taken when it has ended, which its awaiter tells; it is taken once.
#pragma warning disable CA2012
using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks.Sources;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>
/// Attempts of one request that run beside each other: the first one, and hedges that begin because it takes long.
/// <code>
///   first ───── takes long ───── lost: broken off, its connection closed
///               └── hedge ── good answer ──► goes on as the request's attempt
/// </code>
/// Each has its own exchange, target and deadlines, and runs on whatever thread its connection lives on; the race itself goes on
/// on one thread at a time, whenever one of them has ended or it is time for the next. It ends only when all of them have, so
/// that nothing of the request is used behind its back. One for each <see cref="RequestContext"/> that ever needed it.
/// </summary>
/// <param name="context">The request.</param>
[SuppressMessage("Design", "CA1001", Justification = "A timer that is not set holds nothing, and goes with the connection.")]
internal sealed class AttemptRace(RequestContext context) : IValueTaskSource
{
    /// <summary>No hedge is to be begun, however long it takes; what it takes is learned.</summary>
    public const long Never = long.MaxValue;

    private const long NsPerMs = 1_000_000;

    private readonly Lock _gate = new();
    private readonly List<Lane> _lanes = [];
    private ManualResetValueTaskSourceCore<bool> _told;
    private ITimer? _timer;
    private long _dueNs;
    private int _count;
    private int _ended;
    private bool _isArmed;
    private bool _isDue;
    private bool _isPending;
    private bool _isWaiting;

    /// <summary>Held while one of the attempts picks its target.</summary>
    public Lock Picking { get; } = new();

    /// <summary>Runs the request's attempt, and hedges where it takes long.</summary>
    /// <param name="plan">How many of them.</param>
    /// <param name="afterNs">After how long; <see cref="Never"/>.</param>
    /// <param name="onlyUntried">For the first attempt: a target that the request has been at is of no use.</param>
    /// <returns>How the attempt ended that is now the context's; all others are closed and counted.</returns>
    public async PooledValueTask<Failure> RunAsync(HedgePlan plan, long afterNs, bool onlyUntried)
    {
        _count = _ended = 0;
        _isArmed = _isDue = _isPending = false;

        // Read before there is a second attempt. What else is kept of the head, the first writes before anything is waited for.
        _ = context.CallerHeaders;
        Start(context.Attempt, onlyUntried);
        Arm(afterNs);
        int winner;
        while (!IsDecided(out winner))
        {
            if (TakeDue())
            {
                Arm(TryHedge() && context.Hedges < plan.Attempts ? afterNs : Never);
            }
            else
            {
                await new ValueTask(this, BeginWait());
            }
        }

        Disarm();
        var isWon = winner >= 0;
        var chosen = isWon ? winner : MostTelling();
        for (var i = 0; i < _count; i++)
        {
            if (i != chosen)
            {
                _lanes[i].Attempt.Lose();
            }
        }

        while (!HaveAllEnded())
        {
            await new ValueTask(this, BeginWait());
        }

        Learn();
        return await SettleAsync(chosen, isWon);
    }

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _told.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _told.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _told.OnCompleted(continuation, state, token, flags);

    private void Start(RequestAttempt attempt, bool onlyUntried)
    {
        if (_count == _lanes.Count)
        {
            _lanes.Add(new Lane(this));
        }

        // The place is there before it runs, since it may end at once, or on another thread.
        var lane = _lanes[_count];
        lock (_gate)
        {
            lane.HasEnded = false;
            lane.Attempt = attempt;
            _count++;
        }

        attempt.Race = this;
        lane.Run(context, onlyUntried);
    }

    private bool TryHedge()
    {
        var upstream = context.Upstream;
        var attempt = NextHedge();
        if (context.CallerWatch.TokenFor(context.Protocol).IsCancellationRequested
            || context.Exchange.IsDue(context.WholeByMs))
        {
            return false;
        }

        if (!upstream.Cluster.RetryBudget!.TryTake() || !OverloadStage.TryEnter(attempt, upstream))
        {
            context.Route!.Metrics.Hedged(upstream.Plan.Name, "denied");
            return false;
        }

        context.Hedges++;
        Start(attempt, onlyUntried: false);
        return true;
    }

    private RequestAttempt NextHedge()
    {
        if (_count == _lanes.Count)
        {
            _lanes.Add(new Lane(this));
        }

        var lane = _lanes[_count];
        if (lane.Spare is not { } attempt)
        {
            attempt = lane.Spare = new RequestAttempt(context.Sweeper);
            context.CallerWatch.Add(attempt.Exchange);
        }

        attempt.Reset();
        attempt.IsHedge = true;
        attempt.Exchange.Pick.Forget();
        return attempt;
    }

    /// <summary>True where one has a good answer, or all have ended without.</summary>
    private bool IsDecided(out int winner)
    {
        var on = context.Upstream.Plan.Retries!.On;
        lock (_gate)
        {
            for (winner = 0; winner < _count; winner++)
            {
                if (_lanes[winner].IsGood(on))
                {
                    return true;
                }
            }

            winner = -1;
            return _ended == _count;
        }
    }

    private bool HaveAllEnded()
    {
        lock (_gate)
        {
            return _ended == _count;
        }
    }

    // An answer, if only one that says that it failed, tells more than none; the first attempt more than a hedge.
    private int MostTelling()
    {
        for (var i = 0; i < _count; i++)
        {
            if (_lanes[i].Failure == Failure.None)
            {
                return i;
            }
        }

        return 0;
    }

    /// <summary>The first attempt tells how long answers take; where it was not waited for, that it takes longer.</summary>
    private void Learn()
    {
        var first = _lanes[0];
        if (context.Upstream.Cluster.Latencies is { } latencies
            && (first.Failure == Failure.EdgeAttemptLost || first.IsGood(context.Upstream.Plan.Retries!.On)))
        {
            var endNs = first.Attempt.HeadNs == 0 ? context.ElapsedNs : first.Attempt.HeadNs;
            latencies.Observe(endNs - first.Attempt.BeganNs);
        }
    }

    private async PooledValueTask<Failure> SettleAsync(int chosen, bool isWon)
    {
        var anySent = false;
        for (var i = 0; i < _count; i++)
        {
            anySent |= _lanes[i].Attempt.IsSent;
            if (i > 0)
            {
                var outcome = i == chosen && isWon ? "won"
                    : _lanes[i].Failure is Failure.None or Failure.EdgeAttemptLost ? "lost" : "failed";
                context.Route!.Metrics.Hedged(context.Upstream.Plan.Name, outcome);
            }

            if (i != chosen)
            {
                await CloseAsync(_lanes[i]);
            }
        }

        // The request pays for the answer that it gets, once; and where it leaves before one, for what was sent.
        context.Meter?.BeginAttempt();
        if (anySent)
        {
            context.Meter?.Sent();
        }

        var lane = _lanes[chosen];
        if (chosen > 0)
        {
            // They change places: the first attempt's object is the next hedge.
            lane.Spare = _lanes[0].Attempt;
            context.Attempt = lane.Attempt;
        }

        context.Attempt.Race = null;
        return lane.Failure;
    }

    /// <summary>An attempt whose answer is not taken: its connection is not used again, for its answer was not read.</summary>
    private async ValueTask CloseAsync(Lane lane)
    {
        var attempt = lane.Attempt;
        var exchange = attempt.Exchange;
        OverloadStage.Leave(attempt, context.Upstream, lane.Failure);
        if (exchange.IsOpen)
        {
            UpstreamAttempt.Count(
                context, attempt, exchange.Pool, attempt.HeadNs == 0 ? 0 : exchange.Head.StatusCode, Failure.EdgeAttemptLost);
            exchange.Distrust();
        }

        exchange.Pick.End(Failure.EdgeAttemptLost);
        context.CallerWatch.Release(attempt);
        await exchange.CloseAsync();
        exchange.Request.ReturnMemory();
    }

    private void Arm(long afterNs)
    {
        if (afterNs == Never)
        {
            return;
        }

        lock (_gate)
        {
            if (_ended == _count)
            {
                return;
            }

            _isArmed = true;
            _dueNs = context.ElapsedNs + afterNs;
        }

        _timer ??= context.Sweeper.Time.CreateTimer(
            static state => ((AttemptRace)state!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Set(afterNs);
    }

    private void Set(long afterNs) =>
        _timer!.Change(TimeSpan.FromMilliseconds(1 + (afterNs / NsPerMs)), Timeout.InfiniteTimeSpan);

    private void Disarm()
    {
        bool wasArmed;
        lock (_gate)
        {
            wasArmed = _isArmed;
            _isArmed = false;
        }

        if (wasArmed)
        {
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    // Timers go by a coarse clock and may ring early; and one that was set for an earlier request may ring in this one.
    private void Ring()
    {
        lock (_gate)
        {
            if (!_isArmed)
            {
                return;
            }

            var leftNs = _dueNs - context.ElapsedNs;
            if (leftNs > NsPerMs)
            {
                Set(leftNs);
                return;
            }

            _isArmed = false;
            _isDue = true;
        }

        Tell();
    }

    private bool TakeDue()
    {
        lock (_gate)
        {
            var isDue = _isDue;
            _isDue = false;
            return isDue;
        }
    }

    private void Ended(Lane lane)
    {
        lock (_gate)
        {
            lane.HasEnded = true;
            _ended++;
        }

        Tell();
    }

    private void Tell()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                _isPending = true;
                return;
            }

            _isWaiting = false;
        }

        _told.SetResult(true);
    }

    /// <summary>What to wait for until there is news; where there is already, that is over at once.</summary>
    private short BeginWait()
    {
        lock (_gate)
        {
            _told.Reset();
            _isWaiting = !_isPending;
            if (_isPending)
            {
                _isPending = false;
                _told.SetResult(true);
            }

            return _told.Version;
        }
    }

    /// <summary>The place of one attempt in the race.</summary>
    private sealed class Lane
    {
        private readonly AttemptRace _race;
        private readonly Action _completed;
        private PooledValueTask<Failure>.Awaiter _awaiter;

        public Lane(AttemptRace race)
        {
            _race = race;
            _completed = Complete;
        }

        public RequestAttempt Attempt { get; set; } = null!;

        /// <summary>The object of a hedge here, kept for the next one.</summary>
        public RequestAttempt? Spare { get; set; }

        public Failure Failure { get; private set; }

        public bool HasEnded { get; set; }

        public bool IsGood(AttemptCauses bad) => HasEnded && Failure == Failure.None
            && !bad.Include(AttemptEnd.Answered(Attempt.Exchange.Head.StatusCode));

        public void Run(RequestContext context, bool onlyUntried)
        {
            _awaiter = UpstreamAttempt.RunAsync(context, Attempt, onlyUntried).GetAwaiter();
            if (_awaiter.IsCompleted)
            {
                Complete();
            }
            else
            {
                _awaiter.UnsafeOnCompleted(_completed);
            }
        }

        private void Complete()
        {
            try
            {
                Failure = _awaiter.GetResult();
            }
            catch (Exception exception)
            {
                // A bug; the request fails with it unless another attempt has an answer.
                _race.Failed(exception);
                Failure = Failure.EdgeInternal;
            }

            _awaiter = default;
            _race.Ended(this);
        }
    }

    private void Failed(Exception exception) => context.FailureDetail = exception.ToString();
}
