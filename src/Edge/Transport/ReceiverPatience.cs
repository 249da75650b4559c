namespace Edge.Transport;

/// <summary>
/// How long one peer may still go on taking as little as it does: <see cref="Max"/> at first, less by the time that passes, more
/// by what it takes. So one that takes <see cref="BytesPerSecondMin"/> may go on for ever, however unevenly: kernels tell of room
/// only once there is a piece of it, as much as a sixteenth of the buffer that they receive in.
/// </summary>
internal struct ReceiverPatience
{
    /// <summary>What a peer has to take, over <see cref="Max"/>.</summary>
    public const double BytesPerSecondMin = 240;

    /// <summary>As long may a peer take nothing. nginx gives it a minute too (send_timeout).</summary>
    public static readonly TimeSpan Max = TimeSpan.FromMinutes(1);

    /// <summary>A longer time between two looks means that this process stood still, not the peer.</summary>
    public static readonly TimeSpan LookMax = TimeSpan.FromSeconds(2);

    private bool _hasBegun;
    private long _takenBytes;
    private long _seenAt;
    private TimeSpan _left;

    /// <summary>Looks at the peer; the first look begins its time. True: it is over.</summary>
    /// <param name="takenBytes">All that it has taken.</param>
    /// <param name="now">The clock's time stamp.</param>
    /// <param name="time">The clock.</param>
    public bool IsOver(long takenBytes, long now, TimeProvider time)
    {
        if (_hasBegun)
        {
            var passed = time.GetElapsedTime(_seenAt, now);
            var gained = TimeSpan.FromSeconds(Math.Clamp(
                (takenBytes - _takenBytes) / BytesPerSecondMin, 0, Max.TotalSeconds + LookMax.TotalSeconds));
            _left += gained - (passed < LookMax ? passed : LookMax);
            _left = _left < Max ? _left : Max;
        }
        else
        {
            _left = Max;
        }

        _hasBegun = true;
        _takenBytes = takenBytes;
        _seenAt = now;
        return _left <= TimeSpan.Zero;
    }
}
