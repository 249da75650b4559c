using Edge.Peers.Growth;
using Edge.Peers.Load;
using Edge.Peers.Report;
using Edge.Peers.Scenarios;

namespace Edge.Peers.Tests;

public sealed class ReportTests
{
    [Fact]
    public void A_failure_is_told_in_the_table_and_does_not_pass()
    {
        var scenario = new SaturationScenario(Work.Get).NewResult();
        scenario.Of("nginx").Failure = "3 of 9 requests failed";

        Assert.False(scenario.Of("nginx").HasPassed);
        Assert.Contains("FAILED: 3 of 9 requests failed", Table.Write(scenario), StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_with_void_rounds_only_does_not_pass()
    {
        var scenario = new SaturationScenario(Work.Get).NewResult();
        scenario.Of("nginx").Voided = 3;

        Assert.False(scenario.Of("nginx").HasPassed);
        Assert.Contains("nginx (3 void) | no round that counts", Table.Write(scenario), StringComparison.Ordinal);
    }

    [Fact]
    public void What_policies_take_is_what_the_same_round_took_without_them_less()
    {
        var scenario = Array.Find(Scenario.All, static scenario => scenario.Name == "chain")!.NewResult();
        (double With, double Without)[] rounds = [(25, 20), (40, 34), (21, 20)];
        for (var round = 0; round < rounds.Length; round++)
        {
            scenario.Of("edge").Add(Metric.ProcessorPerRequest, rounds[round].With);
            scenario.Of("edge-plain").Add(Metric.ProcessorPerRequest, rounds[round].Without);
            scenario.AddBeyond("edge", "edge-plain", round);
        }

        Assert.Equal([5, 6, 1], scenario.Of("edge").Samples[Metric.ProcessorBeyondPlain]);
        Assert.Contains("25.0 (21.0-40.0) | 5.0 (1.0-6.0)", Table.Write(scenario), StringComparison.Ordinal);
    }

    [Fact]
    public void Beyond_a_peer_that_failed_there_is_nothing_to_tell()
    {
        var scenario = Array.Find(Scenario.All, static scenario => scenario.Name == "chain")!.NewResult();
        scenario.Of("edge").Add(Metric.ProcessorPerRequest, 25);
        scenario.Of("edge-plain").Failure = "it did not start";
        scenario.AddBeyond("edge", "edge-plain", 0);
        scenario.AddBeyond("edge", "not-there", 0);

        Assert.False(scenario.Of("edge").Samples.ContainsKey(Metric.ProcessorBeyondPlain));
        Assert.Equal(2, scenario.Peers.Count);
    }

    [Fact]
    public void Rounds_that_are_not_the_same_are_not_compared()
    {
        var scenario = Array.Find(Scenario.All, static scenario => scenario.Name == "chain")!.NewResult();
        scenario.Of("edge").Add(Metric.ProcessorPerRequest, 25);
        scenario.Of("edge").Add(Metric.ProcessorPerRequest, 26);
        scenario.Of("edge-plain").Add(Metric.ProcessorPerRequest, 20);
        scenario.AddBeyond("edge", "edge-plain", 1);

        Assert.False(scenario.Of("edge").Samples.ContainsKey(Metric.ProcessorBeyondPlain));
    }

    [Fact]
    public void A_generator_has_kept_its_rate_up_to_its_limit_and_not_beyond()
    {
        Assert.True(Late(OpenLoadResult.LateUsMax).HasKeptRate);
        Assert.False(Late(OpenLoadResult.LateUsMax + 1).HasKeptRate);
        Assert.True(new StreamResult(1, 0, 1, 1, 1, OpenLoadResult.LateUsMax).HasKeptRate);
        Assert.False(new StreamResult(1, 0, 1, 1, 1, OpenLoadResult.LateUsMax + 1).HasKeptRate);
    }

    [Fact]
    public void The_middle_of_an_even_number_of_rounds_is_between_two()
    {
        Assert.Equal(new Spread(2.5, 1, 9), Spread.Of([9, 1, 3, 2]));
        Assert.Equal(new Spread(3, 1, 9), Spread.Of([9, 3, 1]));
    }

    [Fact]
    public void Rounds_that_do_not_count_for_one_are_forgotten_for_the_other()
    {
        var peer = new PeerResult("edge");
        peer.Add(Metric.P50, 1);
        peer.Add(Metric.P50, 2);
        peer.Leave(1);

        Assert.Equal([1.0], peer.Samples[Metric.P50]);
    }

    [Fact]
    public void As_many_routes_are_written_as_are_asked_for()
    {
        Assert.Equal(1_000, Axis.EdgeRoutes(1_000).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(1_000, Axis.NginxRoutes(1_000).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void The_token_of_the_chain_has_three_parts_and_no_padding() =>
        Assert.Matches("^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{43}$", ConsumerToken.Make());

    private static OpenLoadResult Late(double lateUs) => new(1, 0, 0, 1, 1, 1, lateUs);
}
