using System.CommandLine;
using System.Globalization;
using Edge.Measuring;
using Edge.Peers.Growth;
using Edge.Peers.Report;
using Edge.Peers.Running;

namespace Edge.Peers.Commands;

/// <summary>bench/growth: what more and more of something costs, Edge beside nginx.</summary>
internal static class GrowthCommand
{
    private const int RoundsByDefault = 3;
    private const int SecondsByDefault = 2;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var edge = CommonOptions.Edge();
        var json = CommonOptions.Json();
        var rounds = CommonOptions.Rounds();
        var seconds = CommonOptions.Seconds();
        var names = Array.ConvertAll(Axis.All, static axis => axis.Name);
        var axes = new Option<string[]>("--axes")
        {
            Description = $"Only these: {string.Join(", ", names)}.",
            AllowMultipleArgumentsPerToken = true,
        };
        axes.AcceptOnlyFromAmong(names);
        var command = new Command("growth", "Measures what more and more of something costs.")
        {
            edge, json, rounds, seconds, axes,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var wanted = parsed.GetValue(axes) ?? [];
            var duration = parsed.GetValue(seconds) ?? SecondsByDefault;
            using var session = new Session { Seconds = duration, MeasureMs = duration * 1000, WarmupMs = 500 };
            var run = new GrowthRun(
                parsed.GetValue(edge)!,
                Array.FindAll(Axis.All, axis => wanted.Length == 0 || wanted.Contains(axis.Name)),
                parsed.GetValue(rounds) ?? RoundsByDefault,
                session,
                Console.Error);
            return await RunAsync(run, parsed.GetValue(rounds) ?? RoundsByDefault, parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(GrowthRun run, int rounds, string? json, CancellationToken cancellation)
    {
        var measuredAt = DateTimeOffset.UtcNow;
        var loadBefore = Machine.Load();
        try
        {
            await run.RunAsync(cancellation);
        }
        catch (InvalidOperationException exception)
        {
            Console.WriteLine(exception.Message);
            return CommonOptions.Close(0, 1);
        }

        CommonOptions.WriteMachine(Console.Out, measuredAt, loadBefore);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds: median (least-most)"));
        foreach (var (axis, points) in run.Results)
        {
            Console.WriteLine();
            Console.Write(GrowthReport.Write(axis, points));
        }

        if (json is not null)
        {
            GrowthReport.WriteJson(json, run, measuredAt);
        }

        PeerResult[] cells = [.. run.Results.SelectMany(static result => result.Points).SelectMany(static point => point.Peers)];
        var passed = cells.Count(static cell => cell.HasPassed);
        return CommonOptions.Close(passed, cells.Length - passed);
    }
}
