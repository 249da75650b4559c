using Edge.Transport;

namespace Edge.Tests.Transport;

public sealed class StreamCountsTests
{
    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(9, 10, 10)]
    [InlineData(10, 10, 0)]
    [InlineData(300, 10, 0)]
    public void Hasty_ones_count_while_they_are_more_than_half(int calm, int hasty, int expected)
    {
        var counts = default(StreamCounts);
        Assert.All(Enumerable.Range(0, calm), _ => Assert.Equal(0, counts.Count(isHasty: false)));
        var last = 0;
        for (; hasty > 0; hasty--)
        {
            last = counts.Count(isHasty: true);
        }

        Assert.Equal(expected, last);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void However_many_were_calm_before_the_same_limit_is_reached_soon(int calm)
    {
        var counts = default(StreamCounts);
        for (; calm > 0; calm--)
        {
            counts.Count(isHasty: false);
        }

        var hasty = 1;
        while (counts.Count(isHasty: true) < StreamCounts.Window / 2)
        {
            hasty++;
        }

        Assert.InRange(hasty, StreamCounts.Window / 2, 2 * StreamCounts.Window);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Who_resets_every_other_stream_never_reaches_it(int hastyOf4, bool reaches)
    {
        var counts = default(StreamCounts);
        var most = 0;
        for (var i = 0; i < 10_000; i++)
        {
            most = Math.Max(most, counts.Count(isHasty: i % 4 >= 4 - hastyOf4));
        }

        Assert.Equal(reaches, most >= StreamCounts.Window / 2);
    }

    [Fact]
    public void The_caller_is_asked_to_leave_once()
    {
        var counts = default(StreamCounts);
        Assert.True(counts.TryAskToLeave());
        Assert.False(counts.TryAskToLeave());
    }
}
