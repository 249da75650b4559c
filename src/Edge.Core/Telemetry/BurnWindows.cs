namespace Edge.Core.Telemetry;

/// <summary>
/// How much of what happened lately was bad, over several windows at once, in memory that is there from the start: of each
/// window the sums at the beginnings of its last <see cref="Slots"/> slots. So a window reaches back by its length and at most
/// one slot more. Time is the caller's; used by one thread at a time.
/// </summary>
/// <remarks>
/// The windows are those of the multiwindow alerts of Google's SRE workbook ("Alerting on SLOs"): a long one says that it
/// matters, the short one of the same pair that it still goes on.
/// </remarks>
public sealed class BurnWindows
{
    /// <summary>Slots of a window.</summary>
    public const int Slots = 60;

    private static readonly (string Name, long SlotNs)[] Windows =
    [
        ("5m", SlotOf(TimeSpan.FromMinutes(5))), ("30m", SlotOf(TimeSpan.FromMinutes(30))), ("1h", SlotOf(TimeSpan.FromHours(1))),
        ("6h", SlotOf(TimeSpan.FromHours(6))), ("3d", SlotOf(TimeSpan.FromDays(3))),
    ];

    private readonly Sums[] _sums = new Sums[Windows.Length * (Slots + 1)];
    private readonly long[] _slots = new long[Windows.Length];
    private Sums _last;

    /// <summary>Begins now.</summary>
    /// <param name="nowNs">The time, in nanoseconds from anywhere.</param>
    /// <param name="bad">How much of it was bad until now, which does not count.</param>
    /// <param name="total">How much there was until now.</param>
    public BurnWindows(long nowNs, long bad, long total)
    {
        _last = new Sums(bad, total);
        Array.Fill(_sums, _last);
        for (var i = 0; i < Windows.Length; i++)
        {
            _slots[i] = nowNs / Windows[i].SlotNs;
        }
    }

    /// <summary>How many windows there are, the shortest first.</summary>
    public static int Count => Windows.Length;

    /// <summary>What a window is called: <c>5m</c>.</summary>
    public static string NameOf(int window) => Windows[window].Name;

    /// <summary>Time goes on. What came since the last call counts as having come just then.</summary>
    /// <param name="nowNs">The time; never before that of the last call.</param>
    /// <param name="bad">How much was bad, from the beginning.</param>
    /// <param name="total">How much there was, likewise.</param>
    public void Advance(long nowNs, long bad, long total)
    {
        for (var i = 0; i < Windows.Length; i++)
        {
            var slot = nowNs / Windows[i].SlotNs;
            for (var next = Math.Max(_slots[i] + 1, slot - Slots); next <= slot; next++)
            {
                _sums[IndexOf(i, next)] = _last;
            }

            _slots[i] = Math.Max(_slots[i], slot);
        }

        _last = new Sums(bad, total);
    }

    /// <summary>The share of a window that was bad, from 0 to 1; 0 where nothing came.</summary>
    public double BadShare(int window)
    {
        var from = _sums[IndexOf(window, _slots[window] - Slots)];
        var total = _last.Total - from.Total;
        return total <= 0 ? 0 : (double)(_last.Bad - from.Bad) / total;
    }

    private static long SlotOf(TimeSpan window) => window.Ticks * TimeSpan.NanosecondsPerTick / Slots;

    private static int IndexOf(int window, long slot) =>
        (window * (Slots + 1)) + (int)(((slot % (Slots + 1)) + Slots + 1) % (Slots + 1));

    private readonly record struct Sums(long Bad, long Total);
}
