using System.CommandLine;
using System.Globalization;
using Edge.Measuring;
using Edge.Peers.CachePauses;
using Edge.Peers.Running;

namespace Edge.Peers.Commands;

/// <summary>bench/cache-pauses: how long the collector holds Edge while a full cache is in use, beside an empty one.</summary>
internal static class CachePausesCommand
{
    private const int AnswersByDefault = 1_000_000;
    private const int SecondsByDefault = 20;
    private const int RateByDefault = 5_000;
    private const int WarmupMs = 1_000;
    private const int CollectionsMin = 10;
    private const double MedianMsMax = 2;

    // What else the machine does can only make pauses longer: what is too long is looked at again. Where it makes those of a
    // cache that keeps next to none too long as well, theirs are the measure.
    private const int RoundsMax = 5;
    private const double MedianRatioMax = 1.25;

    // Twice what a busy machine was seen to make of those of the small cache. Beyond it, it is what both do.
    private const double MedianMsEver = 12;

    // Half of them are asked for from what is kept; some fall between two readings of what was counted.
    private const double HitPartMin = 0.45;
    private const string FullSize = "2GiB";
    private const string LeastSize = "1MiB";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var edge = CommonOptions.Edge();
        var answers = CommonOptions.Positive("--answers", $"Answers that the cache is filled with ({AnswersByDefault}).");
        var seconds = CommonOptions.Positive("--seconds", $"Seconds of use after that ({SecondsByDefault}).");
        var rate = CommonOptions.Positive("--rate", $"Requests a second in them ({RateByDefault}).");
        var command = new Command("cache-pauses", "Watches the collector's pauses with a full cache and with an empty one.")
        {
            edge, answers, seconds, rate,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var duration = parsed.GetValue(seconds) ?? SecondsByDefault;
            using var session = new Session { Seconds = duration, MeasureMs = duration * 1_000, WarmupMs = WarmupMs };
            return await RunAsync(
                parsed.GetValue(edge)!,
                parsed.GetValue(answers) ?? AnswersByDefault,
                parsed.GetValue(rate) ?? RateByDefault,
                session,
                cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        string edge, int answers, int rate, Session session, CancellationToken cancellation)
    {
        var measuredAt = DateTimeOffset.UtcNow;
        var loadBefore = Machine.Load();
        var checks = new Checks();

        try
        {
            await using var full = new CachePausesRun(FullSize, answers, rate, session);
            await using var least = new CachePausesRun(LeastSize, answers, rate, session);
            await full.StartAsync(edge, cancellation);
            await least.StartAsync(edge, cancellation);
            var phases = await MeasureAsync(full, least, cancellation);
            Console.WriteLine(CachePausesReport.Write(phases));
            Judge(phases, answers, checks);
        }
        catch (Exception exception) when (exception is InvalidOperationException or HttpRequestException)
        {
            checks.Check(false, exception.Message);
        }

        Console.WriteLine();
        CommonOptions.WriteMachine(Console.Out, measuredAt, loadBefore);
        return checks.Close();
    }

    // Fills both and uses them one after the other, until the pauses of one round are short enough: the last two phases.
    private static async Task<List<PausePhase>> MeasureAsync(
        CachePausesRun full, CachePausesRun least, CancellationToken cancellation)
    {
        List<PausePhase> phases = [await full.FillAsync(cancellation), await least.FillAsync(cancellation)];
        var rounds = 0;
        do
        {
            phases.Add(await full.KeepOnAsync(cancellation));
            phases.Add(await least.KeepOnAsync(cancellation));
        }
        while (!ShortEnough(phases[^2], phases[^1]) && ++rounds < RoundsMax);

        return phases;
    }

    private static void Judge(List<PausePhase> phases, int answers, Checks checks)
    {
        var (filled, used, least) = (phases[0], phases[^2], phases[^1]);
        checks.Check(filled.Kept == answers, Text($"{filled.Kept:N0} answers of {answers:N0} are kept"));
        checks.Check(
            used.Hits >= HitPartMin * used.Requests,
            Text($"{used.Hits:N0} of {used.Requests:N0} requests were answered from them"));
        var lost = phases.Sum(static phase => phase.Lost);
        checks.Check(lost == 0, Text($"{lost:N0} requests were lost"));
        checks.Check(
            Math.Min(used.Pauses.Count, least.Pauses.Count) >= CollectionsMin,
            Text($"there were collections to judge by: {used.Pauses.Count:N0} and {least.Pauses.Count:N0}"));
        checks.Check(
            ShortEnough(used, least),
            Text($"the median pause with them is {used.Pauses.MedianMs:N2} ms, ")
            + Text($"less than {MedianMsMax:N0}, or than {MedianRatioMax} of {least.Pauses.MedianMs:N2} ms without them ")
            + Text($"and than {MedianMsEver:N0}"));
    }

    private static bool ShortEnough(PausePhase used, PausePhase least) =>
        used.Pauses.MedianMs < Math.Clamp(MedianRatioMax * least.Pauses.MedianMs, MedianMsMax, MedianMsEver);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
