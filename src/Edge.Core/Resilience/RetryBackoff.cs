namespace Edge.Core.Resilience;

/// <summary>
/// How long to wait before a retry: any time between nothing and a bound that doubles with each ("full jitter"), so that callers
/// who failed together do not come back together. Stateless.
/// </summary>
public static class RetryBackoff
{
    private const int DoublingsMax = 30;

    /// <summary>The time to wait.</summary>
    /// <param name="bound">The bound before the first retry.</param>
    /// <param name="boundMax">The bound that is never exceeded.</param>
    /// <param name="retry">Which retry it is, from 1.</param>
    /// <param name="chance">A random number from 0 to 1.</param>
    public static TimeSpan Before(TimeSpan bound, TimeSpan boundMax, int retry, double chance)
    {
        var doublings = Math.Clamp(retry - 1, 0, DoublingsMax);
        var ticks = Math.Min(bound.Ticks * (double)(1L << doublings), boundMax.Ticks);
        return new TimeSpan((long)(ticks * chance));
    }
}
