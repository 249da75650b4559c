using System.Globalization;
using Edge.Measuring;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Running;
using Edge.Peers.Scenarios;

namespace Edge.Peers.Growth;

/// <summary>
/// How the cost of Edge and of nginx grows. Every point has its own process of each, so that none has in its memory what another
/// point's work left there; in each round all points are measured once.
/// </summary>
internal sealed class GrowthRun(string edge, Axis[] axes, int rounds, Session session, TextWriter progress)
{
    private const int WarmSeconds = 1;
    private const int SettleMs = 300;

    /// <summary>What has been measured: for each axis its points, in their order.</summary>
    public List<(Axis Axis, ScenarioResult[] Points)> Results { get; } = [];

    /// <summary>Measures all axes.</summary>
    /// <exception cref="InvalidOperationException">Something that is needed did not start.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var axis in axes)
        {
            var points = Array.ConvertAll(axis.Points, static point => point.Scenario.NewResult());
            Results.Add((axis, points));
            if (axis.Points[0].Scenario is StreamScenario)
            {
                await MeasureStreamsAsync(axis, points, cancellation);
            }
            else
            {
                await MeasureAnswersAsync(axis, points, cancellation);
            }
        }
    }

    private Peer[] PeersAt(GrowthPoint point) =>
    [
        Setups.Edge(edge, "edge.yaml") with { MoreNames = [new("moreRoutes", Axis.EdgeRoutes(point.MoreRoutes))] },
        Setups.Nginx("nginx", "nginx.conf") with { MoreNames = [new("moreRoutes", Axis.NginxRoutes(point.MoreRoutes))] },
    ];

    private async Task MeasureAnswersAsync(Axis axis, ScenarioResult[] results, CancellationToken cancellation)
    {
        List<RunningPeer[]> running = [];
        await using var origin = await Setups.PlainOrigin(Axis.AnswerSizes).StartAsync(session.Folder, 0, cancellation);
        try
        {
            foreach (var point in axis.Points)
            {
                await progress.WriteLineAsync($"warming for {axis.Name} {point.Label}");
                running.Add(await StartAsync(point, origin.Port, cancellation));
            }

            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < axis.Points.Length; i++)
                {
                    await progress.WriteLineAsync($"round {round + 1} of {rounds}: {axis.Name} {axis.Points[i].Label}");
                    foreach (var peer in round % 2 == 0 ? running[i] : running[i].Reverse())
                    {
                        await MeasureAsync(axis.Points[i].Scenario, results[i], peer, cancellation);
                    }
                }
            }
        }
        finally
        {
            foreach (var peer in running.SelectMany(static pair => pair))
            {
                await peer.DisposeAsync();
            }
        }
    }

    private async Task<RunningPeer[]> StartAsync(GrowthPoint point, int originPort, CancellationToken cancellation)
    {
        List<RunningPeer> started = [];
        try
        {
            foreach (var peer in PeersAt(point))
            {
                var running = await peer.StartAsync(session.Folder, originPort, cancellation);
                started.Add(running);
                await ((SaturationScenario)point.Scenario)
                    .RunAsync(new Target(running.Port, running), session, WarmSeconds, cancellation);
            }

            return [.. started];
        }
        catch
        {
            foreach (var peer in started)
            {
                await peer.DisposeAsync();
            }

            throw;
        }
    }

    private async Task MeasureStreamsAsync(Axis axis, ScenarioResult[] results, CancellationToken cancellation)
    {
        await using var origin = ChildProcess.Start(Environment.ProcessPath!, [Roles.OriginName]);
        var originPort = int.Parse((await origin.ReadLineAsync(cancellation))!, CultureInfo.InvariantCulture);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < axis.Points.Length; i++)
            {
                await progress.WriteLineAsync($"round {round + 1} of {rounds}: {axis.Name} {axis.Points[i].Label}");
                var peers = PeersAt(axis.Points[i]);
                foreach (var peer in round % 2 == 0 ? peers : peers.Reverse())
                {
                    await using var running = await peer.StartAsync(session.Folder, originPort, cancellation);
                    await MeasureAsync(axis.Points[i].Scenario, results[i], running, cancellation);

                    // The origin notices that its streams have ended.
                    await Task.Delay(SettleMs, cancellation);
                }
            }
        }
    }

    private async Task MeasureAsync(Scenario scenario, ScenarioResult result, RunningPeer peer, CancellationToken cancellation)
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
}
