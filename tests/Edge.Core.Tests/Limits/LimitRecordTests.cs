using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits;

public sealed class LimitRecordTests
{
    private static readonly KeyHash Key = new(0x0123456789abcdef, 0xfedcba9876543210);

    private readonly TestTime _time = new();

    [Fact]
    public void What_is_written_is_read()
    {
        var record = new LimitRecord(Key, 123, LimitKind.Window, 1_800_000_000_000_000, Buckets.UsedMax);
        var bytes = new byte[LimitRecord.Length];
        record.Write(bytes);
        Assert.True(LimitRecord.TryRead(bytes, out var read));
        Assert.Equal(record, read);
    }

    [Fact]
    public void A_record_or_a_head_with_any_bit_turned_is_damaged()
    {
        var bytes = new byte[LimitRecord.Length];
        new LimitRecord(Key, 123, LimitKind.Bucket, 99, 7).Write(bytes);
        var head = new byte[LimitRecord.Length];
        LimitRecord.WriteHead(head, 42);
        Assert.Equal(LimitRecord.Head.Good, LimitRecord.ReadHead(head, out var secret));
        Assert.Equal((UInt128)42, secret);
        for (var bit = 0; bit < LimitRecord.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            head[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(LimitRecord.TryRead(bytes, out _));
            Assert.NotEqual(LimitRecord.Head.Good, LimitRecord.ReadHead(head, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            head[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.False(LimitRecord.TryRead(new byte[LimitRecord.Length], out _));
        Assert.Equal(LimitRecord.Head.Foreign, LimitRecord.ReadHead(new byte[LimitRecord.Length], out _));
    }

    [Fact]
    public void A_bucket_goes_on_filling_while_the_process_is_away()
    {
        var rule = LimitRule.Bucket("r", "r", 100, TimeSpan.FromHours(10), 100);
        var record = Spend(rule, 60, new LimitClock(_time));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(50, LeftAfter(record, rule));
        _time.Advance(TimeSpan.FromHours(10));
        Assert.Equal(100, LeftAfter(record, rule));
    }

    [Fact]
    public void A_debt_is_kept_up_to_one_capacity_more_and_so_is_what_a_clock_set_back_makes_of_it()
    {
        var rule = LimitRule.Bucket("r", "r", 100, TimeSpan.FromHours(10), 100);
        var clock = new LimitClock(_time);
        var bucket = new Bucket(Key, rule);
        Buckets.Charge(new LimitTake(bucket, rule, 0), 150, clock.NowNs);
        var record = LimitRecord.Of(bucket, clock);
        _time.Advance(TimeSpan.FromHours(6));
        Assert.Equal(10, LeftAfter(record, rule));
        _time.Utc -= TimeSpan.FromDays(1000);
        var later = new LimitClock(_time);
        var restored = new Bucket(Key, rule);
        Assert.True(record.TryRestore(restored, later));
        var take = new LimitTake(restored, rule, 1);
        Assert.Equal(TakeStatus.Refused, Buckets.Peek(ref take, later.NowNs));
        Assert.InRange(take.WaitNs, 1, 2 * rule.CapacityNs);
    }

    [Fact]
    public void A_window_is_kept_until_its_end_and_not_beyond()
    {
        var clock = new LimitClock(_time);
        var rule = LimitRule.Window("r", "r", 100, new WindowSchedule(clock, CalendarUnit.Month, TimeZoneInfo.Utc));
        var record = Spend(rule, 60, clock);
        Assert.Equal(40, LeftAfter(record, Anew()));
        _time.Utc -= TimeSpan.FromDays(60);
        Assert.Equal(40, LeftAfter(record, Anew()));
        _time.Advance(TimeSpan.FromDays(100));
        Assert.Equal(100, LeftAfter(record, Anew()));

        LimitRule Anew() => LimitRule.Window(
            "r", "r", 100, new WindowSchedule(new LimitClock(_time), CalendarUnit.Month, TimeZoneInfo.Utc));
    }

    [Fact]
    public void A_limit_that_counts_in_another_way_now_begins_anew()
    {
        var clock = new LimitClock(_time);
        var record = Spend(LimitRule.Bucket("r", "r", 100, TimeSpan.FromHours(10), 100), 60, clock);
        var schedule = new WindowSchedule(clock, CalendarUnit.Month, TimeZoneInfo.Utc);
        Assert.Equal(100, LeftAfter(record, LimitRule.Window("r", "r", 100, schedule)));
    }

    [Fact]
    public void What_has_left_the_table_or_is_full_again_is_written_as_full()
    {
        var clock = new LimitClock(_time);
        var rule = LimitRule.Bucket("r", "r", 100, TimeSpan.FromHours(10), 100);
        var bucket = new Bucket(Key, rule);
        Assert.Equal(0, LimitRecord.Of(bucket, clock).At);
        Assert.True(bucket.TryRetire(clock.NowNs));
        Assert.Equal(0, LimitRecord.Of(bucket, clock).At);
    }

    [Theory]
    [InlineData(LimitKind.Bucket, LimitUnit.Requests, 3599, false)]
    [InlineData(LimitKind.Bucket, LimitUnit.Requests, 3600, true)]
    [InlineData(LimitKind.Bucket, LimitUnit.MicroDollars, 1, true)]
    [InlineData(LimitKind.Concurrent, LimitUnit.Requests, 0, false)]
    public void Money_and_windows_of_an_hour_and_more_are_kept(LimitKind kind, LimitUnit unit, int seconds, bool isKept) =>
        Assert.Equal(isKept, LimitRule.IsWorthKeeping(kind, unit, TimeSpan.FromSeconds(seconds), CalendarUnit.None));

    [Fact]
    public void The_journal_has_each_bucket_once_and_again_after_it_was_emptied()
    {
        var journal = new LimitJournal();
        var rule = LimitRule.Bucket("r", "r", 100, TimeSpan.FromHours(10), 100).KeptBy(journal);
        var buckets = new[] { new DurableBucket(Key, rule), new DurableBucket(default, rule) };
        for (var round = 0; round < 3; round++)
        {
            foreach (var bucket in buckets)
            {
                journal.Note(bucket);
                journal.Note(bucket);
            }

            var noted = new List<DurableBucket>();
            journal.TakeAll(noted);
            Assert.Equal(2, noted.Count);
            Assert.Equal(2, noted.Distinct().Count());
        }
    }

    [Fact]
    public void A_hold_notes_what_it_takes_gives_back_and_settles()
    {
        var journal = new LimitJournal();
        var rule = LimitRule.Bucket("r", "r", 100, TimeSpan.FromHours(10), 100).KeptBy(journal);
        var clock = new LimitClock(_time);
        var table = new LimitTable(64);
        var hold = new LimitHold();
        hold.Add(table.GetOrAdd(Key, rule, clock.NowNs), rule, 10);
        Assert.Equal(TakeStatus.Taken, hold.TryTakeAll(clock, clock.NowNs, out _));
        Assert.Equal(1, Noted());
        hold.Settle(0, 5, clock);
        Assert.Equal(1, Noted());
        hold.GiveBack(clock);
        Assert.Equal(1, Noted());

        int Noted()
        {
            var noted = new List<DurableBucket>();
            journal.TakeAll(noted);
            return noted.Count;
        }
    }

    private static LimitRecord Spend(LimitRule rule, long units, LimitClock clock)
    {
        var take = new LimitTake(new Bucket(Key, rule), rule, units);
        Assert.Equal(TakeStatus.Taken, Buckets.TryTake(ref take, clock.NowNs));
        return LimitRecord.Of(take.Bucket, clock);
    }

    private long LeftAfter(LimitRecord record, LimitRule rule)
    {
        // Another process: its clock begins anew.
        var clock = new LimitClock(_time);
        var bucket = new Bucket(Key, rule);
        record.TryRestore(bucket, clock);
        var take = new LimitTake(bucket, rule, 1);
        Buckets.Peek(ref take, clock.NowNs);
        return take.Remaining;
    }
}
