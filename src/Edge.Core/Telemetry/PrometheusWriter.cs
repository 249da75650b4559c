using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Edge.Core.Telemetry;

/// <summary>
/// Writes metrics as text for Prometheus: its own format (version 0.0.4), or OpenMetrics 1.0 with units and exemplars. Used by
/// one thread at a time.
/// </summary>
public sealed class PrometheusWriter : IMetricSink
{
    /// <summary>The content type of Prometheus' own format.</summary>
    public const string TextType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The content type of OpenMetrics.</summary>
    public const string OpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    // Longer than any number is written.
    private const int NumberBytesMax = 32;

    private readonly IBufferWriter<byte> _to;
    private readonly bool _isOpenMetrics;
    private readonly ArrayBufferWriter<byte> _labels = new(256);
    private byte[] _name = [];
    private byte[] _sample = [];
    private byte[] _bucket = [];
    private byte[] _sum = [];
    private byte[] _count = [];
    private byte[][] _edges = [];
    private byte[][] _labelNames = [];

    /// <summary>A writer.</summary>
    /// <param name="to">Gets the text.</param>
    /// <param name="isOpenMetrics">OpenMetrics instead of Prometheus' own format.</param>
    public PrometheusWriter(IBufferWriter<byte> to, bool isOpenMetrics)
    {
        _to = to;
        _isOpenMetrics = isOpenMetrics;
    }

    /// <summary>Writes all metrics, and what the program says of itself as <c>target_info</c>.</summary>
    public void Write(MetricRegistry registry, IReadOnlyList<KeyValuePair<string, string>> resource)
    {
        Put("# HELP target_info What the program says of itself\n"u8);
        Put(_isOpenMetrics ? "# TYPE target_info info\ntarget"u8 : "# TYPE target_info gauge\ntarget"u8);
        Put("_info{"u8);
        for (var i = 0; i < resource.Count; i++)
        {
            Put(i == 0 ? ""u8 : ","u8);
            Put(Encoding.ASCII.GetBytes(PrometheusName.OfLabel(resource[i].Key)));
            Put("=\""u8);
            PutEscaped(_to, resource[i].Value, isLabel: true);
            Put("\""u8);
        }

        Put("} 1\n"u8);
        foreach (var family in registry.Families)
        {
            Begin(family);
            family.Collect(this);
        }

        if (_isOpenMetrics)
        {
            Put("# EOF\n"u8);
        }
    }

    /// <inheritdoc/>
    public void Number(string[]? series, double value)
    {
        MakeLabels(series);
        PutLine(_sample, default, value);
    }

    /// <inheritdoc/>
    public void Histogram(string[]? series, in HistogramFigures figures)
    {
        MakeLabels(series);
        if (_edges.Length == 0)
        {
            MakeEdges(figures.Bounds);
        }

        var count = 0L;
        for (var i = 0; i < figures.Counts.Length; i++)
        {
            count += figures.Counts[i];
            PutLine(_bucket, _edges[i], count, _isOpenMetrics ? figures.Exemplars[i] : null);
        }

        PutLine(_sum, default, figures.Sum);
        PutLine(_count, default, count);
    }

    private void Begin(MetricFamily family)
    {
        var name = PrometheusName.OfFamily(family.Name, family.Unit, family.Kind);
        _name = Encoding.ASCII.GetBytes(name);
        _sample = family.Kind == MetricKind.Counter ? [.. _name, .. "_total"u8] : _name;
        _bucket = [.. _name, .. "_bucket"u8];
        _sum = [.. _name, .. "_sum"u8];
        _count = [.. _name, .. "_count"u8];
        _edges = [];
        _labelNames = new byte[family.Labels.Count][];
        for (var i = 0; i < _labelNames.Length; i++)
        {
            _labelNames[i] = Encoding.ASCII.GetBytes(PrometheusName.OfLabel(family.Labels[i].Name) + "=\"");
        }

        // OpenMetrics names the family, Prometheus the sample.
        var heading = _isOpenMetrics ? _name : _sample;
        Put("# HELP "u8);
        Put(heading);
        Put(" "u8);
        PutEscaped(_to, family.Description, isLabel: false);
        Put("\n# TYPE "u8);
        Put(heading);
        Put(family.Kind switch
        {
            MetricKind.Counter => " counter\n"u8,
            MetricKind.Histogram => " histogram\n"u8,
            _ => " gauge\n"u8,
        });
        if (_isOpenMetrics && UnitOf(name) is { } unit)
        {
            Put("# UNIT "u8);
            Put(heading);
            Put(" "u8);
            Put(Encoding.ASCII.GetBytes(unit));
            Put("\n"u8);
        }
    }

    // OpenMetrics wants the unit to be the end of the name.
    private static string? UnitOf(string name)
    {
        foreach (var unit in (ReadOnlySpan<string>)["seconds", "bytes", "ratio", "usd"])
        {
            if (name.EndsWith("_" + unit, StringComparison.Ordinal))
            {
                return unit;
            }
        }

        return null;
    }

