using Edge.Core.Limits;
using Edge.Core.Llm;

namespace Edge.Core.Tests.Limits;

/// <summary>What is reserved is replaced by what was used: down, up, and once.</summary>
public sealed class SettlementTests
{
    private readonly TestTime _time = new();
    private readonly LimitClock _clock;

    public SettlementTests() => _clock = new LimitClock(_time);

    [Theory]
    [InlineData(LimitKind.Bucket, 100, 30, 970)]
    [InlineData(LimitKind.Bucket, 100, 0, 1000)]
    [InlineData(LimitKind.Bucket, 100, 100, 900)]
    [InlineData(LimitKind.Bucket, 100, 250, 750)]
    [InlineData(LimitKind.Window, 100, 30, 970)]
    [InlineData(LimitKind.Window, 100, 0, 1000)]
    [InlineData(LimitKind.Window, 100, 250, 750)]
    public void What_was_used_takes_the_place_of_what_was_reserved(LimitKind kind, long reserved, long used, long left)
    {
        var rule = Rule(kind);
        var bucket = new Bucket(default, rule);
        var take = new LimitTake(bucket, rule, reserved);
        Assert.Equal(TakeStatus.Taken, Buckets.TryTake(ref take, _clock.NowNs));
        Buckets.Settle(ref take, used, _clock);
        Assert.Equal(left, Left(bucket, rule));
        Buckets.Settle(ref take, 0, _clock);
        Assert.Equal(left, Left(bucket, rule));
    }

    [Theory]
    [InlineData(LimitKind.Bucket)]
    [InlineData(LimitKind.Window)]
    public void What_is_missing_is_a_debt_that_later_requests_wait_for(LimitKind kind)
    {
        var rule = Rule(kind);
        var bucket = new Bucket(default, rule);
        var take = new LimitTake(bucket, rule, 900);
        Assert.Equal(TakeStatus.Taken, Buckets.TryTake(ref take, _clock.NowNs));
        Buckets.Settle(ref take, 1500, _clock);
        var next = new LimitTake(bucket, rule, 1);
        Assert.Equal(TakeStatus.Refused, Buckets.TryTake(ref next, _clock.NowNs));
        if (kind == LimitKind.Bucket)
        {
            // 500 units more than there were, and one: each takes 60 ms.
            Assert.Equal(501 * 60_000_000L, next.WaitNs);
        }
    }

    [Fact]
    public void A_bucket_that_has_been_idle_gets_no_more_back_than_time_has_not_given_already()
    {
        var rule = Rule(LimitKind.Bucket);
        var bucket = new Bucket(default, rule);
        var take = new LimitTake(bucket, rule, 500);
        Buckets.TryTake(ref take, _clock.NowNs);
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(750, Left(bucket, rule));
        Buckets.Settle(ref take, 0, _clock);
        Assert.Equal(1000, Left(bucket, rule));
    }

    [Theory]
    [InlineData(100, 30)]
    [InlineData(100, 100)]
    [InlineData(100, 0)]
    [InlineData(100, 500)]
    public void A_slice_settles_with_itself_first_and_owes_the_rest(long reserved, long used)
    {
        var rule = Rule(LimitKind.Window).SharedBy(new LeaseFleet(WhenDown.Closed), 50_000_000);
        var bucket = new LeasedBucket(default, rule);
        Draw(bucket, rule, need: 150, granted: 150, state: 150, debt: 0);
        var take = new LimitTake(bucket, rule, reserved);
        Assert.Equal(TakeStatus.Taken, bucket.TryTake(ref take, _clock.NowNs));
        var owes = bucket.Settle(ref take, used, _clock);
        Assert.Equal(used > 150, owes);
        Assert.False(bucket.Settle(ref take, 1000, _clock));
        var rest = new LimitTake(bucket, rule, Math.Max(150 - used, 1));
        Assert.Equal(used < 150 ? TakeStatus.Taken : TakeStatus.Empty, bucket.TryTake(ref rest, _clock.NowNs));

        // What is owed is told with the next draw, and only with that one.
        Draw(bucket, rule, need: 1, granted: 1, state: 151 + Math.Max(used - 150, 0), debt: Math.Max(used - 150, 0));
        Draw(bucket, rule, need: 1, granted: 1, state: 152, debt: 0);
    }

