namespace Edge.Core.Resilience;

/// <summary>
/// Bounds the retries at an upstream by its traffic, so that one which fails is not asked all the more: within ten seconds no
/// more than a share of the requests of that time, and a few besides, without which an upstream with little traffic would have
/// none. Thread-safe; counting a request takes no lock, taking a retry does. Allocates nothing.
/// </summary>
/// <remarks>
/// The window slides by seconds: it is the current one and the nine before it. A count carries the number of its second, so
/// nobody has to clear the old ones.
/// </remarks>
public sealed class RetryBudget
{
    /// <summary>Length of the window.</summary>
    public const int WindowSeconds = 10;

    private const int SecondShift = 32;

    private readonly double _share;
    private readonly int _perSecondMin;
    private readonly TimeProvider _time;
    private readonly long _startTimestamp;
    private readonly Lock _lock = new();
    private readonly long[] _requests = new long[WindowSeconds];
    private readonly long[] _retries = new long[WindowSeconds];

    /// <summary>A budget of which nothing is used.</summary>
    /// <param name="share">Retries for each request, such as 0.2.</param>
    /// <param name="perSecondMin">Retries a second that are there without any.</param>
    /// <param name="time">The clock.</param>
    public RetryBudget(double share, int perSecondMin, TimeProvider time)
    {
        _share = share;
        _perSecondMin = perSecondMin;
        _time = time;
        _startTimestamp = time.GetTimestamp();
    }

    /// <summary>Retries that would be let through now.</summary>
    public long Left
    {
        get
        {
            lock (_lock)
            {
                return LeftAt(Second());
            }
        }
    }

    /// <summary>A request comes, for the first time.</summary>
    public void CountRequest()
    {
        var second = Second();
        ref var slot = ref _requests[second % WindowSeconds];
        while (true)
        {
            var seen = Volatile.Read(ref slot);
            var next = seen >> SecondShift == second ? seen + 1 : (second << SecondShift) | 1;
            if (Interlocked.CompareExchange(ref slot, next, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Takes a retry out of the budget. False: there is none left.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            var second = Second();
            if (LeftAt(second) <= 0)
            {
                return false;
            }

            ref var slot = ref _retries[second % WindowSeconds];
            slot = slot >> SecondShift == second ? slot + 1 : (second << SecondShift) | 1;
            return true;
        }
    }

    private long LeftAt(long second) =>
        (long)(Sum(_requests, second) * _share) + ((long)_perSecondMin * WindowSeconds) - Sum(_retries, second);

    // From 1 on, so that a slot which was never counted in is of no second that is asked for.
    private long Second() => WindowSeconds + (long)_time.GetElapsedTime(_startTimestamp).TotalSeconds;

    private static long Sum(long[] slots, long second)
    {
        var sum = 0L;
        for (var i = 0; i < slots.Length; i++)
        {
            var slot = Volatile.Read(ref slots[i]);
            sum += slot >> SecondShift > second - WindowSeconds ? (uint)slot : 0;
        }

        return sum;
    }
}
