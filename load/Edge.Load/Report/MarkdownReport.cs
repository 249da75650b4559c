using System.Text;
using Edge.Load.Running;

namespace Edge.Load.Report;

/// <summary>The report as Markdown: tables, for a commit's message or a page.</summary>
internal static class MarkdownReport
{
    /// <summary>Writes it.</summary>
    public static string Write(Session session)
    {
        var text = new StringBuilder("# Load report\n\n");
        foreach (var fact in session.Facts)
        {
            text.Append("- ").Append(fact).Append('\n');
        }

        text.Append('\n');
        WriteTable(text, Session.Columns, session.Runs.Select(Session.Row));
        foreach (var run in session.Runs)
        {
            WriteRun(text, run);
        }

        return text.ToString();
    }

    private static void WriteRun(StringBuilder text, RunRecord run)
    {
        text.Append("\n## ").Append(run.Name).Append(": ").Append(Session.Word(run.Outcome)).Append("\n\n");
        text.Append(run.About).Append("\n\n");
        foreach (var note in Session.Notes(run))
        {
            text.Append("- ").Append(note).Append('\n');
        }

        text.Append('\n');
        WriteTable(text, Session.TimeColumns, Session.Times(run).Select(static row => Session.Row(row.Name, row.Times)));
        text.Append('\n');
        WriteTable(text, Session.CountColumns, run.Counts.Select(Session.Row));
        if (run.Recorder.Samples.Count > 0)
        {
            text.Append("\nThe first errors:\n\n");
            foreach (var sample in run.Recorder.Samples)
            {
                text.Append("    ").Append(sample.ReplaceLineEndings(" ")).Append('\n');
            }
        }
    }

    private static void WriteTable(StringBuilder text, string[] head, IEnumerable<string[]> rows)
    {
        WriteRow(text, head);
        WriteRow(text, Array.ConvertAll(head, static _ => "---"));
        foreach (var row in rows)
        {
            WriteRow(text, row);
        }
    }

    private static void WriteRow(StringBuilder text, string[] cells)
    {
        foreach (var cell in cells)
        {
            text.Append("| ").Append(cell.Replace("|", "\\|", StringComparison.Ordinal)).Append(' ');
        }

        text.Append("|\n");
    }
}
