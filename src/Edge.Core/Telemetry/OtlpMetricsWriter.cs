using System.Globalization;

namespace Edge.Core.Telemetry;

/// <summary>
/// Writes metrics as an <c>ExportMetricsServiceRequest</c> of OTLP 1.x (opentelemetry-proto, metrics/v1). Used by one thread at a
/// time.
/// </summary>
/// <remarks>
/// OpenTelemetry's SDK for .NET can only export what was recorded through it, one value at a time: it has no way to take a
/// histogram that has been counted already. Recording through it costs 200 ns for each value (measured, version 1.20 with five
/// attributes), a multiple of all our counting; so for this signal the bytes are written here.
/// </remarks>
public sealed class OtlpMetricsWriter : IMetricSink
{
    private const int TemporalityDelta = 1;
    private const int TemporalityCumulative = 2;

    private readonly ProtobufWriter _to = new();
    private readonly MetricTemporality _temporality;
    private readonly OtlpOrigin _origin;
    private readonly long _startNanos;
    private readonly Dictionary<string, Dictionary<string[], Past>> _pasts = new(StringComparer.Ordinal);
    private MetricFamily _family = null!;
    private Dictionary<string[], Past>? _past;
    private long _lastNanos;
    private long _nowNanos;

    /// <summary>A writer for one stream of exports.</summary>
    /// <param name="origin">Who tells.</param>
    /// <param name="temporality">Since when is counted.</param>
    /// <param name="startNanos">When counting began, in nanoseconds since 1970.</param>
    public OtlpMetricsWriter(OtlpOrigin origin, MetricTemporality temporality, long startNanos)
    {
        _origin = origin;
        _temporality = temporality;
        _startNanos = startNanos;
        _lastNanos = startNanos;
    }

    /// <summary>Writes all metrics as they are now. The bytes are valid until the next call.</summary>
    /// <remarks>
    /// With delta temporality figures are those since the last <see cref="Commit"/>: what was not delivered is in the next ones.
    /// </remarks>
    /// <param name="registry">The metrics.</param>
    /// <param name="nowNanos">The time in nanoseconds since 1970.</param>
    public ReadOnlyMemory<byte> Write(MetricRegistry registry, long nowNanos)
    {
        _to.Clear();
        _nowNanos = nowNanos;
        var (resourceMetrics, scopeMetrics) = _origin.Begin(_to);
        foreach (var family in registry.Families)
        {
            PutFamily(family);
        }

        _to.End(scopeMetrics);
        _to.End(resourceMetrics);
        return _to.Written;
    }

    /// <summary>What was written last has been delivered.</summary>
    public void Commit()
    {
        _lastNanos = _nowNanos;
        foreach (var pasts in _pasts.Values)
        {
            foreach (var past in pasts.Values)
            {
                past.Commit(_nowNanos);
            }
        }
    }

    /// <inheritdoc/>
    public void Number(string[]? series, double value)
    {
        var start = _startNanos;
        if (_past is not null)
        {
            var past = PastOf(series);
            past.Next = value;
            value -= past.Sum;
            start = past.StartNanos;
        }

        var point = _to.Begin(1);
        PutTimes(start);
        _to.Double(4, value);
        PutAttributes(7, series);
        _to.End(point);
    }

    /// <inheritdoc/>
    public void Histogram(string[]? series, in HistogramFigures figures)
    {
        var start = _startNanos;
        var sum = figures.Sum;
        Span<long> counts = stackalloc long[figures.Counts.Length];
        figures.Counts.CopyTo(counts);
        if (_past is not null)
        {
            var past = PastOf(series);
            past.Counts ??= new long[counts.Length];
            past.NextCounts ??= new long[counts.Length];
            counts.CopyTo(past.NextCounts);
            for (var i = 0; i < counts.Length; i++)
            {
                counts[i] -= past.Counts[i];
            }

            past.Next = sum;
            sum -= past.Sum;
            start = past.StartNanos;
        }

        var count = 0L;
        foreach (var one in counts)
        {
            count += one;
        }

        var point = _to.Begin(1);
        PutTimes(start);
        _to.Fixed64(4, count);
        _to.Double(5, sum);
        _to.Packed(6, counts);
        _to.Packed(7, figures.Bounds);
        foreach (var exemplar in figures.Exemplars)
        {
            PutExemplar(exemplar);
        }

        PutAttributes(9, series);
        _to.End(point);
    }

    private void PutFamily(MetricFamily family)
    {
        _family = family;
        _past = null;
        var isDelta = _temporality == MetricTemporality.Delta && family.Kind is (MetricKind.Counter or MetricKind.Histogram);
        if (isDelta && !_pasts.TryGetValue(family.Name, out _past))
        {
            _pasts[family.Name] = _past = new Dictionary<string[], Past>(SeriesValuesComparer.Instance);
        }

        var metric = _to.Begin(2);
        _to.Text(1, family.Name);
        _to.Text(2, family.Description);
        _to.Text(3, family.Unit);
        var data = _to.Begin(family.Kind switch
        {
            MetricKind.Gauge => 5,
            MetricKind.Histogram => 9,
            _ => 7,
        });
        family.Collect(this);
        if (family.Kind != MetricKind.Gauge)
        {
            _to.Varint(2, _past is null ? TemporalityCumulative : TemporalityDelta);
        }

        if (family.Kind == MetricKind.Counter)
        {
            _to.Varint(3, 1);
        }

        _to.End(data);
        _to.End(metric);
    }

    private Past PastOf(string[]? series)
    {
        var key = series ?? [MetricFamily.OverflowLabel, "true"];
        if (!_past!.TryGetValue(key, out var past))
        {
            _past[key] = past = new Past { StartNanos = _lastNanos };
        }

        return past;
    }

    private void PutTimes(long startNanos)
    {
        if (_family.Kind != MetricKind.Gauge)
        {
            _to.Fixed64(2, startNanos);
        }

        _to.Fixed64(3, _nowNanos);
    }

    private void PutExemplar(Exemplar? exemplar)
    {
        // One that has been told before says nothing new.
        if (exemplar is null || exemplar.Time.ToUnixTimeMilliseconds() * 1_000_000 < _lastNanos)
        {
            return;
        }

        var start = _to.Begin(8);
        _to.Fixed64(2, exemplar.Time.ToUnixTimeMilliseconds() * 1_000_000);
        _to.Double(3, exemplar.Value);
        _to.Bytes(4, Convert.FromHexString(exemplar.SpanId));
        _to.Bytes(5, Convert.FromHexString(exemplar.TraceId));
        _to.End(start);
    }

    private void PutAttributes(int field, string[]? values)
    {
        if (values is null)
        {
            OtlpOrigin.PutAttribute(_to, field, MetricFamily.OverflowLabel, true);
            return;
        }

        var labels = _family.Labels;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Length > 0)
            {
                OtlpOrigin.PutAttribute(_to, field, labels[i].Name, ValueOf(values[i], labels[i].IsInteger));
            }
        }
    }

    private static object ValueOf(string text, bool isInteger) =>
        isInteger && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : text;

    /// <summary>What of a series has been delivered, and what has been written since.</summary>
    private sealed class Past
    {
        internal long StartNanos;
        internal double Sum;
        internal double Next;
        internal long[]? Counts;
        internal long[]? NextCounts;

        internal void Commit(long nowNanos)
        {
            StartNanos = nowNanos;
            Sum = Next;
            NextCounts?.CopyTo(Counts!, 0);
        }
    }
}
