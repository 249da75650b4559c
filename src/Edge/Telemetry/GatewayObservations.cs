using System.Globalization;
using Edge.Core.Http;
using Edge.Core.Telemetry;
using Edge.Hosting;
using Edge.Issuers;

namespace Edge.Telemetry;

/// <summary>
/// The metrics of a gateway whose figures are kept where they belong and are asked for when they are collected.
/// </summary>
internal static class GatewayObservations
{
    /// <summary>Registers them.</summary>
    public static void Register(Gateway gateway, MetricRegistry registry)
    {
        RegisterRequests(gateway, registry);
        RegisterConnections(gateway, registry);
        TargetObservations.Register(gateway, registry);
        RegisterLimits(gateway, registry);
        RegisterOverload(gateway, registry);
        RegisterCache(gateway, registry);
        RegisterLogs(gateway, registry);
        RegisterProcess(registry);
    }

    private static void RegisterRequests(Gateway gateway, MetricRegistry registry)
    {
        registry.Observe(
            "edge.ready", "1", MetricKind.UpDownCounter, "1 while it wants traffic, 0 while it drains",
            to => to.Report(gateway.IsReady ? 1 : 0));
        registry.Observe(
            "edge.request.failures", "{request}", MetricKind.Counter, "Requests that failed or were refused, by why",
            to =>
            {
                foreach (var failure in Enum.GetValues<Failure>())
                {
                    if (failure != Failure.None && gateway.Counters.Ended(failure) is > 0 and var count)
                    {
                        to.Report(count, Failures.Code(failure), Failures.Side(failure).ToString().ToLowerInvariant());
                    }
                }
            },
            "error.type", "edge.side");
        registry.Observe(
            "edge.usage.requests", "{request}", MetricKind.Counter, "Metered requests, by how their usage is known",
            to =>
            {
                to.Report(gateway.Counters.Exact, "exact");
                to.Report(gateway.Counters.Estimated, "estimated");
            },
            "edge.known");
    }

    private static void RegisterConnections(Gateway gateway, MetricRegistry registry)
    {
        registry.Observe(
            "http.client.open_connections", "{connection}", MetricKind.UpDownCounter, "Connections to targets",
            to =>
            {
                foreach (var upstream in gateway.Upstreams)
                {
                    foreach (var pool in upstream.Pools)
                    {
                        var idle = pool.IdleCount;
                        var port = pool.Target.Port.ToString(CultureInfo.InvariantCulture);
                        to.Report(idle, "idle", pool.Target.Host, port, upstream.Plan.Name);
                        to.Report(Math.Max(0, pool.ConnectionCount - idle), "active", pool.Target.Host, port, upstream.Plan.Name);
                    }
                }
            },
            "http.connection.state", "server.address", new MetricLabel("server.port", true), "edge.upstream");
        registry.Observe(
            "edge.connections", "{connection}", MetricKind.UpDownCounter, "Connections of callers, by listener",
            to =>
            {
                foreach (var listener in gateway.Listeners)
                {
                    to.Report(listener.Gate.Count, listener.Endpoint.ToString());
                }
            },
            "edge.listener");
        registry.Observe(
            "edge.connections.refused", "{connection}", MetricKind.Counter,
            "Connections closed at once: there were too many, in all or from their address",
            to =>
            {
                foreach (var listener in gateway.Listeners)
                {
                    to.Report(listener.Gate.RefusedInAll, listener.Endpoint.ToString(), "total");
                    to.Report(listener.Gate.RefusedByAddress, listener.Endpoint.ToString(), "address");
                }
            },
            "edge.listener", "edge.cause");
        registry.Observe(
            "edge.upgrade.connections", "{connection}", MetricKind.UpDownCounter,
            "Connections that have switched to another protocol",
            to => to.Report(gateway.Tunnels.Count));
        registry.Observe(
            "edge.tls.certificate.expiry", "s", MetricKind.Gauge, "When a listener's certificate ends, in seconds since 1970",
            to =>
            {
                foreach (var certificate in gateway.Certificates)
                {
                    to.Report(certificate.NotAfter.ToUnixTimeSeconds(), certificate.Path);
                }
            },
            "edge.certificate");
        ObserveIssuers(
            gateway, registry, "edge.issuer.keys", "{key}", "Keys of an issuer that are at hand",
            static issuer => issuer.KeyCount);
        ObserveIssuers(
            gateway, registry, "edge.issuer.failures", "{fetch}", "Fetches of an issuer's keys that failed in a row",
            static issuer => issuer.FailuresInARow);
    }

    private static void ObserveIssuers(
        Gateway gateway, MetricRegistry registry, string name, string unit, string description, Func<IssuerState, long> figure) =>
        registry.Observe(
            name, unit, MetricKind.UpDownCounter, description,
            to =>
            {
                foreach (var issuer in gateway.Issuers)
                {
                    var state = issuer.ReadState();
                    to.Report(figure(state), state.Name);
                }
            },
            "edge.issuer");

