namespace Edge.Transport;

/// <summary>How the streams of one connection of HTTP/2 have ended of late. Thread-safe; counts may be off by a few.</summary>
internal struct StreamCounts
{
    /// <summary>After so many streams both counts are halved, so that what was long ago weighs little.</summary>
    public const int Window = 1000;

    private int _all;
    private int _hasty;
    private int _isAskedToLeave;

    /// <summary>Counts a stream that is over.</summary>
    /// <param name="isHasty">The caller reset it soon after it had opened it.</param>
    /// <returns>How many such there were; zero while they are no more than half of all.</returns>
    public int Count(bool isHasty)
    {
        var all = Interlocked.Increment(ref _all);
        var hasty = isHasty ? Interlocked.Increment(ref _hasty) : Volatile.Read(ref _hasty);
        if (all >= Window)
        {
            Interlocked.Add(ref _all, -(all / 2));
            Interlocked.Add(ref _hasty, -(hasty / 2));
        }

        return isHasty && hasty > all / 2 ? hasty : 0;
    }

    /// <summary>True once: the caller is now to be asked to leave.</summary>
    public bool TryAskToLeave() => Interlocked.Exchange(ref _isAskedToLeave, 1) == 0;
}
