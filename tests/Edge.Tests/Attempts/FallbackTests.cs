using System.Diagnostics;
using System.Text.Json.Nodes;
using Edge.Tests.Support;

namespace Edge.Tests.Attempts;

/// <summary>What is done where a route's own upstream fails: another one, another model, an old answer, a fixed one.</summary>
public sealed class FallbackTests
{
    private const string Body = """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"tools":[{"model":"x"}]}""";

    [Theory]
    [InlineData(429, "429")]
    [InlineData(500, "500")]
    [InlineData(529, "529")]
    public async Task An_answer_that_fails_is_followed_by_another_upstream(int status, string reason)
    {
        await using var it = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(status, "Retry-After: 3600\r\nX-Own: 1\r\n", "busy")));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(it, other, "[{ upstream: other }]");
        var answer = await door.PostAsync(Body);
        Assert.Equal((200, "other", "2"),
            (answer.Status, answer.Headers["X-Edge-Upstream"], answer.Headers["X-Edge-Attempts"]));
        Assert.Null(answer.Headers["X-Own"]);
        Assert.Equal(Body, Assert.Single(other.Requests).Text);
        Assert.Equal(1, door.Fallbacks("other", reason));
        var line = Assert.Single(await door.AccessAsync());
        Assert.Equal(("other", "other", reason, other.Endpoint.ToString()), (
            (string?)line["upstream"], (string?)line["fallback"], (string?)line["fallbackReason"], (string?)line["target"]));
    }

    [Theory]
    [InlineData("refused", "POST", "http", "upstream_connection_refused")]
    [InlineData("silence", "POST", "openai", "upstream_first_byte_timeout")]
    [InlineData("silence", "GET", "http", "upstream_first_byte_timeout")]
    [InlineData("silence", "POST", "http", null)]
    [InlineData("hangup", "POST", "openai", null)]
    [InlineData("hangup, on: reset", "POST", "openai", "upstream_closed")]
    [InlineData("hangup, on: reset", "POST", "http", null)]
    [InlineData("hangup, on: reset", "GET", "http", "upstream_closed")]
    public async Task No_answer_at_all_is_followed_by_another_upstream_where_that_does_no_harm(
        string fault, string method, string dialect, string? reason)
    {
        await using var it = ScriptedUpstream.Start(
            fault == "silence" ? AttemptDoor.Silence : AttemptDoor.Hangup);
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        if (fault == "refused")
        {
            it.StopListening();
        }

        await using var door = await AttemptDoor.OpenAsync(
            $"""
              it: {"{"} dialect: {dialect}, targets: [{it.Url}], timeouts: {"{"} firstByte: 100ms {"}"} {"}"}
              other: {"{"} dialect: {dialect}, targets: [{other.Url}] {"}"}
            """,
            $", fallback: [{{ upstream: other{(fault.Contains("reset", StringComparison.Ordinal) ? ", on: [reset]" : "")} }}]");
        var answer = method == "GET" ? await door.GetAsync() : await door.PostAsync(Body);
        Assert.Equal(reason is null, answer.Status != 200);
        Assert.Equal(reason is null ? 0 : 1, other.Requests.Count);
        Assert.Equal(reason is null ? 0 : 1, door.Fallbacks("other", reason ?? "upstream_closed"));
    }

    [Fact]
    public async Task Where_there_is_another_place_nobody_waits_for_a_429()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(429, "Retry-After: 8\r\n")));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(it, other, "[{ upstream: other }]", ", retries: {}");
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(200, (await door.PostAsync(Body)).Status);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 6);
        Assert.Single(it.Requests);
    }

    [Fact]
    public async Task An_error_is_retried_before_another_upstream_is_asked()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(503)));
        await using var other = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(503, "X-N: 1\r\n"), AttemptDoor.Status(503, "X-N: 2\r\n")));
        await using var door = await OpenAsync(
            it, other, "[{ upstream: other }]", ", retries: { attempts: 3, backoff: { base: 1ms } }",
            ", retries: { attempts: 2, backoff: { base: 1ms } }");
        var answer = await door.PostAsync(Body);
        Assert.Equal((503, "2", "5"), (answer.Status, answer.Headers["X-N"], answer.Headers["X-Edge-Attempts"]));
        Assert.Equal((3, 2), (it.Requests.Count, other.Requests.Count));
    }

    [Theory]
    [InlineData(Body, """{"model":"small","messages":[{"role":"user","content":"hi"}],"tools":[{"model":"x"}]}""")]
    [InlineData("""{"a":1}""", """{"model":"small","a":1}""")]
    [InlineData("{ }", """{"model":"small" }""")]
    [InlineData("""{"x":"m\u00f6del","model" : null}""", """{"x":"m\u00f6del","model" : "small"}""")]
    [InlineData("""{"m\u006fdel":"a"}""", """{"m\u006fdel":"small"}""")]
    [InlineData("", "")]
    public async Task The_other_upstream_is_asked_for_its_own_model(string sent, string seen)
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500)));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(it, other, "[{ upstream: other, model: small }]");
        Assert.Equal(200, (await door.PostAsync(sent)).Status);
        Assert.Equal(sent, Assert.Single(it.Requests).Text);
        Assert.Equal(seen, Assert.Single(other.Requests).Text);
    }

    [Fact]
    public async Task A_model_with_odd_characters_stays_a_text()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500)));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(it, other, "[{ upstream: other, model: 'a\"b\\c' }]");
        Assert.Equal(200, (await door.PostAsync(Body)).Status);
        Assert.Equal("a\"b\\c", (string?)JsonNode.Parse(Assert.Single(other.Requests).Text)!["model"]);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("no json")]
    public async Task A_body_without_a_model_to_replace_is_not_sent_to_another(string body)
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500, "", "mine")));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(it, other, "[{ upstream: other, model: small }]");
        var answer = await door.PostAsync(body, "/v1/other");
        Assert.Equal((500, "mine"), (answer.Status, answer.Text));
        Assert.Null(answer.Headers["X-Edge-Upstream"]);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task The_same_upstream_may_be_asked_for_another_model_and_a_third_for_the_first_one()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500)));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(it, other, "[{ upstream: it, model: small }, { upstream: other }]");
        var answer = await door.PostAsync(Body);
        Assert.Equal((200, "other"), (answer.Status, answer.Headers["X-Edge-Upstream"]));
        Assert.Equal([Body, Body.Replace("gpt-4o", "small", StringComparison.Ordinal)], it.Requests.Select(static r => r.Text));
        Assert.Equal(Body, Assert.Single(other.Requests).Text);
    }

    [Fact]
    public async Task No_upstream_gets_what_is_for_another()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500)));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500)));
        await using var third = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await AttemptDoor.OpenAsync(
            $$"""
              it: { dialect: openai, targets: [{{it.Url}}], headers: { set: { X-Secret: of-it } } }
              other: { dialect: openai, targets: [{{other.Url}}], credential: key-of-other }
              third: { dialect: openai, targets: [{{third.Url}}] }
            """,
            ", fallback: [{ upstream: other }, { upstream: third }]");
        Assert.Equal(200, (await door.PostAsync(Body, headers: "Authorization: Bearer of-caller\r\n")).Status);
        Assert.Equal("Bearer of-caller", it.Requests[0].Headers["Authorization"]);
        Assert.Equal("of-it", it.Requests[0].Headers["X-Secret"]);
        Assert.Equal("Bearer key-of-other", other.Requests[0].Headers["Authorization"]);
        Assert.Null(other.Requests[0].Headers["X-Secret"]);
        Assert.Null(third.Requests[0].Headers["Authorization"]);
        Assert.Null(third.Requests[0].Headers["X-Secret"]);
        Assert.Equal(third.Endpoint.ToString(), third.Requests[0].Headers["Host"]);
    }

    [Theory]
    [InlineData("{ status: 503, body: { error: { code: busy } } }", 503, "{\"error\":{\"code\":\"busy\"}}", "application/json")]
    [InlineData("{ status: 200, body: later }", 200, "later", "text/plain; charset=utf-8")]
    [InlineData("{ status: 503 }", 503, "", null)]
    [InlineData("{ status: 204 }", 204, "", null)]
    public async Task A_fixed_answer_is_always_there(string item, int status, string text, string? type)
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500, "X-Own: 1\r\n", "busy")));
        await using var door = await AttemptDoor.OpenAsync(
            $"  it: {{ dialect: openai, targets: [{it.Url}] }}",
            $", fallback: [{item}], response: {{ headers: {{ set: {{ X-Edge: \"1\" }} }} }}");
        var answer = await door.PostAsync(Body);
        Assert.Equal((status, text, type), (answer.Status, answer.Text, answer.Headers["Content-Type"]));
        Assert.Equal((null, "1"), (answer.Headers["X-Own"], answer.Headers["X-Edge"]));
        Assert.Equal(1, door.Fallbacks("(fixed)", "500"));
        var line = Assert.Single(await door.AccessAsync());
        Assert.Equal(("(fixed)", status), ((string?)line["fallback"], (int)line["status"]!));
    }

    [Fact]
    public async Task A_fallback_that_is_not_for_the_cause_is_passed_over()
    {
        await using var it = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(429), AttemptDoor.Status(503), AttemptDoor.Status(404, "", "none")));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(
            it, other, "[{ upstream: other, on: [\"429\"] }, { status: 200, body: later, on: [\"503\"] }]");
        Assert.Equal("other", (await door.PostAsync(Body)).Headers["X-Edge-Upstream"]);
        Assert.Equal("later", (await door.PostAsync(Body)).Text);
        Assert.Equal("none", (await door.PostAsync(Body)).Text);
    }

    [Fact]
    public async Task Where_all_fail_the_last_answer_that_there_was_is_the_callers()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(
            AttemptDoor.Status(429, "Retry-After: 7\r\n", "of it")));
        await using var other = ScriptedUpstream.Start();
        other.StopListening();
        await using var door = await OpenAsync(it, other, "[{ upstream: other, model: small }]");
        var answer = await door.PostAsync(Body);
        Assert.Equal((429, "of it", "7"), (answer.Status, answer.Text, answer.Headers["Retry-After"]));
        Assert.Equal("2", answer.Headers["X-Edge-Attempts"]);
        Assert.Null(answer.Headers["X-Edge-Upstream"]);
        it.StopListening();
    }

    [Fact]
    public async Task Where_nobody_answers_the_error_is_our_own()
    {
        await using var it = ScriptedUpstream.Start();
        await using var other = ScriptedUpstream.Start();
        it.StopListening();
        other.StopListening();
        await using var door = await OpenAsync(it, other, "[{ upstream: other }]");
        var answer = await door.PostAsync(Body);
        Assert.Equal(502, answer.Status);
        Assert.Equal("upstream_connection_refused", (string?)JsonNode.Parse(answer.Text)!["error"]!["code"]);
        Assert.Equal("2", answer.Headers["X-Edge-Attempts"]);
    }

    [Fact]
    public async Task A_stale_answer_is_given_and_what_a_fallback_says_is_not_kept()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(
            AttemptDoor.Ok(), AttemptDoor.Status(503), AttemptDoor.Status(503), AttemptDoor.Status(503)));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok(7, 7)));
        await using var door = await OpenAsync(
            it, other, "[{ cached: stale }, { upstream: other }]",
            route: ", cache: { ttl: 1ms, staleIfError: 1h, scope: public }");
        const string Question = """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""";
        var first = await door.PostAsync(Question);
        await Task.Delay(5, TestContext.Current.CancellationToken);
        var second = await door.PostAsync(Question);
        Assert.Equal((200, first.Text), (second.Status, second.Text));
        Assert.Contains("detail=stale", second.Headers["Cache-Status"], StringComparison.Ordinal);
        Assert.Null(second.Headers["X-Edge-Upstream"]);
        for (var i = 0; i < 2; i++)
        {
            var answer = await door.PostAsync(Question.Replace("hi", "ho", StringComparison.Ordinal));
            Assert.Equal("other", answer.Headers["X-Edge-Upstream"]);
            Assert.Equal("edge; fwd=miss", answer.Headers["Cache-Status"]);
        }

        Assert.Equal(2, other.Requests.Count);
        Assert.Equal(
            [null, "(stale)", "other", "other"],
            (await door.AccessAsync()).Select(static line => (string?)line["fallback"]).Order());
    }

    [Fact]
    public async Task What_is_charged_is_what_the_answer_has_used_at_the_price_of_its_model()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(
            AttemptDoor.Status(500, "", """{"usage":{"prompt_tokens":900,"completion_tokens":900}}""")));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok(10, 5)));
        await using var prices = new PriceFile(
            "models: { gpt-4o: { input: 1000, output: 1000 }, small: { input: 100, output: 200 } }");
        await using var door = await AttemptDoor.OpenAsync(
            $$"""
              it: { dialect: openai, targets: [{{it.Url}}], retries: { attempts: 3, backoff: { base: 1ms } } }
              other: { dialect: openai, targets: [{{other.Url}}] }
            """,
            ", fallback: [{ upstream: other, model: small }], limits: [{ name: t, per: global, tokens: 1000, window: 30d }, " +
            "{ name: usd, per: global, usd: 10, window: 30d }]",
            $"prices: {prices.Path}");
        Assert.Equal(200, (await door.PostAsync(Body)).Status);
        await door.WaitUntilIdleAsync();
        var after = await door.PostAsync(Body);
        Assert.Equal(200, after.Status);

        // 15 of the first request, and what the second has reserved: its estimate.
        Assert.Equal(3 + 3, it.Requests.Count);
        var lines = await door.UsageAsync();
        Assert.Equal(2, lines.Length);
        Assert.All(lines, static line =>
        {
            Assert.Equal(("other", "small", 10, 5, true), (
                (string?)line["upstream"], (string?)line["model"], (int)line["inputTokens"]!, (int)line["outputTokens"]!,
                (bool)line["exact"]!));
            Assert.Equal(0.002m, (decimal)line["dollars"]!);
        });
    }

    [Fact]
    public async Task Tokens_are_settled_once_however_many_attempts_there_were()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(
            AttemptDoor.Status(500), AttemptDoor.Ok(10, 5), AttemptDoor.Status(500), AttemptDoor.Ok(10, 5)));
        await using var door = await AttemptDoor.OpenAsync(
            $"  it: {{ dialect: openai, targets: [{it.Url}], retries: {{ backoff: {{ base: 1ms }} }} }}",
            ", limits: [{ name: t, per: global, tokens: 10000, window: 30d }]");
        const string Small = """{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"12345678"}]}""";
        Assert.Equal("9898", (await door.PostAsync(Small)).Headers["x-ratelimit-remaining-tokens"]);
        await door.WaitUntilIdleAsync();
        Assert.Equal("9883", (await door.PostAsync(Small)).Headers["x-ratelimit-remaining-tokens"]);
    }

    [Fact]
    public async Task Where_money_is_limited_nobody_asks_for_a_model_without_a_price()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(500, "", "mine")));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var prices = new PriceFile("models: { gpt-4o: { input: 1000, output: 1000 } }");
        await using var door = await AttemptDoor.OpenAsync(
            $$"""
              it: { dialect: openai, targets: [{{it.Url}}] }
              other: { dialect: openai, targets: [{{other.Url}}] }
            """,
            ", fallback: [{ upstream: other, model: small }], limits: [{ name: usd, per: global, usd: 10, window: 30d }]",
            $"prices: {prices.Path}");
        Assert.Equal((500, "mine"), ((await door.PostAsync(Body)).Status, (await door.PostAsync(Body)).Text));
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_caller_who_leaves_during_the_first_attempt_has_no_other_made()
    {
        await using var it = ScriptedUpstream.Start(AttemptDoor.Silence);
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(it, other, "[{ upstream: other, on: [unavailable, connect, timeout, reset] }]");
        await using (var caller = await RawHttpClient.ConnectAsync(door.Endpoint))
        {
            await caller.SendAsync(AttemptDoor.Post(Body));
            await it.WaitForRequestsAsync(1);
        }

        await door.WaitUntilIdleAsync();
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_stream_goes_through_a_fallback_untouched()
    {
        const string Events = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";
        await using var it = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(529)));
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(
            $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {Events.Length}\r\n\r\n{Events}"));
        await using var door = await OpenAsync(it, other, "[{ upstream: other }]");
        var answer = await door.PostAsync(Body);
        Assert.Equal((200, Events), (answer.Status, answer.Text));
    }

    private static Task<AttemptDoor> OpenAsync(
        ScriptedUpstream it, ScriptedUpstream other, string fallback, string ofIt = "", string ofOther = "", string route = "") =>
        AttemptDoor.OpenAsync(
            $$"""
              it: { dialect: openai, targets: [{{it.Url}}]{{ofIt}} }
              other: { dialect: openai, targets: [{{other.Url}}]{{ofOther}} }
            """,
            $", fallback: {fallback}{route}");

    private sealed class PriceFile : IAsyncDisposable
    {
        public PriceFile(string text) => File.WriteAllText(Path, text);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public ValueTask DisposeAsync()
        {
            File.Delete(Path);
            return ValueTask.CompletedTask;
        }
    }
}
