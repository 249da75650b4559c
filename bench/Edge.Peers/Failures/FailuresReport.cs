using System.Globalization;
using Edge.Peers.Load;
using Edge.Peers.Report;

namespace Edge.Peers.Failures;

/// <summary>What came of one course of events, second by second.</summary>
/// <param name="course">What happened.</param>
/// <param name="load">What became of the requests.</param>
internal sealed class FailuresReport(Course course, OpenLoadResult load)
{
    private const double UsPerMs = 1_000;

    /// <summary>Requests without an answer of 2xx, those that had none at the end included.</summary>
    public long Lost { get; } = load.Failed + load.Unanswered;

    /// <summary>Whether the generator kept its rate. If not, times say nothing.</summary>
    public bool HasKeptRate => load.HasKeptRate;

    /// <summary>Every second, and then the sums of those in which the same happened.</summary>
    public string Write()
    {
        List<string[]> rows =
            [["second", "what happens", "requests", "lost", "p50 us", "p99 ms", "slowest ms", "generator late p99 us"]];
        for (var i = 0; i < load.Seconds.Length; i++)
        {
            var second = load.Seconds[i];
            rows.Add(
            [
                Whole(i), Word(course.At(i)), Whole(second.Answered), Whole(second.Failed), Whole(second.P50Us), Ms(second.P99Us),
                Ms(second.MaxUs), Whole(second.LateP99Us),
            ]);
        }

        List<string[]> sums = [["seconds of", "how many", "void", "p50 us", "p99 ms", "p99 to that of calm seconds"]];
        foreach (var happening in course.Seconds.Distinct())
        {
            sums.Add(Sum(happening));
        }

        return $"**{course.Name}**\n\n{Table.Align(rows)}\n{Table.Align(sums)}";
    }

    /// <summary>
    /// The 99th percentile of the seconds in which something happens, to that of calm ones; null without seconds that count.
    /// </summary>
    public double? RatioOf(Happening happening) =>
        P99sOf(happening) is { Length: > 0 } these && P99sOf(Happening.Calm) is { Length: > 0 } calm
            ? Spread.Of(these).Median / Spread.Of(calm).Median
            : null;

    private static string Whole(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Ms(double us) => (us / UsPerMs).ToString("N2", CultureInfo.InvariantCulture);

    private static string Word(Happening happening) => happening switch
    {
        Happening.Calm => "",
        Happening.Kill => "one is killed",
        Happening.Down => "it is away",
        Happening.Return => "it is back",
        Happening.Reload => "reload",
        _ => "the second after",
    };

    private string[] Sum(Happening happening)
    {
        var all = SecondsOf(happening);
        var counted = Array.FindAll(all, static second => second.HasKeptRate);
        var name = happening == Happening.Calm ? "calm" : Word(happening);
        if (counted.Length == 0)
        {
            return [name, Whole(all.Length), Whole(all.Length), "", "", ""];
        }

        var p99 = Spread.Of(Array.ConvertAll(counted, static second => second.P99Us));
        return
        [
            name, Whole(all.Length), Whole(all.Length - counted.Length),
            Whole(Spread.Of(Array.ConvertAll(counted, static second => second.P50Us)).Median),
            $"{Ms(p99.Median)} ({Ms(p99.Min)}-{Ms(p99.Max)})",
            RatioOf(happening)?.ToString("N2", CultureInfo.InvariantCulture) ?? "",
        ];
    }

    private OpenLoadSecond[] SecondsOf(Happening happening) =>
        [.. load.Seconds.Where((_, index) => course.At(index) == happening)];

    private double[] P99sOf(Happening happening) => Array.ConvertAll(
        Array.FindAll(SecondsOf(happening), static second => second.HasKeptRate), static second => second.P99Us);
}
