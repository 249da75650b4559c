namespace Edge.Core.Limits;

/// <summary>
/// Takes units out of buckets and gives them back. Each is one compare-and-swap on the bucket's word (and before a refund, one
/// addition); there is no lock, no timer, no allocation. Safe from any thread.
/// </summary>
/// <remarks>
/// The word of <see cref="LimitKind.Bucket"/> is GCRA's theoretical arrival time (TAT): the time at which the bucket would be
/// full. Taking adds the interval of each unit to the later of TAT and now, and is refused where the result lies more than the
/// capacity ahead. Thus any set of takings whose times lie within x of each other has at most <c>burst + x / interval</c>
/// units, in whatever order the threads' writes happen: after the first of them TAT is at least its time plus its units, each
/// adds its own, and at the last one TAT is at most the capacity ahead of a time that is at most x later.
/// </remarks>
public static class Buckets
{
    private const int UsedBits = 40;
    private const long UsedMask = (1L << UsedBits) - 1;

    /// <summary>Takes the units of <paramref name="take"/>, all or none.</summary>
    /// <param name="take">What to take; receives the receipt, and what is left.</param>
    /// <param name="nowNs">The time.</param>
    public static TakeStatus TryTake(ref LimitTake take, long nowNs)
    {
        var status = take.Rule.Kind switch
        {
            LimitKind.Bucket => TakeEvenly(ref take, take.Rule.CapacityNs, nowNs),
            LimitKind.Window => TakeOfWindow(ref take, take.Rule.Limit, nowNs),
            _ => TakeAtOnce(ref take, take.Rule.LimitAtOnce),
        };
        take.IsHeld = status == TakeStatus.Taken;
        return status;
    }

    /// <summary>True where taking would succeed now. Changes nothing; fills in what is left.</summary>
    public static TakeStatus Peek(ref LimitTake take, long nowNs)
    {
        var word = Volatile.Read(ref take.Bucket.Word);
        if (word == Bucket.Gone)
        {
            return TakeStatus.Gone;
        }

        var rule = take.Rule;
        switch (rule.Kind)
        {
            case LimitKind.Bucket:
                return CheckEvenly(ref take, word, rule.CapacityNs, nowNs, out _);
            case LimitKind.Window:
                return CheckWindow(ref take, word, rule.Schedule!.At(nowNs), rule.Limit, nowNs, out _);
            default:
                return CheckAtOnce(ref take, word, rule.LimitAtOnce);
        }
    }

    /// <summary><see cref="Peek"/> into a window with another limit than the rule's.</summary>
    internal static TakeStatus PeekWindow(ref LimitTake take, long limit, long nowNs)
    {
        var word = Volatile.Read(ref take.Bucket.Word);
        return word == Bucket.Gone
            ? TakeStatus.Gone
            : CheckWindow(ref take, word, take.Rule.Schedule!.At(nowNs), limit, nowNs, out _);
    }

    /// <summary>
    /// Gives units back, as if they had not been taken, but never so that more could be taken than without the detour: of a
    /// bucket, what time has given back already is not given twice, and what came from an earlier window is gone.
    /// </summary>
    /// <remarks>
    /// Think of TAT as the end of a queue of work, served at one second a second. The units' place in it ends at the receipt's
    /// stamp, less what others ahead took out again, which is at most what was refunded in all since then. What of their place
    /// lies behind now is served; the rest can be taken out, since without these units the queue would be at least as much
    /// shorter. The sum of refunds is raised before TAT is lowered, so that of two refunds at once at least the later one sees
    /// the other.
    /// </remarks>
    /// <param name="take">The receipt; it holds nothing afterwards.</param>
    /// <param name="clock">Read anew where another thread came in between.</param>
    public static void Refund(ref LimitTake take, LimitClock clock)
    {
        if (take.IsHeld)
        {
            take.IsHeld = false;
            RefundPart(take, take.Cost, clock);
        }
    }

    /// <summary>
    /// Replaces the units that were reserved by those that were used: gives the rest back, or takes what is missing as a debt.
    /// </summary>
    /// <param name="take">The receipt; it holds nothing afterwards, so that a second call does nothing.</param>
    /// <param name="used">Units that were used.</param>
    /// <param name="clock">The time.</param>
    public static void Settle(ref LimitTake take, long used, LimitClock clock)
    {
        if (!take.IsHeld)
        {
            return;
        }

        take.IsHeld = false;
        if (used < take.Cost)
        {
            RefundPart(take, take.Cost - used, clock);
        }
        else if (used > take.Cost)
        {
            Charge(take, used - take.Cost, clock.NowNs);
        }
    }

