using System.Globalization;
using Edge.Load.Calling;

namespace Edge.Load.Running;

/// <summary>
/// Tells of a run as it goes on: in one line that is written over, or in lines where the output is no terminal.
/// </summary>
internal sealed class LiveLine
{
    private readonly TextWriter _output;
    private readonly int _width;
    private int _written;

    /// <summary>Writes to an output.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="width">Columns of the terminal; 0: it is none.</param>
    public LiveLine(TextWriter output, int width) => (_output, _width) = (output, width);

    /// <summary>Tells of a second.</summary>
    public void Write(in Slice slice, Recorder recorder)
    {
        var text = Format(slice, recorder);
        if (_width == 0)
        {
            _output.WriteLine(text);
            return;
        }

        text = text.Length < _width ? text : text[..(_width - 1)];
        _output.Write("\r" + text.PadRight(_written));
        _written = text.Length;
    }

    /// <summary>Leaves the line, so that the next output has its own.</summary>
    public void End()
    {
        if (_written > 0)
        {
            _output.WriteLine();
            _written = 0;
        }
    }

    /// <summary>The line of a second.</summary>
    public static string Format(in Slice slice, Recorder recorder)
    {
        var errors = 0L;
        var worst = "";
        foreach (var count in recorder.Counts)
        {
            if (count.Verdict == Verdict.Failed)
            {
                worst = worst.Length == 0 ? $" ({count.Kind})" : worst;
                errors += count.Number;
            }
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"{(int)Math.Round(slice.Second),5} s  {slice.DuePerSecond,6:0}/s due {slice.AnsweredPerSecond,6:0}/s "
                + $"answered {slice.InFlight,6} in flight   p50 {Ms(slice.P50Ms),7}  p99 {Ms(slice.P99Ms),7}  max "
                + $"{Ms(slice.MaxMs),7} ms   errors {errors}{worst}");
    }

    /// <summary>Milliseconds with three digits or so; a dash where nothing was timed.</summary>
    public static string Ms(double ms) => ms == 0 ? "-" : ms.ToString(
        ms >= 100 ? "#,0" : ms >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