    private void MakeLabels(string[]? values)
    {
        _labels.ResetWrittenCount();
        if (values is null)
        {
            _labels.Write(Encoding.ASCII.GetBytes(PrometheusName.OfLabel(MetricFamily.OverflowLabel)));
            _labels.Write("=\"true\""u8);
            return;
        }

        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i].AsSpan();
            var name = _labelNames[i];
            if (value.IsEmpty)
            {
                continue;
            }

            var special = value.IndexOfAny('\\', '\n', '"');
            var plain = special < 0 ? value : value[..special];
            var to = _labels.GetSpan(1 + name.Length + Encoding.UTF8.GetMaxByteCount(plain.Length));
            var length = 0;
            if (_labels.WrittenCount > 0)
            {
                to[length++] = (byte)',';
            }

            name.CopyTo(to[length..]);
            length += name.Length;
            length += Encoding.UTF8.GetBytes(plain, to[length..]);
            _labels.Advance(length);
            if (special >= 0)
            {
                PutEscaped(_labels, value[special..], isLabel: true);
            }

            _labels.Write("\""u8);
        }
    }

    // All histograms of a family have the same bounds: to write one takes longer than the rest of its line.
    private void MakeEdges(ReadOnlySpan<double> bounds)
    {
        Span<byte> text = stackalloc byte[NumberBytesMax];
        _edges = new byte[bounds.Length + 1][];
        for (var i = 0; i < bounds.Length; i++)
        {
            Utf8Formatter.TryFormat(bounds[i], text, out var length);
            _edges[i] = [.. "le=\""u8, .. text[..length], .. "\""u8];
        }

        _edges[^1] = [.. "le=\"+Inf\""u8];
    }

    // A line is put together in one piece of memory: a scrape has a hundred thousand of them.
    private void PutLine(byte[] name, ReadOnlySpan<byte> edge, double value, Exemplar? exemplar = null)
    {
        var labels = _labels.WrittenSpan;
        var line = _to.GetSpan(name.Length + labels.Length + edge.Length + NumberBytesMax + "{,} \n".Length);
        name.CopyTo(line);
        var length = name.Length;
        if (labels.Length + edge.Length > 0)
        {
            line[length++] = (byte)'{';
            labels.CopyTo(line[length..]);
            length += labels.Length;
            if (!labels.IsEmpty && !edge.IsEmpty)
            {
                line[length++] = (byte)',';
            }

            edge.CopyTo(line[length..]);
            length += edge.Length;
            line[length++] = (byte)'}';
        }

        line[length++] = (byte)' ';
        length += Format(value, line[length..]);
        if (exemplar is null)
        {
            line[length++] = (byte)'\n';
        }

        _to.Advance(length);
        if (exemplar is not null)
        {
            PutExemplar(exemplar);
            Put("\n"u8);
        }
    }

    private void PutExemplar(Exemplar exemplar)
    {
        Put(" # {trace_id=\""u8);
        Put(Encoding.ASCII.GetBytes(exemplar.TraceId));
        Put("\",span_id=\""u8);
        Put(Encoding.ASCII.GetBytes(exemplar.SpanId));
        Put("\"} "u8);
        PutNumber(exemplar.Value);
        Put(" "u8);
        PutNumber(exemplar.Time.ToUnixTimeMilliseconds() / 1000d);
    }

    private void Put(ReadOnlySpan<byte> text) => _to.Write(text);

    private void PutNumber(double value) => _to.Advance(Format(value, _to.GetSpan(NumberBytesMax)));

    private static int Format(double value, Span<byte> to)
    {
        if (double.IsFinite(value))
        {
            // Whole numbers as such: no exponent, so that counts stay readable.
            var isWhole = value == Math.Truncate(value) && Math.Abs(value) < 1e15;
            if (isWhole && value is >= 0 and < 10)
            {
                to[0] = (byte)('0' + (int)value);
                return 1;
            }

            _ = isWhole
                ? Utf8Formatter.TryFormat((long)value, to, out var written)
                : Utf8Formatter.TryFormat(value, to, out written);
            return written;
        }

        var word = double.IsNaN(value) ? "NaN"u8 : value > 0 ? "+Inf"u8 : "-Inf"u8;
        word.CopyTo(to);
        return word.Length;
    }

    private static void PutEscaped(IBufferWriter<byte> to, ReadOnlySpan<char> text, bool isLabel)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var escaped = text[i] switch
            {
                '\\' => "\\\\"u8,
                '\n' => "\\n"u8,
                '"' when isLabel => "\\\""u8,
                _ => default,
            };
            if (!escaped.IsEmpty)
            {
                Encoding.UTF8.GetBytes(text[start..i], to);
                to.Write(escaped);
                start = i + 1;
            }
        }

        Encoding.UTF8.GetBytes(text[start..], to);
    }
}
