using static Edge.Core.Limits.LeaseSlice;

namespace Edge.Core.Limits;

/// <summary>How slices are drawn from the store and given back to it.</summary>
public sealed partial class LeasedBucket
{
    private const long ReturnNsMin = 100_000_000;

    /// <summary>True where more should be drawn in the background, before what is here is used up.</summary>
    public bool ShouldRefill(long nowNs)
    {
        var lease = Rule.Lease!;
        // Where little is left, what one replica draws ahead another may be waiting for.
        if (_isScarce || _lastUnits < GrowthMax || lease.HorizonNs == 0 || Volatile.Read(ref _isDrawing) != 0
            || nowNs < Volatile.Read(ref _drawNotBeforeNs) || IsAway(lease.Fleet, nowNs))
        {
            return false;
        }

        var left = UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs);
        return left * 2 < _lastUnits && nowNs - _lastDrawNs < lease.HorizonNs * 2;
    }

    /// <summary>Decides on a draw; the caller sends it, and says what came of it with Complete or Fail.</summary>
    /// <param name="rule">The rule in force.</param>
    /// <param name="need">The least that is of use; 0: what matters is to tell the store what is owed.</param>
    /// <param name="clock">The time.</param>
    /// <param name="draw">What to ask.</param>
    /// <returns>False where one is under way already, or is of no use yet.</returns>
    public bool TryPlan(LimitRule rule, long need, LimitClock clock, out LeaseDraw draw)
    {
        var nowNs = clock.NowNs;
        draw = default;
        if (IsRefused(need, nowNs) || Interlocked.CompareExchange(ref _isDrawing, 1, 0) != 0)
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
        draw = new LeaseDraw(need, demand, Want(lease, demand, nowNs), Debt(rule, start, nowNs), seen, start, end, nowNs);
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

        ReclaimLapsed(ref _first, ref _firstDraw, nowNs);
        ReclaimLapsed(ref _second, ref _secondDraw, nowNs);
        if (grant.Granted > 0)
        {
            var place = rule.Schedule is null ? grant.State + grant.Refunded : 0;
            var epoch = rule.Schedule is null ? grant.Epoch : draw.WindowStart;
            Keep(grant.Granted, draw.SentNs + LifeOf(rule, draw, grant), place, epoch, nowNs);
            // An answer that was long on its way brings a slice that has ended.
            ReclaimLapsed(ref _first, ref _firstDraw, nowNs);
            ReclaimLapsed(ref _second, ref _secondDraw, nowNs);
            _lastDrawNs = draw.SentNs;
            _lastUnits = UnitsOf(_first, nowNs) + UnitsOf(_second, nowNs);
            _lastRaw = RawUnits;
        }

        Pace(rule, draw, grant, nowNs);
        Volatile.Write(ref _isDrawing, 0);
    }

    /// <summary>
    /// The store has not answered in time, or not well. A grant that comes all the same is lost, which is safe.
    /// </summary>
    /// <param name="awayUntilNs">Until then the store is away for this bucket; 0: it is not for this bucket alone.</param>
    public void Fail(long awayUntilNs = 0)
    {
        Volatile.Write(ref _awayUntilNs, awayUntilNs);
        Volatile.Write(ref _isDrawing, 0);
    }

    /// <summary>Holds off draws while the store is asked what it has, so that its answer is the newest.</summary>
    /// <returns>False where a draw is under way.</returns>
    public bool TryBeginLook() => Interlocked.CompareExchange(ref _isDrawing, 1, 0) == 0;

    /// <summary>The store has said what it has. Where it did not, <see cref="Fail"/> is called instead.</summary>
    /// <param name="state">What the bucket stands at, as in <see cref="LeaseGrant.State"/>.</param>
    /// <param name="nowMicros">The store's clock.</param>
    /// <param name="windowStart">Of a window: its beginning.</param>
    /// <param name="sentNs">When it was asked.</param>
    /// <param name="isMore">There is more than before: whoever was refused may ask again.</param>
    public void EndLook(long state, long nowMicros, long windowStart, long sentNs, bool isMore)
    {
        _state = state;
        _windowStart = windowStart;
        if (Rule.Kind == LimitKind.Bucket)
        {
            Volatile.Write(ref Word, sentNs + ((state - nowMicros) * 1000));
        }

        if (isMore)
        {
            Volatile.Write(ref _refusedUntilNs, 0);
            Volatile.Write(ref _drawNotBeforeNs, 0);
        }

        Volatile.Write(ref _isDrawing, 0);
    }

    /// <summary>
    /// Takes out what is to be given back to the store, where that is due. One at a time, so that the store sees the numbers of
    /// a replica grow; the caller says with <see cref="EndReturn"/> what came of it.
    /// </summary>
    public bool TryTakeLate(long nowNs, out LeaseReturn back)
    {
        back = default;
        if (!IsLateDue(nowNs) || Interlocked.CompareExchange(ref _isReturning, 1, 0) != 0)
        {
            return false;
        }

        var pause = Math.Clamp(Rule.Lease?.HorizonNs ?? 0, ReturnNsMin, AskAgainNs);
        Volatile.Write(ref _returnNotBeforeNs, nowNs + pause);
        return TryTakeOut(out back);
    }

    /// <summary>
    /// Takes what is to be given back to the store, and what has not been spent out of the slices where nothing was drawn for a
    /// while.
    /// </summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="all">True: even where it was drawn a moment ago.</param>
    /// <param name="back">What to give back.</param>
    /// <returns>False where there is nothing, or the last return is still under way.</returns>
    public bool TryTakeBack(long nowNs, bool all, out LeaseReturn back)
    {
        back = default;
        if (Rule.Lease is null)
        {
            return false;
        }

        if ((all || nowNs - _lastDrawNs >= LeasePolicy.IdleNs) && Interlocked.CompareExchange(ref _isDrawing, 1, 0) == 0)
        {
            // No draw can come in between, so each slice and its draw belong together.
            Reclaim(ref _first, ref _firstDraw, nowNs);
            Reclaim(ref _second, ref _secondDraw, nowNs);
            _lastUnits = 0;
            _lastRaw = 0;
            Volatile.Write(ref _isDrawing, 0);
        }

        return _late is { Any: true } && Interlocked.CompareExchange(ref _isReturning, 1, 0) == 0 && TryTakeOut(out back);
    }

    /// <summary>What was taken out has reached the store, or has not.</summary>
    /// <param name="isTaken">True where the store took something back: more may be there now than it said last.</param>
    public void EndReturn(bool isTaken)
    {
        if (isTaken)
        {
            Volatile.Write(ref _refusedUntilNs, 0);
        }

        Volatile.Write(ref _isReturning, 0);
    }

    private bool TryTakeOut(out LeaseReturn back)
    {
        if (_late!.TryTake(out back))
        {
            return true;
        }

        Volatile.Write(ref _isReturning, 0);
        return false;
    }

    private bool IsLateDue(long nowNs) =>
        _late is { Any: true } && (nowNs >= Volatile.Read(ref _returnNotBeforeNs) || IsGone);

    private void Reclaim(ref ulong slice, ref LeaseStamp? draw, long nowNs)
    {
        var word = Interlocked.Exchange(ref slice, 0);
        KeepLate(draw?.EndTick == word >> UnitBits ? draw : null, (long)(word & (ulong)UnitsMax), nowNs);
        draw = null;
    }

    private void ReclaimLapsed(ref ulong slice, ref LeaseStamp? draw, long nowNs)
    {
        var word = Volatile.Read(ref slice);
        if ((word & (ulong)UnitsMax) != 0 && UnitsOf(word, nowNs) == 0)
        {
            Reclaim(ref slice, ref draw, nowNs);
        }
    }

    private void KeepLate(LeaseStamp? draw, long units, long nowNs)
    {
        // A bucket that is full again owes nobody anything: time has given back all that was drawn.
        if (draw is null || units == 0 || (Rule.Kind == LimitKind.Bucket && Volatile.Read(ref Word) <= nowNs))
        {
            return;
        }

        var late = _late ?? Interlocked.CompareExchange(ref _late, new LateUnits(), null) ?? _late;
        late.Add(draw, units, (Rule.Lease?.LifeNs ?? 0) / 1000);
    }

    /// <summary>When to ask next.</summary>
    private void Pace(LimitRule rule, in LeaseDraw draw, in LeaseGrant grant, long nowNs)
    {
        // Less is left in the store than this replica would use up in the time that a draw is for.
        var left = FreeAfter(rule, grant);
        _isScarce = grant.Granted < draw.Want && left < draw.Want;
        if (grant.Granted == 0 && draw.Need > 0)
        {
            // Not even what was needed is there: until it is, nobody has to ask for as much or more.
            // Something may be given back before, by others or by hand.
            Refuse(draw.Need, Math.Min(grant.WaitMicros * 1000, AskAgainNs), nowNs);
        }
        else if (grant.Granted > 0 && _isScarce)
        {
            // What the bucket regains is not lost by asking a little later, and then it is worth the way.
            var pause = rule.Kind == LimitKind.Bucket ? rule.Lease!.LifeNs / 4 : RetryNsMin * 10;
            pause = Math.Clamp(pause, 0, RetryNsMax);
            if (rule.Unit == LimitUnit.Requests)
            {
                Volatile.Write(ref _drawNotBeforeNs, nowNs + pause);
            }
            else
            {
                // Some requests need much and some little: only those wait for which too little is left.
                Refuse(Math.Max(left, 0) + 1, pause, nowNs);
            }
        }
    }

    /// <summary>The store is not to be asked for this bucket until then; requests go by the policy.</summary>
    public void StayAway(long untilNs) => Volatile.Write(ref _awayUntilNs, untilNs);

    private void Refuse(long need, long waitNs, long nowNs)
    {
        Volatile.Write(ref _refusedNeed, need);
        Volatile.Write(ref _refusedUntilNs, nowNs + Math.Max(waitNs, RetryNsMin));
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

    private long Debt(LimitRule rule, long windowStart, long nowNs)
    {
        var spent = Math.Max(Volatile.Read(ref _localSpent), 0);
        _debtSpent = spent;
        spent = rule.Schedule is null || _localWindow == windowStart ? spent : 0;
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
    /// Puts a slice where there is room; where there is none, to the younger one, and both then end with the earlier and are of
    /// the earlier draw. What lapsed in its place is kept for the store.
    /// </summary>
    private void Keep(long units, long endNs, long place, long epoch, long nowNs)
    {
        var tick = (ulong)Math.Max(endNs, 0) >> TickBits;
        while (true)
        {
            var first = Volatile.Read(ref _first);
            var second = Volatile.Read(ref _second);
            var isFirst = UnitsOf(first, nowNs) == 0
                || (UnitsOf(second, nowNs) != 0 && first >> UnitBits > second >> UnitBits);
            ref var slot = ref isFirst ? ref _first : ref _second;
            ref var draw = ref isFirst ? ref _firstDraw : ref _secondDraw;
            var seen = Volatile.Read(ref slot);
            var kept = UnitsOf(seen, nowNs);
            var end = kept == 0 ? tick : Math.Min(seen >> UnitBits, tick);
            var sum = (ulong)Math.Min(kept + units, UnitsMax);
            if (Interlocked.CompareExchange(ref slot, (end << UnitBits) | sum, seen) == seen)
            {
                // After the slice, so that who reads the draw first never takes a later one for its own.
                var old = draw?.EndTick == seen >> UnitBits ? draw : null;
                var kin = old is null ? null : old with { EndTick = end };
                Volatile.Write(ref draw, kept == 0 ? new LeaseStamp(place, epoch, end) : kin);
                if (kept == 0)
                {
                    KeepLate(old, (long)(seen & (ulong)UnitsMax), nowNs);
                }

                return;
            }
        }
    }
}