    /// <summary>
    /// Gives units back that were used by whomever: of a bucket at most what it has not regained yet, of a window at most what
    /// was used. What runs at once cannot be given back.
    /// </summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="units">How many; <see cref="long.MaxValue"/>: all.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>How many there were to give back; a part of one counts as one.</returns>
    public static long GiveBack(Bucket bucket, long units, long nowNs)
    {
        var rule = bucket.Rule;
        var word = Volatile.Read(ref bucket.Word);
        while (word != Bucket.Gone && !IsIdle(word, rule, nowNs) && rule.Kind != LimitKind.Concurrent)
        {
            var isBucket = rule.Kind == LimitKind.Bucket;
            var ahead = isBucket ? word - nowNs : word & UsedMask;
            var back = isBucket ? (long)Int128.Min((Int128)units * rule.IntervalNs, ahead) : Math.Min(units, ahead);
            if (isBucket)
            {
                // Before the word, as in a refund: what others still hold of their units must not come back twice.
                Interlocked.Add(ref bucket.Refunded, back);
            }

            var seen = Interlocked.CompareExchange(ref bucket.Word, word - back, word);
            if (seen == word)
            {
                return isBucket ? (back + rule.IntervalNs - 1) / rule.IntervalNs : back;
            }

            if (isBucket)
            {
                Interlocked.Add(ref bucket.Refunded, -back);
            }

            word = seen;
        }

        return 0;
    }

    /// <summary>Gives a part of the units back; the receipt stays as it is, so the caller says so once.</summary>
    internal static void RefundPart(in LimitTake take, long units, LimitClock clock)
    {
        var bucket = take.Bucket;
        switch (take.Rule.Kind)
        {
            case LimitKind.Bucket:
                RefundEvenly(take, units * take.Rule.IntervalNs, clock);
                break;
            case LimitKind.Window:
                var used = Volatile.Read(ref bucket.Word);
                while (used != Bucket.Gone && used >> UsedBits == take.Stamp)
                {
                    var seen = Interlocked.CompareExchange(ref bucket.Word, used - Math.Min(units, used & UsedMask), used);
                    if (seen == used)
                    {
                        break;
                    }

                    used = seen;
                }

                break;
            default:
                Interlocked.Add(ref bucket.Word, -units);
                break;
        }
    }

    /// <summary>
    /// Takes units that were used already, whether they are there or not: what is missing is a debt that later takings wait for.
    /// </summary>
    internal static void Charge(in LimitTake take, long units, long nowNs)
    {
        var bucket = take.Bucket;
        var rule = take.Rule;
        var word = Volatile.Read(ref bucket.Word);
        while (word != Bucket.Gone)
        {
            long next;
            if (rule.Kind == LimitKind.Bucket)
            {
                var charge = (long)Int128.Min((Int128)units * rule.IntervalNs, LimitRule.CapacityNsMax);
                next = Math.Min(Math.Max(word, nowNs) + charge, nowNs + LimitRule.CapacityNsMax);
            }
            else
            {
                var window = rule.Schedule!.At(nowNs);
                var used = word >> UsedBits == window.Index ? word & UsedMask : 0;
                next = (window.Index << UsedBits) | Math.Min(used + units, UsedMask);
            }

            var seen = Interlocked.CompareExchange(ref bucket.Word, next, word);
            if (seen == word)
            {
                return;
            }

            word = seen;
        }
    }

    /// <summary>Most units that a window can count.</summary>
    internal const long UsedMax = UsedMask;

    /// <summary>The units used of the window in a word.</summary>
    internal static long UsedOf(long word) => word & UsedMask;

    /// <summary>The word of a window of which so much is used.</summary>
    internal static long WordOf(long windowIndex, long used) => (windowIndex << UsedBits) | used;

    /// <summary>True where a new bucket would do as well.</summary>
    internal static bool IsIdle(long word, LimitRule rule, long nowNs) => rule.Kind switch
    {
        LimitKind.Bucket => word <= nowNs,
        LimitKind.Window => (word & UsedMask) == 0 || word >> UsedBits != rule.Schedule!.At(nowNs).Index,
        _ => word == 0,
    };

    private static TakeStatus TakeEvenly(ref LimitTake take, long capacityNs, long nowNs)
    {
        var bucket = take.Bucket;
        take.RefundedBefore = Volatile.Read(ref bucket.Refunded);
        var word = Volatile.Read(ref bucket.Word);
        while (true)
        {
            if (word == Bucket.Gone)
            {
                return TakeStatus.Gone;
            }

            if (CheckEvenly(ref take, word, capacityNs, nowNs, out var next) == TakeStatus.Refused)
            {
                return TakeStatus.Refused;
            }

            var seen = Interlocked.CompareExchange(ref bucket.Word, next, word);
            if (seen == word)
            {
                take.Stamp = next;
                take.Remaining -= take.Cost;
                take.ResetNs = next - nowNs;
                return TakeStatus.Taken;
            }

            word = seen;
        }
    }

