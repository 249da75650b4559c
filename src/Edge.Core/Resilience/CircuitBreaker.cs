using Edge.Core.Configuration;

namespace Edge.Core.Resilience;

/// <summary>
/// Keeps requests away from a target that fails:
/// <code>
///   Closed ── failures reach the threshold ──► Open
///   Open ── openFor is over ──► HalfOpen
///   HalfOpen ── enough trials succeed ──► Closed
///            └─ a trial fails ──► Open
/// </code>
/// Whoever is let in holds a pass, and says once what became of it: <see cref="Succeed"/>, <see cref="Fail"/> or
/// <see cref="Leave"/>. After <see cref="Succeed"/> it may still <see cref="Fail"/>, with the pass that it was given in exchange.
/// A pass of before a change of state counts for nothing. Thread-safe; asking a closed one takes no lock and allocates nothing.
/// </summary>
/// <remarks>
/// Failures are counted exactly: the times of as many as the threshold are kept, and the circuit opens when the oldest of them
/// is no older than the window. A ratio is counted in tenths of the window, so that the oldest tenth goes at once.
/// The time is the caller's, in nanoseconds; where it goes back, it counts as standing still.
/// </remarks>
public sealed class CircuitBreaker
{
    /// <summary>What <see cref="TryEnter"/> says where nothing is let in.</summary>
    public const long NoPass = 0;

    /// <summary>A provider that asks to be left alone for longer than this is tried nevertheless.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(5);

    private const int SlotCount = 10;
    private const long TrialBit = 1;

    private readonly Lock _lock = new();
    private readonly long[] _failures;
    private readonly Slot[] _slots;
    private readonly long _withinNs;
    private readonly long _slotNs;
    private readonly long _openForNs;
    private ICircuitObserver? _observer;
    private long _closedPass;
    private long _generation = 1;
    private CircuitState _state;
    private long _latestNs;
    private long _openUntilNs;
    private long _retryAtNs;
    private int _nextFailure;
    private int _failureCount;
    private int _trials;
    private int _successes;
    private long _opened;

    /// <summary>A closed one.</summary>
    public CircuitBreaker(BreakerPlan plan)
    {
        Plan = plan;
        _failures = new long[plan.Failures];
        _slots = plan.Ratio is null ? [] : new Slot[SlotCount];
        _withinNs = Nanoseconds(plan.Within);
        _slotNs = Math.Max(1, _withinNs / SlotCount);
        _openForNs = Nanoseconds(plan.OpenFor);
        _closedPass = PassOf(_generation);
    }

    /// <summary>What the file says.</summary>
    public BreakerPlan Plan { get; }

    /// <summary>The state, as of the last that came by: an open one is not yet half-open before somebody asks.</summary>
    public CircuitState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>True where it was opened by hand, and stays so until it is closed by hand.</summary>
    public bool IsForcedOpen
    {
        get
        {
            lock (_lock)
            {
                return _state == CircuitState.Open && _openUntilNs == long.MaxValue;
            }
        }
    }

    /// <summary>How often it has opened.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <summary>Trials that are under way.</summary>
    public int Trials
    {
        get
        {
            lock (_lock)
            {
                return _trials;
            }
        }
    }

    /// <summary>From now on the observer is told of changes.</summary>
    public void Observe(ICircuitObserver observer) => Volatile.Write(ref _observer, observer);

    /// <summary>Asks to be let in.</summary>
    /// <returns>A pass; <see cref="NoPass"/> where the circuit is open, or has as many trials under way as it may.</returns>
    public long TryEnter(long nowNs)
    {
        var pass = Volatile.Read(ref _closedPass);
        return pass != NoPass ? pass : TryEnterAsTrial(nowNs);
    }

    /// <summary>How long until it may let somebody in; 0: it may now, or when a trial ends.</summary>
    public long WaitNs(long nowNs)
    {
        lock (_lock)
        {
            // Until somebody closes what was opened by hand, nobody knows how long.
            return _state != CircuitState.Open ? 0
                : _openUntilNs == long.MaxValue ? _openForNs
                : Math.Max(0, _openUntilNs - Now(nowNs));
        }
    }

    /// <summary>It went well.</summary>
    /// <returns>The pass to go on with, should it fail after all; it need not be used.</returns>
    public long Succeed(long pass, long nowNs)
    {
        if (pass == Volatile.Read(ref _closedPass) && _slots.Length == 0)
        {
            return pass;
        }

        var isClosing = false;
        lock (_lock)
        {
            if (!IsOfNow(pass))
            {
                return NoPass;
            }

            if (_state == CircuitState.Closed)
            {
                CountInSlot(Now(nowNs), total: 1, failed: 0);
                return pass;
            }

            if ((pass & TrialBit) == 0)
            {
                return pass;
            }

            _trials--;
            isClosing = ++_successes >= Plan.Successes;
            pass = PassOf(_generation);
            if (isClosing)
            {
                Close();
                pass = _closedPass;
            }
        }

        if (isClosing)
        {
            Volatile.Read(ref _observer)?.Changed(CircuitState.Closed);
        }

        return pass;
    }

