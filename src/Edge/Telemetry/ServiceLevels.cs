using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration;
using Edge.Core.Telemetry;

namespace Edge.Telemetry;

/// <summary>
/// How fast routes use up what may fail by their objectives: the burn rate, which is 1 where it would be used up just at the
/// end of the objective's time. It is worked out from counts of the last 5 minutes to 3 days, every <see cref="TickEvery"/>.
/// A reload keeps what is known of objectives that stay. Thread-safe.
/// </summary>
internal sealed class ServiceLevels : IDisposable
{
    /// <summary>How often the windows go on.</summary>
    public static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private ImmutableArray<Level> _levels = [];

    /// <summary>Those of a gateway that has none yet; its metrics are registered.</summary>
    public ServiceLevels(MetricRegistry registry, TimeProvider time)
    {
        Events = registry.Counter(
            "edge.slo.events", "{event}", "Requests and streams that an objective is about", "edge.route", "edge.slo",
            "edge.outcome");
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(
            static self => ((ServiceLevels)self!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        registry.Observe(
            "edge.slo.objective", "1", MetricKind.Gauge, "The share that is to be good", ReportObjectives, "edge.route",
            "edge.slo");
        registry.Observe(
            "edge.slo.burn_rate", "{burn}", MetricKind.Gauge, "The share that was bad, over the share that may be",
            ReportRates, "edge.route", "edge.slo", "edge.window");
    }

    /// <summary>What keeps objectives, and what does not.</summary>
    public CounterFamily Events { get; }

    /// <summary>Goes by the objectives of these routes from now on.</summary>
    public void Apply(ImmutableArray<RoutePlan> routes)
    {
        lock (_gate)
        {
            var old = _levels;
            var levels = ImmutableArray.CreateBuilder<Level>();
            foreach (var route in routes)
            {
                if (route.Slo is { Availability: { } availability })
                {
                    levels.Add(LevelOf(old, route.Name, RouteObjectives.Availability, availability, null));
                }

                if (route.Slo is { FirstTokenWithin: { } within, FirstTokenShare: var share })
                {
                    levels.Add(LevelOf(old, route.Name, RouteObjectives.FirstToken, share, within));
                }
            }

            _levels = levels.ToImmutable();
            var every = _levels.IsEmpty ? Timeout.InfiniteTimeSpan : TickEvery;
            _timer.Change(every, every);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private Level LevelOf(ImmutableArray<Level> old, string route, string name, double objective, TimeSpan? within)
    {
        // A stream that was late by another bound says nothing about this one.
        var kept = old.FirstOrDefault(level => level.Route == route && level.Name == name && level.Within == within);
        if (kept is not null)
        {
            return new Level(route, name, objective, within, kept.Good, kept.Bad, kept.Windows);
        }

        var (good, bad) = RouteObjectives.CountersOf(Events, route, name);
        var badSoFar = bad.Value;
        return new Level(route, name, objective, within, good, bad, new BurnWindows(NowNs, badSoFar, badSoFar + good.Value));
    }

    private long NowNs => (long)_time.GetElapsedTime(_start).TotalNanoseconds;

    private void Tick()
    {
        lock (_gate)
        {
            foreach (var level in _levels)
            {
                var bad = level.Bad.Value;
                level.Windows.Advance(NowNs, bad, bad + level.Good.Value);
            }
        }
    }

    private void ReportObjectives(ObservedFamily.Observer to)
    {
        lock (_gate)
        {
            foreach (var level in _levels)
            {
                to.Report(level.Objective, level.Route, level.Name);
            }
        }
    }

    private void ReportRates(ObservedFamily.Observer to)
    {
        Tick();
        lock (_gate)
        {
            foreach (var level in _levels)
            {
                for (var i = 0; i < BurnWindows.Count; i++)
                {
                    var rate = level.Windows.BadShare(i) / (1 - level.Objective);
                    to.Report(Math.Round(rate, 6), level.Route, level.Name, BurnWindows.NameOf(i));
                }
            }
        }
    }

    private sealed class Level(
        string route, string name, double objective, TimeSpan? within, StripedCounter good, StripedCounter bad,
        BurnWindows windows)
    {
        internal readonly string Route = route;
        internal readonly string Name = name;
        internal readonly double Objective = objective;
        internal readonly TimeSpan? Within = within;
        internal readonly StripedCounter Good = good;
        internal readonly StripedCounter Bad = bad;
        internal readonly BurnWindows Windows = windows;
    }
}
