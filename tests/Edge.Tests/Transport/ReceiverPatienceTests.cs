using Edge.Tests.Upstream;
using Edge.Transport;

namespace Edge.Tests.Transport;

/// <summary>How little a peer may take of what is sent to it, and for how long.</summary>
public sealed class ReceiverPatienceTests
{
    private const int Second = (int)ReceiverPatience.BytesPerSecondMin;

    private static readonly int MaxSeconds = (int)ReceiverPatience.Max.TotalSeconds;

    private readonly ManualTime _time = new();
    private ReceiverPatience _patience;
    private long _taken = 1_000_000;

    [Fact]
    public void Nothing_may_be_taken_for_as_long_as_is_said_from_the_first_look_on()
    {
        Assert.False(Look(500, 0));
        Assert.Equal(MaxSeconds, SecondsUntilOver(0));
    }

    [Fact]
    public void The_least_rate_may_go_on_and_less_may_not()
    {
        Look(0, 0);
        Assert.Equal(10_000, SecondsUntilOver(Second, atMost: 10_000));
        Assert.InRange(SecondsUntilOver(Second / 2), MaxSeconds * 2, (MaxSeconds * 2) + 1);
    }

    [Fact]
    public void What_is_taken_in_pieces_counts_as_much()
    {
        Look(0, 0);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(MaxSeconds - 1, SecondsUntilOver(0, atMost: MaxSeconds - 1));
            Assert.False(Look(1, Second * MaxSeconds));
        }
    }

    [Fact]
    public void What_is_taken_buys_no_more_than_the_most()
    {
        Look(0, 0);
        Assert.False(Look(1, 1_000_000_000));
        Assert.Equal(MaxSeconds, SecondsUntilOver(0));
    }

    [Fact]
    public void While_the_process_stands_still_no_time_passes_for_the_peer()
    {
        Look(0, 0);
        Assert.False(Look(100_000, 0));
        Assert.Equal(MaxSeconds - (int)ReceiverPatience.LookMax.TotalSeconds, SecondsUntilOver(0));
    }

    [Fact]
    public void Bytes_that_seem_to_be_given_back_cost_nothing()
    {
        Look(0, 0);
        Assert.False(Look(0, -500));
        Assert.Equal(MaxSeconds, SecondsUntilOver(0));
    }

    private int SecondsUntilOver(int bytesPerSecond, int atMost = 1_000)
    {
        for (var seconds = 1; seconds < atMost; seconds++)
        {
            if (Look(1, bytesPerSecond))
            {
                return seconds;
            }
        }

        return atMost;
    }

    private bool Look(int seconds, long bytes)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _taken += bytes;
        return _patience.IsOver(_taken, _time.GetTimestamp(), _time);
    }
}
