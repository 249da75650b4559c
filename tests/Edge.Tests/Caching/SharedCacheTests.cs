using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Edge.Redis;
using Edge.Tests.Limits.Redis;
using Edge.Tests.Support;
using StackExchange.Redis;

namespace Edge.Tests.Caching;

/// <summary>Gateways that share answers through a store.</summary>
public sealed partial class SharedCacheTests
{
    private const string Prefixed = "edge:cache:*";

    [GeneratedRegex("\\{\\w+=\"(\\w+)\"\\}")]
    private static partial Regex LabelNames();

    [Fact]
    public async Task What_one_has_asked_for_the_others_find()
    {
        await using var fleet = await StartAsync(3);
        Assert.Equal(("MISS", "0"), await fleet.AskAsync(0));
        await fleet.UntilKeptAsync(0, 1);
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(1));
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(2));
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(1));
        Assert.Equal((1, 1), (fleet.Redis(1).Counters.Found, fleet.Redis(2).Counters.Found));
        Assert.Equal(1, fleet.Calls);
        Assert.Equal((await fleet.SendAsync(1)).Headers["X-Cache-Key"], (await fleet.SendAsync(2)).Headers["X-Cache-Key"]);
    }

    [Fact]
    public async Task Variants_are_found_by_those_who_select_them()
    {
        await using var fleet = await StartAsync(2, head: "Vary: Accept-Language\r\n");
        Assert.Equal("MISS", (await fleet.AskAsync(0, headers: "Accept-Language: de\r\n")).Cache);
        Assert.Equal("MISS", (await fleet.AskAsync(0, headers: "Accept-Language: fr\r\n")).Cache);
        await fleet.UntilKeptAsync(0, 4);
        Assert.Equal(("HIT", "1"), await fleet.AskAsync(1, headers: "Accept-Language: fr\r\n"));
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(1, headers: "Accept-Language: de\r\n"));
        Assert.Equal("MISS", (await fleet.AskAsync(1, headers: "Accept-Language: it\r\n")).Cache);
    }

    [Fact]
    public async Task No_scope_finds_what_another_has_asked_for()
    {
        await using var fleet = await StartAsync(2, cache: "scope: consumer");
        var (ann, bob) = ("X-Api-Key: key-of-ann\r\n", "X-Api-Key: key-of-bob\r\n");
        Assert.Equal(("MISS", "0"), await fleet.AskAsync(0, headers: ann));
        await fleet.UntilKeptAsync(0, 1);
        Assert.Equal(("MISS", "1"), await fleet.AskAsync(1, headers: bob));
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(1, headers: ann));

        // Nor where an enemy who may write to the store puts one's answer into another's place.
        await fleet.UntilKeptAsync(1, 1);
        var names = await fleet.ObjectsAsync();
        Assert.Equal(2, names.Length);
        var (one, other) = (await fleet.GetAsync(names[0]), await fleet.GetAsync(names[1]));
        await fleet.SetAsync(names[0], other);
        await fleet.SetAsync(names[1], one);
        fleet.Forget(0);
        Assert.Equal("MISS", (await fleet.AskAsync(0, headers: ann)).Cache);
    }

    [Theory]
    [InlineData("all=true")]
    [InlineData("route=all")]
    [InlineData("tag=news")]
    [InlineData("tag=of-the-file")]
    [InlineData("prefix=/a")]
    [InlineData("key")]
    public async Task A_purge_at_one_is_a_purge_at_all_and_in_the_store(string query)
    {
        await using var fleet = await StartAsync(3, "scope: public, tags: [of-the-file]", "Cache-Tag: sport, news\r\n");
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        var key = (await fleet.SendAsync(1)).Headers["X-Cache-Key"];
        var answer = await fleet.PurgeAsync(2, query == "key" ? $"key={key}" : query);
        Assert.Equal("{\"removed\":0,\"replicas\":\"told\"}", answer);

        // The one that was told of it does not find it any more at once, the others within a moment.
        Assert.Equal(("MISS", "1"), await fleet.AskAsync(2));
        await fleet.UntilKeptAsync(2, 1);
        await SharedFleet.UntilAsync(() => fleet.Redis(0).Generation == fleet.Redis(2).Generation
            && fleet.Redis(1).Generation == fleet.Redis(2).Generation);
        Assert.Equal(("HIT", "1"), await fleet.AskAsync(0));
        Assert.Equal(("HIT", "1"), await fleet.AskAsync(1));
        Assert.Equal(2, fleet.Calls);
    }

    [Theory]
    [InlineData("route=other")]
    [InlineData("tag=sports")]
    [InlineData("prefix=/b")]
    [InlineData("key=1")]
    [InlineData("consumer=ann")]
    public async Task A_purge_of_something_else_leaves_it(string query)
    {
        await using var fleet = await StartAsync(2, head: "Surrogate-Key: sport news\r\n");
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        Assert.Contains("told", await fleet.PurgeAsync(1, query), StringComparison.Ordinal);
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(1));
        await SharedFleet.UntilAsync(() => fleet.Redis(0).Generation == fleet.Redis(1).Generation);
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(0));
    }

    [Fact]
    public async Task What_was_asked_for_before_a_purge_elsewhere_is_found_by_nobody()
    {
        await using var fleet = await StartAsync(2);
        fleet.Hold();
        var asking = fleet.AskAsync(0);
        await SharedFleet.UntilAsync(() => fleet.Calls == 1);
        await fleet.PurgeAsync(1, "prefix=/a");
        await SharedFleet.UntilAsync(() => fleet.Redis(0).Generation == fleet.Redis(1).Generation);
        fleet.Go();
        Assert.Equal(("MISS", "0"), await asking);
        Assert.Equal(("MISS", "1"), await fleet.AskAsync(0));
        await fleet.UntilKeptAsync(0, 1);
        Assert.Equal(("HIT", "1"), await fleet.AskAsync(1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("EdgC")]
    [InlineData("nothing that a gateway has written, and longer than what is before the parts of an answer: 112 bytes")]
    [InlineData("cut")]
    [InlineData("changed")]
    public async Task Foreign_bytes_are_a_miss_that_is_counted(string bytes)
    {
        await using var fleet = await StartAsync(2);
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        var name = Assert.Single(await fleet.ObjectsAsync());
        var good = await fleet.GetAsync(name);
        var bad = bytes switch
        {
            "cut" => good[..^1],
            "changed" => [.. good[..^1], (byte)(good[^1] ^ 1)],
            _ => Encoding.ASCII.GetBytes(bytes),
        };
        await fleet.SetAsync(name, bad);
        Assert.Equal(("MISS", "1"), await fleet.AskAsync(1));
        Assert.Equal((0, 1), (fleet.Redis(1).Counters.Found, fleet.Redis(1).Counters.Foreign));
    }

    [Fact]
    public async Task A_value_of_another_kind_or_without_an_end_is_a_miss()
    {
        await using var fleet = await StartAsync(2);
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        var name = Assert.Single(await fleet.ObjectsAsync());
        await fleet.Store.Database.KeyPersistAsync(name);
        Assert.Equal("MISS", (await fleet.AskAsync(1)).Cache);
        await fleet.UntilKeptAsync(1, 1);
        await fleet.Store.Database.KeyDeleteAsync(name);
        await fleet.Store.Database.HashSetAsync(name, "a", "b");
        fleet.Forget(0);
        Assert.Equal("MISS", (await fleet.AskAsync(0)).Cache);
        Assert.True(fleet.Redis(0).IsUp);
    }

    [Fact]
    public async Task A_change_through_one_is_known_to_all()
    {
        await using var fleet = await StartAsync(2);
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        Assert.Equal("HIT", (await fleet.AskAsync(1)).Cache);
        Assert.Equal(200, (await fleet.SendAsync(1, method: "DELETE")).Status);
        await SharedFleet.UntilAsync(async () => (await fleet.AskAsync(0)).Cache != "HIT");
        Assert.NotEqual("0", (await fleet.AskAsync(1)).Body);
    }

    [Fact]
    public async Task Without_the_store_each_goes_on_alone_and_what_was_purged_meanwhile_stays_purged()
    {
        await using var fleet = await StartAsync(2);
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        await fleet.StopStoreAsync();
        Assert.Equal(("MISS", "1"), await fleet.AskAsync(1));
        Assert.Equal(("HIT", "1"), await fleet.AskAsync(1));
        Assert.Equal(("HIT", "0"), await fleet.AskAsync(0));
        Assert.Contains("to be told", await fleet.PurgeAsync(0, "all=true"), StringComparison.Ordinal);
        Assert.Equal(("MISS", "2"), await fleet.AskAsync(0));
        Assert.False(fleet.Redis(0).IsUp);
    }

    [Fact]
    public async Task Metrics_say_what_became_of_each_look_into_the_store()
    {
        await using var fleet = await StartAsync(2);
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        await fleet.AskAsync(1);
        var kept = Volatile.Read(ref fleet.Redis(0).Counters.KeptBytes);
        Assert.True(kept > 0);
        var first = await fleet.SharedMetricsAsync(0);
        Assert.Equal((1, 0, 1), (first["lookups_total{miss}"], first["lookups_total{hit}"], first["stored_total{kept}"]));
        Assert.Equal((kept, 1), (first["bytes_total{written}"], first["up"]));
        var second = await fleet.SharedMetricsAsync(1);
        Assert.Equal((0, 1, kept), (second["lookups_total{miss}"], second["lookups_total{hit}"], second["bytes_total{read}"]));
        await fleet.StopStoreAsync();
        fleet.Forget(1);
        await fleet.AskAsync(1);
        await SharedFleet.UntilAsync(() => !fleet.Redis(1).IsUp);
        fleet.Forget(1);
        await fleet.AskAsync(1);
        second = await fleet.SharedMetricsAsync(1);
        Assert.Equal((0, 1), (second["up"], second["lookups_total{hit}"]));
        Assert.InRange(second["lookups_total{away}"], 1, 2);
        Assert.Equal(2, second["lookups_total{away}"] + second["lookups_total{failed}"]);
        Assert.InRange(second["failures_total{connection}"] + second["failures_total{timeout}"], 1, long.MaxValue);
    }

    [Fact]
    public async Task A_store_that_has_forgotten_everything_has_replicas_forget_it_too()
    {
        await using var fleet = await StartAsync(2);
        await fleet.AskAsync(0);
        await fleet.UntilKeptAsync(0, 1);
        var before = fleet.Redis(0).Generation;
        await fleet.Store.Database.KeyDeleteAsync([.. await fleet.NamesAsync("*")]);

        await SharedFleet.UntilAsync(() => fleet.Redis(0).Generation > before && fleet.Redis(1).Generation > before);
        Assert.Equal("MISS", (await fleet.AskAsync(0)).Cache);
    }

    [Fact]
    public async Task A_missed_message_is_made_up_for_by_the_list()
    {
        await using var fleet = await StartAsync(1);
        await fleet.AskAsync(0);
        var keys = new RedisKey[] { "{edge:cache}:purges:newest", "{edge:cache}:purges" };
        for (var i = 0; i < 600; i++)
        {
            await fleet.Store.Database.ScriptEvaluateAsync(
                Core.Caching.SharedScripts.Purge, keys, [i == 300 ? "prefix=/a" : "tag=x", 4096]);
        }

        await SharedFleet.UntilAsync(async () => (await fleet.AskAsync(0)).Body != "0");
        await SharedFleet.UntilAsync(() => fleet.Redis(0).History.Count == 600);
    }

    private static Task<CacheFleet> StartAsync(int count, string cache = "scope: public", string head = "") =>
        CacheFleet.StartAsync(count, cache, head);

    /// <summary>Gateways before one service that counts its answers.</summary>
    private sealed class CacheFleet : IAsyncDisposable
    {
        private readonly List<RunningGateway> _gateways = [];
        private volatile TaskCompletionSource? _held;
        private int _calls;
        private bool _isStopped;

        private CacheFleet(GarnetStore store, string head)
        {
            Store = store;
            Upstream = ScriptedUpstream.Start(async connection =>
            {
                while (await connection.ReadRequestAsync() is not null)
                {
                    var text = (Interlocked.Increment(ref _calls) - 1).ToString(CultureInfo.InvariantCulture);
                    if (_held is { } held) await held.Task;
                    await connection.SendAsync(
                        $"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\n{head}" +
                        $"Content-Length: {text.Length}\r\n\r\n{text}");
                }
            });
        }

        public GarnetStore Store { get; }

        public ScriptedUpstream Upstream { get; }

        public int Calls => Volatile.Read(ref _calls);

        public static async Task<CacheFleet> StartAsync(int count, string cache, string head)
        {
            var fleet = new CacheFleet(await GarnetStore.StartAsync(), head);
            var asks = cache.Contains("scope: public", StringComparison.Ordinal) ? "" : "authenticate: { with: [consumers] }";
            for (var i = 0; i < count; i++)
            {
                fleet._gateways.Add(await RunningGateway.StartAsync(
                    $$"""
                    listeners: [{ address: "127.0.0.1:0" }]
                    admin: { address: "127.0.0.1:0", token: t }
                    redis: { endpoints: ["127.0.0.1:{{fleet.Store.Port}}"], timeout: 2s }
                    {{Identity.Consumers.Lines}}
                    upstreams: { it: { targets: ["{{fleet.Upstream.Url}}"] } }
                    tiers: { free: {}, starter: {} }
                    routes:
                      - name: other
                        match: { path: "/other" }
                        cache: { scope: public, store: redis }
                        upstream: it
                      - name: all
                        match: { path: "/*" }
                        cache: { {{cache}}, store: redis }
                        upstream: it
                        {{asks}}
                    """));
            }

            await SharedFleet.UntilAsync(() => fleet._gateways.TrueForAll(
                static gateway => gateway.Gateway.Cache.Redis is { Generation: > 0 }));
            return fleet;
        }

        public RedisCache Redis(int gateway) => _gateways[gateway].Gateway.Cache.Redis!;

        public void Forget(int gateway) => _gateways[gateway].Gateway.Cache.Store!.PurgeAll();

        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task StopStoreAsync()
        {
            _isStopped = true;
            await Store.DisposeAsync();
        }

        public void Go()
        {
            _held!.SetResult();
            _held = null;
        }

        public Task UntilKeptAsync(int gateway, int count) =>
            SharedFleet.UntilAsync(() => Volatile.Read(ref Redis(gateway).Counters.Kept) == count);

        public Task<RawResponse> SendAsync(int gateway, string headers = "", string method = "GET") =>
            RawHttpClient.ExchangeAsync(
            _gateways[gateway].Endpoint, $"{method} /a HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n");

        public async Task<(string? Cache, string Body)> AskAsync(int gateway, string headers = "")
        {
            var answer = await SendAsync(gateway, headers);
            Assert.Equal(200, answer.Status);
            return (answer.Headers["X-Cache"], answer.Text);
        }

        public async Task<string> PurgeAsync(int gateway, string query) => (await RawHttpClient.ExchangeAsync(
            _gateways[gateway].Gateway.AdminEndpoint!,
            $"POST /cache/purge?{query} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n")).Text;

        /// <summary>Figures of the common store by their names and the value of their one label.</summary>
        public async Task<Dictionary<string, long>> SharedMetricsAsync(int gateway)
        {
            const string Prefix = "edge_cache_shared_";
            var answer = await RawHttpClient.ExchangeAsync(
                _gateways[gateway].Gateway.AdminEndpoint!,
                "GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n");
            return answer.Text.Split('\n').Where(static line => line.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(
                static line => LabelNames().Replace(line[Prefix.Length..line.LastIndexOf(' ')], "{$1}"),
                static line => long.Parse(line[line.LastIndexOf(' ')..], CultureInfo.InvariantCulture));
        }

        /// <summary>Names of answers: not of the states of resources, nor of the purges.</summary>
        public async Task<RedisKey[]> ObjectsAsync() =>
            [.. (await NamesAsync(Prefixed)).Where(static k => k.ToString().Contains("}:", StringComparison.Ordinal))];

        /// <summary>
        /// Every name like the pattern. Never by a call that blocks: what follows an await may run where the store's answers are
        /// read, and would wait for itself.
        /// </summary>
        public async Task<List<RedisKey>> NamesAsync(string pattern)
        {
            var names = new List<RedisKey>();
            await foreach (var name in Store.Server.KeysAsync(pattern: pattern)) names.Add(name);
            return names;
        }

        public async Task<byte[]> GetAsync(RedisKey name) => (byte[])(await Store.Database.StringGetAsync(name))!;

        public Task<bool> SetAsync(RedisKey name, byte[] bytes) =>
            Store.Database.StringSetAsync(name, bytes, TimeSpan.FromSeconds(60));

        public async ValueTask DisposeAsync()
        {
            foreach (var gateway in _gateways) await gateway.DisposeAsync();
            await Upstream.DisposeAsync();
            if (!_isStopped) await Store.DisposeAsync();
        }
    }
}
