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

    private readonly IBufferWriter<byte> _to;
    private readonly bool _isOpenMetrics;
    private readonly ArrayBufferWriter<byte> _labels = new(256);
    private byte[] _name = [];
    private byte[] _sample = [];
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
        Put(_sample);
        PutLabels(null);
        Put(" "u8);
        PutNumber(value);
        Put("\n"u8);
    }

    /// <inheritdoc/>
    public void Histogram(string[]? series, in HistogramFigures figures)
    {
        MakeLabels(series);
        Span<byte> text = stackalloc byte[32];
        var count = 0L;
        for (var i = 0; i < figures.Counts.Length; i++)
        {
            count += figures.Counts[i];
            Put(_name);
            Put("_bucket"u8);
            var length = 4;
            if (i < figures.Bounds.Length)
            {
                Utf8Formatter.TryFormat(figures.Bounds[i], text, out length);
            }
            else
            {
                "+Inf"u8.CopyTo(text);
            }

            PutLabels(text[..length]);
            Put(" "u8);
            PutNumber(count);
            if (_isOpenMetrics && figures.Exemplars[i] is { } exemplar)
            {
                PutExemplar(exemplar);
            }

            Put("\n"u8);
        }

        PutPart("_sum"u8, figures.Sum);
        PutPart("_count"u8, count);
    }

    private void Begin(MetricFamily family)
    {
        var name = PrometheusName.OfFamily(family.Name, family.Unit, family.Kind);
        _name = Encoding.ASCII.GetBytes(name);
        _sample = family.Kind == MetricKind.Counter ? [.. _name, .. "_total"u8] : _name;
        _labelNames = new byte[family.Labels.Count][];
        for (var i = 0; i < _labelNames.Length; i++)
        {
            _labelNames[i] = Encoding.ASCII.GetBytes(PrometheusName.OfLabel(family.Labels[i].Name));
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
            if (values[i].Length == 0)
            {
                continue;
            }

            _labels.Write(_labels.WrittenCount == 0 ? ""u8 : ","u8);
            _labels.Write(_labelNames[i]);
            _labels.Write("=\""u8);
            PutEscaped(_labels, values[i], isLabel: true);
            _labels.Write("\""u8);
        }
    }

    private void PutLabels(ReadOnlySpan<byte> bound)
    {
        if (_labels.WrittenCount == 0 && bound.IsEmpty)
        {
            return;
        }

        Put("{"u8);
        Put(_labels.WrittenSpan);
        if (!bound.IsEmpty)
        {
            Put(_labels.WrittenCount == 0 ? "le=\""u8 : ",le=\""u8);
            Put(bound);
            Put("\""u8);
        }

        Put("}"u8);
    }

    private void PutPart(ReadOnlySpan<byte> suffix, double value)
    {
        Put(_name);
        Put(suffix);
        PutLabels(null);
        Put(" "u8);
        PutNumber(value);
        Put("\n"u8);
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

    private void PutNumber(double value)
    {
        var span = _to.GetSpan(32);
        if (double.IsFinite(value))
        {
            // Whole numbers as such: no exponent, so that counts stay readable.
            var isWhole = value == Math.Truncate(value) && Math.Abs(value) < 1e15;
            _ = isWhole
                ? Utf8Formatter.TryFormat((long)value, span, out var written)
                : Utf8Formatter.TryFormat(value, span, out written);
            _to.Advance(written);
            return;
        }

        Put(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "+Inf"u8 : "-Inf"u8);
    }

    private static void PutEscaped(IBufferWriter<byte> to, string text, bool isLabel)
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
                Encoding.UTF8.GetBytes(text.AsSpan(start, i - start), to);
                to.Write(escaped);
                start = i + 1;
            }
        }

        Encoding.UTF8.GetBytes(text.AsSpan(start), to);
    }
}
