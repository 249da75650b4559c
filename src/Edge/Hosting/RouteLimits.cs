using System.Globalization;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Limits;
using Edge.Redis;

namespace Edge.Hosting;

/// <summary>The limits of a route, with everything about them that can be worked out once. Immutable.</summary>
internal sealed class RouteLimits
{
    /// <summary>Prepares a route's limits.</summary>
    /// <param name="limits">What the file says; at least one.</param>
    /// <param name="clock">The clock that they go by.</param>
    /// <param name="leases">The common store; null: this process counts by itself.</param>
    public RouteLimits(IReadOnlyList<LimitPlan> limits, LimitClock clock, RedisLeases? leases)
    {
        Clock = clock;
        Leases = leases;
        Items = new RouteLimit[limits.Count];
        var policy = new StringBuilder();
        for (var i = 0; i < Items.Length; i++)
        {
            var rule = RuleFor(limits[i], clock, leases);
            Items[i] = new RouteLimit(rule, [.. limits[i].Per]);
            policy.Append(i == 0 ? "" : ", ");
            policy.Append(CultureInfo.InvariantCulture, $"\"{rule.Name}\";q={rule.Limit}");
            if (rule.Kind == LimitKind.Concurrent)
            {
                policy.Append(";qu=\"concurrent-requests\"");
            }
            else if (rule.WindowNs > 0)
            {
                policy.Append(CultureInfo.InvariantCulture, $";w={rule.WindowNs / 1_000_000_000}");
            }
        }

        Policy = policy.ToString();
    }

    /// <summary>The clock that they go by.</summary>
    public LimitClock Clock { get; }

    /// <summary>The limits, in the order of the file.</summary>
    public RouteLimit[] Items { get; }

    /// <summary>The common store; null: this process counts by itself.</summary>
    public RedisLeases? Leases { get; }

    /// <summary>The value of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers).</summary>
    public string Policy { get; }

    private static LimitRule RuleFor(LimitPlan plan, LimitClock clock, RedisLeases? leases)
    {
        // A limit that is counted by another store begins anew, so that the table never has the one's bucket for the other's.
        var identity = leases is null ? plan.Identity : plan.Identity + "/shared";
        var rule = plan.Kind switch
        {
            LimitKind.Concurrent => LimitRule.Concurrent(identity, plan.Name, plan.Limit),
            LimitKind.Window => LimitRule.Window(identity, plan.Name, plan.Limit, ScheduleFor(plan, clock)),
            _ => LimitRule.Bucket(identity, plan.Name, plan.Limit, plan.Window, plan.Burst),
        };
        return leases is null ? rule : rule.SharedBy(leases.Fleet, leases.TimeoutNs);
    }

    private static WindowSchedule ScheduleFor(LimitPlan plan, LimitClock clock) => plan.Calendar == CalendarUnit.None
        ? new WindowSchedule(clock, plan.Window)
        : new WindowSchedule(clock, plan.Calendar, plan.Zone);
}

/// <summary>A limit as it runs.</summary>
/// <param name="Rule">How it counts.</param>
/// <param name="Per">What each value of has a bucket of its own.</param>
internal sealed record RouteLimit(LimitRule Rule, LimitKeyPart[] Per);
