using System.CommandLine;
using System.Globalization;
using Edge.Measuring;
using Edge.Peers.Report;
using Edge.Peers.Running;
using Edge.Peers.Scenarios;

namespace Edge.Peers.Commands;

/// <summary>bench/peers: Edge and other gateways side by side on the same work.</summary>
internal static class PeersCommand
{
    private const int QuickSeconds = 1;
    private const int FullSeconds = 5;
    private const int QuickRounds = 3;
    private const int FullRounds = 5;

    // A quick measurement with a generator is a little longer than one at saturation, which wrk allows only in whole seconds.
    private const int QuickMsPerSecond = 1250;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Fewer scenarios and shorter rounds: under five minutes." };
        var edge = CommonOptions.Edge();
        var json = CommonOptions.Json();
        var rounds = CommonOptions.Rounds();
        var seconds = CommonOptions.Seconds();
        var yarp = new Option<string>("--yarp") { Description = "The program that hosts YARP.", Required = true };
        var peers = Named("--peers", Setups.PeerNames);
        var scenarios = Named("--scenarios", Array.ConvertAll(Scenario.All, static scenario => scenario.Name));
        var command = new Command("peers", "Measures Edge and other gateways side by side.")
        {
            quick, json, edge, yarp, rounds, seconds, peers, scenarios,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var isQuick = parsed.GetValue(quick);
            var duration = parsed.GetValue(seconds) ?? (isQuick ? QuickSeconds : FullSeconds);
            var named = parsed.GetValue(scenarios) ?? [];
            var options = new BenchOptions
            {
                Edge = parsed.GetValue(edge)!,
                Yarp = parsed.GetValue(yarp)!,
                Rounds = parsed.GetValue(rounds) ?? (isQuick ? QuickRounds : FullRounds),
                Peers = parsed.GetValue(peers) ?? [],
                Scenarios = named.Length == 0 && isQuick ? Scenario.QuickNames : named,
            };
            using var session = new Session
            {
                Seconds = duration,
                MeasureMs = duration * (isQuick ? QuickMsPerSecond : 1000),
                WarmupMs = isQuick ? 300 : 1000,
            };
            return await RunAsync(options, session, parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static Option<string[]> Named(string name, string[] names)
    {
        var option = new Option<string[]>(name)
        {
            Description = $"Only these: {string.Join(", ", names)}.",
            AllowMultipleArgumentsPerToken = true,
        };
        option.AcceptOnlyFromAmong(names);
        return option;
    }

    private static async Task<int> RunAsync(BenchOptions options, Session session, string? json, CancellationToken cancellation)
    {
        var measuredAt = DateTimeOffset.UtcNow;
        var loadBefore = Machine.Load();
        await using var run = new BenchRun(options, session, Console.Error);
        await run.RunAsync(cancellation);
        Console.WriteLine();
        CommonOptions.WriteMachine(Console.Out, measuredAt, loadBefore);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Rounds} rounds: median (least-most)"));
        if (!run.HasPriority)
        {
            Console.WriteLine("generators and origins wait for cores as all do, which shows in p99: only root may favour them");
        }

        foreach (var (peer, version) in run.Versions)
        {
            Console.WriteLine(version.Length == 0 ? $"{peer} (built here)" : $"{peer}: {version}");
        }

        foreach (var skipped in run.Skipped)
        {
            Console.WriteLine($"skipped {skipped}");
        }

        run.NotStarted.ForEach(Console.WriteLine);
        foreach (var scenario in run.Results)
        {
            Console.WriteLine();
            Console.Write(Table.Write(scenario));
        }

        if (json is not null)
        {
            JsonReport.Write(json, run, measuredAt, loadBefore);
        }

        return CommonOptions.Close(
            run.Results.Sum(static scenario => scenario.Peers.Count(static peer => peer.HasPassed)),
            run.NotStarted.Count + run.Results.Sum(static scenario => scenario.Peers.Count(static peer => !peer.HasPassed)));
    }
}
