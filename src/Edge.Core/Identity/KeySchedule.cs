namespace Edge.Core.Identity;

/// <summary>
/// When an issuer's keys are fetched: again before they are too old, later and later while that fails, and never more often
/// than <see cref="FetchesPerMinuteMax"/>, whatever tokens arrive. Times are milliseconds of any clock that only moves forward.
/// Not thread-safe: its owner guards it.
/// </summary>
public sealed class KeySchedule
{
    /// <summary>Most fetches in any 60 seconds; each document counts.</summary>
    public const int FetchesPerMinuteMax = 10;

    /// <summary>Fetches that may follow each other at once.</summary>
    public const int FetchBurstMax = 5;

    /// <summary>Time in which one more fetch is earned: with the burst it makes <see cref="FetchesPerMinuteMax"/>.</summary>
    public const int FetchEveryMs = 60_000 / (FetchesPerMinuteMax - FetchBurstMax);

    /// <summary>For how long keys are kept at least, whatever the issuer says.</summary>
    public const int LifetimeMsMin = 60_000;

    /// <summary>Wait after the first failure; doubled with each further one.</summary>
    public const int RetryMsFirst = 1_000;

    /// <summary>Longest wait after a failure.</summary>
    public const int RetryMsMax = 60_000;

    private readonly long _lifetimeMs;
    private readonly Random _random;
    private long _earnedUntilMs;

    /// <summary>A schedule on which the first fetch is due at once.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="lifetime">For how long keys are kept where the issuer does not say, and at most.</param>
    /// <param name="random">Spreads the fetches of replicas that were started together.</param>
    public KeySchedule(long nowMs, TimeSpan lifetime, Random random)
    {
        _lifetimeMs = Math.Max((long)lifetime.TotalMilliseconds, LifetimeMsMin);
        _random = random;
        _earnedUntilMs = nowMs;
        DueMs = nowMs;
    }

    /// <summary>When the next fetch is due.</summary>
    public long DueMs { get; private set; }

    /// <summary>Failures since the last success.</summary>
    public int FailuresInARow { get; private set; }

    /// <summary>When the next fetch may begin, which may have passed.</summary>
    public long AllowedMs => _earnedUntilMs - ((FetchBurstMax - 1) * FetchEveryMs);

    /// <summary>Takes one fetch out of the allowance.</summary>
    /// <returns>False where there is none left.</returns>
    public bool TryTakeFetch(long nowMs)
    {
        if (nowMs < AllowedMs)
        {
            return false;
        }

        _earnedUntilMs = Math.Max(_earnedUntilMs, nowMs) + FetchEveryMs;
        return true;
    }

    /// <summary>Keys were fetched: the next fetch is due in the last fifth of their life, when chance chooses.</summary>
    public void Succeeded(long nowMs, TimeSpan? maxAge)
    {
        FailuresInARow = 0;
        var lifetime = maxAge is { } age ? Math.Clamp(age.TotalMilliseconds, LifetimeMsMin, _lifetimeMs) : _lifetimeMs;
        DueMs = nowMs + (long)(lifetime * (0.8 + (0.15 * _random.NextDouble())));
    }

    /// <summary>Nothing was fetched: the next attempt comes after a wait that doubles each time, or a little less.</summary>
    public void Failed(long nowMs)
    {
        var wait = FailuresInARow >= 6 ? RetryMsMax : Math.Min(RetryMsFirst << FailuresInARow, RetryMsMax);
        FailuresInARow++;
        DueMs = nowMs + (long)(wait * (0.75 + (0.25 * _random.NextDouble())));
    }
}
