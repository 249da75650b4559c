using System.Globalization;
using Edge.Measuring;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Running;
using Edge.Peers.Scenarios;

namespace Edge.Peers;

/// <summary>
/// A whole run: starts origins and peers, measures them by turns, so that what disturbs the machine for a while disturbs all of
/// them, and ends what it started.
/// </summary>
internal sealed class BenchRun(BenchOptions options, Session session, TextWriter progress) : IAsyncDisposable
{
    private const int CapacityMs = 1_500;
    private const int WarmupSecondsMax = 3;
    private const int SettleMs = 300;

    private readonly List<RunningPeer> _running = [];
    private readonly List<ScenarioResult> _results = [];

    /// <summary>What is measured.</summary>
    public BenchOptions Options { get; } = options;

    /// <summary>How long.</summary>
    public Session Session { get; } = session;

    /// <summary>Whether generators and origins could go before others where it is about time.</summary>
    public bool HasPriority { get; private set; } = Native.SetPriority(0, goesFirst: false);

    /// <summary>Names and versions of what is measured.</summary>
    public Dictionary<string, string> Versions { get; } = [];

    /// <summary>What has been measured.</summary>
    public IReadOnlyList<ScenarioResult> Results => _results;

    /// <summary>What is not here, and so is not measured.</summary>
    public List<string> Skipped { get; } = [];

    /// <summary>What is here but did not start, with what it said.</summary>
    public List<string> NotStarted { get; } = [];

    /// <summary>Measures everything that is wanted and there.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var wanted = Array.FindAll(Scenario.All, scenario => Options.WantsScenario(scenario.Name));
        foreach (var setup in Enum.GetValues<Setup>())
        {
            var scenarios = Array.FindAll(wanted, scenario => scenario.Setup == setup && scenario is not StreamScenario);
            if (scenarios.Length > 0)
            {
                await MeasureAnswersAsync(scenarios, await FindPeersAsync(setup, cancellation), cancellation);
            }
        }

