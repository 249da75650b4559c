using System.Globalization;
using Edge.Measuring;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Running;

namespace Edge.Peers.Scenarios;

/// <summary>
/// Server-sent events: how long after the origin wrote them callers read them, and what an event and a stream cost.
/// </summary>
/// <param name="Name">On the command line and in JSON.</param>
/// <param name="Title">Over its table.</param>
/// <param name="Streams">How many are open at a time.</param>
/// <param name="GapMs">Milliseconds between two events of a stream.</param>
internal sealed record StreamScenario(string Name, string Title, int Streams, int GapMs) : Scenario(
    Name,
    Title,
    Streams > 1
        ? [Metric.ProcessorPerEvent, Metric.P50, Metric.P99, Metric.P999, Metric.ResidentPerStream]
        : [Metric.ProcessorPerEvent, Metric.P50, Metric.P99])
{
    private const int UsPerMs = 1000;
    private const int ManyStreams = 1_000;
    private const int WarmCallerMs = 300;
    private const int WarmGapMs = 10;

    // A gateway needs two descriptors for a stream, and some for itself.
    private const int OwnFiles = 200;

    /// <summary>So many streams, or as many as the system lets one process have.</summary>
    public static StreamScenario Of(string name, int wanted, int gapMs)
    {
        var streams = Math.Min(wanted, (Native.OpenFilesMax() - OwnFiles) / 2);
        var cut = streams < wanted ? ", all that the limit of open files allows" : "";
        var title = string.Create(
            CultureInfo.InvariantCulture,
            $"SSE, {streams:N0} stream{(streams > 1 ? "s" : "")}{cut}, {wanted * 1000 / gapMs:N0} events a second in all");
        return new StreamScenario(name, title, streams, gapMs);
    }

    /// <summary>How many rounds are enough: where opening the streams takes most of the time, fewer.</summary>
    public int RoundsMax => Streams > ManyStreams ? 3 : int.MaxValue;

    /// <inheritdoc/>
    public override async Task MeasureAsync(Target target, PeerResult result, Session session, CancellationToken cancellation)
    {
        // What is made on first use is not a stream's: one caller has been through before.
        await using (await StartAsync(target, 1, WarmGapMs, WarmCallerMs, 0, cancellation))
        {
        }

        var residentBefore = target.Peer?.ResidentBytes ?? 0;
        var warmupMs = Math.Max(WarmupMsMin, session.WarmupMs);
        var measureMs = Math.Max(GapMs, session.MeasureMs);
        await using var generator = await StartAsync(target, Streams, GapMs, warmupMs, measureMs, cancellation);
        var streams = await generator.ResultAsync<StreamResult>(cancellation);
        if (streams.Lost != 0)
        {
            result.Failure = string.Create(CultureInfo.InvariantCulture, $"{streams.Lost} events or streams were lost");
            return;
        }

        if (!streams.HasKeptRate)
        {
            result.Voided++;
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

    private static Task<Generator> StartAsync(
        Target target, int streams, int gapMs, int warmupMs, int measureMs, CancellationToken cancellation) =>
        Generator.StartAsync(
        [
            Roles.CallName,
            "--port", Text(target.Port),
            "--streams", Text(streams),
            "--gap-us", Text(gapMs * UsPerMs),
            "--warmup-ms", Text(warmupMs),
            "--measure-ms", Text(measureMs),
        ],
        target,
        cancellation);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
