using System.Globalization;
using System.Net;
using System.Text;

namespace Edge.Load.Report;

/// <summary>A line of a chart.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Points">Its points, from left to right; on a logarithmic axis those at or below nothing are left out.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>
/// Draws lines over an axis as SVG, to stand in a page: axes with round numbers, a legend, values where the pointer rests, and
/// moments as vertical lines. Colours are classes (<c>c0</c>, <c>c1</c> and so on) which the page defines.
/// </summary>
internal sealed class Chart
{
    private const int Width = 760;
    private const int Height = 260;
    private const int Left = 64;
    private const int Right = 12;
    private const int Top = 44;
    private const int Bottom = 26;
    private const int TicksWanted = 5;
    private const int TicksMax = 12;
    private const int MarkTextsMax = 6;

    private readonly StringBuilder _svg = new();

    /// <summary>What it shows, with the unit.</summary>
    public required string Title { get; init; }

    /// <summary>The lines.</summary>
    public required IReadOnlyList<Series> Lines { get; init; }

    /// <summary>Whether each step upwards is ten times the one before.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>What the horizontal axis says where; null: round numbers.</summary>
    public IReadOnlyList<(double X, string Text)>? Ticks { get; init; }

    /// <summary>Where the horizontal axis begins and ends; null: with the points.</summary>
    public (double Min, double Max)? Span { get; init; }

    /// <summary>Moments.</summary>
    public IReadOnlyList<(double X, string Text)> Marks { get; init; } = [];

    private double MinX { get; set; }

    private double MaxX { get; set; }

    private double MinY { get; set; }

    private double MaxY { get; set; }

    /// <summary>Draws it; nothing when there is nothing to draw.</summary>
    public string Draw()
    {
        (double X, double Y)[] points = [.. Lines.SelectMany(static line => line.Points).Where(IsShown)];
        if (points.Length == 0)
        {
            return "";
        }

        FindBounds(points);
        Write($"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(Title)}\">");
        Write($"<text class=\"title\" x=\"{Left}\" y=\"14\">{Escape(Title)}</text>");
        DrawAxes();
        DrawMarks();
        for (var i = 0; i < Lines.Count; i++)
        {
            DrawLine(Lines[i], i);
        }

        DrawLegend();
        _svg.Append("</svg>\n");
        return _svg.ToString();
    }

    /// <summary>Round numbers from the least to the most, about as many as wanted.</summary>
    public static List<double> RoundTicks(double min, double max)
    {
        var rough = (max - min) / TicksWanted;
        var ten = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = ten * ((rough / ten) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 });
        List<double> ticks = [];
        var first = Math.Ceiling((min / step) - 1e-9) * step;
        for (var tick = first; tick <= max + (step * 1e-9) && ticks.Count < TicksMax; tick += step)
        {
            ticks.Add(Math.Abs(tick) < step / 2 ? 0 : tick);
        }

        return ticks;
    }

    private bool IsShown((double X, double Y) point) => !IsLogarithmic || point.Y > 0;

    private void FindBounds((double X, double Y)[] points)
    {
        (MinX, MaxX) = Span ?? (points.Min(static point => point.X), points.Max(static point => point.X));
        (MinY, MaxY) = (points.Min(static point => point.Y), points.Max(static point => point.Y));
        MaxX = MaxX > MinX ? MaxX : MinX + 1;
        if (IsLogarithmic)
        {
            MinY = Math.Pow(10, Math.Floor(Math.Log10(MinY)));
            MaxY = Math.Max(Math.Pow(10, Math.Ceiling(Math.Log10(MaxY))), MinY * 10);
        }
        else
        {
            MinY = Math.Min(0, MinY);
            MaxY = MaxY > MinY ? MaxY * 1.05 : MinY + 1;
        }
    }

    private double PlaceX(double x) => Left + ((x - MinX) / (MaxX - MinX) * (Width - Left - Right));

    private double PlaceY(double y)
    {
        var part = IsLogarithmic ? Math.Log10(y / MinY) / Math.Log10(MaxY / MinY) : (y - MinY) / (MaxY - MinY);
        return Height - Bottom - (part * (Height - Top - Bottom));
    }

    private void DrawAxes()
    {
        foreach (var y in IsLogarithmic ? Decades() : RoundTicks(MinY, MaxY))
        {
            Write($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{PlaceY(y):0.#}\" y2=\"{PlaceY(y):0.#}\"/>");
            Write($"<text class=\"tick end\" x=\"{Left - 6}\" y=\"{PlaceY(y) + 4:0.#}\">{Number(y)}</text>");
        }

        foreach (var (x, text) in Ticks ?? RoundTicks(MinX, MaxX).ConvertAll(static x => (x, Number(x))))
        {
            if (x >= MinX && x <= MaxX)
            {
                Write($"<text class=\"tick middle\" x=\"{PlaceX(x):0.#}\" y=\"{Height - 8}\">{Escape(text)}</text>");
            }
        }
    }

    private List<double> Decades()
    {
        List<double> ticks = [];
        for (var tick = MinY; tick <= MaxY * 1.001; tick *= 10)
        {
            ticks.Add(tick);
        }

        return ticks;
    }

    private void DrawMarks()
    {
        foreach (var (x, text) in Marks)
        {
            if (x < MinX || x > MaxX)
            {
                continue;
            }

            Write($"<line class=\"mark\" x1=\"{PlaceX(x):0.#}\" x2=\"{PlaceX(x):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            if (Marks.Count <= MarkTextsMax)
            {
                Write($"<text class=\"tick\" x=\"{PlaceX(x) + 4:0.#}\" y=\"{Top + 10}\">{Escape(text)}</text>");
            }
        }
    }

    private void DrawLine(Series line, int color)
    {
        (double X, double Y)[] points = [.. line.Points.Where(IsShown)];
        _svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"line c{color}\" points=\"");
        foreach (var (x, y) in points)
        {
            _svg.Append(CultureInfo.InvariantCulture, $"{PlaceX(x):0.#},{PlaceY(y):0.#} ");
        }

        _svg.Append("\"/>\n");
        foreach (var (x, y) in points)
        {
            Write($"<circle class=\"dot c{color}\" cx=\"{PlaceX(x):0.#}\" cy=\"{PlaceY(y):0.#}\" r=\"2\">");
            Write($"<title>{Escape(line.Name)}: {Number(y)}</title></circle>");
        }
    }

    private void DrawLegend()
    {
        const int Entry = 120;
        for (var i = 0; i < Lines.Count; i++)
        {
            var x = Left + (i * Entry);
            Write($"<line class=\"line c{i}\" x1=\"{x}\" x2=\"{x + 18}\" y1=\"28\" y2=\"28\"/>");
            Write($"<text class=\"tick\" x=\"{x + 24}\" y=\"32\">{Escape(Lines[i].Name)}</text>");
        }
    }

    private static string Number(double value) => value.ToString(
        Math.Abs(value) >= 100 || value == Math.Floor(value) ? "#,0" : "0.###", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private void Write(FormattableString text) => _svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
