using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits.Simulation;

/// <summary>One replica: its clock, its part of each bucket, and what the gateway does around them.</summary>
internal sealed class SimulatedReplica
{
    private readonly SimulatedFleet _fleet;
    private readonly SimulationPlan _plan;
    private readonly LimitClock _clock;
    private readonly LimitRule _rule;
    private readonly LeaseFleet _lease;
    private readonly LeasedBucket[] _buckets;
    private readonly List<Action>[] _waiting;
    private readonly string _name;
    private long _returns;
    private bool _isGone;

    public SimulatedReplica(SimulatedFleet fleet, int index, SimulationPlan plan)
    {
        _fleet = fleet;
        _plan = plan;
        _name = $"{index} {fleet.Now}";
        var drift = ((fleet.Random.NextDouble() * 2) - 1) * plan.Drift;
        _clock = new LimitClock(new SkewedTime(fleet, 1 + drift, fleet.Random.NextInt64(-3_000_000_000, 3_000_000_000)));
        _lease = new LeaseFleet(plan.WhenDown) { Replicas = plan.Replicas };
        _rule = (plan.IsWindow
            ? LimitRule.Window("r", "r", plan.Limit, new WindowSchedule(_clock, plan.Window))
            : LimitRule.Bucket("r", "r", plan.Limit, plan.Window, plan.Burst)).SharedBy(_lease, SimulatedFleet.TimeoutNs);
        _buckets = [.. Enumerable.Range(0, plan.Keys).Select(_ => new LeasedBucket(default, _rule))];
        _waiting = [.. Enumerable.Range(0, plan.Keys).Select(_ => new List<Action>())];
    }

    /// <summary>It ends without a word.</summary>
    public void Crash() => _isGone = true;

    public void Request(int key, long patienceNs) => Request(key, 1 + _fleet.Random.Next(_plan.CostMax), patienceNs);

    private void Request(int key, long cost, long patienceNs)
    {
        var bucket = _buckets[key];
        var take = new LimitTake(bucket, _rule, cost);
        var before = _fleet.Now;
        switch (bucket.TryTake(ref take, _clock.NowNs))
        {
            case TakeStatus.Taken when _fleet.Chance(_plan.Refund):
                bucket.Refund(ref take, _clock);
                break;
            case TakeStatus.Taken:
                Settle(key, take, _fleet.Admit(key, cost));
                if (bucket.ShouldRefill(_clock.NowNs)) Draw(key, cost);
                break;
            case TakeStatus.Empty when patienceNs > 0:
                bucket.BeginWait(cost);
                _waiting[key].Add(() =>
                {
                    bucket.EndWait(cost);
                    Request(key, cost, patienceNs - (_fleet.Now - before));
                });
                Draw(key, cost);
                break;
        }

        if (_fleet.Chance(_plan.GiveBack)) GiveBack(key);
    }

    /// <summary>A request that reserves ends later, and has used some of it. A replica that is gone tells nobody.</summary>
    private void Settle(int key, LimitTake take, int place)
    {
        if (_plan.CostMax == 1 && _plan.UsedMax == 1) return;
        var used = (long)(take.Cost * _fleet.Random.NextDouble() * _plan.UsedMax);
        var length = (long)(_plan.TakesMax.Ticks * 100 * _fleet.Random.NextDouble());
        _fleet.Schedule(length, () =>
        {
            if (_isGone) return;
            _fleet.Settle(key, place, used);
            if (((LeasedBucket)take.Bucket).Settle(ref take, used, _clock)
                && _buckets[key].TryTakeLate(_clock.NowNs, out var back))
            {
                Return(key, back);
            }
        });
    }

    private void Draw(int key, long need)
    {
        var bucket = _buckets[key];
        if (!bucket.TryPlan(_rule, need, _clock, out var draw)) return;
        var isOver = false;
        _fleet.Send(
            now => _rule.Kind == LimitKind.Window
                ? _fleet.Store.DrawWindow($"{key}", draw, _rule.Limit, now)
                : _fleet.Store.DrawBucket($"{key}", draw, _rule.Lease!, now),
            grant =>
            {
                if (isOver) return;
                isOver = true;
                _lease.IsDown = false;
                bucket.Complete(_rule, draw, grant, _clock);
                Wake(key);
            });
        _fleet.Schedule(SimulatedFleet.TimeoutNs, () =>
        {
            if (isOver) return;
            isOver = true;
            bucket.Fail();
            _lease.IsDown = true;
            Wake(key);
            _fleet.Schedule(100_000_000, () => _lease.IsDown = false);
        });
    }

    private void Wake(int key)
    {
        Action[] waiting = [.. _waiting[key]];
        _waiting[key].Clear();
        foreach (var request in waiting) request();
    }

    private void GiveBack(int key)
    {
        if (_buckets[key].TryTakeBack(_clock.NowNs, all: true, out var back)) Return(key, back);
    }

    private void Return(int key, LeaseReturn back)
    {
        var number = ++_returns;
        var isOver = false;
        _fleet.Send(
            now => _rule.Kind == LimitKind.Window
                ? _fleet.Store.ReturnWindow($"{key}", back, _name, number)
                : _fleet.Store.ReturnBucket($"{key}", back, _rule.Lease!, _name, number, now),
            returned =>
            {
                if (!isOver) _buckets[key].EndReturn(returned > 0);
                isOver = true;
            });
        _fleet.Schedule(SimulatedFleet.TimeoutNs, () =>
        {
            if (!isOver) _buckets[key].EndReturn(isTaken: false);
            isOver = true;
        });
    }

    /// <summary>A clock of its own speed and beginning.</summary>
    private sealed class SkewedTime(SimulatedFleet fleet, double speed, long wallOffsetNs) : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => (long)(fleet.Now * speed);

        public override DateTimeOffset GetUtcNow() =>
            DateTimeOffset.UnixEpoch.AddMicroseconds(fleet.StoreMicros + (wallOffsetNs / 1000));
    }
}
