using System.Text;
using Edge.Tests.Bodies;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Caching;

/// <summary>Answers from memory, over real sockets.</summary>
public sealed class CacheStageTests
{
    private const string Ask = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"temperature\":0.5}";
    private const string Again =
        "{ \"temperature\":5e-1,\"messages\":[{\"content\":\"h\\u0065llo\",\"role\":\"user\"}],\"model\":\"m\"}";
    private const string VaryLanguage = "varyOn: [body, \"header:Accept-Language\"]";
    private const string OkJson = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private const string Stream = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private const string Ann = "X-Api-Key: key-of-ann\r\n";
    private const string Bob = "X-Api-Key: key-of-bob\r\n";
    private const string Events = "data: {\"choices\":[{\"delta\":{\"content\":\"1\"}}],\"usage\":null}\n\ndata: [DONE]\n\n";
    private const string Usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}\n\n";

    [Fact]
    public async Task A_repeat_is_answered_from_memory_however_it_is_spelled()
    {
        await using var door = await OpenAsync("scope: consumer", Json("{\"a\":1}"));
        var first = await door.PostAsync(Ask, Ann);
        Assert.Equal("MISS", first.Headers["X-Cache"]);
        Assert.Equal("edge; fwd=miss; stored", first.Headers["Cache-Status"]);
        var second = await door.PostAsync(Again, Ann);
        Assert.Equal(200, second.Status);
        Assert.Equal("HIT", second.Headers["X-Cache"]);
        Assert.Matches("^edge; hit; ttl=(59|60)$", second.Headers["Cache-Status"]);
        Assert.Equal(first.Headers["X-Cache-Key"], second.Headers["X-Cache-Key"]);
        Assert.Matches("^[01]$", second.Headers["Age"]);
        Assert.Equal("application/json", second.Headers["Content-Type"]);
        Assert.Equal(first.Text, second.Text);
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("scope: consumer", Ann, Bob, false)]
    [InlineData("scope: consumer", Ann, "X-Api-Key: key-of-ann-2\r\n", true)]
    [InlineData("scope: tier", Ann, Bob, false)]
    [InlineData("scope: public, shared: true", Ann, Bob, true)]
    [InlineData("scope: consumer", Ann, "", false)]
    [InlineData("scope: consumer", "", "", false)]
    [InlineData("scope: \"claim:org\"", Ann, Ann, false)]
    [InlineData(VaryLanguage, Ann + "Accept-Language: de\r\n", Ann + "Accept-Language: fr\r\n", false)]
    [InlineData(VaryLanguage, Ann + "Accept-Language: de\r\n", Ann + "accept-language: de\r\n", true)]
    [InlineData("varyOn: [body, \"header:X-A\"]", Ann + "X-A: b\r\nX-A: c\r\n", Ann + "X-A: b, c\r\n", false)]
    [InlineData("scope: consumer", Ann, Ann + "OpenAI-Organization: o\r\n", false)]
    public async Task Answers_reach_those_of_the_same_scope_alone(string keys, string one, string other, bool isShared)
    {
        await using var door = await OpenAsync(keys, Json("{}"));
        await door.PostAsync(Ask, one);
        var second = await door.PostAsync(Ask, other);
        Assert.Equal(isShared, second.Headers["X-Cache"] == "HIT");
        Assert.Equal(isShared ? 1 : 2, door.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 201 Made\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(OkJson + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(OkJson + "Cache-Control: max-age=1, No-Store\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(OkJson + "Vary: *\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(OkJson + "Vary: Accept-Encoding, X-Other\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(OkJson + "Vary: Origin\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(OkJson + "Content-Length: 12\r\n\r\n{\"error\":{} }")]
    [InlineData(OkJson + "Content-Length: 65\r\n\r\n{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":11}")]
    [InlineData(OkJson + "Transfer-Encoding: chunked\r\n\r\n"
        + "41\r\n{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":11}\r\n0\r\n\r\n")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: {}\n\r\n0\r\n\r\n")]
    public async Task What_must_not_be_given_again_is_not_kept(string answer)
    {
        await using var door = await OpenAsync("maxObject: 64B", connection => AnswerAsync(connection, answer));
        await door.PostAsync(Ask, Ann);
        var second = await door.PostAsync(Ask, Ann);
        Assert.NotEqual("HIT", second.Headers["X-Cache"]);
        Assert.Equal(2, door.Upstream.Requests.Count);
        Assert.Equal(0, door.Running.Gateway.Cache.Store!.UsedBytes);
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"temperature\":1.1}", "")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"tools\":[]}", "")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"functions\":[]}", "")]
    [InlineData(Ask, "Cookie: a=b\r\n")]
    [InlineData(Ask, "Cache-Control: max-age=0, no-store\r\n")]
    public async Task What_may_not_be_repeated_goes_upstream(string body, string headers)
    {
        await using var door = await OpenAsync("noCacheTiers: [starter]", Json("{}"));
        await door.PostAsync(body, Ann + headers);
        var second = await door.PostAsync(body, Ann + headers);
        Assert.Equal("BYPASS", second.Headers["X-Cache"]);
        Assert.Equal("edge; fwd=bypass", second.Headers["Cache-Status"]);
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    [Fact]
    public async Task Only_trusted_tiers_may_ask_for_a_fresh_answer()
    {
        await using var door = await OpenAsync("noCacheTiers: [starter], scope: public, shared: true", Json("{}"));
        await door.PostAsync(Ask, Bob);
        Assert.Equal("HIT", (await door.PostAsync(Ask, Bob + "Cache-Control: no-cache\r\n")).Headers["X-Cache"]);
        var fresh = await door.PostAsync(Ask, Ann + "Cache-Control: no-cache\r\n");
        Assert.Equal("edge; fwd=request; stored", fresh.Headers["Cache-Status"]);
        Assert.Equal(2, door.Upstream.Requests.Count);
        Assert.Equal("HIT", (await door.PostAsync(Ask, Bob)).Headers["X-Cache"]);
    }

    [Fact]
    public async Task A_stream_is_replayed_event_for_event()
    {
        await using var door = await OpenAsync("scope: consumer", Sse(Events));
        var first = await door.PostAsync(Stream, Ann);
        Assert.Equal(Events, first.Text);
        var second = await door.PostAsync(Stream, Ann);
        Assert.Equal("HIT", second.Headers["X-Cache"]);
        Assert.Equal("text/event-stream", second.Headers["Content-Type"]);
        Assert.Equal(Events, second.Text);
        Assert.Single(door.Upstream.Requests);
    }

    [Fact]
    public async Task Usage_that_the_gateway_asked_for_is_hidden_from_a_hit_too()
    {
        var events = Events.Replace("data: [DONE]", Usage + "data: [DONE]");
        await using var door = await OpenAsync("scope: consumer", Sse(events), ", metering: {}");
        var first = await door.PostAsync(Stream, Ann);
        var second = await door.PostAsync(Stream, Ann);
        Assert.Equal("HIT", second.Headers["X-Cache"]);
        Assert.Equal(first.Text, second.Text);
        Assert.DoesNotContain("usage", second.Text, StringComparison.Ordinal);
        var asks = Stream.Replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        Assert.Contains("prompt_tokens", (await door.PostAsync(asks, Ann)).Text, StringComparison.Ordinal);
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("data: {\"choices\":[]}\n\n")]
    [InlineData("data: {\"error\":{\"message\":\"x\"}}\n\ndata: [DONE]\n\n")]
    [InlineData("event: error\ndata: {}\n\ndata: [DONE]\n\n")]
    public async Task A_stream_without_its_end_or_with_an_error_is_not_kept(string events)
    {
        await using var door = await OpenAsync("scope: consumer", Sse(events));
        await door.PostAsync(Stream, Ann);
        await door.PostAsync(Stream, Ann);
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    [Fact]
    public async Task A_stream_that_is_cut_is_not_kept()
    {
        await using var door = await OpenAsync("scope: consumer", async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                + $"{Events.Length:x}\r\n{Events}\r\n");
        });
        await door.PostAsync(Stream, Ann);
        await door.PostAsync(Stream, Ann);
        Assert.Equal(2, door.Upstream.Requests.Count);
        Assert.Equal(0, door.Running.Gateway.Cache.Store!.UsedBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("otlp: { endpoint: \"http://127.0.0.1:1\" }")]
    public async Task A_hit_gives_reserved_tokens_back_and_tells_what_it_saved(string telemetry)
    {
        await using var door = await BodyDoor.OpenAsync(
            ", cache: { ttl: 1m }, metering: {}, limits: [{ name: t, per: consumer, tokens: 600, window: 1m }]", usageLog: true,
            telemetry: telemetry, scripts: Json("{\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":30}}"));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await door.PostAsync(Ask, Ann)).Status);
        }

        Assert.Single(door.Upstream.Requests);
        var counters = door.Running.Gateway.Cache.Counters["chat"];
        Assert.Equal((19, 1, 1), (counters.Hits.Value, counters.Misses.Value, counters.Stored.Value));
        Assert.Equal((19 * 20, 19 * 30), (counters.SavedInput.Value, counters.SavedOutput.Value));
        var lines = await door.UsageLinesAsync(20);
        Assert.Null(lines[0]["cache"]);
        Assert.Equal("hit", lines[19]["cache"]!.GetValue<string>());
        Assert.Equal(0, lines[19]["outputTokens"]!.GetValue<int>());
        Assert.Equal(30, lines[19]["savedOutputTokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task An_answer_that_is_held_back_for_its_usage_is_kept_too()
    {
        await using var door = await OpenAsync(
            "scope: consumer", Json("{\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":30}}"),
            ", metering: { usageHeader: true }");
        var first = await door.PostAsync(Ask, Ann);
        Assert.Equal("input=20, output=30, exact", first.Headers["X-Edge-Usage"]);
        var second = await door.PostAsync(Ask, Ann);
        Assert.Equal("HIT", second.Headers["X-Cache"]);
        Assert.Equal(first.Text, second.Text);
    }

    [Fact]
    public async Task What_is_too_old_is_not_given_but_kept_for_as_long_as_the_file_says()
    {
        var time = new ManualTime();
        await using var door = await BodyDoor.OpenAsync(
            ", cache: { ttl: 1m, staleIfError: 1m }", time: time, scripts: Json("{}"));
        await door.PostAsync(Ask, Ann);
        time.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.Equal("HIT", (await door.PostAsync(Ask, Ann)).Headers["X-Cache"]);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("MISS", (await door.PostAsync(Ask, Ann)).Headers["X-Cache"]);
        Assert.Equal("HIT", (await door.PostAsync(Ask, Ann)).Headers["X-Cache"]);
        Assert.Equal(1, door.Running.Gateway.Cache.Store!.Count);
    }

    [Fact]
    public async Task A_large_answer_is_whole_from_memory()
    {
        var text = "{\"a\":\"" + new string('z', 400_000) + "\"}";
        await using var door = await OpenAsync("scope: consumer", Json(text));
        await door.PostAsync(Ask, Ann);
        var second = await door.PostAsync(Ask, Ann);
        Assert.Equal("HIT", second.Headers["X-Cache"]);
        Assert.Equal(text, second.Text);
    }

    [Fact]
    public async Task A_caller_who_brings_a_credential_of_its_own_for_the_upstream_is_never_given_anothers_answer()
    {
        await using var upstream = ScriptedUpstream.Start(Json("{}"));
        await using var running = await RunningGateway.StartAsync(
            $$"""
            listeners: [{ address: 127.0.0.1:0 }]
            upstreams: { llm: { dialect: openai, targets: [{{upstream.Url}}] } }
            routes: [{ name: all, upstream: llm, cache: { ttl: 1m, scope: public } }]
            """);
        foreach (var (headers, cache) in new[]
        {
            ("Authorization: Bearer a\r\n", "BYPASS"), ("Authorization: Bearer b\r\n", "BYPASS"), ("", "MISS"), ("", "HIT"),
            ("Api_Key: a\r\n", "BYPASS"),
        })
        {
            var answer = await RawHttpClient.ExchangeAsync(
                running.Endpoint,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + $"{headers}Content-Length: {Ask.Length}\r\n\r\n{Ask}");
            Assert.Equal(cache, answer.Headers["X-Cache"]);
        }
    }

    private static Task<BodyDoor> OpenAsync(string keys, Func<ScriptedConnection, Task> script, string chat = "") =>
        BodyDoor.OpenAsync($", cache: {{ ttl: 1m, {keys} }}{chat}", scripts: script);

    private static Func<ScriptedConnection, Task> Json(string body) => connection => AnswerAsync(
        connection,
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private static Func<ScriptedConnection, Task> Sse(string events) => connection => AnswerAsync(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + $"{events.Length:x}\r\n{events}\r\n0\r\n\r\n");

    private static async Task AnswerAsync(ScriptedConnection connection, string answer)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(answer);
        }
    }
}
