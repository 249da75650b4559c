using static Edge.Core.Limits.LeaseSlice;

namespace Edge.Core.Limits;

/// <summary>
/// A replica's part of a bucket that a fleet shares: up to two slices that it has drawn from the store and not yet spent, and
/// what it knows of the rest. A pure state machine: it never talks to the store. Taking and giving back are one
/// compare-and-swap on a slice; drawing is one at a time. Safe from any thread.
/// <code>
///   TryTake ──► Taken      units of a slice, still within its life
///           ├─► Empty      nothing left: TryPlan ─► (the store) ─► Complete or Fail, then again
///           ├─► Refused    the store said no a moment ago, and when to come back
///           └─► (store away) a bucket of this replica's own with its share of the limit
/// </code>
/// </summary>
public sealed class LeasedBucket : Bucket
{
    private const long RetryNsMin = 1_000_000;
    private const long RetryNsMax = 250_000_000;
    private const long AskAgainNs = 1_000_000_000;
    private const int GrowthMax = 4;

    // A slice: its last tick above its units.
    private ulong _first;
    private ulong _second;
    private long _drawNotBeforeNs;
    private long _lastDrawNs;
    private long _state;
    private long _windowStart;
    private long _localSpent;
    private long _debtSpent;
    private long _owed;
    private long _owedSent;
    private long _lastUnits;
    private long _lastRaw;
    private long _rate;
    private int _lastGranted;
    private long _waiting;
    private int _isDrawing;
    private bool _isScarce;

    /// <summary>A bucket of which nothing has been drawn.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="rule">Its rule, which has a <see cref="LimitRule.Lease"/>.</param>
    public LeasedBucket(KeyHash key, LimitRule rule) : base(key, rule)
    {
    }

    /// <summary>Its name in the store, the same in every replica: 32 hexadecimal digits. Set before the first draw.</summary>
    public string? Name { get; set; }

    /// <summary>The draw that is under way, for those that wait for it; the transport's own.</summary>
    public Task? Pending { get; set; }

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
        ref var older = ref isSecondOlder ? ref _second : ref _first;
        ref var newer = ref isSecondOlder ? ref _first : ref _second;
        if (TrySpend(ref older, ref take, nowNs) || TrySpend(ref newer, ref take, nowNs))
        {
            take.IsHeld = true;
            take.Remaining = Math.Max(take.Remaining - take.Cost, 0);
            return TakeStatus.Taken;
        }

