using System.Collections.Immutable;
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

    private readonly Lock _gate = new();
    private readonly List<Highest> _highest = [];
    private readonly Highest _beyond = new("other", "other", "other");
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

    /// <summary>Those of one limit of a route and one tier, which whoever asks keeps.</summary>
    public Highest Of(string route, string limit, string tier)
    {
        lock (_gate)
        {
            foreach (var known in _highest)
            {
                if (known.Limit == limit && known.Tier == tier && known.Route == route)
                {
                    return known;
                }
            }

            if (_highest.Count >= SeriesMax)
            {
                return _beyond;
            }

            var highest = new Highest(route, limit, tier);
            _highest.Add(highest);
            return highest;
        }
    }

    /// <summary>A request has used something of one.</summary>
    public void Used(Highest highest, in LimitTake take) => highest.Note(take.Bucket, take.Rule, _clock);

    /// <summary>Forgets the limits that these routes do not have.</summary>
    public void Keep(ImmutableArray<RoutePlan> routes)
    {
        lock (_gate)
        {
            _highest.RemoveAll(highest => !IsAmong(routes, highest));
        }
    }

    private static bool IsAmong(ImmutableArray<RoutePlan> routes, Highest highest)
    {
        foreach (var route in routes)
        {
            if (route.Name == highest.Route)
            {
                foreach (var limit in route.Limits)
                {
                    if (limit.Name == highest.Limit)
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private void Report(ObservedFamily.Observer to)
    {
        var nowNs = _clock.NowNs;
        lock (_gate)
        {
            foreach (var highest in _highest)
            {
                to.Report(highest.Share(nowNs), highest.Route, highest.Limit, highest.Tier);
            }
        }

        if (_beyond.Share(nowNs) is > 0 and var share)
        {
            to.Report(share, _beyond.Route, _beyond.Limit, _beyond.Tier);
        }
    }

    private static double ShareOf(Bucket bucket, LimitRule rule, long nowNs)
    {
        var take = new LimitTake(bucket, rule, 0);
        var status = bucket is LeasedBucket leased ? leased.Peek(ref take, nowNs) : Buckets.Peek(ref take, nowNs);
        return status == TakeStatus.Gone ? 0 : Math.Round(1 - ((double)take.Remaining / rule.Burst), 6);
    }

    /// <summary>The buckets of which most is used: some more than one, for the first may be given units back.</summary>
    internal sealed class Highest(string route, string limit, string tier)
    {
        private const int BucketsMax = 4;

        private readonly Lock _gate = new();
        private readonly Bucket?[] _buckets = new Bucket?[BucketsMax];
        private readonly LimitRule?[] _rules = new LimitRule?[BucketsMax];

        /// <summary>Whose limit it is.</summary>
        public string Route { get; } = route;

        /// <summary>The limit's name.</summary>
        public string Limit { get; } = limit;

        /// <summary>The tier of the callers.</summary>
        public string Tier { get; } = tier;

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
