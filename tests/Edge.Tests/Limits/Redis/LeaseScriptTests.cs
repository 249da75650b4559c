using CsCheck;
using Edge.Core.Limits;
using Edge.Core.Tests.Limits.Simulation;
using Edge.Redis;
using StackExchange.Redis;

namespace Edge.Tests.Limits.Redis;

/// <summary>The scripts on a real store do what their model does, which is what the simulation proves things of.</summary>
public sealed class LeaseScriptTests : IAsyncLifetime
{
    private static readonly RedisScript DrawBucket = new(LeaseScripts.DrawBucket);
    private static readonly RedisScript DrawWindow = new(LeaseScripts.DrawWindow);
    private static readonly RedisScript GiveBucket = new(LeaseScripts.GiveBucket);
    private static readonly RedisScript GiveWindow = new(LeaseScripts.GiveWindow);
    private static readonly RedisScript ReturnBucket = new(LeaseScripts.ReturnBucket);
    private static readonly RedisScript ReturnWindow = new(LeaseScripts.ReturnWindow);
    private static readonly RedisScript Beat = new(LeaseScripts.Beat);

    private GarnetStore _store = null!;
    private int _keys;

    /// <summary>A step of a schedule: mostly draws; some give something back, twice or too late.</summary>
    private static readonly Gen<(int Kind, int Need, int Extra, int Debt, int Part)> Step = Gen.Select(
        Gen.Int[0, 9], Gen.Int[0, 40], Gen.Int[0, 60], Gen.Frequency((5, Gen.Const(0)), (1, Gen.Int[1, 400])), Gen.Int[0, 100]);

    public async ValueTask InitializeAsync() => _store = await GarnetStore.StartAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public void A_bucket_on_a_real_store_is_what_its_model_is() => Gen.Select(
        Step.List[5, 25], Gen.Int[20, 500], Gen.Int[1, 3000], Gen.Int[0, 100_000])
        .Sample(
            (steps, burst, limit, spread) => RunBucketAsync(steps, burst, limit, spread).GetAwaiter().GetResult(),
            iter: 150, threads: 1);

    [Fact]
    public void A_window_on_a_real_store_is_what_its_model_is() => Gen.Select(Step.List[5, 25], Gen.Int[1, 300])
        .Sample((steps, limit) => RunWindowAsync(steps, limit).GetAwaiter().GetResult(), iter: 150, threads: 1);

    [Fact]
    public async Task A_store_that_lost_its_scripts_is_told_them_again()
    {
        var policy = Policy(100, 100, TimeSpan.FromMinutes(1));
        var key = NextKey();
        Assert.Equal(5, (await DrawAsync(key, new LeaseDraw(5, 5, 5, 0, 0, 0, 0, 0), policy)).Granted);
        await _store.Database.ExecuteAsync("SCRIPT", "FLUSH");
        Assert.Equal(5, (await DrawAsync(key, new LeaseDraw(5, 5, 5, 0, 0, 0, 0, 0), policy)).Granted);
    }

    [Fact]
    public async Task A_bucket_is_forgotten_a_second_after_it_is_full_and_not_before()
    {
        var policy = Policy(100, 100, TimeSpan.FromMinutes(1));
        var key = NextKey();
        var grant = await DrawAsync(key, new LeaseDraw(50, 50, 50, 0, 0, 0, 0, 0), policy);
        var left = await _store.Database.KeyTimeToLiveAsync(key);
        var full = TimeSpan.FromMicroseconds(grant.State - grant.NowMicros);
        Assert.InRange(left!.Value, full, full + TimeSpan.FromMilliseconds(1001));
        Assert.InRange(full, TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(30.1));

        // A return makes it full, and does not shorten its life: who was told of that time is not to bring it back.
        await ReturnAsync(key, new LeaseReturn(grant.Epoch, [new(50, grant.State + grant.Refunded)]), policy, "a", 1);
        left = await _store.Database.KeyTimeToLiveAsync(key);
        Assert.InRange(left!.Value, full - TimeSpan.FromSeconds(1), full + TimeSpan.FromMilliseconds(1001));
    }

