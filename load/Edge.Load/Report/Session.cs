using System.Globalization;
using Edge.Load.Running;

namespace Edge.Load.Report;

/// <summary>All that one command ran, and where.</summary>
/// <param name="When">When it began.</param>
/// <param name="Machine">Processor, cores, kernel.</param>
/// <param name="LoadBefore">Load average before the first run.</param>
/// <param name="Edge">The gateway's version.</param>
/// <param name="Command">How it was called.</param>
/// <param name="Runs">The runs, in their order.</param>
internal sealed record Session(
    DateTimeOffset When, string Machine, double LoadBefore, string Edge, string Command, IReadOnlyList<RunRecord> Runs)
{
    /// <summary>The columns of the table over all runs.</summary>
    public static readonly string[] Columns =
        ["scenario", "", "rate", "answers", "errors", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "CPU us/answer"];

    /// <summary>The percentiles that are told.</summary>
    public static readonly double[] Percentiles = [50, 90, 99, 99.9];

    /// <summary>Where and when, in lines.</summary>
    public IEnumerable<string> Facts =>
    [
        string.Create(CultureInfo.InvariantCulture, $"{When:yyyy-MM-dd HH:mm} UTC, load {LoadBefore:0.0} before"),
        Machine + "; gateway, provider and callers share them",
        Edge,
        Command,
    ];

    /// <summary>A run's row in the table over all.</summary>
    public static string[] Row(RunRecord run)
    {
        var felt = run.Recorder.Felt;
        return
        [
            run.Name,
            Word(run.Outcome),
            run.Plan.Text + "/s",
            run.Answers.ToString("#,0", CultureInfo.InvariantCulture),
            run.Errors.ToString("#,0", CultureInfo.InvariantCulture),
            LiveLine.Ms(felt.Percentile(50)),
            LiveLine.Ms(felt.Percentile(99)),
            LiveLine.Ms(felt.Percentile(99.9)),
            LiveLine.Ms(felt.MaxMs),
            run.ProcessorUsPerAnswer.ToString("#,0", CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>An outcome in a word.</summary>
    public static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "passed",
        Outcome.Void => "void",
        _ => "failed",
    };

    /// <summary>How a run was made, and what else there is to know of it, in lines.</summary>
    public static IEnumerable<string> Notes(RunRecord run)
    {
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{run.Plan.Text} arrivals a second for {run.Plan.Duration.TotalSeconds:0.##} s after "
                + $"{run.WarmUp.TotalSeconds:0.##} s of warm-up, seed {run.Seed}. Times run from the moment an "
                + $"arrival was due.");
        yield return string.Create(CultureInfo.InvariantCulture,
            $"Arrivals were made {LiveLine.Ms(run.Recorder.Late.Percentile(50))} ms late at the median and "
                + $"{LiveLine.Ms(run.Recorder.Late.Percentile(99))} ms at the 99th percentile; {run.Recorder.Dropped} "
                + $"were not made.");
        if (!run.HasKeptRate)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"VOID: the generator did not keep its rate (at most {run.LateMax.TotalMilliseconds:0.##} ms at the "
                    + $"99th percentile are allowed, and none left out). The times say nothing about the gateway.");
        }

        foreach (var (text, isError) in run.Findings.All)
        {
            yield return isError ? "DOES NOT HOLD: " + text : text;
        }
    }

    /// <summary>The times of a run: a name and the percentiles, the most and the number.</summary>
    public static IEnumerable<(string Name, Latencies Times)> Times(RunRecord run)
    {
        yield return ("first byte", run.Recorder.FirstByte);
        yield return ("whole answer", run.Recorder.Whole);
        for (var i = 0; i < run.Recorder.Steps.Length && run.Recorder.Steps.Length > 1; i++)
        {
            yield return (string.Create(CultureInfo.InvariantCulture, $"at {run.Plan.StepRates[i]}/s"), run.Recorder.Steps[i]);
        }
    }

    /// <summary>Those times as a row.</summary>
    public static string[] Row(string name, Latencies times) =>
    [
        name,
        .. Percentiles.Select(percent => LiveLine.Ms(times.Percentile(percent))),
        LiveLine.Ms(times.MaxMs),
        times.Count.ToString("#,0", CultureInfo.InvariantCulture),
    ];

    /// <summary>The head of those rows.</summary>
    public static string[] TimeColumns => ["ms", "p50", "p90", "p99", "p99.9", "max", "answers"];

    /// <summary>The answers of a kind as a row.</summary>
    public static string[] Row(Count count) =>
    [
        count.Kind,
        count.Verdict switch
        {
            Calling.Verdict.Right => "right",
            Calling.Verdict.Expected => "as ordered",
            _ => "ERROR",
        },
        count.Number.ToString("#,0", CultureInfo.InvariantCulture),
    ];

    /// <summary>The head of those rows.</summary>
    public static string[] CountColumns => ["answers", "", "number"];
}
