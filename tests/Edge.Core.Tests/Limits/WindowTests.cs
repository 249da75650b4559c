using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits;

public sealed class WindowTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private readonly TestTime _time = new();
    private readonly LimitClock _clock;

    public WindowTests() => _clock = new LimitClock(_time);

    [Theory]
    [InlineData("2026-03-28T23:00:00Z", CalendarUnit.Day, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData("2026-03-29T21:59:59Z", CalendarUnit.Day, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData("2026-10-25T12:00:00Z", CalendarUnit.Day, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")]
    [InlineData("2026-02-28T22:59:59Z", CalendarUnit.Month, "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z")]
    [InlineData("2026-02-28T23:00:00Z", CalendarUnit.Month, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z")]
    [InlineData("2026-10-25T00:59:00Z", CalendarUnit.Hour, "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("2026-10-25T01:01:00Z", CalendarUnit.Hour, "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z")]
    public void A_window_of_a_zone_begins_and_ends_by_its_clocks(string at, CalendarUnit unit, string start, string end)
    {
        var schedule = new WindowSchedule(_clock, unit, Berlin);
        Assert.Equal((Micros(start), Micros(end)), schedule.Bounds(Micros(at)));
    }

    [Fact]
    public void A_day_begins_at_the_first_time_that_exists_where_clocks_go_forward_at_midnight()
    {
        var cairo = TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo");
        var day = new WindowSchedule(_clock, CalendarUnit.Day, cairo).Bounds(Micros("2026-04-24T12:00:00Z"));
        Assert.Equal((Micros("2026-04-23T22:00:00Z"), Micros("2026-04-24T21:00:00Z")), day);
    }

    [Fact]
    public void The_windows_of_a_zone_follow_each_other_without_gap_or_overlap()
    {
        foreach (var unit in new[] { CalendarUnit.Hour, CalendarUnit.Day, CalendarUnit.Month })
        {
            var schedule = new WindowSchedule(_clock, unit, Berlin);
            var window = schedule.Bounds(Micros("2026-01-15T00:00:00Z"));
            for (var i = 0; i < 9000 && window.End < Micros("2027-02-01T00:00:00Z"); i++)
            {
                var next = schedule.Bounds(window.End);
                Assert.Equal(window.End, next.Start);
                Assert.Equal(window, schedule.Bounds(window.End - 1));
                Assert.NotEqual(schedule.IndexOf(window.Start), schedule.IndexOf(next.Start));
                window = next;
            }
        }
    }

    [Fact]
    public void A_window_gives_exactly_its_limit_and_the_next_one_begins_anew()
    {
        var rule = LimitRule.Window("r", "r", 3, new WindowSchedule(_clock, TimeSpan.FromMinutes(1)));
        var bucket = new Bucket(default, rule);
        _time.Advance(TimeSpan.FromSeconds(59.5));
        Assert.Equal(3, TakeMany(bucket, rule, 5));
        var refused = new LimitTake(bucket, rule, 1);
        Assert.Equal(TakeStatus.Refused, Buckets.TryTake(ref refused, _clock.NowNs));
        Assert.Equal(500_000_000, refused.WaitNs);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(3, TakeMany(bucket, rule, 5));
    }

    [Fact]
    public void A_wall_clock_that_is_set_back_brings_no_earlier_window_back()
    {
        var rule = LimitRule.Window("r", "r", 3, new WindowSchedule(_clock, TimeSpan.FromMinutes(1)));
        var bucket = new Bucket(default, rule);
        Assert.Equal(3, TakeMany(bucket, rule, 5));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(3, TakeMany(bucket, rule, 5));
        _time.Utc -= TimeSpan.FromSeconds(90);
        Assert.Equal(0, TakeMany(bucket, rule, 5));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(3, TakeMany(bucket, rule, 5));
    }

    [Fact]
    public void What_was_taken_of_an_earlier_window_cannot_be_given_back_to_a_later_one()
    {
        var rule = LimitRule.Window("r", "r", 1, new WindowSchedule(_clock, TimeSpan.FromMinutes(1)));
        var bucket = new Bucket(default, rule);
        var first = new LimitTake(bucket, rule, 1);
        Buckets.TryTake(ref first, _clock.NowNs);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(1, TakeMany(bucket, rule, 2));
        Buckets.Refund(ref first, _clock);
        Assert.Equal(0, TakeMany(bucket, rule, 2));
    }

    private int TakeMany(Bucket bucket, LimitRule rule, int tries)
    {
        var taken = 0;
        for (var i = 0; i < tries; i++)
        {
            var take = new LimitTake(bucket, rule, 1);
            taken += Buckets.TryTake(ref take, _clock.NowNs) == TakeStatus.Taken ? 1 : 0;
        }

        return taken;
    }

    private static long Micros(string utc) => (DateTimeOffset.Parse(utc, null) - DateTimeOffset.UnixEpoch).Ticks / 10;
}
