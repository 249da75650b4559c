using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;
using Edge.Issuers;
using Edge.Telemetry;
using Edge.Tests.Upstream;

namespace Edge.Tests.Issuers;

public sealed class IssuerTests : IAsyncDisposable
{
    private const string Name = "https://id.example.com";
    private const string Discovery = "https://id.example.com/.well-known/openid-configuration";
    private const string KeysUrl = "https://id.example.com/keys";

    private readonly FakeDocuments _documents = new();
    private readonly ManualTime _time = new();
    private readonly StringWriter _said = new();
    private readonly ProgramLog _log;
    private readonly List<Issuer> _issuers = [];

    public IssuerTests()
    {
        _log = new ProgramLog(TextWriter.Synchronized(_said));
        _documents.Put(Discovery, $$"""{"issuer":"{{Name}}","jwks_uri":"{{KeysUrl}}"}""");
        _documents.Put(KeysUrl, Set("a"));
    }

    public async ValueTask DisposeAsync()
    {
        _documents.Release();
        foreach (var issuer in _issuers)
        {
            await issuer.DisposeAsync();
        }

        await _log.DisposeAsync();
    }

    [Fact]
    public async Task Keys_are_where_discovery_says()
    {
        var issuer = await StartAsync();
        Assert.True(Has(issuer, "a"));
        Assert.Equal([Discovery, KeysUrl], _documents.Asked);
    }

    [Fact]
    public async Task With_a_url_of_keys_nothing_is_discovered()
    {
        var issuer = await StartAsync(jwksUri: KeysUrl);
        Assert.True(Has(issuer, "a"));
        Assert.Equal([KeysUrl], _documents.Asked);
    }

    [Fact]
    public async Task Before_the_first_answer_there_are_no_keys()
    {
        _documents.Hold();
        var issuer = Make();
        Assert.Null(issuer.Keys);
        issuer.Start();
        await _documents.WaitForAskedAsync(1);
        Assert.Null(issuer.Keys);
    }

    [Theory]
    [InlineData("""{"issuer":"https://evil.example.com","jwks_uri":"https://id.example.com/keys"}""", FetchFault.IssuerMismatch)]
    [InlineData("""{"issuer":"https://id.example.com/","jwks_uri":"https://id.example.com/keys"}""", FetchFault.IssuerMismatch)]
    [InlineData("""{"issuer":"https://id.example.com","jwks_uri":"http://id.example.com/keys"}""", FetchFault.KeysUrlRefused)]
    [InlineData("""{"issuer":"https://id.example.com","jwks_uri":"http://169.254.169.254/x"}""", FetchFault.KeysUrlRefused)]
    [InlineData("""{"issuer":"https://id.example.com","jwks_uri":"https://id.example.com/k#x"}""", FetchFault.KeysUrlRefused)]
    [InlineData("""{"issuer":"https://id.example.com","jwks_uri":"file:///etc/passwd"}""", FetchFault.KeysUrlRefused)]
    [InlineData("""{"issuer":"https://id.example.com"}""", FetchFault.Malformed)]
    [InlineData("""{"issuer":"https://id.example.com","jwks_uri":"https://a/","jwks_uri":"https://b/"}""", FetchFault.Malformed)]
    [InlineData("<html>", FetchFault.Malformed)]
    [InlineData("", FetchFault.Malformed)]
    public async Task A_discovery_document_that_is_not_this_issuers_leads_nowhere(string document, FetchFault fault)
    {
        _documents.Put(Discovery, document);
        var issuer = Make();
        issuer.Start();
        await UntilAsync(() => issuer.ReadState().FailuresInARow == 1);
        Assert.Equal(1, issuer.ReadState().Counters.Ended(fault));
        Assert.Equal([Discovery], _documents.Asked);
        Assert.Null(issuer.Keys);
    }

