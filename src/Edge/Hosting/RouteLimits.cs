using System.Globalization;
using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Limits;
using Edge.Pipeline;
using Edge.Redis;

namespace Edge.Hosting;

/// <summary>The limits of a route, with everything about them that can be worked out once. Immutable.</summary>
internal sealed class RouteLimits
{
    /// <summary>Prepares a route's limits.</summary>
    /// <param name="limits">What the file says; at least one.</param>
    /// <param name="gateway">What the limits of all routes have in common.</param>
    public RouteLimits(IReadOnlyList<LimitPlan> limits, GatewayLimits gateway)
    {
        Clock = gateway.Clock;
        Leases = gateway.Leases;
        var requests = new List<RouteLimit>();
        var spending = new List<RouteLimit>();
        var policy = new StringBuilder();
        for (var i = 0; i < limits.Count; i++)
        {
            var rule = RuleFor(limits[i], gateway);
            (rule.Unit == LimitUnit.Requests ? requests : spending).Add(
                new RouteLimit(rule, [.. limits[i].Per], gateway.Hasher.For(rule.IdentityHash)));
            HasBudget |= rule.Unit == LimitUnit.MicroDollars;
            policy.Append(i == 0 ? "" : ", ");
            policy.Append(CultureInfo.InvariantCulture, $"\"{rule.Name}\";q={rule.Limit}");
            if (rule.Kind == LimitKind.Concurrent)
            {
                policy.Append(";qu=\"concurrent-requests\"");
            }
            else if (rule.Unit != LimitUnit.Requests)
            {
                policy.Append(rule.Unit == LimitUnit.MicroDollars ? ";qu=\"microdollars\"" : ";qu=\"tokens\"");
            }

            if (rule.WindowNs > 0)
            {
                policy.Append(CultureInfo.InvariantCulture, $";w={rule.WindowNs / 1_000_000_000}");
            }
        }

        PolicyLines =
        [
            .. KnownResponseHeaders.LineStartOf(KnownResponseHeaders.RateLimitPolicy),
            .. Encoding.Latin1.GetBytes(policy.ToString()),
            .. KnownResponseHeaders.LineStartOf(KnownResponseHeaders.RateLimit),
        ];
        Requests = [.. requests];
        Spending = [.. spending];
        LinesBytesMax = PolicyLines.Length + LimitHeaders.BytesMaxOf(Requests) + LimitHeaders.BytesMaxOf(Spending);
    }

    /// <summary>The clock that they go by.</summary>
    public LimitClock Clock { get; }

    /// <summary>Those that are known before the body is read: of requests, and of what runs at once.</summary>
    public RouteLimit[] Requests { get; }

    /// <summary>Those that need the body to be known: of tokens and of money.</summary>
    public RouteLimit[] Spending { get; }

    /// <summary>True where money is limited.</summary>
    public bool HasBudget { get; }

    /// <summary>The common store; null: this process counts by itself.</summary>
    public RedisLeases? Leases { get; }

    /// <summary>
    /// RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) as a line of a head, and behind it how that of RateLimit begins.
    /// </summary>
    public byte[] PolicyLines { get; }

    /// <summary>Most bytes of all lines of a head about these limits.</summary>
    public int LinesBytesMax { get; }

    private static LimitRule RuleFor(LimitPlan plan, GatewayLimits gateway)
    {
        var (clock, leases, journal) = (gateway.Clock, gateway.Leases, gateway.Journal);

        // A limit that is counted or kept in another way begins anew: the table must not have the one's bucket for the other's.
        var isKept = leases is null && journal is not null
            && LimitRule.IsWorthKeeping(plan.Kind, plan.Unit, plan.Window, plan.Calendar);
        var identity = leases is not null ? plan.Identity + "/shared" : isKept ? plan.Identity + "/kept" : plan.Identity;
        var rule = plan.Kind switch
        {
            LimitKind.Concurrent => LimitRule.Concurrent(identity, plan.Name, plan.Limit),
            LimitKind.Window => LimitRule.Window(identity, plan.Name, plan.Limit, ScheduleFor(plan, clock), plan.Unit),
            _ => LimitRule.Bucket(identity, plan.Name, plan.Limit, plan.Window, plan.Burst, plan.Unit),
        };
        return leases is not null ? rule.SharedBy(leases.Fleet, leases.TimeoutNs) : isKept ? rule.KeptBy(journal!) : rule;
    }

    private static WindowSchedule ScheduleFor(LimitPlan plan, LimitClock clock) => plan.Calendar == CalendarUnit.None
        ? new WindowSchedule(clock, plan.Window)
        : new WindowSchedule(clock, plan.Calendar, plan.Zone);
}

/// <summary>A limit as it runs.</summary>
/// <param name="Rule">How it counts.</param>
/// <param name="Per">What each value of has a bucket of its own.</param>
/// <param name="Hasher">Makes the keys of its buckets.</param>
internal sealed record RouteLimit(LimitRule Rule, LimitKeyPart[] Per, KeyHasher Hasher)
{
    /// <summary>Of two requests of one caller both have the same bucket.</summary>
    public bool IsOfCaller { get; } = Array.TrueForAll(
        Per,
        static part => part.Kind is LimitKeyKind.Consumer or LimitKeyKind.Tier or LimitKeyKind.ApiKey or LimitKeyKind.Claim);
}
