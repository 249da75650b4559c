using System.CommandLine;
using System.Globalization;
using Edge.Measuring;
using Edge.Peers.Failures;
using Edge.Peers.Load;
using Edge.Peers.Running;

namespace Edge.Peers.Commands;

/// <summary>bench/failures: what callers see while an upstream dies, and while the file is read again.</summary>
internal static class FailuresCommand
{
    private const int RateByDefault = 5_000;
    private const int TimesByDefault = 4;
    private const int WarmupMs = 3_000;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var edge = CommonOptions.Edge();
        var rate = CommonOptions.Positive("--rate", $"Requests a second ({RateByDefault}).");
        var times = CommonOptions.Positive(
            "--times", $"How often an upstream is killed, and the file read again ({TimesByDefault}).");
        var workName = new Option<string>("--work")
        {
            Description = "Which request.",
            DefaultValueFactory = static _ => Work.Get.Name,
        };
        workName.AcceptOnlyFromAmong(Array.ConvertAll(Work.All, static work => work.Name));
        var command = new Command("failures", "Kills upstreams and reloads the file at a constant rate of requests.")
        {
            edge, rate, times, workName,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = new Session { Seconds = 0, MeasureMs = 0, WarmupMs = WarmupMs };
            await using var run = new FailuresRun(
                parsed.GetValue(edge)!,
                parsed.GetValue(rate) ?? RateByDefault,
                Work.Find(parsed.GetValue(workName)!),
                parsed.GetValue(times) ?? TimesByDefault,
                session);
            return await RunAsync(run, parsed.GetValue(rate) ?? RateByDefault, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(FailuresRun run, int rate, CancellationToken cancellation)
    {
        var measuredAt = DateTimeOffset.UtcNow;
        var loadBefore = Machine.Load();
        var checks = new Checks();

        try
        {
            await run.StartAsync(cancellation);
            foreach (var course in Course.All)
            {
                Console.WriteLine();
                var report = await run.RunAsync(course, cancellation);
                Console.WriteLine(report.Write());
                checks.Check(report.Lost == 0, string.Create(
                    CultureInfo.InvariantCulture, $"{course.Name}: {report.Lost} requests of {rate:N0} a second were lost"));
                if (!report.HasKeptRate)
                {
                    Console.WriteLine("The generator has not kept its rate: the times above say nothing.");
                }
            }

            var repeated = await run.CountRepeatedAsync(cancellation);
            checks.Check(repeated > 0, string.Create(
                CultureInfo.InvariantCulture, $"what was killed had requests in its hands: {repeated:N0} were sent once more"));
            checks.Check(await run.HasLastFileAsync(cancellation), "the last file is in force");
        }
        catch (InvalidOperationException exception)
        {
            checks.Check(false, exception.Message);
        }

        Console.WriteLine();
        CommonOptions.WriteMachine(Console.Out, measuredAt, loadBefore);
        return checks.Close();
    }
}
