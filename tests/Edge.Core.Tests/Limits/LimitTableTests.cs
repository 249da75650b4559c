using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits;

public sealed class LimitTableTests
{
    private readonly TestTime _time = new();
    private readonly LimitClock _clock;
    private readonly KeyHasher _hasher = new(1, 2);
    private readonly LimitRule _rule = LimitRule.Bucket("r", "r", 2, TimeSpan.FromSeconds(2), 2);

    public LimitTableTests() => _clock = new LimitClock(_time);

    [Fact]
    public void A_key_has_one_bucket()
    {
        var table = new LimitTable();
        Assert.Same(table.GetOrAdd(Key("a"), _rule, 1), table.GetOrAdd(Key("a"), _rule, 1));
        Assert.NotSame(table.GetOrAdd(Key("a"), _rule, 1), table.GetOrAdd(Key("b"), _rule, 1));
        Assert.Equal(2, table.Count);
        Assert.Null(table.Find(Key("c")));
    }

    [Fact]
    public void A_full_table_forgets_idle_buckets_and_keeps_those_in_use()
    {
        var table = new LimitTable(1000);
        for (var i = 0; i < 999; i++) Take(table, $"old {i}");
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Take(table, "used");
        _time.Advance(TimeSpan.FromSeconds(0.5));
        for (var i = 0; i < 900; i++) Take(table, $"new {i}");
        Assert.InRange(table.Count, 900, 1001);
        Assert.NotNull(table.Find(Key("used")));
        Assert.Equal(900, Enumerable.Range(0, 900).Count(i => table.Find(Key($"new {i}")) is not null));
    }

    [Fact]
    public void A_flood_of_keys_shares_one_bucket_and_forgets_none()
    {
        var table = new LimitTable(100);
        for (var i = 0; i < 100; i++) Assert.Equal(TakeStatus.Taken, Take(table, $"{i}"));
        var taken = Enumerable.Range(0, 10_000).Count(i => Take(table, $"flood {i}") == TakeStatus.Taken);
        Assert.Equal(2, taken);
        Assert.Equal(101, table.Count);
        Assert.Equal(100, Enumerable.Range(0, 100).Count(i => table.Find(Key($"{i}")) is not null));
    }

    [Fact]
    public void A_sweep_lets_go_of_what_is_idle()
    {
        var table = new LimitTable(1000);
        for (var i = 0; i < 500; i++) Take(table, $"{i}");
        table.Sweep(_clock.NowNs, table.ChainCount);
        Assert.Equal(500, table.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        table.Sweep(_clock.NowNs, table.ChainCount);
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void A_bucket_that_left_the_table_gives_nothing_and_its_key_gets_another()
    {
        var table = new LimitTable(1000);
        var old = table.GetOrAdd(Key("a"), _rule, _clock.NowNs);
        table.Sweep(_clock.NowNs, table.ChainCount);
        var take = new LimitTake(old, _rule, 1);
        Assert.Equal(TakeStatus.Gone, Buckets.TryTake(ref take, _clock.NowNs));
        Assert.NotSame(old, table.GetOrAdd(Key("a"), _rule, _clock.NowNs));
    }

    [Fact]
    public async Task Threads_that_evict_while_others_take_let_nobody_have_more()
    {
        var table = new LimitTable(64);
        var rule = LimitRule.Bucket("r", "r", 10, TimeSpan.FromDays(1), 10);
        var taken = new int[16];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                {
                    var key = i % taken.Length;
                    var take = new LimitTake(table.GetOrAdd(Key($"{key}"), rule, _clock.NowNs), rule, 1);
                    if (Buckets.TryTake(ref take, _clock.NowNs) == TakeStatus.Taken) Interlocked.Increment(ref taken[key]);
                    table.GetOrAdd(Key($"other {worker} {i}"), rule, _clock.NowNs);
                    table.Sweep(_clock.NowNs, 4);
                }
            },
            TestContext.Current.CancellationToken)));
        Assert.All(taken, n => Assert.Equal(10, n));
    }

    [Fact]
    public void Parts_of_a_key_cannot_run_into_each_other()
    {
        Assert.NotEqual(Key("ab", "c"), Key("a", "bc"));
        Assert.NotEqual(Key("a", ""), Key("a", null));
        Assert.NotEqual(Key("a", ""), Key("a"));
    }

    private KeyHash Key(params string?[] parts)
    {
        var text = new LimitKeyText();
        foreach (var part in parts) text.Append(part);
        return _hasher.Hash(text.Written);
    }

    private TakeStatus Take(LimitTable table, string key)
    {
        var take = new LimitTake(table.GetOrAdd(Key(key), _rule, _clock.NowNs), _rule, 1);
        return Buckets.TryTake(ref take, _clock.NowNs);
    }
}
