using static Edge.Core.Limits.LeaseSlice;

namespace Edge.Core.Limits;

/// <summary>
/// A replica's part of a bucket that a fleet shares: up to two slices that it has drawn from the store and not yet spent, and
/// what it knows of the rest. A pure state machine: it never talks to the store. Taking and giving back are one
/// compare-and-swap on a slice; drawing is one at a time. What comes back after its slice has ended is kept for the store.
/// Safe from any thread.
/// <code>
///   TryTake ──► Taken      units of a slice, still within its life
///           ├─► Empty      nothing left: TryPlan ─► (the store) ─► Complete or Fail, then again
///           ├─► Refused    the store said no a moment ago, and when to come back
///           └─► (store away) a bucket of this replica's own with its share of the limit
/// </code>
/// </summary>
public sealed partial class LeasedBucket : Bucket
{
    private const long RetryNsMin = 1_000_000;
    private const long RetryNsMax = 250_000_000;
    private const long AskAgainNs = 1_000_000_000;
    private const int GrowthMax = 4;

    // A slice: its last tick above its units.
    private ulong _first;
    private ulong _second;
    private LeaseStamp? _firstDraw;
    private LeaseStamp? _secondDraw;
    private LateUnits? _late;
    private long _returnNotBeforeNs;
    private long _refusedNeed = long.MaxValue;
    private long _refusedUntilNs;
    private long _awayUntilNs;
    private long _drawNotBeforeNs;
    private long _lastDrawNs;
    private long _state;
    private long _windowStart;
    private long _localSpent;
    private long _localWindow;
    private long _debtSpent;
    private long _owed;
    private long _owedSent;
    private long _lastUnits;
    private long _lastRaw;
    private long _rate;
    private long _waiting;
    private int _isDrawing;
    private int _isReturning;
    private bool _isScarce;

    /// <summary>A bucket of which nothing has been drawn.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="rule">Its rule, which has a <see cref="LimitRule.Lease"/>.</param>
    public LeasedBucket(KeyHash key, LimitRule rule) : base(key, rule)
    {
    }

    /// <summary>Its name in the store, the same in every replica: 32 hexadecimal digits. Set before the first draw.</summary>
    public string? Name { get; set; }

    /// <summary>The server that has it; null while that is not known, or where the store is one server.</summary>
    public LeaseShard? Shard { get; set; }

    /// <summary>Units that requests wait for now.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>The draw that is under way, for those that wait for it; the transport's own.</summary>
    public Task? Pending { get; set; }

    /// <summary>The return that is under way or was last; the transport's own.</summary>
    public Task? Returning { get; set; }

    /// <summary>A request begins to wait for units of this bucket; the next draw is for it, too.</summary>
    public void BeginWait(long cost) => Interlocked.Add(ref _waiting, cost);

    /// <summary>A request waits no more.</summary>
    public void EndWait(long cost) => Interlocked.Add(ref _waiting, -cost);

    /// <summary>True where taking would succeed, or what would stand in its way.</summary>
    public TakeStatus Peek(ref LimitTake take, long nowNs)
    {
        Fill(ref take, nowNs);
        return HasUnits(_first, take.Cost, nowNs) || HasUnits(_second, take.Cost, nowNs)
            ? TakeStatus.Taken
            : WithoutSlice(ref take, nowNs, isPeek: true);
    }

    /// <summary>Takes the units of <paramref name="take"/>, all or none.</summary>
    public TakeStatus TryTake(ref LimitTake take, long nowNs)
    {
        Fill(ref take, nowNs);
        // What lapses first is spent first.
        var isSecondOlder = Volatile.Read(ref _second) >> UnitBits < Volatile.Read(ref _first) >> UnitBits;
        if ((isSecondOlder && TrySpendOf(ref _second, ref _secondDraw, ref take, nowNs))
            || TrySpendOf(ref _first, ref _firstDraw, ref take, nowNs)
            || TrySpendOf(ref _second, ref _secondDraw, ref take, nowNs))
        {
            take.IsHeld = true;
            take.Remaining = Math.Max(take.Remaining - take.Cost, 0);
            return TakeStatus.Taken;
        }

        return WithoutSlice(ref take, nowNs, isPeek: false);
    }

