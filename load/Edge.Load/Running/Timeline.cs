using Edge.Measuring;

namespace Edge.Load.Running;

/// <summary>
/// The time of a run, from the first arrival that counts, and what happened in it beside arrivals. Thread-safe.
/// </summary>
internal sealed class Timeline
{
    private readonly long _startNs;
    private readonly Lock _gate = new();
    private readonly List<Mark> _marks = [];

    /// <summary>Time begins at a moment of the monotonic clock.</summary>
    public Timeline(long startNs, TimeSpan duration)
    {
        _startNs = startNs;
        Duration = duration;
    }

    /// <summary>From the first arrival that counts to the last one.</summary>
    public TimeSpan Duration { get; }

    /// <summary>What has happened so far.</summary>
    public Mark[] Marks
    {
        get
        {
            lock (_gate)
            {
                return [.. _marks];
            }
        }
    }

    /// <summary>Seconds since the beginning; negative during the warm-up.</summary>
    public double SecondOf(long ns) => (ns - _startNs) / (double)Monotonic.SecondNs;

    /// <summary>Waits for a moment, given as a part of the duration.</summary>
    public Task WaitForAsync(double part, CancellationToken cancellation)
    {
        var waitNs = _startNs + (long)(Duration.TotalNanoseconds * part) - Monotonic.NowNs;
        return Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, waitNs / Monotonic.MillisecondNs)), cancellation);
    }

    /// <summary>Notes that something happens now.</summary>
    public void Note(string what)
    {
        lock (_gate)
        {
            _marks.Add(new Mark(SecondOf(Monotonic.NowNs), what));
        }
    }
}

/// <summary>Something that happened.</summary>
/// <param name="Second">When, from the first arrival that counts.</param>
/// <param name="What">What.</param>
internal readonly record struct Mark(double Second, string What);