        StreamScenario[] streams = [.. wanted.OfType<StreamScenario>()];
        if (streams.Length > 0)
        {
            await MeasureStreamsAsync(streams, await FindPeersAsync(Setup.Plain, cancellation), cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => EndAllAsync();

    private async Task<List<Peer>> FindPeersAsync(Setup setup, CancellationToken cancellation)
    {
        List<Peer> found = [];
        var peers = Setups.Peers(setup, Options.Edge, Options.Yarp);
        foreach (var peer in peers)
        {
            bool IsAbout(string said) => said.StartsWith(peer.Name + " ", StringComparison.Ordinal)
                || said.StartsWith(peer.Name + ":", StringComparison.Ordinal);

            var isWanted = Options.WantsPeer(peer.Name)
                || Array.Exists(peers, other => other.Plain == peer.Name && Options.WantsPeer(other.Name));
            if (!isWanted || NotStarted.Exists(IsAbout))
            {
                continue;
            }

            if (await peer.FindVersionAsync(cancellation) is { } version)
            {
                found.Add(peer);
                Versions[peer.Name] = version;
            }
            else if (!Skipped.Exists(IsAbout))
            {
                var missing = Array.Find(peer.Needs, static file => !File.Exists(file)) ?? peer.Program;
                Skipped.Add($"{peer.Name}: {missing} is not here");
            }
        }

        return found;
    }

    private async Task MeasureAnswersAsync(Scenario[] scenarios, List<Peer> peers, CancellationToken cancellation)
    {
        var originPeer = Setups.PlainOrigin(Work.LargeAnswerBytes);
        if (await originPeer.FindVersionAsync(cancellation) is null)
        {
            Skipped.Add("plain answers: nginx, their origin, is not here");
            return;
        }

        await using var origin = await originPeer.StartAsync(Session.Folder, 0, cancellation);
        var works = from scenario in scenarios.OfType<SaturationScenario>() select scenario.Work;
        foreach (var peer in peers)
        {
            await WarmAsync(peer, [.. works.DefaultIfEmpty(Work.Get).Distinct()], origin.Port, cancellation);
        }

        if (_running.Count == 0)
        {
            return;
        }

        foreach (var scenario in Array.FindAll(scenarios, static scenario => scenario.IsAtHalfRate).OfType<RateScenario>())
        {
            Session.HalfRates[scenario.Work] = await FindHalfRateAsync(scenario.Work, cancellation);
        }

        for (var round = 0; round < Options.Rounds; round++)
        {
            foreach (var scenario in scenarios)
            {
                HasPriority &= ProcessTree.SetPriority(origin.Process.Id, scenario.IsAboutTime);
                await MeasureRoundAsync(scenario, round, origin.Port, cancellation);
            }
        }

        await EndAllAsync();
    }

    private async Task MeasureRoundAsync(Scenario scenario, int round, int originPort, CancellationToken cancellation)
    {
        await progress.WriteLineAsync($"round {round + 1} of {Options.Rounds}: {scenario.Name}");
        if (scenario.IsWorthDirect)
        {
            await MeasureAsync(scenario, Peer.Direct, new Target(originPort, null), cancellation);
        }

        for (var i = 0; i < _running.Count; i++)
        {
            // Everybody is first once.
            var running = _running[(i + round) % _running.Count];
            await MeasureAsync(scenario, running.Peer.Name, new Target(running.Port, running), cancellation);
        }

        foreach (var running in _running)
        {
            if (running.Peer.Plain is { } plain)
            {
                _results.Find(result => result.Name == scenario.Name)!.AddBeyond(running.Peer.Name, plain, round);
            }
        }
    }

    // What every peer can carry twice over, with the very generator that is going to be used: on a machine of few cores it takes
    // its share of them, so what another generator gets through says little.
    private async Task<int> FindHalfRateAsync(Work work, CancellationToken cancellation)
    {
        var least = double.MaxValue;
        foreach (var running in _running)
        {
            await using var generator = await Generator.StartAsync(
                [Roles.SaturateName, .. Roles.Arguments(running.Port, work, Session.WarmupMs, CapacityMs)],
                new Target(running.Port, running),
                cancellation);
            var most = await generator.ResultAsync<Saturation>(cancellation);
            await progress.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{running.Peer.Name} carries {most.PerSecond:N0} a second of {work.Name}"));
            least = Math.Min(least, most.PerSecond);
        }

        return Math.Max(1, (int)(least / 2));
    }

    private async Task WarmAsync(Peer peer, Work[] works, int originPort, CancellationToken cancellation)
    {
        await progress.WriteLineAsync($"warming {peer.Name}");
        try
        {
            var running = await peer.StartAsync(Session.Folder, originPort, cancellation);
            _running.Add(running);
            var seconds = Math.Min(WarmupSecondsMax, Session.Seconds);
            foreach (var work in works)
            {
                await new SaturationScenario(work).RunAsync(new Target(running.Port, running), Session, seconds, cancellation);
            }
        }
        catch (InvalidOperationException exception)
        {
            // It is told, and the others are measured without it.
            NotStarted.Add(exception.Message);
        }
    }

    // For streams each peer is started anew each time: memory that earlier work left behind would hide what a stream takes.
    private async Task MeasureStreamsAsync(StreamScenario[] scenarios, List<Peer> peers, CancellationToken cancellation)
    {
        await using var origin = ChildProcess.Start(Environment.ProcessPath!, [Roles.OriginName]);
        var originPort = int.Parse((await origin.ReadLineAsync(cancellation))!, CultureInfo.InvariantCulture);
        for (var round = 0; round < Options.Rounds; round++)
        {
            foreach (var scenario in Array.FindAll(scenarios, scenario => round < scenario.RoundsMax))
            {
                await progress.WriteLineAsync($"round {round + 1} of {Options.Rounds}: {scenario.Name}");
                await MeasureAsync(scenario, Peer.Direct, new Target(originPort, null), cancellation);
                for (var i = 0; i < peers.Count; i++)
                {
                    var peer = peers[(i + round) % peers.Count];
                    await using var running = await peer.StartAsync(Session.Folder, originPort, cancellation);
                    await MeasureAsync(scenario, peer.Name, new Target(running.Port, running), cancellation);

                    // The origin notices that its streams have ended.
                    await Task.Delay(SettleMs, cancellation);
                }
            }
        }
    }

    private async Task MeasureAsync(Scenario scenario, string peer, Target target, CancellationToken cancellation)
    {
        var all = _results.Find(result => result.Name == scenario.Name);
        if (all is null)
        {
            _results.Add(all = scenario.NewResult());
            all.RequestsPerSecond = scenario.RateIn(Session);
        }

        var result = all.Of(peer);
        if (result.Failure is not null)
        {
            return;
        }

        try
        {
            await scenario.MeasureAsync(target, result, Session, cancellation);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            result.Failure = exception.Message;
        }
    }

    private async ValueTask EndAllAsync()
    {
        foreach (var peer in _running)
        {
            await peer.DisposeAsync();
        }

        _running.Clear();
    }
}
