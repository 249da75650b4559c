using Edge.Transport;

namespace Edge.Tests.Transport;

public sealed class StreamCountsTests
{
    private StreamCounts _counts;

    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(9, 10, 10)]
    [InlineData(10, 10, 0)]
    [InlineData(300, 10, 0)]
    public void Hasty_ones_count_while_they_are_more_than_those_served(int served, int hasty, int expected)
    {
        Serve(served);
        var last = 0;
        for (; hasty > 0; hasty--)
        {
            last = _counts.CountHasty();
        }

        Assert.Equal(expected, last);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void However_many_were_served_before_the_same_limit_is_reached_soon(int served)
    {
        Serve(served);
        var hasty = 1;
        while (_counts.CountHasty() < StreamCounts.Window / 2)
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
        var most = 0;
        for (var i = 0; i < 10_000; i++)
        {
            if (i % 4 >= 4 - hastyOf4)
            {
                most = Math.Max(most, _counts.CountHasty());
            }
            else
            {
                Serve(1);
            }
        }

        Assert.Equal(reaches, most >= StreamCounts.Window / 2);
    }

    [Fact]
    public void The_caller_is_asked_to_leave_once_and_then_each_counts()
    {
        Assert.False(_counts.IsAskedToLeave);
        Assert.True(_counts.TryAskToLeave());
        Assert.False(_counts.TryAskToLeave());
        Assert.True(_counts.IsAskedToLeave);
        Serve(StreamCounts.Window);
        Assert.Equal([1, 2, 3], [_counts.CountHastySinceAsked(), _counts.CountHastySinceAsked(), _counts.CountHastySinceAsked()]);
    }

    private void Serve(int count)
    {
        for (; count > 0; count--)
        {
            _counts.CountServed();
        }
    }
}
