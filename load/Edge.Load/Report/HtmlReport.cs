using System.Globalization;
using System.Net;
using System.Text;
using Edge.Load.Running;

namespace Edge.Load.Report;

/// <summary>The report as one page that needs nothing from elsewhere: tables, and charts as SVG in it.</summary>
internal static class HtmlReport
{
    private const string Style =
        """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #667085; --line: #d5dae2; --page: #fff; --card: #f7f8fa;
          --c0: #2563eb; --c1: #d97706; --c2: #b91c1c; --good: #15803d; --bad: #b91c1c; --void: #b45309; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #344054; --page: #12161c;
          --card: #1a2028;
          --c0: #6ea8fe; --c1: #f5b14c; --c2: #f87171; --good: #4ade80; --bad: #f87171; --void: #fbbf24; } }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 60rem;
          margin: 2rem auto; padding: 0 1rem; }
        h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
        ul.facts { color: var(--soft); list-style: none; padding: 0; } code { font-size: .9em; }
        table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
        th, td { padding: .25rem .8rem .25rem 0; text-align: right; border-bottom: 1px solid var(--line); }
        th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
        .passed { color: var(--good); } .failed { color: var(--bad); } .void { color: var(--void); }
        .outcome { font-weight: 600; } pre { background: var(--card); padding: .8rem; overflow-x: auto; }
        svg.chart { width: 100%; height: auto; background: var(--card); border-radius: 6px; margin: .4rem 0; font-size: 11px; }
        .title { fill: var(--ink); font-weight: 600; font-size: 12px; } .tick { fill: var(--soft); }
        .end { text-anchor: end; } .middle { text-anchor: middle; } .grid { stroke: var(--line); stroke-width: .6; }
        .mark { stroke: var(--soft); stroke-dasharray: 3 3; } .line { fill: none; stroke-width: 1.8; }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
        .dot { stroke-width: 0; } .dot.c0 { fill: var(--c0); } .dot.c1 { fill: var(--c1); } .dot.c2 { fill: var(--c2); }
        """;

    // The horizontal axis of the distribution: how many nines, so that the tail has room.
    private static readonly (double X, string Text)[] NineTicks =
        [(0, "0%"), (NinesOf(50), "50%"), (1, "90%"), (2, "99%"), (3, "99.9%"), (4, "99.99%"), (5, "99.999%")];

    /// <summary>Writes it.</summary>
    public static string Write(Session session)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Load report</title>\n");
        html.Append("<style>\n").Append(Style).Append("\n</style>\n</head>\n<body>\n<h1>Load report</h1>\n");
        html.Append("<ul class=\"facts\">\n");
        foreach (var fact in session.Facts)
        {
            html.Append("<li>").Append(Escape(fact)).Append("</li>\n");
        }

        html.Append("</ul>\n");
        WriteTable(html, Session.Columns, session.Runs.Select(Session.Row), static row => row[1]);
        foreach (var run in session.Runs)
        {
            WriteRun(html, run);
        }

        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void WriteRun(StringBuilder html, RunRecord run)
    {
        var word = Session.Word(run.Outcome);
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(run.Name)} <span class=\"{word}\">{word}</span></h2>\n");
        html.Append("<p>").Append(Escape(run.About)).Append("</p>\n<ul>\n");
        foreach (var note in Session.Notes(run))
        {
            html.Append("<li>").Append(Escape(note)).Append("</li>\n");
        }

        html.Append("</ul>\n");
        WriteTable(html, Session.TimeColumns, Session.Times(run).Select(static row => Session.Row(row.Name, row.Times)));
        foreach (var chart in Charts(run))
        {
            html.Append(chart.Draw());
        }

        WriteTable(html, Session.CountColumns, run.Counts.Select(Session.Row), static row => row[1] == "ERROR" ? "failed" : "");
        if (run.Recorder.Samples.Count > 0)
        {
            html.Append("<p>The first errors:</p>\n<pre>");
            html.Append(Escape(string.Join('\n', run.Recorder.Samples))).Append("</pre>\n");
        }
    }

    private static IEnumerable<Chart> Charts(RunRecord run)
    {
        Series Line(string name, Func<Slice, double> value) =>
            new(name, [.. run.Slices.Select(slice => (slice.Second, value(slice)))]);

        var span = (run.Slices[0].Second, run.Slices[^1].Second);
        (double, string)[] marks = [.. run.Timeline.Marks.Select(static mark => (mark.Second, mark.What))];
        var what = run.IsOfStreams ? "time to the first byte" : "time to the whole answer";
        yield return new Chart
        {
            Title = "Arrivals and answers a second, over seconds",
            Lines =
            [
                Line("due", static slice => slice.DuePerSecond), Line("answered", static slice => slice.AnsweredPerSecond),
                Line("errors", static slice => slice.FailedPerSecond),
            ],
            Marks = marks,
            Span = span,
        };
        yield return new Chart
        {
            Title = $"Milliseconds: {what}, of the answers that ended in each second",
            Lines =
            [
                Line("p50", static slice => slice.P50Ms), Line("p99", static slice => slice.P99Ms),
                Line("max", static slice => slice.MaxMs),
            ],
            IsLogarithmic = true,
            Marks = marks,
            Span = span,
        };
        yield return new Chart
        {
            Title = $"Milliseconds: {what}, by the part of answers that is not slower",
            Lines = [new Series("this run", Distribution(run.Recorder.Felt))],
            IsLogarithmic = true,
            Ticks = NineTicks,
        };
        yield return new Chart
        {
            Title = "Questions without an answer yet, over seconds",
            Lines = [Line("in flight", static slice => slice.InFlight)],
            Marks = marks,
            Span = span,
        };
        yield return new Chart
        {
            Title = "The gateway's resident memory in MiB, over seconds",
            Lines = [Line("MiB", static slice => slice.ResidentBytes / 1048576.0)],
            Marks = marks,
            Span = span,
        };
        yield return new Chart
        {
            Title = "The gateway's processor time in parts of a core, over seconds",
            Lines = [Line("cores", static slice => slice.ProcessorPart)],
            Marks = marks,
            Span = span,
        };
    }

    // As far to the right as there are answers to tell apart.
    private static (double X, double Y)[] Distribution(Latencies times)
    {
        const int PointsPerNine = 8;
        var nines = Math.Min(5, Math.Log10(Math.Max(1, times.Count)));
        var points = new (double X, double Y)[(int)(nines * PointsPerNine) + 1];
        for (var i = 0; i < points.Length; i++)
        {
            var x = (double)i / PointsPerNine;
            points[i] = (x, times.Percentile(100 - (100 * Math.Pow(10, -x))));
        }

        return points;
    }

    private static double NinesOf(double percent) => -Math.Log10(1 - (percent / 100));

    private static void WriteTable(
        StringBuilder html, string[] head, IEnumerable<string[]> rows, Func<string[], string>? classOf = null)
    {
        html.Append("<table>\n<tr>");
        foreach (var cell in head)
        {
            html.Append("<th>").Append(Escape(cell)).Append("</th>");
        }

        html.Append("</tr>\n");
        foreach (var row in rows)
        {
            html.Append("<tr class=\"").Append(classOf?.Invoke(row)).Append("\">");
            foreach (var cell in row)
            {
                html.Append("<td>").Append(Escape(cell)).Append("</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</table>\n");
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