    /// <summary>
    /// Replaces the units that were reserved by those that were used. What is missing comes out of the slices, and the rest is
    /// owed to the store. What is too much goes back to its slice or, where that has ended, to the store.
    /// </summary>
    /// <param name="take">The receipt; it holds nothing afterwards, so that a second call does nothing.</param>
    /// <param name="used">Units that were used.</param>
    /// <param name="clock">The time.</param>
    /// <returns>True where the store should be told now: see <see cref="Owes"/> and <see cref="TryTakeLate"/>.</returns>
    public bool Settle(ref LimitTake take, long used, LimitClock clock)
    {
        if (!take.IsHeld)
        {
            return false;
        }

        if (used < take.Cost)
        {
            var rest = take with { Cost = take.Cost - used };
            Refund(ref rest, clock);
            take.IsHeld = false;
            return IsLateDue(clock.NowNs);
        }

        take.IsHeld = false;
        var missing = used - take.Cost;
        if (missing == 0)
        {
            return false;
        }

        var nowNs = clock.NowNs;
        if (take.Slice == 0 && take.Cost > 0)
        {
            // They came from this replica's own share.
            Interlocked.Add(ref _localSpent, missing);
            var share = take.Rule.Kind == LimitKind.Bucket ? take.Rule.Share(take.Rule.Lease!.Fleet.Replicas) : take.Rule;
            Buckets.Charge(take with { Rule = share }, missing, nowNs);
            return false;
        }

        missing -= SpendUpTo(ref _first, missing, nowNs);
        missing -= SpendUpTo(ref _second, missing, nowNs);
        Interlocked.Add(ref _owed, missing);
        return missing > 0;
    }

    /// <summary>True where more was used than there was: the store learns of it with the next draw.</summary>
    public bool Owes => Volatile.Read(ref _owed) > 0;

    /// <summary>Gives units back to the slice that they came from, or keeps them for the store where it has ended.</summary>
    public void Refund(ref LimitTake take, LimitClock clock)
    {
        if (!take.IsHeld)
        {
            return;
        }

        if (take.Slice == 0)
        {
            // They came from this replica's own share.
            Interlocked.Add(ref _localSpent, -take.Cost);
            var rule = take.Rule;
            if (rule.Kind == LimitKind.Bucket)
            {
                take.Rule = rule.Share(rule.Lease!.Fleet.Replicas);
            }

            Buckets.Refund(ref take, clock);
            take.Rule = rule;
            return;
        }

        take.IsHeld = false;
        var nowNs = clock.NowNs;
        if (!TryReturn(ref _first, take, nowNs) && !TryReturn(ref _second, take, nowNs))
        {
            KeepLate(take.Draw, take.Cost, nowNs);
        }
    }

