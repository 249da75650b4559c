using System.CommandLine;
using Edge.Measuring;
using Edge.Peers.Compare;
using Edge.Peers.Running;

namespace Edge.Peers.Commands;

/// <summary>bench/compare: two builds of Edge on the same work.</summary>
internal static class CompareCommand
{
    /// <summary>Exit code when the base does not start or does not do the work: there is nothing to compare with.</summary>
    public const int NothingToCompareWith = 2;

    private const int RoundsByDefault = 20;
    private const int EventsMs = 800;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var edge = CommonOptions.Edge();
        var json = CommonOptions.Json();
        var seconds = CommonOptions.Seconds();
        var rounds = new Option<int>("--rounds")
        {
            Description = "Rounds; in each, both builds do each work once.",
            DefaultValueFactory = static _ => RoundsByDefault,
        };
        rounds.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() < PairedRatio.PairsMin)
            {
                result.AddError($"--rounds must be at least {PairedRatio.PairsMin}.");
            }
        });
        var edgeName = new Option<string>("--edge-name") { Description = "What it is called in the table.", Required = true };
        var config = new Option<string>("--config") { Description = "Template of its configuration.", Required = true };
        var baseEdge = new Option<string>("--base") { Description = "The binary to compare with.", Required = true };
        var baseName = new Option<string>("--base-name") { Description = "What it is called.", Required = true };
        var baseConfig = new Option<string>("--base-config") { Description = "Template of its configuration.", Required = true };
        var markdown = new Option<string?>("--markdown") { Description = "Also append the table to this file." };
        var command = new Command("compare", "Measures two builds of Edge by turns.")
        {
            edge, edgeName, config, baseEdge, baseName, baseConfig, rounds, seconds, json, markdown,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var before = Side(parsed.GetValue(baseName)!, parsed.GetValue(baseEdge)!, parsed.GetValue(baseConfig)!);
            var after = Side(parsed.GetValue(edgeName)!, parsed.GetValue(edge)!, parsed.GetValue(config)!);
            using var session = new Session
            {
                Seconds = parsed.GetValue(seconds) ?? 1,
                MeasureMs = (parsed.GetValue(seconds) ?? 1) * EventsMs,
                WarmupMs = 300,
            };
            var comparison = new Comparison(before, after, parsed.GetValue(rounds), session, Console.Error);
            return await RunAsync(
                comparison, (before.Name, after.Name), parsed.GetValue(rounds), parsed.GetValue(json), parsed.GetValue(markdown),
                cancellation);
        });
        return command;
    }

    private static Peer Side(string name, string program, string config) => Setups.Edge(program, config) with { Name = name };

    private static async Task<int> RunAsync(
        Comparison comparison,
        (string Before, string After) names,
        int rounds,
        string? json,
        string? markdown,
        CancellationToken cancellation)
    {
        var (before, after) = names;
        var measuredAt = DateTimeOffset.UtcNow;
        var loadBefore = Machine.Load();
        try
        {
            await comparison.RunAsync(cancellation);
        }
        catch (InvalidOperationException exception)
        {
            Console.WriteLine(exception.Message);
            return exception.Message.StartsWith(before + " did not start", StringComparison.Ordinal)
                ? NothingToCompareWith
                : CommonOptions.Close(0, 1);
        }

        var table = ComparisonReport.Write(comparison, before, after, rounds);
        CommonOptions.WriteMachine(Console.Out, measuredAt, loadBefore);
        Console.WriteLine();
        Console.Write(table);
        if (markdown is not null)
        {
            await File.AppendAllTextAsync(markdown, table + "\n", cancellation);
        }

        if (json is not null)
        {
            ComparisonReport.WriteJson(json, comparison, before, after, measuredAt);
        }

        if (comparison.Results.Any(result => result.Of(before).Failure is not null))
        {
            Console.WriteLine($"{before} does not do all of the work");
            return NothingToCompareWith;
        }

        var failed = comparison.Results.Count(result => !result.Of(after).HasPassed);
        return CommonOptions.Close(comparison.Results.Count - failed, failed);
    }
}
