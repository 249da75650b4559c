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
internal sealed class BenchRun : IAsyncDisposable
{
    private const int ReferenceSeconds = 2;
    private const int WarmupSecondsMax = 3;
    private const int StreamWarmupMs = 300;
    private const int SettleMs = 300;

    private readonly List<Peer> _peers = [];
    private readonly List<RunningPeer> _running = [];
    private readonly List<ScenarioResult> _results = [];
    private readonly Dictionary<string, int> _halfRates = [];
    private readonly TextWriter _progress;

    /// <summary>A run that tells its progress there.</summary>
    public BenchRun(BenchOptions options, TextWriter progress)
    {
        Options = options;
        _progress = progress;

        // Workers that gave up root's rights must be able to read what is in it.
        Folder = Directory.CreateTempSubdirectory("edge-peers-").FullName;
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
        Certificates.Write(Folder);
    }

    /// <summary>How much is measured.</summary>
    public BenchOptions Options { get; }

    /// <summary>Folder of this run's files; removed at its end.</summary>
    public string Folder { get; }

    /// <summary>Names and versions of what is measured.</summary>
    public Dictionary<string, string> Versions { get; } = [];

    /// <summary>What has been measured.</summary>
    public IReadOnlyList<ScenarioResult> Results => _results;

    /// <summary>What is not here, and so is not measured.</summary>
    public List<string> Skipped { get; } = [];

    /// <summary>What is here but did not start, with what it said.</summary>
    public List<string> NotStarted { get; } = [];

    /// <summary>The result that belongs to a scenario.</summary>
    public ScenarioResult ResultOf(Scenario scenario)
    {
        var result = _results.Find(result => result.Name == scenario.Name);
        if (result is null)
        {
            _results.Add(result = scenario.NewResult());
        }

        return result;
    }

    /// <summary>Measures everything that is wanted and there.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await FindPeersAsync(cancellation);
        var wanted = Scenario.All.Where(scenario => Options.WantsScenario(scenario.Name)).ToArray();
        var plain = wanted.Where(static scenario => scenario is not StreamScenario).ToArray();
        var streams = wanted.OfType<StreamScenario>().ToArray();
        if (plain.Length > 0)
        {
            await MeasurePlainAsync(plain, cancellation);
        }

        if (streams.Length > 0)
        {
            await MeasureStreamsAsync(streams, cancellation);
        }
    }

    /// <summary>Half of what nginx, or else the first peer, carries of this work: found once and kept for the run.</summary>
    public async Task<int> HalfRateAsync(Work work, CancellationToken cancellation)
    {
        if (!_halfRates.TryGetValue(work.Name, out var rate))
        {
            var scenario = new SaturationScenario(work, IsTls: false);
            var peer = _running.Find(static peer => peer.Peer.Name == "nginx") ?? _running[0];
            var most = await scenario.RunAsync(new Target(peer.Port, peer), this, ReferenceSeconds, cancellation);
            _halfRates[work.Name] = rate = (int)(most.PerSecond / 2);
        }

        return rate;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAllAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task FindPeersAsync(CancellationToken cancellation)
    {
        foreach (var peer in Peer.All(Options.Edge, Options.Yarp).Where(peer => Options.WantsPeer(peer.Name)))
        {
            if (await peer.FindVersionAsync(cancellation) is { } version)
            {
                _peers.Add(peer);
                Versions[peer.Name] = version;
            }
            else
            {
                Skipped.Add($"{peer.Name}: {peer.Program} is not here");
            }
        }
    }

    private async Task MeasurePlainAsync(Scenario[] scenarios, CancellationToken cancellation)
    {
        if (await Peer.PlainOrigin.FindVersionAsync(cancellation) is null)
        {
            Skipped.Add("plain answers: nginx, their origin, is not here");
            return;
        }

        await using var origin = await Peer.PlainOrigin.StartAsync(Folder, 0, cancellation);
        foreach (var peer in _peers.ToArray())
        {
            await WarmAsync(peer, origin.Port, cancellation);
        }

        if (_running.Count == 0)
        {
            return;
        }

        for (var round = 0; round < Options.Rounds; round++)
        {
            foreach (var scenario in scenarios)
            {
                await _progress.WriteLineAsync($"round {round + 1} of {Options.Rounds}: {scenario.Name}");
                if (scenario.IsWorthDirect)
                {
                    await MeasureAsync(scenario, Peer.Direct, new Target(origin.Port, null), cancellation);
                }

                for (var i = 0; i < _running.Count; i++)
                {
                    // Everybody is first once.
                    var running = _running[(i + round) % _running.Count];
                    await MeasureAsync(scenario, running.Peer.Name, new Target(running.Port, running), cancellation);
                }
            }
        }

        await EndAllAsync();
    }

    private async Task WarmAsync(Peer peer, int originPort, CancellationToken cancellation)
    {
        await _progress.WriteLineAsync($"warming {peer.Name}");
        try
        {
            var running = await peer.StartAsync(Folder, originPort, cancellation);
            _running.Add(running);
            foreach (var work in Work.All)
            {
                await new SaturationScenario(work, IsTls: false)
                    .RunAsync(new Target(running.Port, running), this, Math.Min(WarmupSecondsMax, Options.Seconds), cancellation);
            }
        }
        catch (InvalidOperationException exception)
        {
            // It is told, and the others are measured without it.
            NotStarted.Add(exception.Message);
            _peers.Remove(peer);
        }
    }

    // For streams each peer is started anew in each round: memory that earlier work left behind would hide what a stream takes.
    private async Task MeasureStreamsAsync(StreamScenario[] scenarios, CancellationToken cancellation)
    {
        await using var origin = ChildProcess.Start(Environment.ProcessPath!, Roles.OriginName);
        var originPort = int.Parse((await origin.ReadLineAsync(cancellation))!, CultureInfo.InvariantCulture);
        for (var round = 0; round < Options.Rounds; round++)
        {
            await _progress.WriteLineAsync($"round {round + 1} of {Options.Rounds}: streams");
            foreach (var scenario in scenarios)
            {
                await MeasureAsync(scenario, Peer.Direct, new Target(originPort, null), cancellation);
            }

            for (var i = 0; i < _peers.Count; i++)
            {
                var peer = _peers[(i + round) % _peers.Count];
                await using var running = await peer.StartAsync(Folder, originPort, cancellation);
                var target = new Target(running.Port, running);
                await using (await scenarios[^1].StartAsync(target, StreamWarmupMs, 0, cancellation))
                {
                    // One caller has been through, so that what is made on first use is not counted as a stream's.
                }

                foreach (var scenario in scenarios)
                {
                    await Task.Delay(SettleMs, cancellation);
                    await MeasureAsync(scenario, peer.Name, target, cancellation);
                }
            }
        }
    }

    private async Task MeasureAsync(Scenario scenario, string peer, Target target, CancellationToken cancellation)
    {
        var result = ResultOf(scenario).Of(peer);
        if (result.Failure is not null)
        {
            return;
        }

        try
        {
            await scenario.MeasureAsync(target, result, this, cancellation);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            result.Failure = exception.Message;
        }
    }

    private async Task EndAllAsync()
    {
        foreach (var peer in _running)
        {
            await peer.DisposeAsync();
        }

        _running.Clear();
    }
}