    [Theory]
    [InlineData("<html>", FetchFault.Malformed)]
    [InlineData("[]", FetchFault.Malformed)]
    [InlineData("{}", FetchFault.Malformed)]
    [InlineData("""{"keys":{}}""", FetchFault.Malformed)]
    [InlineData("""{"keys":[]}""", FetchFault.NoUsableKey)]
    [InlineData("""{"keys":[1,null,{}]}""", FetchFault.NoUsableKey)]
    [InlineData("""{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}""", FetchFault.NoUsableKey)]
    public async Task Rubbish_leaves_the_old_keys_in_place(string document, FetchFault fault)
    {
        var issuer = await StartAsync();
        var keys = issuer.Keys;
        _documents.Put(KeysUrl, document);
        await RefreshAsync(issuer);
        await UntilAsync(() => issuer.ReadState().FailuresInARow == 1);
        Assert.Equal(1, issuer.ReadState().Counters.Ended(fault));
        Assert.Same(keys, issuer.Keys);
        _documents.Put(KeysUrl, Set("b"));
        await UntilAsync(() => Has(issuer, "b"));
    }

    [Fact]
    public async Task Keys_stay_while_the_issuer_is_down_however_long_that_is()
    {
        var issuer = await StartAsync();
        _documents.Fail(Discovery, FetchFault.Unreachable);
        await UntilAsync(() => issuer.ReadState().KeysAge > TimeSpan.FromDays(1), TimeSpan.FromMinutes(1));
        Assert.True(Has(issuer, "a"));
        Assert.True(issuer.ReadState().Counters.Ended(FetchFault.Unreachable) > 1000);
        _documents.Put(Discovery, $$"""{"issuer":"{{Name}}","jwks_uri":"{{KeysUrl}}"}""");
        _documents.Put(KeysUrl, Set("a", "b"));
        await UntilAsync(() => Has(issuer, "b"));
        Assert.Equal(0, issuer.ReadState().FailuresInARow);
    }

    [Fact]
    public async Task Keys_are_fetched_again_before_an_hour_is_over_and_discovery_too()
    {
        var issuer = await StartAsync();
        _documents.Put(KeysUrl, Set("a", "b"));
        _time.Advance(TimeSpan.FromMinutes(47));
        Assert.Equal(2, _documents.Asked.Count);
        _time.Advance(TimeSpan.FromMinutes(11));
        await UntilAsync(() => Has(issuer, "b"));
        Assert.Equal([Discovery, KeysUrl, Discovery, KeysUrl], _documents.Asked);
    }

    [Fact]
    public async Task The_issuer_may_ask_for_a_shorter_time()
    {
        _documents.Put(KeysUrl, Set("a"), TimeSpan.FromMinutes(5));
        var issuer = await StartAsync();
        _documents.Put(KeysUrl, Set("b"));
        Assert.InRange(issuer.ReadState().NextFetch.TotalMinutes, 4, 5);
        _time.Advance(TimeSpan.FromMinutes(5));
        await UntilAsync(() => Has(issuer, "b"));
        Assert.Equal([Discovery, KeysUrl, KeysUrl], _documents.Asked);
    }

    [Fact]
    public async Task A_token_of_a_new_key_waits_for_the_one_fetch_that_brings_it()
    {
        var issuer = await StartAsync();
        var old = issuer.Keys!;
        _documents.Hold();
        _documents.Put(KeysUrl, Set("a", "b"));
        var waiting = Enumerable.Range(0, 100).Select(_ => issuer.WaitForKeyAsync(old).AsTask()).ToList();
        await _documents.WaitForAskedAsync(3);
        Assert.DoesNotContain(waiting, static task => task.IsCompleted);
        _documents.Release();
        Assert.All(await Task.WhenAll(waiting), static wait => Assert.Equal(KeyWait.LookAgain, wait));
        Assert.True(Has(issuer, "a") && Has(issuer, "b"));
        Assert.Equal(3, _documents.Asked.Count);
        Assert.Equal(KeyWait.LookAgain, await issuer.WaitForKeyAsync(old));
    }

