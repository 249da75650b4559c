using Edge.Core.Telemetry;
using Edge.Pipeline;

namespace Edge.Telemetry;

/// <summary>What is counted of connections that have switched to another protocol. Thread-safe.</summary>
internal sealed class UpgradeMetrics
{
    /// <summary>Registers them.</summary>
    public UpgradeMetrics(MetricRegistry registry)
    {
        Ends = registry.Counter(
            "edge.upgrade.ends", "{connection}", "Upgraded connections that have ended, by who or what ended them",
            "edge.route", "edge.cause");
        Bytes = registry.Counter(
            "edge.upgrade.bytes", "By", "Bytes passed on upgraded connections: up, from the caller, and down",
            "edge.route", "edge.direction");
    }

    /// <summary>How they ended.</summary>
    public CounterFamily Ends { get; }

    /// <summary>What they passed.</summary>
    public CounterFamily Bytes { get; }

    /// <summary>One has ended.</summary>
    public void Ended(string route, Tunnel tunnel)
    {
        Ends.Of(route, NameOf(tunnel.End)).Increment();
        Bytes.Of(route, "up").Add(tunnel.BytesUp);
        Bytes.Of(route, "down").Add(tunnel.BytesDown);
    }

    /// <summary>An end, as it is called everywhere.</summary>
    public static string NameOf(TunnelEnd end) => end switch
    {
        TunnelEnd.Caller => "caller",
        TunnelEnd.Upstream => "upstream",
        TunnelEnd.Idle => "idle",
        TunnelEnd.Total => "total",
        TunnelEnd.Drain => "drain",
        _ => "error",
    };
}
