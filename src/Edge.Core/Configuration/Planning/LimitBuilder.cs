using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Limits;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes those parts of the plan that say how much may be asked for, of options in which nothing is wrong.</summary>
internal static class LimitBuilder
{
    /// <summary>The limits of a list.</summary>
    /// <param name="limits">As written.</param>
    /// <param name="scope">Where they stand: the route, or nothing for the defaults.</param>
    public static ImmutableArray<LimitPlan> Limits(List<Located<LimitOptions>> limits, string scope) =>
        limits.Count == 0 ? [] : [.. limits.Select(l => Limit(l.Value, scope))];

    /// <summary>The store.</summary>
    public static RedisPlan Redis(RedisOptions redis, ConfigurationFiles files) => new()
    {
        Endpoints = [.. redis.Endpoints.Items().Select(e => e.Value)],
        User = redis.User?.Value,
        Password = redis.Password?.Value,
        SentinelPrimary = redis.SentinelPrimary?.Value,
        Tls = redis.Tls.Get() || redis.Ca is not null,
        CaFile = redis.Ca is { } ca ? files.Resolve(ca.Value) : null,
        Timeout = redis.Timeout.Get(),
        WhenDown = redis.WhenDown.Get(),
        Prefix = redis.Prefix.Get(),
    };

    /// <summary>What happens under overload.</summary>
    public static OverloadPlan Overload(OverloadOptions overload) => new()
    {
        ShedFirst = [.. overload.ShedFirst.Items().Select(t => t.Value)],
        ConcurrentMin = overload.ConcurrentMin.Get(),
        ConcurrentMax = overload.ConcurrentMax.Get(),
        QueueMax = overload.QueueMax.Get(),
        QueueTimeout = overload.QueueTimeout.Get(),
    };

    /// <summary>What is limited has to be counted: the metering of a route that says nothing of it.</summary>
    public static MeteringPlan? MeteringFor(ImmutableArray<LimitPlan> limits) =>
        limits.Any(l => l.Unit != LimitUnit.Requests) ? new MeteringPlan(UsageHeader: false) : null;

    private static LimitPlan Limit(LimitOptions limit, string scope)
    {
        var name = limit.Name.Get();
        var span = limit.Window?.Value ?? default;
        var isCalendar = span.Calendar != CalendarUnit.None;
        var kind = limit.Concurrent is not null ? LimitKind.Concurrent
            : isCalendar ? LimitKind.Window
            : limit.Algorithm?.Value ?? LimitKind.Bucket;
        var (unit, count) = limit switch
        {
            { Tokens: { } tokens } => (limit.Of?.Value ?? LimitUnit.Tokens, tokens.Value),
            { Usd: { } usd } => (LimitUnit.MicroDollars, usd.Value),
            { Concurrent: { } concurrent } => (LimitUnit.Requests, concurrent.Value),
            _ => (LimitUnit.Requests, limit.Requests.Get()),
        };
        return new LimitPlan
        {
            Name = name,
            Identity = $"{scope}/{name}/{kind}/{unit}",
            Per = [.. limit.Per.Items().Select(p => p.Value).Where(p => !LimitRules.IsGlobal(p))],
            Kind = kind,
            Unit = unit,
            Limit = count,
            Burst = limit.Burst?.Value ?? count,
            Window = span.Length,
            Calendar = span.Calendar,
            Zone = limit.Zone?.Value ?? TimeZoneInfo.Utc,
        };
    }
}
