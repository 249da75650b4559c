using Edge.Core.Configuration;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Configuration;

/// <summary>Limits and the common store in the file.</summary>
public sealed class LimitErrorTests
{
    [Theory]
    [InlineData(
        "{ name: a, per: global, requests: 1 }",
        "9:14: key 'window' is missing: requests are counted in a duration, or an hour, day or month")]
    [InlineData(
        "{ name: a, per: global }",
        "9:14: the limit says not of what; write requests, tokens or usd with a window, or concurrent")]
    [InlineData(
        "{ name: a, per: global, requests: 0, window: 1m }",
        "9:48: '0' is out of range; write a whole number from 1 to 1000000000")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: 999ms }",
        "9:59: '999ms' is out of range; write a duration from 1s to 30d, or hour, day or month")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: 31d }",
        "9:59: '31d' is out of range; write a duration from 1s to 30d, or hour, day or month")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: week }",
        "9:59: 'week' is not a window; write a duration such as 1s, 1m or 30d, or hour, day or month")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: day, burst: 2 }",
        "9:71: burst says nothing beside a window of the calendar; leave it out")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: 1m, zone: Europe/Berlin }",
        "9:69: zone says nothing beside a window of fixed length; leave it out")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: 1m, algorithm: fixed, burst: 1 }",
        "9:88: burst says nothing beside algorithm fixed; leave it out")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: day, algorithm: bucket }",
        "9:75: a window of the calendar is counted; leave algorithm out")]
    [InlineData(
        "{ name: a, per: global, requests: 1, window: day, zone: Europe/Nowhere }",
        "9:70: 'Europe/Nowhere' is not a time zone that this system knows; write one such as UTC or Europe/Berlin, and see " +
        "that tzdata is installed")]
    [InlineData(
        "{ name: a, per: global, requests: 10000001, window: 1s }",
        "9:48: this is more than ten million a second, or a burst of more than three years")]
    [InlineData(
        "{ name: a, per: global, concurrent: 1, window: 1s }",
        "9:61: window says nothing beside concurrent; leave it out")]
    [InlineData(
        "{ name: a, per: global, concurrent: 1, requests: 1 }",
        "9:50: concurrent and requests are two limits; make two items of them")]
    [InlineData(
        "{ name: a, per: global, tokens: 1, requests: 1, window: 1m }",
        "9:46: tokens and requests are two limits; make two items of them\n" +
        "9:46: route 'all' goes to an upstream without an LLM dialect, which reports no tokens")]
    [InlineData(
        "{ name: a, per: global, requests: 1, of: input, window: 1m }",
        "9:55: of says nothing beside anything but tokens; leave it out")]
    [InlineData(
        "{ name: a, per: global, usd: 0.001, window: 1m }",
        "9:43: '0.001' is not an amount of dollars; write a number from 0.01 to 1000000")]
    [InlineData(
        "{ name: a, per: global, tokens: 1, window: 1m }",
        "9:46: route 'all' goes to an upstream without an LLM dialect, which reports no tokens")]
    [InlineData("{ name: a, per: [global, ip], concurrent: 1 }", "9:31: global is one count for all; it goes with nothing else")]
    [InlineData(
        "{ name: a, per: costumer, concurrent: 1 }",
        "9:30: 'costumer' is not a part of a key; write global, consumer, tier, apiKey, ip, route, claim:NAME, header:NAME; " +
        "did you mean 'consumer'?")]
    [InlineData(
        "{ name: a, per: consumer, concurrent: 1 }",
        "9:30: route 'all' authenticates nobody, so that all would share one count; write authenticate")]
    [InlineData(
        "{ name: a, per: ip, concurrent: 1 }, { name: a, per: ip, concurrent: 2 }",
        "9:59: the limit on line 9 has this name already; choose another")]
    [InlineData(
        "{ name: a, per: ip, tokens: 1, window: 1m }",
        "9:42: route 'all' goes to an upstream without an LLM dialect, which reports no tokens")]
    public void A_wrong_limit_is_told(string limit, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithRouteKey($"limits: [{limit}]")));

    [Theory]
    [InlineData("redis: { endpoints: [] }", "9:21: the list is empty; it needs at least 1 item")]
    [InlineData(
        "redis: { endpoints: [localhost] }",
        "9:22: 'localhost' is not a host with a port, such as redis.internal:6379 or 10.0.0.1:6379")]
    [InlineData(
        "redis: { endpoints: [\"a:0\"] }",
        "9:22: 'a:0' is not a host with a port, such as redis.internal:6379 or 10.0.0.1:6379")]
    [InlineData(
        "redis: { endpoints: [\"a:1\"], whenDown: close }",
        "9:40: 'close' is not a policy; write open or closed; did you mean 'closed'?")]
    [InlineData(
        "redis: { endpoints: [\"a:1\"], password: \"a\\nb\" }",
        "9:40: the value holds a line break, a control character or a character beyond ASCII, which no header can carry")]
    public void A_wrong_store_is_told(string redis, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(redis)));

    [Theory]
    [InlineData("overload: { shedFirst: [a, a] }", "9:28: 'a' is in this list already; take it out")]
    [InlineData(
        "overload: { concurrentMin: 5, concurrentMax: 4 }", "9:28: this is more than concurrentMax; write a smaller number")]
    [InlineData("overload: { concurrentMin: 0 }", "9:28: '0' is out of range; write a whole number from 1 to 100000")]
    [InlineData("overload: { queueMax: 100001 }", "9:23: '100001' is out of range; write a whole number from 0 to 100000")]
    [InlineData(
        "limitState: {}",
        "9:13: key 'file' is missing: the file, made where there is none")]
    [InlineData(
        "limitState: { file: a, every: 0s }", "9:31: '0s' is out of range; write a duration from 1ms to 24d")]
    [InlineData(
        "limitState: { file: a }\nredis: { endpoints: [\"a:1\"] }",
        "9:13: redis on line 10 keeps the counts of all replicas; leave out one of the two")]
    public void Wrong_settings_of_overload_and_of_the_file_of_counts_are_told(string written, string errors) =>
        Assert.Equal(errors, Samples.Errors(Samples.WithLine(written)));

    [Fact]
    public void Overload_names_tiers_of_the_file_where_it_has_some() =>
        Assert.EndsWith(
            "'goldn' is not a tier; did you mean 'golden'?",
            Samples.Errors(Samples.WithLine("tiers: { golden: {} }\noverload: { shedFirst: [goldn] }")));

    [Fact]
    public void What_is_left_out_of_overload_and_of_the_file_of_counts_has_its_default()
    {
        var plan = Samples.Plan(Samples.WithLine("overload: {}\nlimitState: { file: /a/b }"));
        Assert.True(plan.Overload!.IsSameAs(new OverloadPlan
        {
            ShedFirst = [],
            ConcurrentMin = 8,
            ConcurrentMax = 1000,
            QueueMax = 100,
            QueueTimeout = TimeSpan.FromMilliseconds(500),
        }));
        Assert.Equal(new LimitStatePlan("/a/b", TimeSpan.FromSeconds(1)), plan.LimitState);
    }

    [Fact]
    public void A_limit_says_how_it_counts()
    {
        var plan = Samples.Plan(Samples.WithRouteKey(
            "limits: [{ name: a, per: ip, requests: 100, window: 1m, burst: 20 }, { name: b, per: [ip, \"header:X-A\"], " +
            "requests: 5, window: month, zone: Europe/Berlin }, { name: c, per: global, requests: 7, window: 1m, " +
            "algorithm: fixed }, { name: d, per: route, concurrent: 8 }]"));
        var limits = plan.Routes[0].Limits;
        Assert.Equal([LimitKind.Bucket, LimitKind.Window, LimitKind.Window, LimitKind.Concurrent], limits.Select(l => l.Kind));
        Assert.Equal((100L, 20L, TimeSpan.FromMinutes(1)), (limits[0].Limit, limits[0].Burst, limits[0].Window));
        Assert.Equal((CalendarUnit.Month, "Europe/Berlin"), (limits[1].Calendar, limits[1].Zone.Id));
        Assert.Equal([new LimitKeyPart(LimitKeyKind.Ip, ""), new LimitKeyPart(LimitKeyKind.Header, "X-A")], limits[1].Per);
        Assert.Empty(limits[2].Per);
        Assert.Equal(4, limits.Select(l => l.Identity).Distinct().Count());
    }

    [Fact]
    public void Limits_of_the_defaults_are_one_for_all_routes_that_take_them()
    {
        var plan = Samples.Plan(Samples.Minimal + """

              - { name: b, upstream: openai, match: { path: /b } }
              - { name: c, upstream: openai, match: { path: /c }, limits: [{ name: a, per: global, concurrent: 2 }] }
            defaults: { limits: [{ name: a, per: global, concurrent: 2 }] }
            redis: { endpoints: ["127.0.0.1:6379", "[::1]:6380"], password: "${NONE:-}" }
            """);
        Assert.Equal(plan.Routes[0].Limits[0].Identity, plan.Routes[1].Limits[0].Identity);
        Assert.NotEqual(plan.Routes[0].Limits[0].Identity, plan.Routes[2].Limits[0].Identity);
        Assert.Null(plan.Redis!.Password);
        Assert.Equal((TimeSpan.FromMilliseconds(50), WhenDown.Open), (plan.Redis.Timeout, plan.Redis.WhenDown));
    }
}
