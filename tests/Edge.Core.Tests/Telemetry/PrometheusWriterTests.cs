using System.Buffers;
using System.Text;
using Edge.Core.Telemetry;

namespace Edge.Core.Tests.Telemetry;

public sealed class PrometheusWriterTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    [Theory]
    [InlineData("http.server.request.duration", "s", MetricKind.Histogram, "http_server_request_duration_seconds")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", MetricKind.Counter, "dotnet_gc_heap_total_allocated_bytes")]
    [InlineData("gen_ai.client.token.usage", "{token}", MetricKind.Histogram, "gen_ai_client_token_usage")]
    [InlineData("edge.cost", "USD", MetricKind.Counter, "edge_cost_usd")]
    [InlineData("edge.ready", "1", MetricKind.UpDownCounter, "edge_ready")]
    [InlineData("edge.share", "1", MetricKind.Gauge, "edge_share_ratio")]
    [InlineData("a..b-c", "{x}", MetricKind.Gauge, "a_b_c")]
    [InlineData("wait.seconds", "s", MetricKind.Gauge, "wait_seconds")]
    public void Names_follow_the_rules_of_compatibility(string name, string unit, MetricKind kind, string expected) =>
        Assert.Equal(expected, PrometheusName.OfFamily(name, unit, kind));

    [Fact]
    public void Each_kind_of_metric_is_written_in_Prometheus_own_format()
    {
        var text = Write(Sample(), isOpenMetrics: false);
        Assert.Equal(
            """
            # HELP target_info What the program says of itself
            # TYPE target_info gauge
            target_info{service_name="edge \"one\"\\two\nthree"} 1
            # HELP requests_total How many
            # TYPE requests_total counter
            requests_total{http_route="/a",code="200"} 3
            # HELP running Now
            # TYPE running gauge
            running -1
            # HELP wait_seconds How\\long
            # TYPE wait_seconds histogram
            wait_seconds_bucket{http_route="/a",le="0.5"} 1
            wait_seconds_bucket{http_route="/a",le="1"} 2
            wait_seconds_bucket{http_route="/a",le="+Inf"} 3
            wait_seconds_sum{http_route="/a"} 4.25
            wait_seconds_count{http_route="/a"} 3
            # HELP load_ratio Load
            # TYPE load_ratio gauge
            load_ratio NaN

            """.ReplaceLineEndings("\n"),
            text);
    }

    [Fact]
    public void OpenMetrics_has_units_exemplars_and_an_end()
    {
        var text = Write(Sample(), isOpenMetrics: true);
        Assert.StartsWith("# HELP target_info", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE target_info info\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE requests counter\nrequests_total{", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "le=\"+Inf\"} 3 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\",span_id=\"b7ad6b7169203331\"} 3 1700000000.5\n",
            text, StringComparison.Ordinal);
        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_beyond_the_most_series_is_counted_in_one()
    {
        var registry = new MetricRegistry();
        var counter = registry.Counter("requests", "{request}", "How many", "who");
        for (var i = 0; i < MetricRegistry.SeriesMax + 5; i++)
        {
            counter.Of($"{i}").Increment();
        }

        counter.Of("0").Increment();
        var text = Write(registry, isOpenMetrics: false);
        Assert.Contains("requests_total{otel_metric_overflow=\"true\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("requests_total{who=\"0\"} 2\n", text, StringComparison.Ordinal);
        var samples = text.Split('\n').Count(static l => l.StartsWith("requests_total{", StringComparison.Ordinal));
        Assert.Equal(MetricRegistry.SeriesMax + 1, samples);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-1.7976931348623157E+308, "-1.7976931348623157E+308")]
    [InlineData(999_999_999_999_999, "999999999999999")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(4.9E-324, "5E-324")]
    public void Numbers_are_written_so_that_they_are_read_again(double value, string expected)
    {
        var registry = new MetricRegistry();
        registry.Observe("load", "1", MetricKind.UpDownCounter, "Load", to => to.Report(value));
        Assert.EndsWith($"\nload {expected}\n", Write(registry, isOpenMetrics: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_histograms_have_bounds_of_their_own_and_labels_or_none()
    {
        var registry = new MetricRegistry();
        registry.Histogram("one", "s", 10, [.1, 2500], "One").Of().Record(1);
        registry.Histogram("two", "s", 10, [7], "Two", "a", "b").Of("", "\\\"\n\u00e9").Record(71);
        var lines = Write(registry, isOpenMetrics: false).Split('\n').Where(static l => l.Contains("_seconds_", Ordinal));
        Assert.Equal(
            [
                "one_seconds_bucket{le=\"0.1\"} 1", "one_seconds_bucket{le=\"2500\"} 1", "one_seconds_bucket{le=\"+Inf\"} 1",
                "one_seconds_sum 0.1", "one_seconds_count 1",
                "two_seconds_bucket{b=\"\\\\\\\"\\n\u00e9\",le=\"7\"} 0",
                "two_seconds_bucket{b=\"\\\\\\\"\\n\u00e9\",le=\"+Inf\"} 1",
                "two_seconds_sum{b=\"\\\\\\\"\\n\u00e9\"} 7.1", "two_seconds_count{b=\"\\\\\\\"\\n\u00e9\"} 1",
            ],
            lines);
    }

    [Fact]
    public void Two_metrics_of_one_name_are_a_mistake()
    {
        var registry = new MetricRegistry();
        registry.Counter("requests", "{request}", "How many");
        Assert.Throws<ArgumentException>(() => registry.UpDownCounter("requests", "{request}", "How many"));
    }

    private static MetricRegistry Sample()
    {
        var registry = new MetricRegistry();
        registry.Counter("requests", "{request}", "How many", "http.route", new MetricLabel("code", true)).Of("/a", "200").Add(3);
        registry.UpDownCounter("running", "{request}", "Now", "unset").Of("").Decrement();
        var wait = registry.Histogram("wait", "s", 1000, [.5, 1], "How\\long", "http.route").Of("/a");
        wait.Record(250);
        wait.Record(1000);
        wait.Record(3000, new Exemplar(
            3, "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331",
            DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_500)));
        registry.Observe("load", "1", MetricKind.Gauge, "Load", static to => to.Report(double.NaN));
        return registry;
    }

    private static string Write(MetricRegistry registry, bool isOpenMetrics)
    {
        var to = new ArrayBufferWriter<byte>();
        new PrometheusWriter(to, isOpenMetrics).Write(
            registry, [KeyValuePair.Create("service.name", "edge \"one\"\\two\nthree")]);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }
}
