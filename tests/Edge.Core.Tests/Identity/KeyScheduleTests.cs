using Edge.Core.Identity;

namespace Edge.Core.Tests.Identity;

public sealed class KeyScheduleTests
{
    private const int MinuteMs = 60_000;

    [Fact]
    public void The_first_fetch_is_due_at_once() => Assert.Equal(1234, Schedule(1234).DueMs);

    [Theory]
    [InlineData(null, 2_880_000, 3_420_000)]
    [InlineData(300, 240_000, 285_000)]
    [InlineData(60, 48_000, 57_000)]
    [InlineData(59, 48_000, 57_000)]
    [InlineData(0, 48_000, 57_000)]
    [InlineData(3_600, 2_880_000, 3_420_000)]
    [InlineData(3_601, 2_880_000, 3_420_000)]
    [InlineData(2_000_000_000, 2_880_000, 3_420_000)]
    public void Keys_are_fetched_again_before_they_are_too_old(int? maxAgeSeconds, long earliestMs, long latestMs)
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var schedule = Schedule(1_000, seed);
            schedule.Succeeded(1_000, maxAgeSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
            Assert.InRange(schedule.DueMs - 1_000, earliestMs, latestMs);
        }
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(1, 1)]
    [InlineData(0.5, 1)]
    public void The_file_says_for_how_long_keys_are_kept_at_most_but_not_under_a_minute(double file, int minutes)
    {
        var schedule = new KeySchedule(0, TimeSpan.FromMinutes(file), new Random(1));
        schedule.Succeeded(0, TimeSpan.FromDays(1));
        Assert.InRange(schedule.DueMs, minutes * 48_000, minutes * 57_000);
        schedule.Succeeded(0, null);
        Assert.InRange(schedule.DueMs, minutes * 48_000, minutes * 57_000);
    }

    [Fact]
    public void Replicas_that_started_together_do_not_fetch_together()
    {
        var dues = new HashSet<long>();
        for (var seed = 0; seed < 20; seed++)
        {
            var schedule = Schedule(0, seed);
            schedule.Succeeded(0, null);
            dues.Add(schedule.DueMs);
        }

        Assert.True(dues.Count > 15);
    }

    [Fact]
    public void Waits_between_failures_double_to_a_minute_and_begin_anew_after_a_success()
    {
        var schedule = Schedule(0);
        int[] longest = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000];
        foreach (var wait in longest)
        {
            schedule.Failed(0);
            Assert.InRange(schedule.DueMs, wait * 3 / 4, wait);
        }

        for (var i = 0; i < 100; i++)
        {
            schedule.Failed(0);
        }

        Assert.InRange(schedule.DueMs, 45_000, 60_000);
        schedule.Succeeded(0, null);
        schedule.Failed(0);
        Assert.InRange(schedule.DueMs, 750, 1_000);
    }

    [Fact]
    public void Whoever_asks_all_the_time_gets_at_most_ten_fetches_in_any_minute()
    {
        var schedule = Schedule(0);
        var taken = new List<long>();
        for (var now = 0L; now < 10 * MinuteMs; now += 100)
        {
            while (schedule.TryTakeFetch(now))
            {
                taken.Add(now);
            }
        }

        var most = taken.Max(first => taken.Count(at => at >= first && at <= first + MinuteMs));
        Assert.Equal(KeySchedule.FetchesPerMinuteMax, most);
    }

    [Fact]
    public void A_burst_is_followed_by_one_fetch_at_a_time()
    {
        var schedule = Schedule(500);
        for (var i = 0; i < KeySchedule.FetchBurstMax; i++)
        {
            Assert.True(schedule.TryTakeFetch(500));
        }

        Assert.False(schedule.TryTakeFetch(500));
        Assert.Equal(500 + KeySchedule.FetchEveryMs, schedule.AllowedMs);
        Assert.False(schedule.TryTakeFetch(schedule.AllowedMs - 1));
        Assert.True(schedule.TryTakeFetch(schedule.AllowedMs));
        Assert.False(schedule.TryTakeFetch(500 + KeySchedule.FetchEveryMs));
    }

    [Fact]
    public void A_quiet_hour_earns_no_more_than_the_burst()
    {
        var schedule = Schedule(0);
        var now = 60L * MinuteMs;
        for (var i = 0; i < KeySchedule.FetchBurstMax; i++)
        {
            Assert.True(schedule.TryTakeFetch(now));
        }

        Assert.False(schedule.TryTakeFetch(now));
    }

    private static KeySchedule Schedule(long nowMs, int seed = 1) => new(nowMs, TimeSpan.FromHours(1), new Random(seed));
}
