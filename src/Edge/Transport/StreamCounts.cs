namespace Edge.Transport;

/// <summary>How the streams of one connection of HTTP/2 have ended of late. Thread-safe; counts may be off by a few.</summary>
internal struct StreamCounts
{
    /// <summary>After so many streams both counts are halved, so that what was long ago weighs little.</summary>
    public const int Window = 1000;

    private int _served;
    private int _hasty;
    private int _isAskedToLeave;
    private int _hastySinceAsked;

    /// <summary>True once <see cref="TryAskToLeave"/> was.</summary>
    public readonly bool IsAskedToLeave => _isAskedToLeave != 0;

    /// <summary>A stream was served to its end.</summary>
    public void CountServed() => Age(Interlocked.Increment(ref _served), Volatile.Read(ref _hasty));

    /// <summary>The caller reset a stream soon after it had opened it.</summary>
    /// <returns>How many such there were; zero while they are no more than those that were served.</returns>
    public int CountHasty()
    {
        var hasty = Interlocked.Increment(ref _hasty);
        var served = Volatile.Read(ref _served);
        Age(served, hasty);
        return hasty > served ? hasty : 0;
    }

    /// <summary>True once: the caller is now to be asked to leave.</summary>
    public bool TryAskToLeave() => Interlocked.Exchange(ref _isAskedToLeave, 1) == 0;

    /// <summary>The same as <see cref="CountHasty"/> after the caller was asked to leave.</summary>
    /// <returns>How many such there were since.</returns>
    public int CountHastySinceAsked() => Interlocked.Increment(ref _hastySinceAsked);

    private void Age(int served, int hasty)
    {
        if (served + hasty >= Window)
        {
            Interlocked.Add(ref _served, -(served / 2));
            Interlocked.Add(ref _hasty, -(hasty / 2));
        }
    }
}
