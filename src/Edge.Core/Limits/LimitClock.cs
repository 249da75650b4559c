namespace Edge.Core.Limits;

/// <summary>
/// The time that limits go by: nanoseconds since the clock was made, which only grow, and the wall clock for windows that
/// follow a calendar. Safe from any thread.
/// </summary>
public sealed class LimitClock
{
    /// <summary>What the clock says at its beginning; never zero, which stands for "always" in buckets.</summary>
    public const long StartNs = 1;

    private const long NsPerSecond = 1_000_000_000;

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly long _frequency;

    /// <summary>A clock that begins now.</summary>
    public LimitClock(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        _frequency = time.TimestampFrequency;
    }

    /// <summary>Nanoseconds, from <see cref="StartNs"/> on.</summary>
    public long NowNs => At(_time.GetTimestamp());

    /// <summary>The wall clock, in microseconds since 1970. May be set back and forth.</summary>
    public long UtcMicros => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Nanoseconds at a timestamp of the same <see cref="TimeProvider"/>.</summary>
    public long At(long timestamp)
    {
        var ticks = timestamp - _start;
        return StartNs + (_frequency == NsPerSecond ? ticks : (long)((Int128)ticks * NsPerSecond / _frequency));
    }
}
