using System.Globalization;
using Edge.Peers.Load;
using Edge.Peers.Report;

namespace Edge.Peers.Scenarios;

/// <summary>
/// Server-sent events: how long after the origin wrote them callers read them, and what an event and a stream cost.
/// </summary>
/// <param name="Name">On the command line and in JSON.</param>
/// <param name="Title">Over its table.</param>
/// <param name="Streams">How many are open at a time.</param>
/// <param name="GapUs">Microseconds between two events of a stream.</param>
internal sealed record StreamScenario(string Name, string Title, int Streams, int GapUs) : Scenario(
    Name,
    "SSE, " + Title,
    Streams > 1
        ? [Metric.ProcessorPerEvent, Metric.P50, Metric.P99, Metric.P999, Metric.ResidentPerStream]
        : [Metric.ProcessorPerEvent, Metric.P50, Metric.P99])
{
    /// <inheritdoc/>
    public override async Task MeasureAsync(Target target, PeerResult result, BenchRun bench, CancellationToken cancellation)
    {
        var residentBefore = target.Peer?.ResidentBytes ?? 0;
        var warmupMs = Math.Max(WarmupMsMin, bench.Options.WarmupMs);
        await using var generator = await StartAsync(target, warmupMs, bench.Options.MeasureMs, cancellation);
        var streams = await generator.ResultAsync<StreamResult>(cancellation);
        if (streams.Lost != 0)
        {
            result.Failure = string.Create(CultureInfo.InvariantCulture, $"{streams.Lost} events or streams were lost");
            return;
        }

        result.Add(Metric.P50, streams.P50Us);
        result.Add(Metric.P99, streams.P99Us);
        result.Add(Metric.P999, streams.P999Us);
        if (target.Peer is { } peer && generator.ProcessorNs is { } used)
        {
            result.Add(Metric.ProcessorPerEvent, used / 1000.0 / streams.Events);

            // The streams are open until the generator is told to end.
            result.Add(Metric.ResidentPerStream, (peer.ResidentBytes - residentBefore) / 1024.0 / Streams);
        }
    }

    /// <summary>Starts the callers.</summary>
    public Task<Generator> StartAsync(Target target, int warmupMs, int measureMs, CancellationToken cancellation) =>
        Generator.StartAsync(
        [
            Roles.CallName,
            "--port", Text(target.Port),
            "--streams", Text(Streams),
            "--gap-us", Text(GapUs),
            "--warmup-ms", Text(warmupMs),
            "--measure-ms", Text(measureMs),
        ],
        target,
        cancellation);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
