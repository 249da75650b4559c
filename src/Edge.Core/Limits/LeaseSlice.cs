namespace Edge.Core.Limits;

/// <summary>
/// Units that a replica drew and has not spent, in one word: the tick with which they end, above their number. Changed by
/// compare-and-swap, from any thread. A word of zero has none.
/// </summary>
internal static class LeaseSlice
{
    /// <summary>Slices end on ticks of 2^20 ns, about a millisecond.</summary>
    public const int TickBits = 20;

    /// <summary>Bits of the number of units.</summary>
    public const int UnitBits = 28;

    /// <summary>Most units of a slice.</summary>
    public const long UnitsMax = (1L << UnitBits) - 1;

    /// <summary>Two slices of windows of the calendar are of the same one where they end within this time.</summary>
    private const long CalendarNs = 1_800_000_000_000;

    /// <summary>True where so many units are there.</summary>
    public static bool HasUnits(ulong slice, long cost, long nowNs) => UnitsOf(slice, nowNs) >= cost;

    /// <summary>Units that can be spent: none once the slice has ended.</summary>
    public static long UnitsOf(ulong slice, long nowNs) =>
        slice >> UnitBits > (ulong)nowNs >> TickBits ? (long)(slice & (ulong)UnitsMax) : 0;

    /// <summary>Takes units out, all or none.</summary>
    public static bool TrySpend(ref ulong slice, ref LimitTake take, long nowNs)
    {
        var seen = Volatile.Read(ref slice);
        while (UnitsOf(seen, nowNs) >= take.Cost)
        {
            var before = Interlocked.CompareExchange(ref slice, seen - (ulong)take.Cost, seen);
            if (before == seen)
            {
                take.Slice = (long)(seen >> UnitBits);
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Takes as many units out as there are, up to a number.</summary>
    /// <returns>How many.</returns>
    public static long SpendUpTo(ref ulong slice, long units, long nowNs)
    {
        var seen = Volatile.Read(ref slice);
        while (Math.Min(UnitsOf(seen, nowNs), units) is > 0 and var some)
        {
            var before = Interlocked.CompareExchange(ref slice, seen - (ulong)some, seen);
            if (before == seen)
            {
                return some;
            }

            seen = before;
        }

        return 0;
    }

    /// <summary>Puts units back, if this is the slice that they came from and it has not ended.</summary>
    public static bool TryReturn(ref ulong slice, in LimitTake take, long nowNs)
    {
        var seen = Volatile.Read(ref slice);
        while (seen >> UnitBits > (ulong)nowNs >> TickBits && IsOrigin(seen, take)
            && (long)(seen & (ulong)UnitsMax) + take.Cost <= UnitsMax)
        {
            var before = Interlocked.CompareExchange(ref slice, seen + (ulong)take.Cost, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>
    /// The slice of a bucket must be the very one. A window's units are good until it ends, in whichever slice: all of them end
    /// within a thousandth of its length before it does.
    /// </summary>
    private static bool IsOrigin(ulong slice, in LimitTake take)
    {
        var apart = Math.Abs((long)(slice >> UnitBits) - take.Slice);
        return take.Rule.Schedule is null
            ? apart == 0
            : apart <= (take.Rule.WindowNs > 0 ? take.Rule.WindowNs / 2 : CalendarNs) >> TickBits;
    }
}
