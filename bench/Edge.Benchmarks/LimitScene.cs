using Edge.Core.Limits;

namespace Edge.Benchmarks;

/// <summary>Buckets that never run empty: time passes by as much as each taking costs.</summary>
internal sealed class LimitScene
{
    private const long Step = 1000;

    private readonly LimitClock _clock = new(TimeProvider.System);
    private readonly LimitTable _table = new();
    private readonly KeyHasher[] _hashers;
    private readonly KeyHasher _keptHasher;
    private readonly LimitHold _hold = new();
    private readonly LimitRule[] _rules;
    private readonly LimitRule _shared;
    private readonly LimitRule _kept;
    private readonly Bucket _bucket;
    private readonly LeasedBucket _leased;
    private long _now = 1;

    public LimitScene()
    {
        _rules =
        [
            LimitRule.Bucket("a", "a", 1_000_000, TimeSpan.FromSeconds(1), 1_000_000),
            LimitRule.Bucket("b", "b", 1_000_000, TimeSpan.FromSeconds(1), 1_000_000),
            LimitRule.Bucket("c", "c", 1_000_000, TimeSpan.FromSeconds(1), 1_000_000),
            LimitRule.Concurrent("d", "d", 1000),
        ];
        _kept = LimitRule.Bucket("k", "k", 1_000_000, TimeSpan.FromSeconds(1), 1_000_000).KeptBy(new LimitJournal());
        _hashers = [.. _rules.Select(static rule => new KeyHasher(1, 2).For(rule.IdentityHash))];
        _keptHasher = new KeyHasher(1, 2).For(_kept.IdentityHash);
        _bucket = new Bucket(default, _rules[0]);
        _shared = LimitRule.Bucket("s", "s", 1_000_000_000, TimeSpan.FromHours(1), 1_000_000_000)
            .SharedBy(new LeaseFleet(WhenDown.Closed), 50_000_000);
        _leased = new LeasedBucket(default, _shared) { Name = "bench" };
        _leased.TryPlan(_shared, 1, _clock, out var draw);
        _leased.Complete(_shared, draw, new LeaseGrant(200_000_000, 0, 0, 0), _clock);
    }

    /// <summary>One bucket that is at hand.</summary>
    public bool TakeOfBucket()
    {
        var take = new LimitTake(_bucket, _rules[0], 1);
        return Buckets.TryTake(ref take, _now += Step) == TakeStatus.Taken;
    }

    /// <summary>One bucket that is found by a caller's id: hash, look-up, taking.</summary>
    public bool TakeByKey()
    {
        var take = new LimitTake(Find(_rules[0], _hashers[0]), _rules[0], 1);
        return Buckets.TryTake(ref take, _now += Step) == TakeStatus.Taken;
    }

    /// <summary>What a request with four limits does: three buckets, and what runs at once, which it gives back.</summary>
    public bool TakeFourLimits()
    {
        _now += Step;
        _hold.Clear();
        for (var i = 0; i < _rules.Length; i++)
        {
            _hold.Add(Find(_rules[i], _hashers[i]), _rules[i], 1);
        }

        var taken = _hold.TryTakeAll(_clock, _now, out _) == TakeStatus.Taken;
        _hold.Release(_clock);
        return taken;
    }

    /// <summary>One unit of a slice that was drawn for the fleet's limit, and back.</summary>
    public bool TakeOfSlice()
    {
        var take = new LimitTake(_leased, _shared, 1);
        var taken = _leased.TryTake(ref take, 1) == TakeStatus.Taken;
        _leased.Refund(ref take, _clock);
        return taken;
    }

    /// <summary>One bucket that is found by a caller's id and kept over a restart, as one limit of a request.</summary>
    public bool TakeOfKeptBucket()
    {
        _now += Step;
        _hold.Clear();
        _hold.Add(Find(_kept, _keptHasher), _kept, 1);
        return _hold.TryTakeAll(_clock, _now, out _) == TakeStatus.Taken;
    }

    private Bucket Find(LimitRule rule, KeyHasher hasher)
    {
        var text = _hold.KeyText;
        text.Clear();
        text.Append("consumers");
        text.Append("mobile-app");
        return _table.GetOrAdd(hasher.Hash(text.Written), rule, _now);
    }
}