    /// <inheritdoc/>
    internal override bool TryRetire(long nowNs) =>
        UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs) == 0 && Volatile.Read(ref _isDrawing) == 0
        && Volatile.Read(ref _localSpent) <= 0 && Volatile.Read(ref _owed) <= 0 && _late is not { Any: true }
        && nowNs >= Volatile.Read(ref _drawNotBeforeNs) && nowNs >= Volatile.Read(ref _refusedUntilNs)
        && nowNs >= Volatile.Read(ref _awayUntilNs) && base.TryRetire(nowNs);

    private static bool TrySpendOf(ref ulong slice, ref LeaseStamp? draw, ref LimitTake take, long nowNs)
    {
        // Read first: a draw that comes in between is a later one, and units may be told to be of an earlier draw only.
        var stamp = Volatile.Read(ref draw);
        if (!TrySpend(ref slice, ref take, nowNs))
        {
            return false;
        }

        take.Draw = stamp is not null && stamp.EndTick == (ulong)take.Slice ? stamp : null;
        return true;
    }

    private bool IsAway(LeaseFleet fleet, long nowNs) =>
        fleet.IsDown || Shard is { IsDown: true } || nowNs < Volatile.Read(ref _awayUntilNs);

    /// <summary>True where the store said a moment ago that so much is not there.</summary>
    private bool IsRefused(long need, long nowNs) =>
        nowNs < Volatile.Read(ref _drawNotBeforeNs)
        || (need >= Volatile.Read(ref _refusedNeed) && nowNs < Volatile.Read(ref _refusedUntilNs));

    private TakeStatus WithoutSlice(ref LimitTake take, long nowNs, bool isPeek)
    {
        var rule = take.Rule;
        var fleet = rule.Lease!.Fleet;
        take.Slice = 0;
        take.Draw = null;
        if (take.Cost > rule.Burst)
        {
            take.WaitNs = long.MaxValue;
            return TakeStatus.Refused;
        }

        if (IsAway(fleet, nowNs))
        {
            return fleet.WhenDown == WhenDown.Closed ? TakeStatus.Unavailable : TakeOfShare(ref take, nowNs, isPeek);
        }

        take.WaitNs = WaitOf(rule, take, nowNs);
        return IsRefused(take.Cost, nowNs) ? TakeStatus.Refused : TakeStatus.Empty;
    }

    /// <summary>When the units will be there, by what the store last said, if nobody else takes any.</summary>
    private long WaitOf(LimitRule rule, in LimitTake take, long nowNs)
    {
        if (rule.Schedule is not null)
        {
            return take.ResetNs;
        }

        var charge = Int128.Min((Int128)take.Cost * rule.IntervalNs, LimitRule.CapacityNsMax);
        var missing = Math.Max(Volatile.Read(ref Word) - nowNs, 0) + (long)charge - (rule.Lease!.CapacityMicros * 1000);
        return Math.Max(Math.Max(missing, Volatile.Read(ref _drawNotBeforeNs) - nowNs), RetryNsMin);
    }

    /// <summary>While the store is away: this replica's own bucket, with its part of the limit.</summary>
    private TakeStatus TakeOfShare(ref LimitTake take, long nowNs, bool isPeek)
    {
        var rule = take.Rule;
        var replicas = rule.Lease!.Fleet.Replicas;
        TakeStatus status;
        if (rule.Schedule is { } schedule)
        {
            var window = schedule.At(nowNs);
            var used = _windowStart == window.StartMicros ? _state : 0;
            var limit = Math.Max(rule.Limit - used, 0) / replicas;
            if (!isPeek && Interlocked.Exchange(ref _localWindow, window.StartMicros) != window.StartMicros)
            {
                // What was spent of an earlier window is no debt of this one.
                Interlocked.Exchange(ref _localSpent, 0);
            }

            status = isPeek ? Buckets.PeekWindow(ref take, limit, nowNs) : Buckets.TakeOfWindow(ref take, limit, nowNs);
        }
        else
        {
            take.Rule = rule.Share(replicas);
            status = isPeek ? Buckets.Peek(ref take, nowNs) : Buckets.TryTake(ref take, nowNs);
            take.Rule = rule;
        }

        if (status == TakeStatus.Taken && !isPeek)
        {
            take.IsHeld = true;
            Interlocked.Add(ref _localSpent, take.Cost);
        }

        return status;
    }

    private void Fill(ref LimitTake take, long nowNs)
    {
        var rule = take.Rule;
        take.Remaining = UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs);
        if (rule.Schedule is { } schedule)
        {
            var window = schedule.At(nowNs);
            var used = _windowStart == window.StartMicros ? _state : 0;
            take.Remaining = Math.Min(take.Remaining + Math.Max(rule.Limit - used, 0), rule.Limit);
            take.ResetNs = window.EndNs - nowNs;
            return;
        }

        var ahead = Math.Max(Volatile.Read(ref Word) - nowNs, 0);
        take.Remaining = Math.Min(take.Remaining + (Math.Max(rule.CapacityNs - ahead, 0) / rule.IntervalNs), rule.Burst);
        take.ResetNs = ahead;
    }
}
