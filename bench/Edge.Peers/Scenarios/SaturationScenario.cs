using System.Globalization;
using Edge.Peers.Load;
using Edge.Peers.Report;

namespace Edge.Peers.Scenarios;

/// <summary>
/// As many requests as 32 connections can carry: what a request costs the processor when there is no time to idle.
/// </summary>
/// <param name="Work">The request.</param>
/// <param name="IsTls">Whether callers come by TLS 1.3, on connections that are kept.</param>
internal sealed record SaturationScenario(Work Work, bool IsTls) : Scenario(
    (IsTls ? "tls-" : "") + Work.Name,
    $"{Work.Title}{(IsTls ? ", TLS 1.3" : "")}, 32 connections as fast as they can",
    [Metric.ProcessorPerRequest, Metric.RequestsPerSecond, Metric.Resident])
{
    /// <inheritdoc/>
    public override bool IsWorthDirect => false;

    /// <inheritdoc/>
    public override async Task MeasureAsync(Target target, PeerResult result, BenchRun bench, CancellationToken cancellation)
    {
        var peer = target.Peer!;
        var before = peer.ProcessorNs;
        var wrk = await RunAsync(target, bench, bench.Options.Seconds, cancellation);
        var used = peer.ProcessorNs - before;
        if (wrk.Failed != 0)
        {
            result.Failure = string.Create(CultureInfo.InvariantCulture, $"{wrk.Failed} of {wrk.Requests} requests failed");
            return;
        }

        result.Add(Metric.ProcessorPerRequest, used / 1000.0 / wrk.Requests);
        result.Add(Metric.RequestsPerSecond, wrk.PerSecond);
        result.Add(Metric.Resident, peer.ResidentBytes / 1024.0 / 1024.0);
    }

    /// <summary>Sends for so many seconds.</summary>
    public Task<WrkResult> RunAsync(Target target, BenchRun bench, int seconds, CancellationToken cancellation)
    {
        var url = string.Create(
            CultureInfo.InvariantCulture,
            $"{(IsTls ? "https" : "http")}://127.0.0.1:{(IsTls ? target.Peer!.TlsPort : target.Port)}");
        return Wrk.RunAsync(url, Work, bench.Folder, seconds, cancellation);
    }
}
