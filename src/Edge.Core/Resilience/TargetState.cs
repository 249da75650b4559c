using Edge.Core.Configuration;

namespace Edge.Core.Resilience;

/// <summary>
/// What is known of one target: its circuit, its health, whether it is ejected, how fast it answers and what is under way there.
/// It outlives reloads that leave the target as it is. Thread-safe.
/// </summary>
public sealed class TargetState : ICircuitObserver
{
    private readonly TargetChanges _changes;
    private readonly Lock _lock = new();
    private long _inFlight;
    private long _tokens;
    private int _isUnhealthy;
    private int _checksInARow;
    private int _failuresInARow;
    private long _ejectedUntilNs;
    private long _lastEjectionNs;
    private int _ejectionsInARow;
    private long _ejections;
    private long _backAtNs;
    private ITargetObserver? _observer;
    private long _windowBeganNs;
    private long _nowNs;

    /// <summary>A target of which nothing is known, and which is therefore used.</summary>
    /// <param name="changes">Those of its upstream.</param>
    /// <param name="breaker">When its circuit opens; null: never.</param>
    public TargetState(TargetChanges changes, BreakerPlan? breaker)
    {
        _changes = changes;
        if (breaker is not null)
        {
            Breaker = new CircuitBreaker(breaker);
            Breaker.Observe(this);
        }
    }

    /// <summary>Its circuit; null: none.</summary>
    public CircuitBreaker? Breaker { get; }

    /// <summary>How fast it answers.</summary>
    public PeakLatency Latency { get; } = new();

    /// <summary>Requests under way.</summary>
    public long InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Their tokens, as estimated.</summary>
    public long Tokens => Volatile.Read(ref _tokens);

    /// <summary>False where health checks say that it is not well.</summary>
    public bool IsHealthy => Volatile.Read(ref _isUnhealthy) == 0;

    /// <summary>Until when it is ejected; a time that is past: it is not.</summary>
    public long EjectedUntilNs => Volatile.Read(ref _ejectedUntilNs);

    /// <summary>How often it was ejected.</summary>
    public long Ejections => Volatile.Read(ref _ejections);

    /// <summary>When it came back from whatever had kept it away; 0: it was never away.</summary>
    public long BackAtNs => Math.Max(Volatile.Read(ref _backAtNs), EjectedUntilNs);

    /// <summary>Outcomes in the window of shares.</summary>
    internal long WindowTotal { get; private set; }

    /// <summary>Failures among them.</summary>
    internal long WindowFailed { get; private set; }

    /// <summary>From now on the observer is told of changes.</summary>
    public void Observe(ITargetObserver observer) => Volatile.Write(ref _observer, observer);

    /// <summary>A request goes there.</summary>
    public void Enter(long tokens)
    {
        Interlocked.Increment(ref _inFlight);
        Interlocked.Add(ref _tokens, tokens);
    }

    /// <summary>It is over.</summary>
    public void Exit(long tokens)
    {
        Interlocked.Decrement(ref _inFlight);
        Interlocked.Add(ref _tokens, -tokens);
    }

    /// <summary>A health check has ended. Called by one thread at a time.</summary>
    /// <param name="isGood">It was answered well.</param>
    /// <param name="plan">How many of them count.</param>
    /// <param name="nowNs">The time.</param>
    public void Checked(bool isGood, HealthPlan plan, long nowNs)
    {
        if (isGood == IsHealthy)
        {
            _checksInARow = 0;
            return;
        }

        if (++_checksInARow < (isGood ? plan.Healthy : plan.Unhealthy))
        {
            return;
        }

        _checksInARow = 0;
        if (isGood)
        {
            Volatile.Write(ref _backAtNs, nowNs);
            Latency.Forget();
        }

        Volatile.Write(ref _isUnhealthy, isGood ? 0 : 1);
        _changes.Add();
        Volatile.Read(ref _observer)?.Told(this, isGood ? TargetEvent.Healthy : TargetEvent.Unhealthy);
    }

    /// <summary>Health checks are no longer made: what they said is void.</summary>
    public void ForgetHealth()
    {
        if (Interlocked.Exchange(ref _isUnhealthy, 0) != 0)
        {
            _changes.Add();
        }
    }

    /// <inheritdoc/>
    public void Changed(CircuitState state)
    {
        if (state == CircuitState.Closed)
        {
            Volatile.Write(ref _backAtNs, Volatile.Read(ref _nowNs));
            Latency.Forget();
        }

        _changes.Add();
        Volatile.Read(ref _observer)?.Told(
            this,
            state switch
            {
                CircuitState.Open => TargetEvent.Opened,
                CircuitState.HalfOpen => TargetEvent.HalfOpened,
                _ => TargetEvent.Closed,
            });
    }

    /// <summary>The time, for what happens by it.</summary>
    public void At(long nowNs) => Volatile.Write(ref _nowNs, nowNs);

    /// <summary>Counts an outcome for ejection.</summary>
    /// <returns>How many failures in a row there are now.</returns>
    internal int Count(bool isFailure, OutlierPlan plan, long nowNs)
    {
        if (!isFailure && plan.Margin is null)
        {
            // The common case takes no lock; one of a failure and a success at once may be seen after the other.
            Volatile.Write(ref _failuresInARow, 0);
            return 0;
        }

        lock (_lock)
        {
            var withinNs = plan.Within.Ticks * TimeSpan.NanosecondsPerTick;
            if (nowNs - _windowBeganNs >= withinNs || nowNs < _windowBeganNs)
            {
                _windowBeganNs = nowNs;
                WindowTotal = WindowFailed = 0;
            }

            WindowTotal++;
            WindowFailed += isFailure ? 1 : 0;
            _failuresInARow = isFailure ? _failuresInARow + 1 : 0;
            return _failuresInARow;
        }
    }

    /// <summary>Takes it out. The caller holds <see cref="TargetChanges.Ejecting"/>.</summary>
    internal void Eject(OutlierPlan plan, long nowNs)
    {
        var longest = plan.EjectForMax.Ticks * TimeSpan.NanosecondsPerTick;
        _ejectionsInARow = _ejections > 0 && nowNs - _lastEjectionNs <= longest * 2 ? _ejectionsInARow + 1 : 1;
        var time = plan.EjectFor.Ticks * TimeSpan.NanosecondsPerTick;
        for (var i = 1; i < _ejectionsInARow && time < longest; i++)
        {
            time = time > long.MaxValue / 2 ? longest : time * 2;
        }

        _lastEjectionNs = nowNs;
        Latency.Forget();
        _ejections++;
        Volatile.Write(ref _failuresInARow, 0);
        lock (_lock)
        {
            WindowTotal = WindowFailed = 0;
        }

        Volatile.Write(ref _ejectedUntilNs, nowNs + Math.Min(time, longest));
        _changes.Add();
    }

    /// <summary>Tells that it was taken out, once no lock is held.</summary>
    internal void TellEjected() => Volatile.Read(ref _observer)?.Told(this, TargetEvent.Ejected);
}
