using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Commands;
using Edge.Core.Caching;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Tests.Support;

namespace Edge.Tests.Caching;

/// <summary>
/// Callers of several owners ask the same questions of a gateway whose memory is too small for the answers, while it is purged
/// and given one configuration after another. Whoever gets an answer checks whose it is, what it is about, that it is no older
/// than the last purge of all, and every byte of it. A few seconds; <c>EDGE_CACHE_STRESS_SECONDS</c> makes it minutes.
/// </summary>
[Collection(nameof(TakesTheMachine))]
public sealed class CacheReloadStressTests : IAsyncDisposable
{
    private const int Callers = 12;
    private const int Topics = 40;
    private const int Variants = 3;
    private const int AnswersPerReload = 150;
    private const int AnswersPerPurge = 100;

    private static readonly string[] Owners = ["ann", "bob", "cat", "dan", "eve", "fay"];

    /// <summary>How much longer a machine may take to see enough.</summary>
    private static readonly TimeSpan SlownessMax = TimeSpan.FromMinutes(1);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _administering = new();
    private readonly StressProvider _provider = new();
    private volatile string _lastKey = "0123456789abcdef";
    private long _floor;
    private long _answers;
    private long _cut;
    private int _reloads;
    private int _purges;

    private static TimeSpan Length => TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("EDGE_CACHE_STRESS_SECONDS"), out var seconds) ? seconds : 3);

    [Fact]
    public async Task Every_answer_is_its_owners_and_whole_whatever_is_evicted_purged_and_reloaded_meanwhile()
    {
        await using var edge = await RunningGateway.StartAsync(Configuration(0));
        using var time = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        time.CancelAfter(Length + SlownessMax);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(number => Task.Run(() => CallAsync(edge, number, time.Token))));
        var cache = edge.Gateway.Cache;
        var store = cache.Store!;
        var (hits, near, shared) = Counts(edge);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_answers} answers, {_provider.Answers} by the provider, {hits} hits, {near} near, {shared} shared, " +
            $"{store.Evictions} evictions, {_purges} purges, {_floor} of all, {_reloads} reloads");
        Assert.True(HasSeenEnough(edge), "Too little has happened in time.");

        // Whoever has been given a part of another's answer can't have the rest where no memory is left to hand it on. That is
        // seldom, is seen by the caller, and is told as what it is.
        await UntilAsync(() => edge.Gateway.Counters.Ended(Failure.EdgeResources) == _cut);
        Assert.True(_cut <= _answers / 1000, $"{_cut} of {_answers} answers were broken off.");
        await UntilAsync(() => (cache.Flights!.Count, cache.Flights.Joined) == (0, 0));
        cache.PurgeHere(CachePurge.Everything);
        await UntilAsync(() => store.UsedBytes == 0);
    }

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    // A request ends a moment after its caller has the answer.
    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!isSo())
        {
            await Task.Delay(1, deadline.Token);
        }
    }

    private static (long Hits, long Near, long Shared) Counts(RunningGateway edge)
    {
        var counters = edge.Gateway.Cache.Counters.Values.ToArray();
        return (
            counters.Sum(static c => c.Hits.Value), counters.Sum(static c => c.NearHits.Value),
            counters.Sum(static c => c.Collapsed.Value));
    }

    private bool HasSeenEnough(RunningGateway edge) => Counts(edge) is { Hits: > 100, Near: > 20, Shared: > 5 }
        && edge.Gateway.Cache.Store!.Evictions > 100 && _reloads > 8 && _floor > 1;

    private async Task CallAsync(RunningGateway edge, int number, CancellationToken time)
    {
        var random = new Random(number);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{edge.Endpoint}") };
        while (!time.IsCancellationRequested && (_clock.Elapsed < Length || !HasSeenEnough(edge)))
        {
            var owner = random.Next(Owners.Length);
            var route = random.Next(3) switch { 0 => "own", 1 => "tier", _ => "alike" };

            // A few are asked for often, and by several at once.
            var question = StressProvider.QuestionOf(random.Next(1 + random.Next(Topics)), random.Next(Variants));
            var isStream = random.Next(3) == 0;
            var floor = Volatile.Read(ref _floor);
            if (await AskAsync(client, route, owner, question, isStream) is not { } answer)
            {
                Interlocked.Increment(ref _cut);
                continue;
            }

            Check(answer, route, owner, question, floor);
            var answers = Interlocked.Increment(ref _answers);
            if (answers % AnswersPerReload == 0)
            {
                Reload(edge);
            }

            if (answers % AnswersPerPurge == 0)
            {
                Purge(edge, random);
            }
        }
    }

    /// <returns>Null: the answer was broken off, so that its caller sees it.</returns>
    private async Task<string?> AskAsync(HttpClient client, string route, int owner, string question, bool isStream)
    {
        var stream = isStream ? "true" : "false";
        var body = $$"""{"model":"m","stream":{{stream}},"messages":[{"role":"user","content":"{{question}}"}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{route}/v1/chat/completions");
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        request.Headers.Add("X-Api-Key", KeyOf(Owners[owner]));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        string text;
        try
        {
            text = await response.Content.ReadAsStringAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
        {
            return null;
        }

        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        _lastKey = response.Headers.GetValues("X-Cache-Key").Single();
        return isStream ? StressProvider.Join(text) : text;
    }

    private static void Check(string answer, string route, int owner, string question, long floor)
    {
        var json = JsonNode.Parse(answer)!;
        var made = (
            Owner: json["owner"]!.GetValue<string>(), Tier: json["tier"]!.GetValue<string>(),
            Question: json["question"]!.GetValue<string>(), Version: json["version"]!.GetValue<long>());
        Assert.Equal(StressProvider.AnswerTo(made.Owner, made.Tier, made.Question, made.Version), answer);
        Assert.Equal(TierOf(owner), made.Tier);
        Assert.True(made.Version >= floor, $"an answer of version {made.Version} after the purge of {floor}");
        if (route == "own")
        {
            Assert.Equal(Owners[owner], made.Owner);
        }

        // Of questions that are alike the last letter may differ.
        Assert.Equal(route == "alike" ? question[..^1] : question, route == "alike" ? made.Question[..^1] : made.Question);
    }

    private void Purge(RunningGateway edge, Random random)
    {
        Interlocked.Increment(ref _purges);
        var text = random.Next(10) switch
        {
            0 => "route=own",
            1 => "consumer=ann",
            2 => "tag=alike",
            3 => "route=tier&prefix=/v1/",
            4 => "all=true",
            _ => $"key={_lastKey}",
        };
        Assert.True(CachePurge.TryParse(text, out var purge, out _));
        if (text != "all=true")
        {
            edge.Gateway.Cache.PurgeHere(purge);
            return;
        }

        lock (_administering)
        {
            var version = _provider.NextVersion();
            edge.Gateway.Cache.PurgeHere(purge);

            // Whoever asks from here on gets nothing that was said before.
            Volatile.Write(ref _floor, version);
        }
    }

    private void Reload(RunningGateway edge)
    {
        lock (_administering)
        {
            var loaded = ConfigurationLoader.LoadText(
                Configuration(++_reloads), "edge.yaml", SystemConfigurationSource.Instance);
            Assert.Empty(loaded.Diagnostics);
            edge.Gateway.Reload(loaded.Plan!);
        }
    }

    /// <summary>One file after another: shorter times and smaller objects, other services, no questions that are alike.</summary>
    private string Configuration(int number)
    {
        var cache = (number % 4) switch
        {
            1 => "ttl: 1s, maxObject: 2KiB",
            2 => "ttl: 1m, convert: true",
            _ => "ttl: 1m, maxObject: 16KiB",
        };
        var semantic = number % 4 == 3
            ? ""
            : $", semantic: {{ upstream: llm, model: e, dimensions: {StressProvider.Dimensions}, timeout: 5s }}";
        var consumers = string.Join('\n', Owners.Select(static (owner, at) =>
            $"    {owner}: {{ tier: {TierOf(at)}, apiKeys: [{{ name: k, sha256: \"{KeyCommand.HashOf(KeyOf(owner))}\" }}] }}"));
        return $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            cacheStore: { sizeMax: 1MiB }
            tiers: { free: {}, paid: {} }
            identity:
              consumers:
            {{consumers}}
            upstreams:
              llm:
                dialect: openai
                targets: [{{_provider.Url}}]
                connectionsMax: {{1000 + (number % 2)}}
                headers: { set: { X-Owner: "{caller.id}", X-Tier: "{caller.tier}" } }
            defaults: { authenticate: { with: [consumers], from: ["header:X-Api-Key"] } }
            routes:
              - { name: own, match: { path: "/own/*" }, stripPath: true, upstream: llm, cache: { {{cache}} } }
              - { name: tier, match: { path: "/tier/*" }, stripPath: true, upstream: llm, cache: { {{cache}}, scope: tier } }
              - name: alike
                match: { path: "/alike/*" }
                stripPath: true
                upstream: llm
                cache: { {{cache}}, scope: tier, tags: [alike]{{semantic}} }
            """;
    }

    private static string KeyOf(string owner) => "key-of-" + owner;

    private static string TierOf(int owner) => owner < Owners.Length / 2 ? "free" : "paid";
}

/// <summary>Tests beside which others would wait for too long.</summary>
[CollectionDefinition(nameof(TakesTheMachine), DisableParallelization = true)]
public sealed class TakesTheMachine;