    /// <summary>It failed.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="hadSucceeded">True where it was said before that it went well.</param>
    /// <param name="retryAfter">How long the provider asks to be left alone; null: it does not.</param>
    public void Fail(long pass, long nowNs, bool hadSucceeded = false, TimeSpan? retryAfter = null)
    {
        var isOpening = false;
        lock (_lock)
        {
            if (!IsOfNow(pass))
            {
                return;
            }

            var now = Now(nowNs);
            if (retryAfter is { } rest)
            {
                _retryAtNs = Math.Max(_retryAtNs, Add(now, Nanoseconds(rest < RetryAfterMax ? rest : RetryAfterMax)));
            }

            if (_state == CircuitState.HalfOpen)
            {
                isOpening = true;
            }
            else
            {
                CountInSlot(now, total: hadSucceeded ? 0 : 1, failed: 1);
                isOpening = IsCountReached(now) | IsRatioReached(now);
            }

            if (isOpening)
            {
                Open(Math.Max(Add(now, _openForNs), _retryAtNs));
            }
        }

        if (isOpening)
        {
            Volatile.Read(ref _observer)?.Changed(CircuitState.Open);
        }
    }

    /// <summary>What became of it says nothing of the target.</summary>
    public void Leave(long pass)
    {
        if ((pass & TrialBit) == 0)
        {
            return;
        }

        lock (_lock)
        {
            _trials -= IsOfNow(pass) ? 1 : 0;
        }
    }

    /// <summary>Opens it until <see cref="Reset"/>.</summary>
    public void ForceOpen()
    {
        lock (_lock)
        {
            Open(long.MaxValue);
        }

        Volatile.Read(ref _observer)?.Changed(CircuitState.Open);
    }

    /// <summary>Closes it, and forgets what was counted.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            Close();
        }

        Volatile.Read(ref _observer)?.Changed(CircuitState.Closed);
    }

    private static long PassOf(long generation) => generation << 1;

    private static long Nanoseconds(TimeSpan span) =>
        span.Ticks >= long.MaxValue / TimeSpan.NanosecondsPerTick ? long.MaxValue : span.Ticks * TimeSpan.NanosecondsPerTick;

    private static long Add(long a, long b) => a > long.MaxValue - b ? long.MaxValue : a + b;

    private long TryEnterAsTrial(long nowNs)
    {
        var isHalfOpening = false;
        long pass;
        lock (_lock)
        {
            if (_state == CircuitState.Closed)
            {
                return _closedPass;
            }

            // Forced open, the end of time never comes.
            var now = Now(nowNs);
            if (_state == CircuitState.Open && (now < _openUntilNs || _openUntilNs == long.MaxValue))
            {
                return NoPass;
            }

            isHalfOpening = _state == CircuitState.Open;
            if (isHalfOpening)
            {
                _state = CircuitState.HalfOpen;
                _generation++;
                _trials = _successes = 0;
                _retryAtNs = 0;
            }

            if (_trials >= Plan.Trials)
            {
                return NoPass;
            }

            _trials++;
            pass = PassOf(_generation) | TrialBit;
        }

        if (isHalfOpening)
        {
            Volatile.Read(ref _observer)?.Changed(CircuitState.HalfOpen);
        }

        return pass;
    }

    private bool IsOfNow(long pass) => pass >> 1 == _generation && pass != NoPass;

    private long Now(long nowNs) => _latestNs = Math.Max(_latestNs, nowNs);

    private void Open(long untilNs)
    {
        _opened += _state == CircuitState.Open ? 0 : 1;
        _state = CircuitState.Open;
        _generation++;
        _openUntilNs = untilNs;
        _trials = 0;
        Volatile.Write(ref _closedPass, NoPass);
    }

    private void Close()
    {
        _state = CircuitState.Closed;
        _generation++;
        _failureCount = _nextFailure = _trials = 0;
        _retryAtNs = 0;
        Array.Clear(_slots);
        Volatile.Write(ref _closedPass, PassOf(_generation));
    }

    private bool IsCountReached(long now)
    {
        if (_failures.Length == 0)
        {
            return false;
        }

        _failures[_nextFailure] = now;
        _nextFailure = (_nextFailure + 1) % _failures.Length;
        _failureCount = Math.Min(_failureCount + 1, _failures.Length);
        return _failureCount == _failures.Length && now - _failures[_nextFailure] <= _withinNs;
    }

    private void CountInSlot(long now, int total, int failed)
    {
        if (_slots.Length == 0)
        {
            return;
        }

        var epoch = now / _slotNs;
        ref var slot = ref _slots[epoch % SlotCount];
        if (slot.Epoch != epoch)
        {
            slot = new Slot { Epoch = epoch };
        }

        slot.Total += total;
        slot.Failed += failed;
    }

    private bool IsRatioReached(long now)
    {
        var oldest = (now / _slotNs) - SlotCount;
        long total = 0;
        long failed = 0;
        foreach (ref readonly var slot in _slots.AsSpan())
        {
            if (slot.Epoch > oldest)
            {
                total += slot.Total;
                failed += slot.Failed;
            }
        }

        return Plan.Ratio is { } ratio && total >= Plan.Volume && failed >= ratio * total;
    }

    private struct Slot
    {
        public long Epoch;
        public long Total;
        public long Failed;
    }
}
