namespace Edge.Core.Limits;

/// <summary>The windows that a calendar knows.</summary>
public enum CalendarUnit : byte
{
    /// <summary>No calendar: windows of one length, counted from 1970 on.</summary>
    None,

    /// <summary>From one full hour to the next.</summary>
    Hour,

    /// <summary>From midnight to midnight.</summary>
    Day,

    /// <summary>From the first of a month to the first of the next.</summary>
    Month,
}

/// <summary>
/// Says which window it is: of a fixed length from 1970 on, or of a calendar in some zone. The window in force is worked out
/// once and then read; a wall clock that is set back never brings an earlier window back. Safe from any thread.
/// </summary>
public sealed class WindowSchedule
{
    /// <summary>Bits that are kept of a window's number.</summary>
    public const int IndexBits = 23;

    private const long MicrosPerDay = 86_400_000_000;
    private const long MicrosPerHour = 3_600_000_000;
    private const long MicrosPerStep = 900_000_000;

    private readonly LimitClock _clock;
    private readonly long _lengthMicros;
    private readonly CalendarUnit _unit;
    private readonly TimeZoneInfo _zone;
    private readonly Lock _lock = new();
    private volatile LimitWindow _current;

    /// <summary>Windows of one length.</summary>
    public WindowSchedule(LimitClock clock, TimeSpan length) : this(clock, CalendarUnit.None, TimeZoneInfo.Utc) =>
        _lengthMicros = length.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Windows of a calendar.</summary>
    public WindowSchedule(LimitClock clock, CalendarUnit unit, TimeZoneInfo zone)
    {
        _clock = clock;
        _unit = unit;
        _zone = zone;
        _current = new LimitWindow(-1, 0, 0, 0);
    }

    /// <summary>True where a calendar decides.</summary>
    public bool IsCalendar => _unit != CalendarUnit.None;

    /// <summary>The length of windows in nanoseconds; 0 where a calendar decides.</summary>
    public long LengthNs => _lengthMicros * 1000;

    /// <summary>The window at a time of the clock, which must be about now.</summary>
    public LimitWindow At(long nowNs)
    {
        var current = _current;
        return nowNs < current.EndNs ? current : Advance(nowNs);
    }

    /// <summary>The bounds of the window that holds a time of the wall clock, in microseconds since 1970.</summary>
    public (long Start, long End) Bounds(long utcMicros)
    {
        if (_unit == CalendarUnit.None)
        {
            var start = utcMicros - (utcMicros % _lengthMicros);
            return (start, start + _lengthMicros);
        }

        var utc = DateTime.UnixEpoch.AddMicroseconds(utcMicros);
        if (_unit == CalendarUnit.Hour)
        {
            var offset = _zone.GetUtcOffset(utc).Ticks / TimeSpan.TicksPerMicrosecond;
            var start = utcMicros - ((utcMicros + offset) % MicrosPerHour);
            return (start, start + MicrosPerHour);
        }

        var local = TimeZoneInfo.ConvertTimeFromUtc(utc, _zone);
        var from = _unit == CalendarUnit.Day ? local.Date : new DateTime(local.Year, local.Month, 1);
        return (ToUtc(from), ToUtc(_unit == CalendarUnit.Day ? from.AddDays(1) : from.AddMonths(1)));
    }

    /// <summary>The number of the window that begins at a time, cut to <see cref="IndexBits"/>.</summary>
    public long IndexOf(long startMicros) =>
        (_unit == CalendarUnit.None ? startMicros / _lengthMicros : startMicros / MicrosPerStep) & ((1L << IndexBits) - 1);

    private LimitWindow Advance(long nowNs)
    {
        lock (_lock)
        {
            if (nowNs < _current.EndNs)
            {
                return _current;
            }

            // A clock that was set back is read as if it stood where the last window ended.
            var utc = Math.Max(_clock.UtcMicros, _current.EndMicros);
            var (start, end) = Bounds(utc);
            return _current = new LimitWindow(IndexOf(start), start, end, nowNs + ((end - utc) * 1000));
        }
    }

    /// <summary>
    /// The instant of a local midnight. Where clocks are put forward at midnight, the day begins at the first time that
    /// exists; where they are put back over it, at the first of the two.
    /// </summary>
    private long ToUtc(DateTime local)
    {
        for (var i = 0; i < MicrosPerDay / MicrosPerStep && _zone.IsInvalidTime(local); i++)
        {
            local = local.AddMicroseconds(MicrosPerStep);
        }

        var offset = _zone.GetUtcOffset(local);
        if (_zone.IsAmbiguousTime(local))
        {
            foreach (var other in _zone.GetAmbiguousTimeOffsets(local))
            {
                offset = other > offset ? other : offset;
            }
        }

        return (local.Ticks - offset.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
    }
}

/// <summary>A window in force.</summary>
/// <param name="Index">Its number, as buckets keep it.</param>
/// <param name="StartMicros">Its beginning on the wall clock.</param>
/// <param name="EndMicros">Its end on the wall clock.</param>
/// <param name="EndNs">Its end on the limits' own clock.</param>
public sealed record LimitWindow(long Index, long StartMicros, long EndMicros, long EndNs);
