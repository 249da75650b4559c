using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Report;
using Edge.Load.Running;
using Edge.Measuring;

namespace Edge.Load.Tests;

public sealed class ReportTests
{
    private const string Hostile = "<script>alert(1)</script> & | \"x\"";

    [Fact]
    public void The_page_asks_nobody_for_anything_and_runs_nothing()
    {
        var html = HtmlReport.Write(MakeSession());
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http:", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_has_its_charts_as_wellformed_SVG()
    {
        var html = HtmlReport.Write(MakeSession());
        var charts = html.Split("<svg ").Skip(1)
            .Select(static part => "<svg " + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + "</svg>".Length)])
            .ToList();
        Assert.Equal(6, charts.Count);
        Assert.All(charts, static chart =>
        {
            var svg = System.Xml.Linq.XElement.Parse(chart);
            Assert.NotEmpty(svg.Elements("polyline"));
            Assert.DoesNotContain("NaN", chart, StringComparison.Ordinal);
            Assert.DoesNotContain("Infinity", chart, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Both_reports_tell_outcome_counts_and_the_first_errors()
    {
        var session = MakeSession();
        foreach (var report in (string[])[HtmlReport.Write(session), MarkdownReport.Write(session)])
        {
            Assert.Contains("failed", report, StringComparison.Ordinal);
            Assert.Contains("ERROR", report, StringComparison.Ordinal);
            Assert.Contains("as ordered", report, StringComparison.Ordinal);
            Assert.Contains("whole answer", report, StringComparison.Ordinal);
            Assert.Contains("the detail", report, StringComparison.Ordinal);
            Assert.Contains("at 20/s", report, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_bar_in_a_cell_does_not_break_a_table() =>
        Assert.Contains("\\|", MarkdownReport.Write(MakeSession()), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 10, 6)]
    [InlineData(0, 1, 6)]
    [InlineData(-3, 20, 5)]
    [InlineData(0, 12_345, 7)]
    public void Ticks_are_few_round_and_within(double min, double max, int count)
    {
        var ticks = Chart.RoundTicks(min, max);
        Assert.Equal(count, ticks.Count);
        Assert.All(ticks, tick => Assert.InRange(tick, min, max));
    }

    [Fact]
    public void A_chart_without_points_is_none() =>
        Assert.Equal("", new Chart { Title = "t", Lines = [new Series("s", [])] }.Draw());

    [Fact]
    public void A_chart_of_one_point_is_drawn() =>
        Assert.DoesNotContain(
            "NaN", new Chart { Title = "t", Lines = [new Series("s", [(1, 0)])] }.Draw(), StringComparison.Ordinal);

    [Fact]
    public void A_live_line_is_a_line_where_there_is_no_terminal()
    {
        using var output = new StringWriter();
        var (live, recorder) = (new LiveLine(output, 0), MakeRecorder());
        live.Write(recorder.Slices[0], recorder);
        live.End();
        Assert.Single(output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain('\r', output.ToString());
        Assert.Contains("errors 1 (odd)", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_live_line_is_written_over_in_a_terminal_and_never_wraps()
    {
        using var output = new StringWriter();
        var (live, recorder) = (new LiveLine(output, 40), MakeRecorder());
        live.Write(recorder.Slices[0], recorder);
        live.Write(recorder.Slices[0], recorder);
        var lines = output.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, static line => Assert.Equal(39, line.Length));
        live.End();
        live.End();
        Assert.EndsWith(Environment.NewLine, output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody", "--edge", "x")]
    [InlineData("steady-chat", "--edge", "x", "--rate", "no")]
    [InlineData("steady-chat", "--edge", "x", "--duration", "5")]
    [InlineData("steady-chat")]
    [InlineData("--edge", "x")]
    public async Task What_cannot_be_run_ends_with_an_error(params string[] arguments) =>
        Assert.Equal(LoadCommand.FailedCode, await LoadCommand.InvokeAsync(arguments));

    [Fact]
    public async Task A_gateway_that_does_not_start_fails_the_scenario() =>
        Assert.Equal(LoadCommand.FailedCode, await LoadCommand.InvokeAsync(["steady-chat", "--edge", "/bin/false"]));

    [Fact]
    public async Task A_program_that_is_not_there_fails_the_scenario() =>
        Assert.Equal(LoadCommand.FailedCode, await LoadCommand.InvokeAsync(["steady-chat", "--edge", "/bin/not-there"]));

    private static Recorder MakeRecorder()
    {
        var startNs = Monotonic.NowNs;
        var recorder = new Recorder(RatePlan.Parse("10,20", TimeSpan.FromSeconds(2)), startNs, isOfStreams: false);
        for (var i = 0; i < 30; i++)
        {
            var dueNs = startNs + (i * 66_000_000L);
            recorder.Begin(dueNs, dueNs + 1000);
            recorder.End(dueNs, dueNs + 5_000_000, i switch
            {
                0 => Answer.Failed("odd", "the detail " + Hostile),
                1 => new Answer(Verdict.Expected, "a | b"),
                _ => Answer.Right(dueNs + 1_000_000, 100),
            });
        }

        recorder.EndSecond(startNs + 1_000_000_000, 500_000_000, 10_000_000);
        recorder.EndSecond(startNs + 2_000_000_000, 900_000_000, 11_000_000);
        return recorder;
    }

    private static Session MakeSession()
    {
        var run = new RunRecord
        {
            Name = "name",
            About = Hostile,
            IsOfStreams = false,
            Plan = RatePlan.Parse("10,20", TimeSpan.FromSeconds(2)),
            WarmUp = TimeSpan.Zero,
            Seed = 1,
            LateMax = TimeSpan.FromSeconds(1),
            Recorder = MakeRecorder(),
            Timeline = new Timeline(Monotonic.NowNs, TimeSpan.FromSeconds(2)),
        };
        run.Timeline.Note("moment");
        return new Session(DateTimeOffset.UnixEpoch, "machine", 0.5, "edge 1", "load/run " + Hostile, [run]);
    }
}
