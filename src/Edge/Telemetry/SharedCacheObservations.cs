using Edge.Core.Telemetry;
using Edge.Hosting;
using Edge.Redis;

namespace Edge.Telemetry;

/// <summary>What metrics tell of the answers that replicas share; nothing where no route shares any. Stateless.</summary>
internal static class SharedCacheObservations
{
    private static readonly string[] Reasons =
        ["", "timeout", "connection", "login", "permission", "full", "not_serving", "refused"];

    /// <summary>Has a registry ask a cache.</summary>
    public static void Register(GatewayCache cache, MetricRegistry registry)
    {
        var counters = cache.SharedCounters;
        registry.Observe(
            "edge.cache.shared.up", "1", MetricKind.UpDownCounter, "1 while the store of shared answers is asked",
            to =>
            {
                if (cache.Redis is { } redis)
                {
                    to.Report(redis.IsUp ? 1 : 0);
                }
            });
        Observe("lookups", "{lookup}", "Looks into the store of shared answers, by what became of them", "edge.outcome", to =>
        {
            to.Report(Volatile.Read(ref counters.Found), "hit");
            to.Report(Volatile.Read(ref counters.Missed), "miss");
            to.Report(Volatile.Read(ref counters.Purged), "purged");
            to.Report(Volatile.Read(ref counters.Foreign), "foreign");
            to.Report(Volatile.Read(ref counters.Failed), "failed");
            to.Report(Volatile.Read(ref counters.Away), "away");
            to.Report(Volatile.Read(ref counters.Crowded), "crowded");
        });
        Observe("stored", "{answer}", "Answers for the store of shared answers, by what became of them", "edge.outcome", to =>
        {
            to.Report(Volatile.Read(ref counters.Kept), "kept");
            to.Report(Volatile.Read(ref counters.NotKept), "not_kept");
        });
        Observe("bytes", "By", "Bytes of answers read from the store of shared answers, and written", "edge.direction", to =>
        {
            to.Report(Volatile.Read(ref counters.FoundBytes), "read");
            to.Report(Volatile.Read(ref counters.KeptBytes), "written");
        });
        Observe("failures", "{call}", "Calls of the store of shared answers that failed", "edge.reason", to =>
        {
            for (var fault = RedisFault.Timeout; fault <= RedisFault.Refused; fault++)
            {
                to.Report(counters.FailuresOf(fault), Reasons[(int)fault]);
            }
        });

        void Observe(string name, string unit, string description, string label, Action<ObservedFamily.Observer> report) =>
            registry.Observe(
                "edge.cache.shared." + name, unit, MetricKind.Counter, description,
                to =>
                {
                    if (cache.Redis is not null)
                    {
                        report(to);
                    }
                },
                label);
    }
}
