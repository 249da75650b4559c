using Edge.Core.Telemetry;

namespace Edge.Core.Tests.Telemetry;

public sealed class OtlpMetricsWriterTests
{
    private const long Start = 1_700_000_000_000_000_000;
    private const int Gauge = 5;
    private const int Sum = 7;
    private const int Histogram = 9;

    private readonly MetricRegistry _registry = new();

    [Fact]
    public void The_request_names_resource_scope_and_each_metric()
    {
        _registry.Counter("requests", "{request}", "How many", "route", new MetricLabel("code", true)).Of("/a", "200").Add(3);
        var message = new ProtobufReader(Writer().Write(_registry, Start + 5).Span).Message(1);
        Assert.Equal("edge", message.Message(1).Attributes(1)["service.name"]);
        var scope = message.Message(2);
        Assert.Equal(("edge.scope", "1.2"), (scope.Message(1).Text(1), scope.Message(1).Text(2)));
        var metric = scope.Message(2);
        Assert.Equal(("requests", "How many", "{request}"), (metric.Text(1), metric.Text(2), metric.Text(3)));
        var sum = metric.Message(Sum);
        Assert.Equal((2, 1), (sum.Number(2), sum.Number(3)));
        var point = sum.Message(1);
        Assert.Equal((Start, Start + 5, 3d), (point.Number(2), point.Number(3), point.Double(4)));
        Assert.Equal(new Dictionary<string, string> { ["route"] = "/a", ["code"] = "int 200" }, point.Attributes(7));
    }

    [Fact]
    public void A_histogram_has_bounds_counts_sum_and_the_new_exemplars()
    {
        var series = _registry.Histogram("wait", "s", 1000, [.5, 1], "How long", "route").Of("");
        series.Record(250);
        series.Record(3000, new Exemplar(
            3, "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331",
            DateTimeOffset.FromUnixTimeMilliseconds(Start / 1_000_000)));
        var writer = Writer();
        var point = Point(writer, Start + 5, Histogram);
        Assert.Equal((2L, 3.25), (point.Number(4), point.Double(5)));
        Assert.Equal([1, 0, 1], point.Packed(6));
        Assert.Equal([.5, 1], point.Packed(7).Select(BitConverter.Int64BitsToDouble));
        Assert.False(point.Has(9));
        var exemplar = point.Message(8);
        Assert.Equal(3d, exemplar.Double(3));
        Assert.Equal("0AF7651916CD43DD8448EB211C80319C", Convert.ToHexString(exemplar.Bytes(5)));
        writer.Commit();
        Assert.False(Point(writer, Start + 10, Histogram).Has(8));
    }

    [Fact]
    public void Gauges_and_up_down_counters_have_no_past_that_could_be_taken_off()
    {
        _registry.Observe("load", "1", MetricKind.Gauge, "Load", static to => to.Report(.5));
        var running = _registry.UpDownCounter("running", "{request}", "Now").Of();
        running.Increment();
        var writer = Writer(MetricTemporality.Delta);
        writer.Write(_registry, Start + 5);
        writer.Commit();
        var metrics = new ProtobufReader(writer.Write(_registry, Start + 10).Span).Message(1).Message(2).Messages(2);
        Assert.Equal(.5, metrics[0].Message(Gauge).Message(1).Double(4));
        Assert.False(metrics[0].Message(Gauge).Message(1).Has(2));
        Assert.Equal((2, 0), (metrics[1].Message(Sum).Number(2), metrics[1].Message(Sum).Number(3)));
        Assert.Equal(1d, metrics[1].Message(Sum).Message(1).Double(4));
    }

    [Fact]
    public void With_delta_temporality_nothing_is_told_twice_and_nothing_undelivered_is_lost()
    {
        var counter = _registry.Counter("requests", "{request}", "How many").Of();
        var writer = Writer(MetricTemporality.Delta);
        counter.Add(3);
        Assert.Equal((Start, 3d), StartAndValue(Point(writer, Start + 10, Sum)));

        // Not delivered: the next figures have it, from the same beginning.
        counter.Add(2);
        Assert.Equal((Start, 5d), StartAndValue(Point(writer, Start + 20, Sum)));
        writer.Commit();
        Assert.Equal((Start + 20, 0d), StartAndValue(Point(writer, Start + 30, Sum)));
        writer.Commit();
        counter.Add(1);
        Assert.Equal((Start + 30, 1d), StartAndValue(Point(writer, Start + 40, Sum)));
    }

    [Fact]
    public void A_histogram_of_delta_temporality_tells_what_is_new()
    {
        var series = _registry.Histogram("wait", "s", 1000, [.5], "How long").Of();
        var writer = Writer(MetricTemporality.Delta);
        series.Record(100);
        Assert.Equal([1, 0], Point(writer, Start + 10, Histogram).Packed(6));
        writer.Commit();
        series.Record(600);
        series.Record(700);
        var point = Point(writer, Start + 20, Histogram);
        Assert.Equal([0, 2], point.Packed(6));
        Assert.Equal((2L, 1.3), (point.Number(4), Math.Round(point.Double(5), 6)));
        Assert.Equal(Start + 10, point.Number(2));
    }

    [Fact]
    public void The_series_of_what_came_beyond_the_limit_says_so()
    {
        var counter = _registry.Counter("requests", "{request}", "How many", "who");
        for (var i = 0; i <= MetricRegistry.SeriesMax; i++)
        {
            counter.Of($"{i}").Increment();
        }

        var metric = new ProtobufReader(Writer().Write(_registry, Start + 1).Span).Message(1).Message(2).Message(2);
        Assert.Single(
            metric.Message(Sum).Messages(1),
            static point => point.Attributes(7).GetValueOrDefault("otel.metric.overflow") == "bool 1");
    }

    private static OtlpMetricsWriter Writer(MetricTemporality temporality = MetricTemporality.Cumulative) =>
        new(new OtlpOrigin([KeyValuePair.Create("service.name", "edge")], "edge.scope", "1.2"), temporality, Start);

    private static (long Start, double Value) StartAndValue(ProtobufReader point) => (point.Number(2), point.Double(4));

    private ProtobufReader Point(OtlpMetricsWriter writer, long now, int kind) =>
        new ProtobufReader(writer.Write(_registry, now).Span).Message(1).Message(2).Message(2).Message(kind).Message(1);
}