    [Fact]
    public async Task A_window_is_forgotten_a_second_after_it_has_ended()
    {
        var key = NextKey();
        var now = await NowAsync();
        var draw = new LeaseDraw(1, 1, 1, 0, 0, now - 1_000_000, now + 60_000_000, 0);
        Assert.Equal(1, (await DrawAsync(key, draw, 10)).Granted);
        Assert.InRange(
            (await _store.Database.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(61.1));
    }

    [Fact]
    public async Task What_a_replica_gives_back_twice_counts_once_and_old_news_do_not_count()
    {
        var policy = Policy(1000, 1000, TimeSpan.FromHours(1));
        var key = NextKey();
        var grant = await DrawAsync(key, new LeaseDraw(100, 100, 100, 0, 0, 0, 0, 0), policy);
        await DrawAsync(key, new LeaseDraw(200, 200, 200, 0, 0, 0, 0, 0), policy);
        var back = new LeaseReturn(grant.Epoch, [new(60, grant.State + grant.Refunded)]);
        Assert.InRange(await ReturnAsync(key, back, policy, "a", 7), 59 * 3_600_000, 60 * 3_600_000);
        Assert.Equal(0, await ReturnAsync(key, back, policy, "a", 7));
        Assert.Equal(0, await ReturnAsync(key, back, policy, "a", 6));
        Assert.Equal(0, await ReturnAsync(key, back with { Epoch = grant.Epoch - 1 }, policy, "a", 8));

        // Another replica's number is its own; of the draw's place as much is left as was not given back.
        Assert.InRange(await ReturnAsync(key, back, policy, "b", 1), 39 * 3_600_000, 40 * 3_600_000);
        Assert.Equal(0, await ReturnAsync(key, back, policy, "c", 1));
    }

    [Fact]
    public async Task However_many_replicas_come_and_go_a_bucket_stays_small()
    {
        // So slow that time gives nothing back between drawing and returning, however busy the machine is.
        var policy = Policy(100_000, 100_000, TimeSpan.FromDays(30));
        var key = NextKey();
        var returned = 0;
        for (var i = 0; i < 200; i++)
        {
            var grant = await DrawAsync(key, new LeaseDraw(10, 10, 10, 0, 0, 0, 0, 0), policy);
            var back = new LeaseReturn(grant.Epoch, [new(5, grant.State + grant.Refunded)]);
            returned += await ReturnAsync(key, back, policy, $"replica {i}", 1) > 0 ? 1 : 0;
            Assert.InRange(await _store.Database.HashLengthAsync(key), 4, 65);
        }

        Assert.Equal(200, returned);
    }

    [Theory]
    [InlineData(long.MaxValue / 2, 1, 0, 0)]
    [InlineData(1, long.MaxValue / 2, 0, 0)]
    [InlineData(1, 1, long.MaxValue / 2, 0)]
    [InlineData(1, 1, 0, long.MaxValue / 2)]
    [InlineData(-5, -5, 0, 0)]
    [InlineData(1, 1, -1_000_000, 0)]
    [InlineData(1, 1, 0, -1_000_000)]
    public async Task Numbers_that_no_replica_sends_never_let_in_more_than_the_bucket_has(
        long need, long want, long debt, long seen)
    {
        var policy = Policy(100, 100, TimeSpan.FromMinutes(1));
        var key = NextKey();
        var granted = 0L;
        for (var i = 0; i < 20; i++)
        {
            granted += Math.Max((await DrawAsync(key, new LeaseDraw(need, need, want, debt, seen, 0, 0, 0), policy)).Granted, 0);
        }

        Assert.InRange(granted, 0, 100);
        Assert.InRange((await DrawAsync(key, new LeaseDraw(1, 1, 1000, 0, 0, 0, 0, 0), policy)).Granted, 0, 100);
    }

    [Fact]
    public async Task Who_is_silent_is_no_replica()
    {
        var key = NextKey();
        Assert.Equal(1, (await Beat.RunAsync(_store.Database, key, ["a", 10_000_000]))[0]);
        Assert.Equal(2, (await Beat.RunAsync(_store.Database, key, ["b", 10_000_000]))[0]);
        Assert.Equal(2, (await Beat.RunAsync(_store.Database, key, ["a", 10_000_000]))[0]);
        Assert.Equal(0, (await Beat.RunAsync(_store.Database, key, ["c", 0]))[0]);
    }

    private async Task RunBucketAsync(
        List<(int Kind, int Need, int Extra, int Debt, int Part)> steps, int burst, int limit, int spread)
    {
        var policy = Policy(limit, burst, TimeSpan.FromSeconds(1 + (spread / 10_000)));
        var (key, model, grants) = (NextKey(), new ModelStore(), new List<(LeaseGrant Grant, long Units)>());
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            if (step.Kind == 7)
            {
                var micros = step.Extra * policy.ChargeMicros / policy.ChargeUnits;
                var told = await GiveBucket.RunAsync(_store.Database, key, [micros]);
                Assert.Equal(model.GiveBucket("k", micros, told[2]), (told[0], told[1]));
                continue;
            }

            if (step.Kind < 3 && grants.Count > 0)
            {
                // Of one draw or of two, some of which have been given back before; now and then with a number that is old.
                var parts = new[] { grants[step.Part % grants.Count], grants[step.Need % grants.Count] }
                    .Select(g => new LeaseReturnPart(Math.Max(g.Units * step.Part / 100, 1), g.Grant.State + g.Grant.Refunded));
                var back = new LeaseReturn(grants[step.Extra % grants.Count].Grant.Epoch, [.. parts.Take(1 + (step.Need % 2))]);
                var (replica, number) = ($"replica {step.Part % 3}", i - (step.Kind == 0 ? step.Part % 4 : 0));
                var answer = await ReturnBucket.RunAsync(_store.Database, key, ReturnArguments(back, policy, replica, number));
                Assert.Equal(model.ReturnBucket("k", back, policy, replica, number, answer[1]), answer[0]);
                continue;
            }

            var draw = new LeaseDraw(step.Need, step.Need, step.Need + step.Extra, step.Debt, 0, 0, 0, 0);
            var grant = await DrawAsync(key, draw, policy);
            Assert.Equal(model.DrawBucket("k", draw, policy, grant.NowMicros), grant);
            if (grant.Granted > 0) grants.Add((grant, grant.Granted));
        }
    }

