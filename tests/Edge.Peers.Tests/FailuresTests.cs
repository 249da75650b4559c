using Edge.Peers.Failures;
using Edge.Peers.Load;

namespace Edge.Peers.Tests;

public sealed class FailuresTests
{
    [Fact]
    public void The_ratio_is_that_of_the_medians_of_seconds_that_count()
    {
        var report = Report(
        [
            Of(1_000), Of(3_000), Of(5_000), Of(2_500), Of(2_000), Of(2_000), Of(3_000), Of(9_000) with { LateP99Us = 5_001 },
        ]);

        Assert.Equal(2, report.RatioOf(Happening.Reload)!.Value, 6);
        Assert.Equal(1.25, report.RatioOf(Happening.After)!.Value, 6);
    }

    [Fact]
    public void Without_a_second_that_counts_there_is_no_ratio()
    {
        var report = Report([Of(1_000), Of(1_000), Of(5_000) with { LateP99Us = 5_001 }, Of(1_000)]);

        Assert.Null(report.RatioOf(Happening.Reload));
        Assert.Contains("| reload           | 1        | 1    |", report.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_failed_and_what_has_no_answer_is_lost() =>
        Assert.Equal(5, new FailuresReport(Course.Reloading, new OpenLoadResult(9, 2, 3, 1, 1, 1, 1)).Lost);

    [Fact]
    public void A_tally_counts_by_what_became_of_requests()
    {
        var tally = new SecondTally();
        tally.Answered(1_000_000, isGood: true);
        tally.Answered(3_000_000, isGood: false);
        tally.Late(2_000);
        var second = tally.Sum();

        Assert.Equal(2, second.Answered);
        Assert.Equal(1, second.Failed);
        Assert.InRange(second.P50Us, 999, 1_001);
        Assert.InRange(second.MaxUs, 2_997, 3_003);
        Assert.InRange(second.LateP99Us, 1.9, 2.1);
    }

    private static FailuresReport Report(OpenLoadSecond[] seconds) =>
        new(Course.Reloading, new OpenLoadResult(seconds.Length, 0, 0, 1, 1, 1, 1) { Seconds = seconds });

    private static OpenLoadSecond Of(double p99Us) => new(5_000, 0, 100, p99Us, 2 * p99Us, 10);
}
