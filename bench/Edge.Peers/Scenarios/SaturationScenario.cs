using System.Globalization;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Running;

namespace Edge.Peers.Scenarios;

/// <summary>
/// As many requests as some connections can carry: what a request costs the processor when there is no time to idle.
/// </summary>
/// <param name="Name">On the command line and in JSON.</param>
/// <param name="Title">Over its table.</param>
/// <param name="Work">The request.</param>
/// <param name="Protocol">How callers come.</param>
internal sealed record SaturationScenario(string Name, string Title, Work Work, Protocol Protocol) : Scenario(
    Name,
    Title,
    [Metric.ProcessorPerRequest, Metric.RequestsPerSecond, Metric.Resident])
{
    private const int PlainConnections = 32;

    // With eight requests at a time on each, as many as are under way over HTTP/1.1.
    private const int Http2Connections = PlainConnections / H2Load.StreamsPerConnection;

    /// <summary>A work with 32 requests under way.</summary>
    public SaturationScenario(Work work, Protocol protocol = Protocol.Plain)
        : this(Prefix(protocol) + work.Name, $"{work.Title}, {Manner(protocol)}", work, protocol) =>
        Connections = protocol == Protocol.Http2 ? Http2Connections : PlainConnections;

    /// <summary>What comes of it where some peers do without policies what others do with them.</summary>
    public static Metric[] MetricsBeyondPlain { get; } =
        [Metric.ProcessorPerRequest, Metric.ProcessorBeyondPlain, Metric.RequestsPerSecond, Metric.Resident];

    /// <summary>How many connections.</summary>
    public int Connections { get; init; } = PlainConnections;

    /// <inheritdoc/>
    public override bool IsWorthDirect => false;

    /// <inheritdoc/>
    public override async Task MeasureAsync(Target target, PeerResult result, Session session, CancellationToken cancellation)
    {
        var peer = target.Peer!;
        var before = peer.ProcessorNs;
        var load = await RunAsync(target, session, session.Seconds, cancellation);
        var used = peer.ProcessorNs - before;
        if (load.Failed != 0 || load.Requests == 0)
        {
            result.Failure = string.Create(CultureInfo.InvariantCulture, $"{load.Failed} of {load.Requests} requests failed");
            return;
        }

        result.Add(Metric.ProcessorPerRequest, used / 1000.0 / load.Requests);
        result.Add(Metric.RequestsPerSecond, load.PerSecond);
        result.Add(Metric.Resident, peer.ResidentBytes / 1024.0 / 1024.0);
    }

    /// <summary>Sends for so many seconds.</summary>
    public Task<Saturation> RunAsync(Target target, Session session, int seconds, CancellationToken cancellation)
    {
        if (Protocol == Protocol.Http2)
        {
            return H2Load.RunAsync(target.Peer!.TlsPort, Work, Connections, session, seconds, cancellation);
        }

        var url = Protocol == Protocol.Tls
            ? string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{target.Peer!.TlsPort}")
            : string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{target.Port}");
        return Wrk.RunAsync(url, Work, Connections, session, seconds, cancellation);
    }

    private static string Prefix(Protocol protocol) => protocol switch
    {
        Protocol.Tls => "tls-",
        Protocol.Http2 => "h2-",
        _ => "",
    };

    private static string Manner(Protocol protocol) => protocol switch
    {
        Protocol.Tls => "TLS 1.3, 32 connections as fast as they can",
        Protocol.Http2 => "HTTP/2 over TLS 1.3, 4 connections of 8 streams as fast as they can",
        _ => "32 connections as fast as they can",
    };
}