    private static void RegisterLimits(Gateway gateway, MetricRegistry registry)
    {
        var limits = gateway.Limits;
        registry.Observe(
            "edge.limit.keys", "{key}", MetricKind.UpDownCounter, "Keys that limits count for",
            to => to.Report(limits.Table.Count));
        registry.Observe(
            "edge.limit.settled", "{request}", MetricKind.Counter, "Reservations settled, by what",
            to =>
            {
                to.Report(limits.SettledExactly, "exactly");
                to.Report(limits.SettledByEstimate, "by_estimate");
                to.Report(limits.SettledUnused, "unused");
            },
            "edge.outcome");
        registry.Observe(
            "edge.redis.up", "1", MetricKind.UpDownCounter, "1 while the store of limits answers",
            to =>
            {
                if (limits.Leases is { } leases)
                {
                    to.Report(leases.Fleet.IsDown ? 0 : 1);
                }
            });
        registry.Observe(
            "edge.redis.draws", "{draw}", MetricKind.Counter, "Slices asked of the store of limits",
            to => to.Report(Volatile.Read(ref limits.LeaseCounters.Draws)));
        registry.Observe(
            "edge.redis.failures", "{draw}", MetricKind.Counter, "Slices that the store of limits could not give",
            to => to.Report(Volatile.Read(ref limits.LeaseCounters.Failures)));
        registry.Observe(
            "edge.redis.replicas", "{replica}", MetricKind.UpDownCounter, "Replicas that share the limits, this one included",
            to =>
            {
                if (limits.Leases is { } leases)
                {
                    to.Report(leases.Fleet.Replicas);
                }
            });
    }

    private static void RegisterCache(Gateway gateway, MetricRegistry registry)
    {
        registry.Observe(
            "edge.cache.evictions", "{answer}", MetricKind.Counter, "Answers that had to leave memory for others",
            to => to.Report(gateway.Cache.Store?.Evictions ?? 0));
        registry.Observe(
            "edge.cache.memory.used", "By", MetricKind.UpDownCounter, "Memory that answers take",
            to => to.Report(gateway.Cache.Store?.UsedBytes ?? 0));
        SharedCacheObservations.Register(gateway.Cache, registry);
    }

    private static void RegisterOverload(Gateway gateway, MetricRegistry registry)
    {
        registry.Observe(
            "edge.overload.requests", "{request}", MetricKind.UpDownCounter,
            "Requests that wait for an upstream's answer to begin or stand in line for it, and how many may wait",
            to =>
            {
                foreach (var upstream in gateway.Upstreams)
                {
                    if (gateway.GateOf(upstream) is { } gate)
                    {
                        to.Report(gate.Waiting, "waiting", upstream.Plan.Name);
                        to.Report(gate.Queued, "queued", upstream.Plan.Name);
                        to.Report(gate.Limit, "limit", upstream.Plan.Name);
                    }
                }
            },
            "edge.state", "edge.upstream");
        registry.Observe(
            "edge.overload.shed", "{request}", MetricKind.Counter, "Requests turned away under overload, by tier",
            to =>
            {
                foreach (var upstream in gateway.Upstreams)
                {
                    var gate = gateway.GateOf(upstream);
                    for (var rank = 0; rank < (gate?.RankCount ?? 0); rank++)
                    {
                        to.Report(gate!.Shed(rank), gate.NameOf(rank), upstream.Plan.Name);
                    }
                }
            },
            "edge.tier", "edge.upstream");
        registry.Observe(
            "edge.memory.limit", "By", MetricKind.UpDownCounter, "Memory that the process may use",
            to => to.Report(gateway.Memory.LimitBytes));
        registry.Observe(
            "edge.memory.shed", "{request}", MetricKind.Counter, "Requests turned away because memory was short",
            to => to.Report(gateway.Memory.Shed));
        registry.Observe(
            "edge.limit.state.failures", "{write}", MetricKind.Counter, "Writings of the file of counts that failed",
            to =>
            {
                if (gateway.Limits.State is { } state)
                {
                    to.Report(state.Failures);
                }
            });
    }

    private static void RegisterLogs(Gateway gateway, MetricRegistry registry)
    {
        registry.Observe(
            "edge.log.lines", "{line}", MetricKind.Counter, "Lines written to a log",
            to =>
            {
                to.Report(gateway.Access.Written, "access");
                to.Report(gateway.Audit.Written, "audit");
                to.Report(gateway.Usage.Written, "usage");
            },
            "edge.log");
        registry.Observe(
            "edge.log.dropped", "{line}", MetricKind.Counter, "Lines that a log could not take",
            to =>
            {
                to.Report(gateway.Access.Dropped, "access");
                to.Report(gateway.Audit.Dropped, "audit");
                to.Report(gateway.Usage.Dropped, "usage");
                to.Report(gateway.Exporting.DroppedLines, "otlp");
            },
            "edge.log");
    }

    private static void RegisterProcess(MetricRegistry registry)
    {
        registry.Observe(
            "dotnet.gc.collections", "{collection}", MetricKind.Counter, "Garbage collections by generation",
            static to =>
            {
                // The runtime counts a collection in each younger generation too.
                var old = GC.CollectionCount(2);
                var middle = GC.CollectionCount(1);
                to.Report(GC.CollectionCount(0) - middle, "gen0");
                to.Report(middle - old, "gen1");
                to.Report(old, "gen2");
            },
            "gc.heap.generation");
        registry.Observe(
            "dotnet.gc.heap.total_allocated", "By", MetricKind.Counter, "Bytes allocated since the start",
            static to => to.Report(GC.GetTotalAllocatedBytes()));
        registry.Observe(
            "dotnet.gc.pause.time", "s", MetricKind.Counter, "Time in which garbage collections held the program",
            static to => to.Report(GC.GetTotalPauseDuration().TotalSeconds));
        registry.Observe(
            "dotnet.process.memory.working_set", "By", MetricKind.UpDownCounter, "Memory of the process that is resident",
            static to => to.Report(Environment.WorkingSet));
        registry.Observe(
            "dotnet.process.cpu.time", "s", MetricKind.Counter, "Processor time of the process",
            static to =>
            {
                var usage = Environment.CpuUsage;
                to.Report(usage.UserTime.TotalSeconds, "user");
                to.Report(usage.PrivilegedTime.TotalSeconds, "system");
            },
            "cpu.mode");
    }
}
