using System.Buffers;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using Edge.Core.Telemetry;

namespace Edge.Benchmarks;

/// <summary>What one export costs at ten thousand series. It happens once in many seconds, so its bytes are not held.</summary>
[MemoryDiagnoser]
public class ExportBenchmarks
{
    private const int SeriesOfFamily = 1000;
    private const int Families = 5;

    private readonly MetricRegistry _large = MakeRegistry();
    private readonly OtlpMetricsWriter _otlp = new(
        new OtlpOrigin([new("service.name", "bench")], "edge", "1"), MetricTemporality.Cumulative, 1);

    private readonly ArrayBufferWriter<byte> _text = new(16 * 1024 * 1024);

    [Benchmark]
    public int ExportTenThousandSeriesByOtlp()
    {
        var length = _otlp.Write(_large, 2).Length;
        _otlp.Commit();
        return length;
    }

    [Benchmark]
    public int ExportTenThousandSeriesToPrometheus()
    {
        _text.ResetWrittenCount();
        new PrometheusWriter(_text, isOpenMetrics: true).Write(_large, []);
        return _text.WrittenCount;
    }

    // Half of them counters, half histograms with the fourteen bounds of HTTP.
    private static MetricRegistry MakeRegistry()
    {
        var registry = new MetricRegistry();
        for (var family = 0; family < Families; family++)
        {
            var counter = registry.Counter($"bench.counter{family}", "{request}", "A counter", "edge.route", "edge.limit");
            var histogram = registry.Histogram(
                $"bench.histogram{family}", "s", 1e9, [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10],
                "A histogram", "edge.route", "http.request.method");
            for (var i = 0; i < SeriesOfFamily; i++)
            {
                var route = "route-" + i.ToString(CultureInfo.InvariantCulture);
                counter.Of(route, "requests").Add(i);
                histogram.Of(route, "POST").Record(i * 1_000_000L);
            }
        }

        return registry;
    }
}