    private static TakeStatus CheckEvenly(ref LimitTake take, long word, long capacityNs, long nowNs, out long next)
    {
        var interval = take.Rule.IntervalNs;
        var tat = Math.Max(word, nowNs);
        var room = capacityNs - (tat - nowNs);
        take.Remaining = room > 0 ? room / interval : 0;
        take.ResetNs = tat - nowNs;

        // More than the whole: compared as products, since a division takes longer than all the rest.
        if (Math.BigMul(take.Cost, interval) > capacityNs)
        {
            next = word;
            take.WaitNs = long.MaxValue;
            return TakeStatus.Refused;
        }

        var charge = take.Cost * interval;
        next = tat + charge;
        take.WaitNs = charge > room ? charge - room : 0;
        return charge > room ? TakeStatus.Refused : TakeStatus.Taken;
    }

    /// <summary>Takes from a window with a limit of its own.</summary>
    internal static TakeStatus TakeOfWindow(ref LimitTake take, long limit, long nowNs)
    {
        var bucket = take.Bucket;
        var window = take.Rule.Schedule!.At(nowNs);
        var word = Volatile.Read(ref bucket.Word);
        while (true)
        {
            if (word == Bucket.Gone)
            {
                return TakeStatus.Gone;
            }

            if (CheckWindow(ref take, word, window, limit, nowNs, out var next) == TakeStatus.Refused)
            {
                return TakeStatus.Refused;
            }

            var seen = Interlocked.CompareExchange(ref bucket.Word, next, word);
            if (seen == word)
            {
                take.Stamp = window.Index;
                take.Remaining -= take.Cost;
                return TakeStatus.Taken;
            }

            word = seen;
        }
    }

    private static TakeStatus CheckWindow(
        ref LimitTake take, long word, LimitWindow window, long limit, long nowNs, out long next)
    {
        var used = word >> UsedBits == window.Index ? word & UsedMask : 0;
        var room = Math.Max(limit - used, 0);
        next = (window.Index << UsedBits) | (used + take.Cost);
        take.Remaining = room;
        take.ResetNs = window.EndNs - nowNs;
        take.WaitNs = 0;
        if (take.Cost <= room)
        {
            return TakeStatus.Taken;
        }

        take.WaitNs = take.Cost > limit ? long.MaxValue : take.ResetNs;
        return TakeStatus.Refused;
    }

    private static TakeStatus TakeAtOnce(ref LimitTake take, long limit)
    {
        var bucket = take.Bucket;
        var word = Volatile.Read(ref bucket.Word);
        while (true)
        {
            if (word == Bucket.Gone)
            {
                return TakeStatus.Gone;
            }

            if (CheckAtOnce(ref take, word, limit) == TakeStatus.Refused)
            {
                return TakeStatus.Refused;
            }

            var seen = Interlocked.CompareExchange(ref bucket.Word, word + take.Cost, word);
            if (seen == word)
            {
                take.Remaining -= take.Cost;
                return TakeStatus.Taken;
            }

            word = seen;
        }
    }

    private static TakeStatus CheckAtOnce(ref LimitTake take, long word, long limit)
    {
        take.Remaining = Math.Max(limit - word, 0);
        take.ResetNs = 0;
        take.WaitNs = take.Cost <= take.Remaining ? 0 : ConcurrentWaitNs;
        return take.Cost <= take.Remaining ? TakeStatus.Taken : TakeStatus.Refused;
    }

    /// <summary>When something running ends is not known; a caller is told to come back after this long.</summary>
    private const long ConcurrentWaitNs = 1_000_000_000;

    private static void RefundEvenly(in LimitTake take, long charge, LimitClock clock)
    {
        var bucket = take.Bucket;
        var refundedByOthers = Interlocked.Add(ref bucket.Refunded, charge) - charge - take.RefundedBefore;
        var end = take.Stamp - refundedByOthers;
        while (true)
        {
            var word = Volatile.Read(ref bucket.Word);
            var unserved = Math.Min(charge, end - clock.NowNs);
            if (word == Bucket.Gone || unserved <= 0
                || Interlocked.CompareExchange(ref bucket.Word, word - unserved, word) == word)
            {
                return;
            }
        }
    }
}
