using System.Text;
using Edge.Peers.CachePauses;

namespace Edge.Peers.Tests;

public sealed class CachePausesTests
{
    private const string Metrics =
        """
        # HELP dotnet_gc_collections_total Garbage collections by generation
        # TYPE dotnet_gc_collections_total counter
        dotnet_gc_collections_total{gc_heap_generation="gen0"} 122
        dotnet_gc_collections_total{gc_heap_generation="gen1"} 3
        dotnet_gc_collections_total{gc_heap_generation="gen2"} 1
        # TYPE dotnet_gc_pause_time_seconds_total counter
        dotnet_gc_pause_time_seconds_total 0.0845

        """;

    [Fact]
    public void What_the_collector_did_is_read_from_all_that_is_counted() =>
        Assert.Equal(new CollectorReading(84.5, 122, 3, 1), CollectorReading.Read(Metrics));

    [Fact]
    public void Without_a_generation_there_is_no_reading() =>
        Assert.Throws<InvalidOperationException>(
            static () => CollectorReading.Read(Metrics.Replace("gen2", "loh", StringComparison.Ordinal)));

    [Fact]
    public void A_difference_of_one_collection_is_its_pause()
    {
        var pauses = Pauses.Of([new(10, 5, 0, 0), new(10, 5, 0, 0), new(10.5, 6, 0, 0), new(12.5, 6, 1, 0), new(13.5, 6, 1, 1)]);

        Assert.Equal(3, pauses.Count);
        Assert.Equal(0, pauses.Shared);
        Assert.Equal(1, pauses.MedianMs, 6);
        Assert.Equal(2, pauses.LongestMs, 6);
        Assert.Equal(1, pauses.LongestFullMs!.Value, 6);
        Assert.Equal(new CollectorReading(3.5, 1, 1, 1), pauses.Collector);
    }

    [Fact]
    public void Collections_between_two_readings_count_with_the_mean_of_their_pauses()
    {
        var pauses = Pauses.Of([new(0, 0, 0, 0), new(3, 2, 1, 0), new(9, 3, 1, 0)]);

        Assert.Equal(4, pauses.Count);
        Assert.Equal(3, pauses.Shared);
        Assert.Equal(1, pauses.MedianMs, 6);
        Assert.Equal(6, pauses.LongestMs, 6);
    }

    [Fact]
    public void A_collection_that_is_counted_before_its_pause_waits_for_it()
    {
        var pauses = Pauses.Of([new(0, 0, 0, 0), new(0, 1, 0, 0), new(2, 1, 0, 0)]);

        Assert.Equal(1, pauses.Count);
        Assert.Equal(0, pauses.Shared);
        Assert.Equal(2, pauses.MedianMs, 6);
    }

    [Fact]
    public void A_pause_that_is_counted_before_its_collection_waits_for_it()
    {
        var pauses = Pauses.Of([new(0, 0, 0, 0), new(2, 0, 0, 0), new(2, 1, 0, 0)]);

        Assert.Equal(1, pauses.Count);
        Assert.Equal(2, pauses.MedianMs, 6);
    }

    [Fact]
    public void The_99th_percentile_of_a_hundred_is_the_last_but_one()
    {
        var readings = new List<CollectorReading> { default };
        for (var i = 1; i <= 100; i++)
        {
            readings.Add(new(readings[^1].PauseMs + i, i, 0, 0));
        }

        var pauses = Pauses.Of(readings);
        Assert.Equal(50, pauses.MedianMs, 6);
        Assert.Equal(99, pauses.P99Ms, 6);
        Assert.Equal(100, pauses.LongestMs, 6);
    }

    [Fact]
    public void Without_a_collection_there_is_no_pause()
    {
        var pauses = Pauses.Of([new(7, 1, 1, 1)]);

        Assert.Equal(0, pauses.Count);
        Assert.Equal(0, pauses.MedianMs);
        Assert.Equal(0, pauses.LongestMs);
        Assert.Null(pauses.LongestFullMs);
    }

    [Fact]
    public void Every_second_request_of_the_mix_is_one_that_nobody_asked_for()
    {
        const int Kept = 10;
        var requests = new NumberedRequests(Kept);
        for (var i = 0; i < Kept; i++)
        {
            Assert.Equal(i, NumberOf(requests.NextToFill()));
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(Kept + i, NumberOf(requests.NextOfMix()));
            Assert.InRange(NumberOf(requests.NextOfMix()), 0, Kept - 1);
        }
    }

    [Fact]
    public void Another_round_has_new_requests_of_its_own() =>
        Assert.Equal(1_000_000_010, NumberOf(new NumberedRequests(10, round: 1).NextOfMix()));

    private static long NumberOf(byte[] request)
    {
        var target = Encoding.ASCII.GetString(request).Split(' ')[1];
        return long.Parse(target[(target.IndexOf('=', StringComparison.Ordinal) + 1)..], null);
    }
}
