using System.Globalization;
using Edge.Measuring;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Running;
using Edge.Peers.Scenarios;

namespace Edge.Peers.Compare;

/// <summary>
/// Two builds of Edge on the same work. In each round both are started anew, since where a process happens to lie in memory is
/// good for a percent or two, and do each work right after each other, taking turns in who is first.
/// </summary>
internal sealed class Comparison(Peer before, Peer after, int rounds, Session session, TextWriter progress)
{
    private static readonly Scenario[] Requests =
        [.. from work in new[] { Work.Get, Work.Chat } select new SaturationScenario(work) { Title = work.Title }];

    private static readonly Scenario[] Events =
        [StreamScenario.Of("sse-100", 100, gapMs: 20) with { Title = "event of 100 streams" }];

    /// <summary>What has been measured: for each work, the two sides by their names.</summary>
    public IReadOnlyList<ScenarioResult> Results { get; } =
        [.. Requests.Concat(Events).Select(static scenario => scenario.NewResult())];

    /// <summary>Which value is compared.</summary>
    public static Metric MetricOf(ScenarioResult result) => result.Metrics[0];

    /// <summary>Measures all rounds.</summary>
    /// <exception cref="InvalidOperationException">A build did not start.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var answers = await Setups.PlainOrigin().StartAsync(session.Folder, 0, cancellation);
        await using var streams = ChildProcess.Start(Environment.ProcessPath!, [Roles.OriginName]);
        var streamPort = int.Parse((await streams.ReadLineAsync(cancellation))!, CultureInfo.InvariantCulture);
        for (var round = 0; round < rounds; round++)
        {
            await progress.WriteLineAsync($"round {round + 1} of {rounds}");
            Peer[] sides = round % 2 == 0 ? [before, after] : [after, before];
            await MeasureAsync(sides, Requests, answers.Port, cancellation);
            await MeasureAsync(sides, Events, streamPort, cancellation);
        }
    }

    /// <summary>The ratio for a work; null when a side failed or too few rounds count for both.</summary>
    public PairedRatio? RatioOf(ScenarioResult result)
    {
        var metric = MetricOf(result);
        var first = result.Of(before.Name);
        var second = result.Of(after.Name);
        return first.HasPassed && second.HasPassed && first.Samples[metric].Count >= PairedRatio.PairsMin
            ? PairedRatio.Of(first.Samples[metric], second.Samples[metric])
            : null;
    }

    private async Task MeasureAsync(Peer[] sides, Scenario[] scenarios, int originPort, CancellationToken cancellation)
    {
        await using var first = await sides[0].StartAsync(session.Folder, originPort, cancellation);
        await using var second = await sides[1].StartAsync(session.Folder, originPort, cancellation);
        RunningPeer[] running = [first, second];
        foreach (var peer in running)
        {
            if (scenarios[0] is SaturationScenario warming)
            {
                await warming.RunAsync(new Target(peer.Port, peer), session, 1, cancellation);
            }
        }

        foreach (var scenario in scenarios)
        {
            var result = Results.First(result => result.Name == scenario.Name);
            foreach (var peer in running)
            {
                var side = result.Of(peer.Peer.Name);
                try
                {
                    await scenario.MeasureAsync(new Target(peer.Port, peer), side, session, cancellation);
                }
                catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
                {
                    side.Failure ??= exception.Message;
                }
            }

            LeaveWholePairs(result);
            Array.Reverse(running);
        }
    }

    // A round that was void for one side does not count for the other.
    private static void LeaveWholePairs(ScenarioResult result)
    {
        var pairs = result.Peers.Min(static side => side.Count);
        result.Peers.ForEach(side => side.Leave(pairs));
    }
}
