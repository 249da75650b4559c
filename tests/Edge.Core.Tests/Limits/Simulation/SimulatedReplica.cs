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

    public void Request(int key, long patienceNs)
    {
        var bucket = _buckets[key];
        var take = new LimitTake(bucket, _rule, 1);
        var before = _fleet.Now;
        switch (bucket.TryTake(ref take, _clock.NowNs))
        {
            case TakeStatus.Taken when _fleet.Chance(_plan.Refund):
                bucket.Refund(ref take, _clock);
                break;
            case TakeStatus.Taken:
                _fleet.Admit(key);
                if (bucket.ShouldRefill(_clock.NowNs)) Draw(key);
                break;
            case TakeStatus.Empty when patienceNs > 0:
                bucket.BeginWait(1);
                _waiting[key].Add(() =>
                {
                    bucket.EndWait(1);
                    Request(key, patienceNs - (_fleet.Now - before));
                });
                Draw(key);
                break;
        }

        if (_fleet.Chance(_plan.GiveBack)) GiveBack(key);
    }

    private void Draw(int key)
    {
        var bucket = _buckets[key];
        if (!bucket.TryPlan(_rule, 1, _clock, out var draw)) return;
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
        if (!_buckets[key].TryTakeBack(_clock.NowNs, all: true, out var back)) return;
        var number = ++_returns;
        _fleet.Send(
            now =>
            {
                if (_rule.Kind == LimitKind.Window) _fleet.Store.ReturnWindow($"{key}", back, _name, number);
                else _fleet.Store.ReturnBucket($"{key}", back, _rule.Lease!, now);
                return 0;
            },
            static _ => { });
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
