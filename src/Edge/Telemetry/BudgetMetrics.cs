using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// How much of budgets and quotas is used, by route, limit and tier: the highest share among their keys, without telling whose.
/// It remembers the buckets of the keys that had used most when they last asked, and looks into them when it is asked itself, so
/// that what a new window has given back counts. Thread-safe.
/// </summary>
internal sealed class BudgetMetrics
{
    /// <summary>Most sets of route, limit and tier; what comes beyond is told in one more.</summary>
    public const int SeriesMax = MetricRegistry.SeriesMax;

    private readonly ConcurrentDictionary<(string Route, string Limit, string Tier), Highest> _highest = new();
    private readonly Highest _beyond = new();
    private readonly LimitClock _clock;

    /// <summary>Those of a gateway; its metric is registered.</summary>
    public BudgetMetrics(MetricRegistry registry, LimitClock clock)
    {
        _clock = clock;
        registry.Observe(
            "edge.budget.used", "1", MetricKind.Gauge, "The highest used share of a budget or quota among its keys",
            Report, "edge.route", "edge.limit", "edge.tier");
    }

    /// <summary>True where a limit is a budget or a quota.</summary>
    public static bool IsFor(LimitRule rule) =>
        rule.Kind != LimitKind.Concurrent && (rule.IsQuota || rule.Unit == LimitUnit.MicroDollars);

    /// <summary>A request has used something of one.</summary>
    public void Used(string route, string tier, in LimitTake take) =>
        HighestOf((route, take.Rule.Name, tier)).Note(take.Bucket, take.Rule, _clock);

    /// <summary>Forgets the limits that these routes do not have.</summary>
    public void Keep(ImmutableArray<RoutePlan> routes)
    {
        var kept = routes.SelectMany(static route => route.Limits.Select(limit => (route.Name, limit.Name))).ToHashSet();
        foreach (var key in _highest.Keys)
        {
            if (!kept.Contains((key.Route, key.Limit)))
            {
                _highest.TryRemove(key, out _);
            }
        }
    }

    private Highest HighestOf((string, string, string) key) =>
        _highest.TryGetValue(key, out var found) ? found
        : _highest.Count >= SeriesMax ? _beyond
        : _highest.GetOrAdd(key, static _ => new Highest());

    private void Report(ObservedFamily.Observer to)
    {
        var nowNs = _clock.NowNs;
        foreach (var (key, highest) in _highest)
        {
            to.Report(highest.Share(nowNs), key.Route, key.Limit, key.Tier);
        }

        if (_beyond.Share(nowNs) is > 0 and var share)
        {
            to.Report(share, "other", "other", "other");
        }
    }

    private static double ShareOf(Bucket bucket, LimitRule rule, long nowNs)
    {
        var take = new LimitTake(bucket, rule, 0);
        var status = bucket is LeasedBucket leased ? leased.Peek(ref take, nowNs) : Buckets.Peek(ref take, nowNs);
        return status == TakeStatus.Gone ? 0 : Math.Round(1 - ((double)take.Remaining / rule.Burst), 6);
    }

    /// <summary>The buckets of which most is used: some more than one, for the first may be given units back.</summary>
    private sealed class Highest
    {
        private const int BucketsMax = 4;

        private readonly Lock _gate = new();
        private readonly Bucket?[] _buckets = new Bucket?[BucketsMax];
        private readonly LimitRule?[] _rules = new LimitRule?[BucketsMax];

        internal void Note(Bucket bucket, LimitRule rule, LimitClock clock)
        {
            for (var i = 0; i < BucketsMax; i++)
            {
                if (_buckets[i] == bucket && _rules[i] == rule)
                {
                    return;
                }
            }

            lock (_gate)
            {
                Place(bucket, rule, clock.NowNs);
            }
        }

        internal double Share(long nowNs)
        {
            lock (_gate)
            {
                var highest = 0.0;
                for (var i = 0; i < BucketsMax && _buckets[i] is { } bucket; i++)
                {
                    highest = Math.Max(highest, ShareOf(bucket, _rules[i]!, nowNs));
                }

                return highest;
            }
        }

        // In the place of its own by an earlier configuration's rule, else of the least, if it is more than that.
        private void Place(Bucket bucket, LimitRule rule, long nowNs)
        {
            var least = 0;
            var leastShare = double.MaxValue;
            for (var i = 0; i < BucketsMax; i++)
            {
                var share = _buckets[i] is { } other && other != bucket ? ShareOf(other, _rules[i]!, nowNs) : -1;
                if (share < leastShare)
                {
                    (least, leastShare) = (i, share);
                }
            }

            if (ShareOf(bucket, rule, nowNs) > leastShare)
            {
                (_buckets[least], _rules[least]) = (bucket, rule);
            }
        }
    }
}