    [Fact]
    public async Task A_key_that_the_issuer_does_not_have_either_is_unknown()
    {
        var issuer = await StartAsync();
        Assert.Equal(KeyWait.Unknown, await issuer.WaitForKeyAsync(issuer.Keys!));
        Assert.Equal([Discovery, KeysUrl, KeysUrl], _documents.Asked);
    }

    [Fact]
    public async Task An_answer_that_was_under_way_when_the_token_came_is_not_the_last_word()
    {
        var issuer = await StartAsync();
        var old = issuer.Keys!;
        _documents.Hold();
        var first = issuer.WaitForKeyAsync(old).AsTask();
        await _documents.WaitForAskedAsync(3);

        // What is under way was read before this.
        _documents.Put(KeysUrl, Set("a", "b"));
        var second = issuer.WaitForKeyAsync(old).AsTask();
        _documents.Release();
        Assert.Equal(KeyWait.LookAgain, await second);
        Assert.Contains(await first, new[] { KeyWait.Unknown, KeyWait.LookAgain });
        Assert.True(Has(issuer, "b"));
        Assert.Equal(4, _documents.Asked.Count);
    }

    [Fact]
    public async Task A_flood_of_unknown_keys_has_the_issuer_asked_at_most_ten_times_a_minute()
    {
        var issuer = await StartAsync();
        var asked = new List<TimeSpan>();
        for (var second = 0; second < 300; second++)
        {
            for (var i = 0; i < 20; i++)
            {
                var before = _documents.Asked.Count;
                Assert.Equal(KeyWait.Unknown, await issuer.WaitForKeyAsync(issuer.Keys!));
                asked.AddRange(Enumerable.Repeat(TimeSpan.FromSeconds(second), _documents.Asked.Count - before));
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // The two at the start count too.
        asked.InsertRange(0, [TimeSpan.Zero, TimeSpan.Zero]);
        Assert.Equal(_documents.Asked.Count, asked.Count);
        var most = asked.Max(first => asked.Count(at => at >= first && at - first <= TimeSpan.FromMinutes(1)));
        Assert.InRange(most, 8, KeySchedule.FetchesPerMinuteMax);
        Assert.Equal(6000, issuer.ReadState().Counters.RefusedInCoolDown + issuer.ReadState().Counters.AskedForKey);
    }

    [Fact]
    public async Task In_the_midst_of_a_flood_a_new_key_is_there_within_twelve_seconds()
    {
        var issuer = await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            await issuer.WaitForKeyAsync(issuer.Keys!);
        }

        _documents.Put(KeysUrl, Set("a", "b"));
        var seconds = 0;
        while (await issuer.WaitForKeyAsync(issuer.Keys!) == KeyWait.Unknown && !Has(issuer, "b"))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            seconds++;
        }

        Assert.InRange(seconds, 1, 12);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_the_limit_for_an_issuer_that_says_nothing()
    {
        var issuer = await StartAsync();
        _documents.Hold();
        var waiting = issuer.WaitForKeyAsync(issuer.Keys!).AsTask();
        await _documents.WaitForAskedAsync(3);
        await _time.TimerAsync(Issuer.WaitMax);
        _time.Advance(Issuer.WaitMax);
        Assert.Equal(KeyWait.Unavailable, await waiting);
        Assert.Equal(0, issuer.ReadState().Waiting);
    }

    [Fact]
    public async Task So_many_wait_and_no_more()
    {
        var issuer = await StartAsync();
        var old = issuer.Keys!;
        _documents.Hold();
        var waiting = Enumerable.Range(0, Issuer.WaitersMax).Select(_ => issuer.WaitForKeyAsync(old).AsTask()).ToList();
        Assert.Equal(KeyWait.Unavailable, await issuer.WaitForKeyAsync(old));
        Assert.DoesNotContain(waiting, static task => task.IsCompleted);
        _documents.Release();
        await Task.WhenAll(waiting);
        Assert.Equal(0, issuer.ReadState().Waiting);
    }

    [Fact]
    public async Task While_the_issuer_fails_no_token_has_it_asked()
    {
        var issuer = await StartAsync();
        _documents.Fail(KeysUrl, FetchFault.Timeout);
        Assert.Equal(KeyWait.Unavailable, await issuer.WaitForKeyAsync(issuer.Keys!));
        var asked = _documents.Asked.Count;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(KeyWait.Unavailable, await issuer.WaitForKeyAsync(issuer.Keys!));
        }

        Assert.Equal(asked, _documents.Asked.Count);
        Assert.True(Has(issuer, "a"));
    }

