using Edge.Core.Caching;
using Edge.Telemetry;
using Edge.Tests.Limits.Redis;
using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Caching;

/// <summary>Questions that are alike, over real sockets.</summary>
public sealed class SemanticTests
{
    private const string Ann = SemanticDoor.Ann;
    private const string Cat = "what is a cat";
    private const string AlsoCat = "what's a cat?";
    private const string Kitten = "what is a kitten";
    private const string Dog = "what is a dog";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private const string Vector = "{\"data\":[{\"embedding\":[0.96,0.28,0,0]}]}";

    [Fact]
    public async Task A_question_much_like_another_gets_its_answer()
    {
        await using var door = await SemanticDoor.OpenAsync();
        var first = await door.AskAsync(Cat);
        Assert.Equal(("MISS", "edge; fwd=miss; stored"), (first.Headers["X-Cache"], first.Headers["Cache-Status"]));
        var second = await door.AskAsync(AlsoCat);
        Assert.Equal(("HIT", first.Text), (second.Headers["X-Cache"], second.Text));
        Assert.Matches("^edge; hit; ttl=(59|60); detail=semantic$", second.Headers["Cache-Status"]);
        Assert.Equal(first.Headers["X-Cache-Key"], second.Headers["X-Cache-Key"]);
        Assert.Equal("application/json", second.Headers["Content-Type"]);
        Assert.Single(door.Llm.Requests);
        Assert.Equal(2, door.Vectors.Requests.Count);

        // Nobody is asked about a question that is not new.
        Assert.Matches("^edge; hit; ttl=(59|60)$", (await door.AskAsync(Cat)).Headers["Cache-Status"]);
        Assert.Equal(2, door.Vectors.Requests.Count);
        var counters = Counters(door);
        Assert.Equal((1, 1, 1), (counters.Hits.Value, counters.NearHits.Value, counters.Misses.Value));
        Assert.Equal((18, 24), (counters.SavedInput.Value, counters.SavedOutput.Value));
        var semantic = Semantic(door);
        Assert.Equal((1, 1, 0, 0), Outcomes(semantic));
        Assert.Equal((10, 20), (semantic.Tokens.Value, semantic.Cost.Value));
        var usage = (await door.UsageLinesAsync(3))[1];
        Assert.Equal("semantic", usage["cache"]!.GetValue<string>());
        Assert.Equal((9, 12), (usage["savedInputTokens"]!.GetValue<int>(), usage["savedOutputTokens"]!.GetValue<int>()));
        Assert.Equal((5, 0.00001m), (usage["embeddingTokens"]!.GetValue<int>(), usage["embeddingDollars"]!.GetValue<decimal>()));
    }

    [Fact]
    public async Task Who_makes_vectors_is_sent_the_question_and_nothing_else_of_the_request()
    {
        await using var door = await SemanticDoor.OpenAsync(
            upstream: ", headers: { set: { X-Own: mine, User-Agent: me } }",
            llm: ScriptedUpstream.Answer(SemanticDoor.Json("{}")));
        await door.PostAsync(
            "{\"model\":\"m\",\"user\":\"u-1\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
            + "{\"role\":\"user\",\"content\":\"a \\\"b\\\" \\u00e9\\n\"}]}",
            Ann + "X-Private: p\r\nUser-Agent: caller\r\nOpenAI-Organization: o\r\n");
        var request = Assert.Single(door.Vectors.Requests);
        Assert.Equal(("POST", "/v1/embeddings"), (request.Method, request.Target));
        Assert.Equal(
            $$"""{"model":"{{SemanticDoor.Model}}","encoding_format":"float","input":"a \"b\" é\n"}""",
            request.Text);
        Assert.Equal("Bearer sk-of-vectors", request.Headers["Authorization"]);
        Assert.Equal(("mine", "me"), (request.Headers["X-Own"], request.Headers["User-Agent"]));
        Assert.Equal(
            ["Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent", "X-Own"],
            request.Headers.Select(static header => header.Key).Order());
    }

