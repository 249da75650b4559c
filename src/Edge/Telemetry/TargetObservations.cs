using System.Globalization;
using Edge.Admin;
using Edge.Core.Resilience;
using Edge.Core.Telemetry;
using Edge.Hosting;
using Edge.Upstream;

namespace Edge.Telemetry;

/// <summary>The metrics of targets and credentials, asked for when they are collected.</summary>
internal static class TargetObservations
{
    private static readonly MetricLabel Port = new("server.port", true);

    /// <summary>Registers them.</summary>
    public static void Register(Gateway gateway, MetricRegistry registry)
    {
        registry.Observe(
            "edge.circuit.state", "1", MetricKind.UpDownCounter, "1 for the state that a target's circuit is in",
            to => ForEach(gateway, (upstream, target, state) =>
            {
                if (state.Breaker is { State: var now })
                {
                    foreach (var each in Enum.GetValues<CircuitState>())
                    {
                        Report(to, each == now ? 1 : 0, TargetStateWriter.NameOf(each), upstream, target);
                    }
                }
            }),
            "edge.state", "server.address", Port, "edge.upstream");
        registry.Observe(
            "edge.circuit.opened", "{opening}", MetricKind.Counter, "How often a target's circuit has opened",
            to => ForEach(gateway, (upstream, target, state) =>
            {
                if (state.Breaker is { } breaker)
                {
                    Report(to, breaker.Opened, null, upstream, target);
                }
            }),
            "server.address", Port, "edge.upstream");
        registry.Observe(
            "edge.target.available", "1", MetricKind.UpDownCounter,
            "1 while health checks and ejection leave a target in, by which of the two",
            to => ForEach(gateway, (upstream, target, state) =>
            {
                Report(to, state.IsHealthy ? 1 : 0, "health", upstream, target);
                Report(to, state.EjectedUntilNs > upstream.NowNs ? 0 : 1, "outlier", upstream, target);
            }),
            "edge.by", "server.address", Port, "edge.upstream");
        registry.Observe(
            "edge.target.ejections", "{ejection}", MetricKind.Counter, "How often a target was ejected for failing",
            to => ForEach(gateway, (upstream, target, state) => Report(to, state.Ejections, null, upstream, target)),
            "server.address", Port, "edge.upstream");
        RegisterRefused(gateway, registry);
    }

    private static void RegisterRefused(Gateway gateway, MetricRegistry registry)
    {
        registry.Observe(
            "edge.upstream.refused", "{request}", MetricKind.Counter, "Requests for which an upstream had no target, by why",
            to =>
            {
                foreach (var upstream in gateway.Upstreams)
                {
                    var refused = upstream.Refused;
                    to.Report(refused.CircuitOpen, "circuit_open", upstream.Plan.Name);
                    to.Report(refused.Unavailable, "unavailable", upstream.Plan.Name);
                    to.Report(refused.RateLimited, "rate_limited", upstream.Plan.Name);
                }
            },
            "edge.reason", "edge.upstream");
        registry.Observe(
            "edge.credential.rejections", "{answer}", MetricKind.Counter,
            "Answers by which a provider has turned a credential of a pool away, by its number",
            to =>
            {
                foreach (var upstream in gateway.Upstreams)
                {
                    for (var i = 0; i < (upstream.Credentials?.Count ?? 0); i++)
                    {
                        var state = upstream.Credentials!.StateOf(i, upstream.NowNs);
                        to.Report(state.Rejections, i.ToString(CultureInfo.InvariantCulture), upstream.Plan.Name);
                    }
                }
            },
            "edge.credential", "edge.upstream");
    }

    private static void ForEach(Gateway gateway, Action<UpstreamCluster, UpstreamPool, TargetState> tell)
    {
        foreach (var upstream in gateway.Upstreams)
        {
            for (var i = 0; i < upstream.Pools.Count && upstream.Balancer is not null; i++)
            {
                tell(upstream, upstream.Pools[i], upstream.States[i]);
            }
        }
    }

    private static void Report(
        ObservedFamily.Observer to, double value, string? label, UpstreamCluster upstream, UpstreamPool pool)
    {
        var port = pool.Target.Port.ToString(CultureInfo.InvariantCulture);
        if (label is null)
        {
            to.Report(value, pool.Target.Host, port, upstream.Plan.Name);
        }
        else
        {
            to.Report(value, label, pool.Target.Host, port, upstream.Plan.Name);
        }
    }
}