        return WithoutSlice(ref take, nowNs, isPeek: false);
    }

    /// <summary>
    /// Replaces the units that were reserved by those that were used. What is missing comes out of the slices, and the rest is
    /// owed to the store, which learns of it with the next draw.
    /// </summary>
    /// <param name="take">The receipt; it holds nothing afterwards, so that a second call does nothing.</param>
    /// <param name="used">Units that were used.</param>
    /// <param name="clock">The time.</param>
    /// <returns>True where something is owed.</returns>
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
            return false;
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

    /// <summary>Gives units back to the slice that they came from, if it is still alive.</summary>
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
            if (take.Rule.Kind == LimitKind.Bucket)
            {
                take.Rule = take.Rule.Share(take.Rule.Lease!.Fleet.Replicas);
            }

            Buckets.Refund(ref take, clock);
            return;
        }

        take.IsHeld = false;
        if (!TryReturn(ref _first, take))
        {
            TryReturn(ref _second, take);
        }
    }

    /// <summary>True where more should be drawn in the background, before what is here is used up.</summary>
    public bool ShouldRefill(long nowNs)
    {
        var lease = Rule.Lease!;
        // Where little is left, what one replica draws ahead another may be waiting for.
        if (_isScarce || _lastUnits < GrowthMax || lease.HorizonNs == 0 || Volatile.Read(ref _isDrawing) != 0
            || nowNs < Volatile.Read(ref _drawNotBeforeNs) || lease.Fleet.IsDown)
        {
            return false;
        }

        var left = UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs);
        return left * 2 < _lastUnits && nowNs - _lastDrawNs < lease.HorizonNs * 2;
    }

    /// <summary>Decides on a draw; the caller sends it, and says what came of it with Complete or Fail.</summary>
    /// <param name="rule">The rule in force.</param>
    /// <param name="need">The least that is of use.</param>
    /// <param name="clock">The time.</param>
    /// <param name="draw">What to ask.</param>
    /// <returns>False where one is under way already, or is of no use yet.</returns>
    public bool TryPlan(LimitRule rule, long need, LimitClock clock, out LeaseDraw draw)
    {
        var nowNs = clock.NowNs;
        draw = default;
        if (nowNs < Volatile.Read(ref _drawNotBeforeNs) || Interlocked.CompareExchange(ref _isDrawing, 1, 0) != 0)
        {
            return false;
        }

        var lease = rule.Lease!;
        long start = 0, end = 0;
        if (rule.Schedule is { } schedule)
        {
            (start, end) = schedule.Bounds(lease.Fleet.StoreMicros(nowNs, clock));
        }

        var seen = rule.Schedule is null || start == _windowStart ? _state : 0;
        var demand = Math.Clamp(Volatile.Read(ref _waiting), need, UnitsMax);
        draw = new LeaseDraw(need, demand, Want(lease, demand, nowNs), Debt(rule, nowNs), seen, start, end, nowNs);
        return true;
    }

    /// <summary>The store has answered.</summary>
    public void Complete(LimitRule rule, in LeaseDraw draw, in LeaseGrant grant, LimitClock clock)
    {
        var nowNs = clock.NowNs;
        var lease = rule.Lease!;
        lease.Fleet.Observe(grant.NowMicros, nowNs);
        if (grant.Granted >= 0)
        {
            _state = grant.State;
            _windowStart = draw.WindowStart;
            Interlocked.Add(ref _localSpent, -_debtSpent);
            Interlocked.Add(ref _owed, -_owedSent);
            if (rule.Kind == LimitKind.Bucket)
            {
                // The store's bucket as seen from here: what this replica's own share begins with, should the store go away.
                Volatile.Write(ref Word, draw.SentNs + ((grant.State - grant.NowMicros) * 1000));
            }
        }

        if (grant.Granted > 0)
        {
            Keep(grant.Granted, draw.SentNs + LifeOf(rule, draw, grant), nowNs);
            _lastDrawNs = draw.SentNs;
            _lastGranted = (int)grant.Granted;
            _lastUnits = UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs);
            _lastRaw = RawUnits;
        }

        // Less is left in the store than this replica would use up in the time that a draw is for.
        _isScarce = grant.Granted < draw.Want && FreeAfter(rule, grant) < draw.Want;
        if (grant.Granted == 0)
        {
            // Not even what was needed is there: until it is, nobody has to ask.
            // Of a window something may be given back before its end.
            var wait = rule.Schedule is null ? grant.WaitMicros * 1000 : Math.Min(grant.WaitMicros * 1000, AskAgainNs);
            Volatile.Write(ref _drawNotBeforeNs, nowNs + Math.Max(wait, RetryNsMin));
        }
        else if (grant.Granted > 0 && _isScarce)
        {
            // What the bucket regains is not lost by asking a little later, and then it is worth the way.
            var pause = rule.Kind == LimitKind.Bucket ? lease.LifeNs / 4 : RetryNsMin * 10;
            Volatile.Write(ref _drawNotBeforeNs, nowNs + Math.Clamp(pause, 0, RetryNsMax));
        }

        Volatile.Write(ref _isDrawing, 0);
    }

    /// <summary>
    /// The store has not answered in time, or not well. A grant that comes all the same is lost, which is safe.
    /// </summary>
    public void Fail() => Volatile.Write(ref _isDrawing, 0);

    /// <summary>Takes what has not been spent out of the slices, so that it can be given back to the store.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="all">True: even where it was drawn a moment ago.</param>
    /// <param name="back">What to give back.</param>
    /// <returns>False where there is nothing.</returns>
    public bool TryTakeBack(long nowNs, bool all, out LeaseReturn back)
    {
        back = default;
        if (Rule.Lease is null || (!all && nowNs - _lastDrawNs < LeasePolicy.IdleNs)
            || Interlocked.CompareExchange(ref _isDrawing, 1, 0) != 0)
        {
            return false;
        }

        // No draw can come in between, so state and window are those of the last slice.
        var units = UnitsOf(Interlocked.Exchange(ref _second, 0), nowNs) + UnitsOf(Interlocked.Exchange(ref _first, 0), nowNs);
        if (Rule.Kind == LimitKind.Bucket)
        {
            // Only the last slice is the end of the store's queue. What is left of an earlier one lapses.
            units = Math.Min(units, _lastGranted);
        }

        back = new LeaseReturn(units, _state, _windowStart);
        _lastGranted = 0;
        _lastUnits = 0;
        _lastRaw = 0;
        Volatile.Write(ref _isDrawing, 0);
        return units > 0;
    }

    /// <inheritdoc/>
    internal override bool TryRetire(long nowNs) =>
        UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs) == 0 && Volatile.Read(ref _isDrawing) == 0
        && Volatile.Read(ref _localSpent) <= 0 && Volatile.Read(ref _owed) <= 0
        && nowNs >= Volatile.Read(ref _drawNotBeforeNs) && base.TryRetire(nowNs);

    private TakeStatus WithoutSlice(ref LimitTake take, long nowNs, bool isPeek)
    {
        var rule = take.Rule;
        var fleet = rule.Lease!.Fleet;
        take.Slice = 0;
        if (take.Cost > rule.Burst)
        {
            take.WaitNs = long.MaxValue;
            return TakeStatus.Refused;
        }

        if (fleet.IsDown)
        {
            return fleet.WhenDown == WhenDown.Closed ? TakeStatus.Unavailable : TakeOfShare(ref take, nowNs, isPeek);
        }

        var notBefore = Volatile.Read(ref _drawNotBeforeNs);
        take.WaitNs = rule.Schedule is null ? Math.Max(notBefore - nowNs, 0) : take.ResetNs;
        return nowNs < notBefore ? TakeStatus.Refused : TakeStatus.Empty;
    }

    /// <summary>While the store is away: this replica's own bucket, with its part of the limit.</summary>
    private TakeStatus TakeOfShare(ref LimitTake take, long nowNs, bool isPeek)
    {
        var rule = take.Rule;
        var replicas = rule.Lease!.Fleet.Replicas;
        TakeStatus status;
        if (rule.Schedule is { } schedule)
        {
            var used = _windowStart == schedule.At(nowNs).StartMicros ? _state : 0;
            var limit = Math.Max(rule.Limit - used, 0) / replicas;
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

    /// <summary>Units in both slices, those included that lapsed and that nobody can spend.</summary>
    private long RawUnits =>
        (long)((Volatile.Read(ref _first) & (ulong)UnitsMax) + (Volatile.Read(ref _second) & (ulong)UnitsMax));

    private static long FreeAfter(LimitRule rule, in LeaseGrant grant)
    {
        if (rule.Schedule is not null)
        {
            return rule.Limit - grant.State;
        }

        var lease = rule.Lease!;
        return (long)((Int128)(lease.CapacityMicros - (grant.State - grant.NowMicros)) * lease.ChargeUnits / lease.ChargeMicros);
    }

    /// <summary>
    /// What is missing to the units that this replica uses up in the time that a draw is meant to last for.
    /// </summary>
    private long Want(LeasePolicy lease, long demand, long nowNs)
    {
        if (lease.HorizonNs == 0)
        {
            return demand;
        }

        var left = UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs);
        var spent = Math.Max(_lastRaw - RawUnits, 0) + demand;
        var elapsed = Math.Max(nowNs - _lastDrawNs, lease.HorizonNs / 4);
        var rate = (long)Int128.Min((Int128)spent * lease.HorizonNs / elapsed, UnitsMax);
        _rate = rate > _rate ? rate : (rate + _rate) / 2;
        return Math.Clamp(_rate - left, demand, Math.Min((GrowthMax * _lastUnits) + demand, UnitsMax));
    }

    private long Debt(LimitRule rule, long nowNs)
    {
        var spent = Math.Max(Volatile.Read(ref _localSpent), 0);
        _debtSpent = spent;
        _owedSent = Volatile.Read(ref _owed);
        if (spent == 0 || rule.Kind != LimitKind.Bucket)
        {
            return spent + _owedSent;
        }

        var interval = rule.Share(rule.Lease!.Fleet.Replicas).IntervalNs;
        var ahead = Math.Max(Volatile.Read(ref Word) - nowNs, 0);
        return Math.Min(spent, (ahead + interval - 1) / interval) + _owedSent;
    }

    private static long LifeOf(LimitRule rule, in LeaseDraw draw, in LeaseGrant grant)
    {
        var lease = rule.Lease!;
        if (rule.Schedule is null)
        {
            return lease.IsPerRequest ? lease.TimeoutNs : lease.LifeNs;
        }

        // Counted from the sending, which was before the store looked at its clock; a thousandth for clocks that differ in speed.
        var left = (draw.WindowEnd - grant.NowMicros) * 1000;
        return left - (left / 1000) - (1L << TickBits);
    }

    /// <summary>
    /// Puts a slice where there is room; where there is none, to the younger one, and both then end with the earlier.
    /// </summary>
    private void Keep(long units, long endNs, long nowNs)
    {
        var tick = (ulong)Math.Max(endNs, 0) >> TickBits;
        while (true)
        {
            var first = Volatile.Read(ref _first);
            var second = Volatile.Read(ref _second);
            var isFirst = UnitsOf(first, nowNs) == 0
                || (UnitsOf(second, nowNs) != 0 && first >> UnitBits > second >> UnitBits);
            ref var slot = ref isFirst ? ref _first : ref _second;
            var seen = Volatile.Read(ref slot);
            var kept = UnitsOf(seen, nowNs);
            var end = kept == 0 ? tick : Math.Min(seen >> UnitBits, tick);
            var sum = (ulong)Math.Min(kept + units, UnitsMax);
            if (Interlocked.CompareExchange(ref slot, (end << UnitBits) | sum, seen) == seen)
            {
                return;
            }
        }
    }
}