    [Theory]
    [InlineData(Kitten, "", false)]
    [InlineData(Kitten, ", threshold: 0.93", true)]
    [InlineData(AlsoCat, ", threshold: 0.97", false)]
    [InlineData(Dog, ", threshold: 0.5", false)]
    public async Task Only_a_question_over_the_threshold_does(string question, string keys, bool isHit)
    {
        await using var door = await SemanticDoor.OpenAsync(semantic: keys);
        await door.AskAsync(Cat);
        var second = await door.AskAsync(question);
        Assert.Equal(isHit ? "HIT" : "MISS", second.Headers["X-Cache"]);
        Assert.Equal(SemanticDoor.AnswerTo(isHit ? Cat : question), second.Text);
        Assert.Equal(isHit ? 1 : 2, door.Llm.Requests.Count);
    }

    [Theory]
    [InlineData("another consumer", SemanticDoor.Bob, "", "")]
    [InlineData("nobody", "", "", "")]
    [InlineData("a header", Ann + "OpenAI-Project: p\r\n", "", "")]
    [InlineData("another model", Ann, "\"m\"", "\"n\"")]
    [InlineData("a parameter", Ann, "{\"model\"", "{\"max_tokens\":9,\"model\"")]
    [InlineData("a stream", Ann, "{\"model\"", "{\"stream\":true,\"model\"")]
    [InlineData("a system prompt", Ann, ":[{", ":[{\"role\":\"system\",\"content\":\"s\"},{")]
    [InlineData(
        "a turn before", Ann, ":[{",
        ":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"hi\"},{")]
    [InlineData(
        "an image", Ann, "\"what's a cat?\"",
        "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}},{\"type\":\"text\",\"text\":\"what's a cat?\"}]")]
    [InlineData("tools", Ann, "{\"model\"", "{\"tools\":[],\"model\"")]
    [InlineData("another role", Ann, "\"user\"", "\"system\"")]
    [InlineData("a number", Ann, "what's a cat?", "what are 2 cats")]
    [InlineData("much randomness", Ann, "{\"model\"", "{\"temperature\":1.5,\"model\"")]
    public async Task Nothing_else_may_differ(string what, string headers, string part, string other)
    {
        const string Alike = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"what's a cat?\"}]}";
        var body = part.Length == 0 ? Alike : Alike.Replace(part, other, StringComparison.Ordinal);
        await using var door = await SemanticDoor.OpenAsync(cache: "tools: true");
        await door.AskAsync(Cat);
        Assert.Equal("HIT", (await door.AskAsync(AlsoCat)).Headers["X-Cache"]);
        var differs = await door.PostAsync(body, headers);
        Assert.True(differs.Headers["X-Cache"] is "MISS" or "BYPASS", what);
        Assert.Equal(2, door.Llm.Requests.Count);
        var elsewhere = await door.PostAsync(Alike, Ann, "/other/v1/chat/completions");
        Assert.Equal("MISS", elsewhere.Headers["X-Cache"]);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}", false)]
    [InlineData("HTTP/1.1 429 No\r\nRetry-After: 9\r\nContent-Length: 2\r\n\r\n{}", false)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true)]
    [InlineData(Ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", false)]
    [InlineData(Ok + "Content-Length: 262145\r\n\r\n{", false)]
    [InlineData(Ok + "Content-Length: 99\r\n\r\n" + Vector, false)]
    [InlineData(Ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", false)]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", false)]
    [InlineData("\0\0\0\r\n\r\n", false)]
    [InlineData("", false)]
    [InlineData("{\"data\":[{\"embedding\":[0.96,0.28,0]}]}", true)]
    [InlineData("{\"data\":[{\"embedding\":[0.96,0.28,0,0,0]}]}", true)]
    [InlineData("{\"data\":[{\"embedding\":[]}]}", true)]
    [InlineData("{\"data\":[{\"embedding\":[0,0,0,0]}]}", true)]
    [InlineData("{\"data\":[{\"embedding\":[1e39,0,0,0]}]}", true)]
    [InlineData("{\"data\":[{\"embedding\":[NaN,0,0,0]}]}", true)]
    [InlineData("{\"data\":[{\"embedding\":[1,0,0,0],\"embedding\":[1,0,0,0]}]}", true)]
    [InlineData("{\"error\":{\"message\":\"no\"}}", true)]
    [InlineData("<html>", true)]
    public async Task Where_there_is_no_vector_the_question_goes_upstream_as_ever(string answer, bool isInvalid)
    {
        var bytes = answer is ['{' or '<', ..] ? SemanticDoor.Json(answer) : answer;
        await using var door = await SemanticDoor.OpenAsync(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(bytes);
        });
        foreach (var question in new[] { Cat, AlsoCat })
        {
            var got = await door.AskAsync(question);
            Assert.Equal((200, "MISS"), (got.Status, got.Headers["X-Cache"]));
            Assert.Equal("edge; fwd=miss; stored", got.Headers["Cache-Status"]);
            Assert.Equal(SemanticDoor.AnswerTo(question), got.Text);
        }

        Assert.Equal("HIT", (await door.AskAsync(Cat)).Headers["X-Cache"]);
        Assert.Equal(isInvalid ? (0, 0, 0, 2) : (0, 0, 2, 0), Outcomes(Semantic(door)));
        Assert.Equal(0, Index(door).Count);
    }

    [Fact]
    public async Task An_answer_that_does_not_end_is_read_no_further_than_a_vector_can_be_long()
    {
        await using var door = await SemanticDoor.OpenAsync(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(Ok + "Transfer-Encoding: chunked\r\n\r\n");
                while (true)
                {
                    await connection.SendAsync("1000\r\n" + new string(' ', 4096) + "\r\n");
                }
            },
            ", timeout: 5s");
        Assert.Equal("MISS", (await door.AskAsync(Cat)).Headers["X-Cache"]);
        Assert.Equal((0, 0, 1, 0), Outcomes(Semantic(door)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Ok)]
    [InlineData(Ok + "Content-Length: 99\r\n\r\n{")]
    public async Task A_vector_is_not_waited_for_for_longer_than_the_file_says(string begun)
    {
        await using var door = await SemanticDoor.OpenAsync(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(begun);
                await connection.StallAsync();
            },
            ", timeout: 50ms");
        var got = await door.AskAsync(Cat);
        Assert.Equal((200, "MISS", SemanticDoor.AnswerTo(Cat)), (got.Status, got.Headers["X-Cache"], got.Text));
        Assert.Equal((0, 0, 1, 0), Outcomes(Semantic(door)));
    }

    [Fact]
    public async Task Who_makes_vectors_may_be_down()
    {
        await using var door = await SemanticDoor.OpenAsync();
        door.Vectors.StopListening();
        Assert.Equal(SemanticDoor.AnswerTo(Cat), (await door.AskAsync(Cat)).Text);
        Assert.Equal((0, 0, 1, 0), Outcomes(Semantic(door)));
    }

    [Fact]
    public async Task A_connection_that_was_closed_as_it_was_taken_is_followed_by_a_new_one()
    {
        await using var door = await SemanticDoor.OpenAsync(async connection =>
        {
            if (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(SemanticDoor.VectorOf(connection.Number == 0 ? "1,0,0,0" : "0.96,0.28,0,0"));
                if (connection.Number == 0)
                {
                    // Takes the second question, and closes.
                    await connection.ReadRequestAsync();
                }
            }
        });
        await door.AskAsync(Cat);
        Assert.Equal("HIT", (await door.AskAsync(AlsoCat)).Headers["X-Cache"]);
        Assert.Equal((1, 1, 0, 0), Outcomes(Semantic(door)));
        Assert.Equal(2, door.Vectors.Connections);
    }

    [Fact]
    public async Task All_who_ask_the_same_at_once_share_what_is_found()
    {
        const int Callers = 20;
        var goOn = new TaskCompletionSource();
        await using var door = await SemanticDoor.OpenAsync(
            async connection =>
            {
                while (await connection.ReadRequestAsync() is { } request)
                {
                    if (request.Text.Contains(AlsoCat, StringComparison.Ordinal))
                    {
                        await goOn.Task.WaitAsync(connection.Deadline);
                    }

                    await connection.SendAsync(SemanticDoor.VectorOf("1,0,0,0"));
                }
            },
            ", timeout: 5s");
        await door.AskAsync(Cat);
        var callers = Enumerable.Range(0, Callers).Select(_ => door.AskAsync(AlsoCat)).ToArray();
        await JoinedAsync(door, Callers - 1);
        goOn.SetResult();
        Assert.All(await Task.WhenAll(callers), answer =>
        {
            Assert.EndsWith("; detail=semantic", answer.Headers["Cache-Status"], StringComparison.Ordinal);
            Assert.Equal(SemanticDoor.AnswerTo(Cat), answer.Text);
        });
        Assert.Single(door.Llm.Requests);
        Assert.Equal(2, door.Vectors.Requests.Count);
        Assert.Equal(Callers, Counters(door).NearHits.Value);
        Assert.Equal((0, 0), (door.Running.Gateway.Cache.Flights!.Count, door.Running.Gateway.Cache.Flights.Joined));
    }

    [Theory]
    [InlineData("all=true")]
    [InlineData("route=chat")]
    [InlineData("consumer=ann")]
    [InlineData("prefix=/v1/")]
    [InlineData("tag=cats")]
    [InlineData("key=")]
    public async Task What_was_purged_answers_no_other_question_either(string what)
    {
        await using var door = await SemanticDoor.OpenAsync(cache: "tags: [cats]");
        var key = (await door.AskAsync(Cat)).Headers["X-Cache-Key"];
        Assert.Equal("HIT", (await door.AskAsync(AlsoCat)).Headers["X-Cache"]);
        Assert.True(CachePurge.TryParse(what == "key=" ? what + key : what, out var purge, out _));
        Assert.Equal(1, door.Running.Gateway.Cache.PurgeHere(purge));
        Assert.Equal("MISS", (await door.AskAsync(AlsoCat)).Headers["X-Cache"]);
        Assert.Equal(1, Index(door).Count);

        // And what was kept since does.
        Assert.Equal(SemanticDoor.AnswerTo(AlsoCat), (await door.AskAsync(Cat)).Text);
        Assert.Equal(2, door.Llm.Requests.Count);
    }

    [Fact]
    public async Task What_was_asked_before_a_purge_and_answered_after_it_answers_nobody_else()
    {
        var goOn = new TaskCompletionSource();
        await using var door = await SemanticDoor.OpenAsync(llm: async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await goOn.Task.WaitAsync(connection.Deadline);
                await connection.SendAsync(SemanticDoor.Json(SemanticDoor.AnswerTo(SemanticDoor.QuestionOf(request))));
            }
        });
        var first = door.AskAsync(Cat);
        await door.Llm.WaitForRequestsAsync(1);
        door.Running.Gateway.Cache.PurgeHere(CachePurge.Everything);
        goOn.SetResult();
        await first;
        Assert.Equal(0, Index(door).Count);
        Assert.Equal(SemanticDoor.AnswerTo(AlsoCat), (await door.AskAsync(AlsoCat)).Text);
    }

    [Fact]
    public async Task What_is_too_old_answers_no_other_question()
    {
        var time = new ManualTime();
        await using var door = await SemanticDoor.OpenAsync(cache: "staleIfError: 1h", time: time);
        await door.AskAsync(Cat);
        time.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.Equal("edge; hit; ttl=0; detail=semantic", (await door.AskAsync(AlsoCat)).Headers["Cache-Status"]);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("MISS", (await door.AskAsync(AlsoCat)).Headers["X-Cache"]);
        Assert.Equal(1, Index(door).Count);
        Assert.Equal(2, door.Llm.Requests.Count);
    }

    [Fact]
    public async Task A_stream_is_replayed_to_a_question_like_its_own()
    {
        const string Events = "data: {\"choices\":[{\"delta\":{\"content\":\"1\"}}],\"usage\":null}\n\ndata: [DONE]\n\n";
        await using var door = await SemanticDoor.OpenAsync(llm: ScriptedUpstream.Answer(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            + $"{Events.Length:x}\r\n{Events}\r\n0\r\n\r\n"));
        var first = await door.AskAsync(Cat, more: ",\"stream\":true");
        var second = await door.AskAsync(AlsoCat, more: ",\"stream\":true");
        Assert.Equal(("HIT", "text/event-stream"), (second.Headers["X-Cache"], second.Headers["Content-Type"]));
        Assert.Equal(first.Text, second.Text);
        Assert.Equal("MISS", (await door.AskAsync(AlsoCat)).Headers["X-Cache"]);
    }

    [Fact]
    public async Task Questions_in_Anthropics_dialect_are_compared_too()
    {
        await using var door = await SemanticDoor.OpenAsync();
        const string Body =
            """{"model":"c","max_tokens":9,"system":"s","messages":[{"role":"user","content":"what is a cat"}]}""";
        await door.PostAsync(Body, Ann, "/v1/messages");
        var alike = Body.Replace(Cat, AlsoCat, StringComparison.Ordinal);
        Assert.Equal("HIT", (await door.PostAsync(alike, Ann, "/v1/messages")).Headers["X-Cache"]);
        var prompted = alike.Replace("\"s\"", "\"t\"", StringComparison.Ordinal);
        Assert.Equal("MISS", (await door.PostAsync(prompted, Ann, "/v1/messages")).Headers["X-Cache"]);
    }

    [Fact]
    public async Task What_replicas_share_is_looked_into_first_and_answers_others_once_it_is_here()
    {
        await using var store = await GarnetStore.StartAsync();
        await using var door = await SemanticDoor.OpenAsync(
            cache: "store: redis", top: $"redis: {{ endpoints: [\"127.0.0.1:{store.Port}\"], timeout: 2s }}");
        var cache = door.Running.Gateway.Cache;
        await SharedFleet.UntilAsync(() => cache.Redis is { Generation: > 0 });
        await door.AskAsync(Cat);
        await SharedFleet.UntilAsync(() => Volatile.Read(ref cache.Redis!.Counters.Kept) == 1);
        cache.Store!.PurgeAll();
        Assert.Matches("^edge; hit; ttl=[0-9]+$", (await door.AskAsync(Cat)).Headers["Cache-Status"]);
        Assert.Single(door.Vectors.Requests);
        Assert.EndsWith("detail=semantic", (await door.AskAsync(AlsoCat)).Headers["Cache-Status"], StringComparison.Ordinal);
        Assert.Equal((1, 2), (door.Llm.Requests.Count, door.Vectors.Requests.Count));
    }

    [Fact]
    public async Task A_reload_keeps_the_vectors_of_the_same_model_and_forgets_those_of_another()
    {
        await using var door = await SemanticDoor.OpenAsync();
        await door.AskAsync(Cat);
        var index = Index(door);
        door.Reload(", threshold: 0.97");
        Assert.Same(index, Index(door));
        Assert.Equal("MISS", (await door.AskAsync(AlsoCat)).Headers["X-Cache"]);
        door.Reload(", threshold: 0.93");
        Assert.Equal("HIT", (await door.AskAsync(Kitten)).Headers["X-Cache"]);
        door.Reload(", entriesMax: 7");
        Assert.NotSame(index, Index(door));
        Assert.Equal("MISS", (await door.AskAsync(Kitten)).Headers["X-Cache"]);
    }

    private static CacheCounters Counters(SemanticDoor door) => door.Running.Gateway.Cache.Counters["chat"];

    private static Edge.Hosting.RouteSemantic Route(SemanticDoor door) => door.Running.Gateway.Snapshot.Routes
        .Single(static route => route.Plan.Name == "chat").Cache!.Semantic!;

    private static SemanticCounters Semantic(SemanticDoor door) => Route(door).Counters;

    private static VectorIndex Index(SemanticDoor door) => Route(door).Index;

    private static (long Hits, long Misses, long Failures, long Invalid) Outcomes(SemanticCounters counters) =>
        (counters.Hits.Value, counters.Misses.Value, counters.Failures.Value, counters.Invalid.Value);

    private static async Task JoinedAsync(SemanticDoor door, int count)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (door.Running.Gateway.Cache.Flights!.Joined != count)
        {
            await Task.Delay(1, deadline.Token);
        }
    }
}