    private async Task RunWindowAsync(List<(int Kind, int Need, int Extra, int Debt, int Part)> steps, int limit)
    {
        var (key, model) = (NextKey(), new ModelStore());
        var now = await NowAsync();
        for (var i = 0; i < steps.Count; i++)
        {
            // The window, the one before it and, towards the end, the one after it: both are refused, or begin anew.
            var step = steps[i];
            var start = now - 1_000_000 + (step.Kind == 9 ? -60_000_000 : step.Kind == 8 && i > 10 ? 2_000 : 0);
            if (step.Kind == 7)
            {
                var told = await GiveWindow.RunAsync(_store.Database, key, [step.Extra, start]);
                Assert.Equal(model.GiveWindow("k", step.Extra, start), (told[0], told[1]));
                continue;
            }

            if (step.Kind < 3)
            {
                var back = new LeaseReturn(start, [new(step.Extra, 0)]);
                var answer = await ReturnWindow.RunAsync(
                    _store.Database, key, [back.Units, back.Epoch, $"replica {step.Part % 3}", i / 2]);
                Assert.Equal(model.ReturnWindow("k", back, $"replica {step.Part % 3}", i / 2), answer[0]);
                continue;
            }

            var draw = new LeaseDraw(
                step.Need, step.Need, step.Need + step.Extra, step.Debt, step.Part, start, start + 60_000_000, 0);
            var grant = await DrawAsync(key, draw, limit);
            Assert.Equal(model.DrawWindow("k", draw, limit, grant.NowMicros), grant);
        }
    }

    private static LeasePolicy Policy(long limit, long burst, TimeSpan window) =>
        LimitRule.Bucket("r", "r", limit, window, burst).SharedBy(new LeaseFleet(WhenDown.Closed), 50_000_000).Lease!;

    private string NextKey() => $"edge:test:{{{_keys++}}}";

    private async Task<long> NowAsync() => (await Beat.RunAsync(_store.Database, "edge:now", ["x", 1]))[1];

    private async Task<LeaseGrant> DrawAsync(string key, LeaseDraw draw, LeasePolicy policy)
    {
        var answer = await DrawBucket.RunAsync(
            _store.Database, key,
            [
                draw.Need, draw.Demand, draw.Want, draw.Debt, draw.Seen,
                policy.CapacityMicros, policy.ChargeMicros, policy.ChargeUnits,
            ]);
        return new LeaseGrant(answer[0], answer[1], answer[2], answer[3], answer[4], answer[5]);
    }

    private async Task<LeaseGrant> DrawAsync(string key, LeaseDraw draw, long limit)
    {
        var answer = await DrawWindow.RunAsync(
            _store.Database, key,
            [draw.Need, draw.Demand, draw.Want, draw.Debt, draw.Seen, limit, draw.WindowStart, draw.WindowEnd]);
        return new LeaseGrant(answer[0], answer[1], answer[2], answer[3]);
    }

    private async Task<long> ReturnAsync(string key, LeaseReturn back, LeasePolicy policy, string replica, long number) =>
        (await ReturnBucket.RunAsync(_store.Database, key, ReturnArguments(back, policy, replica, number)))[0];

    private static RedisValue[] ReturnArguments(LeaseReturn back, LeasePolicy policy, string replica, long number) =>
    [
        policy.ChargeMicros, policy.ChargeUnits, back.Epoch, replica, number,
        .. back.Parts.SelectMany(p => new RedisValue[] { p.Units, p.Place }),
    ];
}
