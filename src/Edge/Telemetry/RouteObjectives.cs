using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Telemetry;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>Counts the requests of one route that keep its objectives, and those that do not. Thread-safe.</summary>
/// <param name="events">Where they are counted.</param>
/// <param name="route">The route's name.</param>
/// <param name="plan">Its objectives.</param>
internal sealed class RouteObjectives(CounterFamily events, string route, SloPlan plan)
{
    /// <summary>The objective of requests that are served.</summary>
    public const string Availability = "availability";

    /// <summary>That of streams that begin in time.</summary>
    public const string FirstToken = "first_token";

    private readonly (StripedCounter Good, StripedCounter Bad)? _requests =
        plan.Availability is null ? null : CountersOf(events, route, Availability);

    private readonly (StripedCounter Good, StripedCounter Bad)? _streams =
        plan.FirstTokenWithin is null ? null : CountersOf(events, route, FirstToken);

    private readonly long _withinNs = (plan.FirstTokenWithin ?? default).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The counters of an objective.</summary>
    public static (StripedCounter Good, StripedCounter Bad) CountersOf(CounterFamily events, string route, string objective) =>
        (events.Of(route, objective, "good"), events.Of(route, objective, "bad"));

    /// <summary>A request is over. What the caller did wrong says nothing of how well it was served.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">How it failed.</param>
    /// <param name="status">The status of its answer; 0: there was none.</param>
    public void Count(RequestContext context, Failure failure, int status)
    {
        if (_requests is var (served, failed) && (failure == Failure.None || Failures.Side(failure) != FailureSide.Caller))
        {
            (failure != Failure.None || status >= 500 ? failed : served).Increment();
        }

        if (_streams is var (inTime, late) && context.FirstEventNs is > 0 and var firstNs)
        {
            (firstNs <= _withinNs ? inTime : late).Increment();
        }
    }
}
