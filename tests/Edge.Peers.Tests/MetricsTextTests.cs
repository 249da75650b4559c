using Edge.Peers.Running;

namespace Edge.Peers.Tests;

public sealed class MetricsTextTests
{
    private const string Text =
        "# HELP edge_a_total Of a\n# TYPE edge_a_total counter\n"
        + "edge_a_total{edge_route=\"one\",edge_outcome=\"hit\"} 3\nedge_a_total{edge_route=\"two\",edge_outcome=\"miss\"} 4\n"
        + "edge_a_total_more 100\nedge_b 1.5E-05\n";

    [Fact]
    public void The_series_of_a_metric_are_added_up() => Assert.Equal(7, MetricsText.Sum(Text, "edge_a_total"));

    [Fact]
    public void Only_those_with_the_label_are_added_up_where_one_is_given() =>
        Assert.Equal(4, MetricsText.Sum(Text, "edge_a_total", "edge_outcome=\"miss\""));

    [Fact]
    public void A_metric_without_labels_is_found() => Assert.Equal(1.5E-05, MetricsText.Sum(Text, "edge_b"));

    [Fact]
    public void The_beginning_of_a_name_is_not_the_name() => Assert.Null(MetricsText.Sum(Text, "edge_a"));

    [Fact]
    public void What_is_not_there_has_no_sum() => Assert.Null(MetricsText.Sum(Text, "edge_a_total", "edge_outcome=\"stale\""));
}