    [Fact]
    public async Task A_key_that_is_gone_is_retired_and_one_that_stays_is_the_same_object()
    {
        _documents.Put(KeysUrl, Set("a", "b"));
        var issuer = await StartAsync();
        var old = issuer.Keys!;
        var (a, b) = (old.Keys[0], old.Keys[1]);
        _documents.Put(KeysUrl, Set("b", "c"));
        await issuer.WaitForKeyAsync(old);
        Assert.True(a.IsRetired);
        Assert.False(b.IsRetired);
        Assert.Same(b, issuer.Keys!.Keys[0]);
        Assert.False(old.Keys[1].IsRetired);
    }

    [Fact]
    public async Task An_answer_that_changes_nothing_leaves_the_set_as_it_is()
    {
        var issuer = await StartAsync();
        var keys = issuer.Keys;
        await RefreshAsync(issuer);
        await UntilAsync(() => issuer.ReadState().Counters.Ended(FetchFault.None) == 2);
        Assert.Same(keys, issuer.Keys);
    }

    [Fact]
    public async Task An_issuer_that_stops_lets_go_of_those_who_wait()
    {
        var issuer = await StartAsync();
        _documents.Hold();
        var waiting = issuer.WaitForKeyAsync(issuer.Keys!).AsTask();
        await _documents.WaitForAskedAsync(3);
        await issuer.DisposeAsync();
        Assert.Equal(KeyWait.Unavailable, await waiting);
        Assert.True(Has(issuer, "a"));
        _issuers.Clear();
    }

    private static bool Has(Issuer issuer, string kid) => issuer.Keys?.Has(Encoding.UTF8.GetBytes(kid)) ?? false;

    // Keys are told apart by their ids alone here, so that one key will do for all of them.
    private static string Set(params string[] kids)
    {
        var (x, y) = SharedPoint;
        return $$"""{"keys":[{{string.Join(',', kids.Select(kid =>
            $$"""{"kty":"EC","crv":"P-256","kid":"{{kid}}","x":"{{x}}","y":"{{y}}"}"""))}}]}""";
    }

    private static readonly (string X, string Y) SharedPoint = MakePoint();

    private static (string X, string Y) MakePoint()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(false).Q;
        return (System.Buffers.Text.Base64Url.EncodeToString(point.X), System.Buffers.Text.Base64Url.EncodeToString(point.Y));
    }

    private Issuer Make(string? jwksUri = null)
    {
        var source = new IssuerSource("corp", Name, jwksUri, null, TimeSpan.FromHours(1));
        var issuer = new Issuer(source, _documents, _time, new Random(1), _log);
        _issuers.Add(issuer);
        return issuer;
    }

    private async Task<Issuer> StartAsync(string? jwksUri = null)
    {
        var issuer = Make(jwksUri);
        issuer.Start();
        await UntilAsync(() => issuer.ReadState().Counters.Ended(FetchFault.None) == 1);
        return issuer;
    }

    private Task RefreshAsync(Issuer issuer)
    {
        // Step by step: the issuer may set its timer only after the first.
        _time.Advance(issuer.ReadState().NextFetch);
        return UntilAsync(() => _documents.Asked.Count >= 3);
    }

    /// <summary>Moves the clock on until something holds, however long the threads between take to get there.</summary>
    private async Task UntilAsync(Func<bool> holds, TimeSpan? step = null)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            _time.Advance(step ?? TimeSpan.FromMilliseconds(10));
            await Task.Delay(1, patience.Token);
        }
    }
}