    [Theory]
    [InlineData(LimitUnit.Tokens, 50, 550)]
    [InlineData(LimitUnit.InputTokens, 10, 50)]
    [InlineData(LimitUnit.OutputTokens, 40, 500)]
    [InlineData(LimitUnit.MicroDollars, 425, 5125)]
    public void What_is_charged_is_of_the_kind_that_the_limit_counts(LimitUnit unit, long charged, long reserved)
    {
        var price = new ModelPrice(Input: 2_500_000, CachedInput: 1_250_000, CacheWrite: 2_500_000, Output: 10_000_000);
        var usage = new RequestUsage(UsageKind.Exact, new UsageCounts { InputTokens = 10, OutputTokens = 40 });
        Assert.Equal(charged, LimitCost.Charged(unit, usage, price));
        Assert.Equal(0, LimitCost.Charged(unit, default, price));
        var facts = new RequestFacts { IsKnown = true, PromptTokens = 50, AnswerTokens = 500 };
        Assert.Equal(reserved, LimitCost.Reserved(unit, facts, price));
    }

    [Fact]
    public void Cached_tokens_are_part_of_OpenAIs_prompt_and_beside_Anthropics()
    {
        var price = new ModelPrice(Input: 1_000_000, CachedInput: 100_000, CacheWrite: 1_250_000, Output: 5_000_000);
        Assert.Equal(64, price.Of(new UsageCounts { InputTokens = 100, CachedTokens = 40, OutputTokens = 0 }));
        Assert.Equal(
            100 + 4 + 25 + 50,
            price.Of(new UsageCounts { InputTokens = 100, CacheReadTokens = 40, CacheCreationTokens = 20, OutputTokens = 10 }));
        Assert.Equal(10, price.Of(new UsageCounts { InputTokens = 100, CachedTokens = 1000, OutputTokens = null }));
        Assert.Equal(1, price.Of(promptTokens: 1, answerTokens: 0));
    }

    [Fact]
    public void The_longest_beginning_of_a_models_name_gives_its_price()
    {
        static ModelPrice Price(long input) => new(input, input, input, input);
        var table = new PriceTable(
            [
                new("gpt-4o", Price(1)), new("gpt-4o*", Price(2)), new("gpt-*", Price(3)),
            ],
            unknown: null);
        Assert.Equal(1, table.Find("gpt-4o")!.Input);
        Assert.Equal(2, table.Find("gpt-4o-mini")!.Input);
        Assert.Equal(3, table.Find("gpt-5")!.Input);
        Assert.Null(table.Find("claude"));
        Assert.Null(table.Find(null));
        Assert.Equal(9, new PriceTable([], Price(9)).Find("x")!.Input);
    }

    private LimitRule Rule(LimitKind kind) => kind == LimitKind.Window
        ? LimitRule.Window("r", "r", 1000, new WindowSchedule(_clock, TimeSpan.FromMinutes(1)), LimitUnit.Tokens)
        : LimitRule.Bucket("r", "r", 1000, TimeSpan.FromMinutes(1), 1000, LimitUnit.Tokens);

    private long Left(Bucket bucket, LimitRule rule)
    {
        var take = new LimitTake(bucket, rule, 1);
        Buckets.Peek(ref take, _clock.NowNs);
        return take.Remaining;
    }

    private void Draw(LeasedBucket bucket, LimitRule rule, long need, long granted, long state, long debt)
    {
        _time.Advance(TimeSpan.FromMilliseconds(20));
        Assert.True(bucket.TryPlan(rule, need, _clock, out var draw));
        Assert.Equal(debt, draw.Debt);
        bucket.Complete(rule, draw, new LeaseGrant(granted, state, 0, _clock.UtcMicros), _clock);
    }
}
