using System.CommandLine;
using System.ComponentModel;
using System.Globalization;
using Edge.Load.Plan;
using Edge.Load.Report;
using Edge.Load.Running;
using Edge.Load.Scenarios;
using Edge.Measuring;

namespace Edge.Load;

/// <summary>The command line: scenarios in a row, a line for each second, a report, and an exit code that means it.</summary>
internal static class LoadCommand
{
    /// <summary>Exit code when everything held.</summary>
    public const int PassedCode = 0;

    /// <summary>Exit code when a scenario failed, or could not be run.</summary>
    public const int FailedCode = 1;

    /// <summary>Exit code when no scenario failed, but a rate was not kept.</summary>
    public const int VoidCode = 2;

    // In time for the gateway and the mock to be ended after the first Ctrl-C.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(15);

    private static readonly Argument<string[]> Names = new("scenario")
    {
        Description = "What to run: " + string.Join(
            ", ", ScenarioList.MakeAll().Select(static scenario => scenario.Name).Append(ScenarioList.AllName)),
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Edge = new("--edge") { Description = "The program edge", Required = true };

    private static readonly Option<string?> Rate = new("--rate")
    {
        Description = "Arrivals a second: 500, steps 100,200,400, or a ramp 100-1000",
    };

    private static readonly Option<string?> Duration = new("--duration") { Description = "How long: 20s, 5m" };
    private static readonly Option<string?> WarmUp = new("--warm-up") { Description = "How long before times count: 3s" };

    private static readonly Option<string> LateMax = new("--late-max")
    {
        Description = "A run is void when more than one arrival in a hundred was made later than this",
        DefaultValueFactory = static _ => "10ms",
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Of all chance: the same seed asks the same questions",
        DefaultValueFactory = static _ => 1,
    };

    private static readonly Option<string?> Report = new("--report") { Description = "Folder for report.md and report.html" };

    /// <summary>Runs what the command line says and answers the exit code.</summary>
    public static Task<int> InvokeAsync(string[] arguments)
    {
        var root = new RootCommand("Puts load on a gateway before a mock provider, both started here, and checks every answer.")
        {
            Names, Edge, Rate, Duration, WarmUp, LateMax, Seed, Report,
        };
        root.SetAction((parsed, cancellation) => RunAsync(parsed, arguments, cancellation));
        return root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = EndTimeout });
    }

    private static async Task<int> RunAsync(ParseResult parsed, string[] arguments, CancellationToken cancellation)
    {
        try
        {
            var options = new LoadOptions(
                parsed.GetValue(Edge)!,
                parsed.GetValue(Rate),
                parsed.GetValue(Duration) is { } duration ? Durations.Parse(duration) : null,
                parsed.GetValue(WarmUp) is { } warmUp ? Durations.Parse(warmUp) : null,
                Durations.Parse(parsed.GetValue(LateMax)!),
                parsed.GetValue(Seed),
                parsed.GetValue(Report));
            var scenarios = ScenarioList.Make(parsed.GetValue(Names)!);
#if NBOMBER
            return await NBomberHost.RunAsync(scenarios, options, cancellation);
#else
            return await RunAsync(scenarios, options, string.Join(' ', ["load/run", .. arguments]), cancellation);
#endif
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"load: {exception.Message}");
            return FailedCode;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("load: stopped");
            return FailedCode;
        }
    }

    private static async Task<int> RunAsync(
        LoadScenario[] scenarios, LoadOptions options, string command, CancellationToken cancellation)
    {
        var (begun, loadBefore) = (DateTimeOffset.UtcNow, Machine.Load());
        if (options.Report is { } reports)
        {
            // Before the first run, lest a run is made whose report can't be written.
            Directory.CreateDirectory(reports);
        }

        var live = new LiveLine(Console.Out, Console.IsOutputRedirected ? 0 : Console.WindowWidth);
        var records = new List<RunRecord>();
        var notRun = 0;
        foreach (var scenario in scenarios)
        {
            using (scenario)
            {
                var run = new ScenarioRun(scenario, options, live);
                Console.WriteLine(run.Heading);
                try
                {
                    var record = await run.RunAsync(cancellation);
                    records.Add(record);
                    Tell(record);
                }
                catch (Exception exception) when (
                    exception is InvalidOperationException or IOException or HttpRequestException or Win32Exception)
                {
                    notRun++;
                    Console.WriteLine($"{scenario.Name}: failed: {exception.Message}\n");
                }
            }
        }

        if (options.Report is { } folder)
        {
            var version = (await ChildProcess.RunAsync(options.Edge, ["--version"], cancellation)).Trim();
            Write(folder, new Session(begun, Machine.Describe(), loadBefore, version, command, records));
        }

        var passed = records.Count(static record => record.Outcome == Outcome.Passed);
        var failed = notRun + records.Count(static record => record.Outcome == Outcome.Failed);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {scenarios.Length - passed} failed"));
        return failed > 0 ? FailedCode : passed < scenarios.Length ? VoidCode : PassedCode;
    }

    private static void Tell(RunRecord record)
    {
        foreach (var note in Session.Notes(record).Skip(1))
        {
            Console.WriteLine("  " + note);
        }

        foreach (var sample in record.Recorder.Samples)
        {
            Console.WriteLine("  error: " + sample);
        }

        var felt = record.Recorder.Felt;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{record.Name}: {Session.Word(record.Outcome)}; {record.Answers:#,0} answers, {record.Errors:#,0} "
                + $"errors; {(record.IsOfStreams ? "first byte" : "whole answer")} p50 "
                + $"{LiveLine.Ms(felt.Percentile(50))}, p99 {LiveLine.Ms(felt.Percentile(99))}, p99.9 "
                + $"{LiveLine.Ms(felt.Percentile(99.9))}, max {LiveLine.Ms(felt.MaxMs)} ms\n"));
    }

    private static void Write(string folder, Session session)
    {
        File.WriteAllText(Path.Combine(folder, "report.md"), MarkdownReport.Write(session));
        File.WriteAllText(Path.Combine(folder, "report.html"), HtmlReport.Write(session));
        Console.WriteLine($"report: {Path.Combine(folder, "report.html")} and report.md\n");
    }
}
