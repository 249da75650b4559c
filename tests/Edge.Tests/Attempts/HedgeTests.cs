using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Tests.Support;

namespace Edge.Tests.Attempts;

/// <summary>A second attempt beside one that takes long: when there is one, whose answer counts, and what of the other.</summary>
public sealed class HedgeTests
{
    private const string Hedged = "hedge: { after: 20ms }";

    private const string Chat = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    [Fact]
    public async Task A_hedge_answers_in_place_of_an_attempt_that_hangs()
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Silence, AttemptDoor.Answers(AttemptDoor.Status(200, "", "fine")));
        await using var door = await AttemptDoor.OpenAsync(upstream, Hedged);
        var answer = await door.GetAsync();
        Assert.Equal((200, "fine", "2"), (answer.Status, answer.Text, answer.Headers["X-Edge-Attempts"]));

        // The connection of the loser is closed, that of the winner kept.
        await upstream.WaitForEndedAsync(1);
        await door.WaitUntilIdleAsync();
        var pool = Assert.Single(Assert.Single(door.Gateway.Upstreams).Pools);
        Assert.Equal((1, 1), (pool.ConnectionCount, pool.IdleCount));
        Assert.Equal((1, 0, 0), (Hedges(door, "won"), Hedges(door, "lost"), Hedges(door, "failed")));
        var line = Assert.Single(await door.AccessAsync());
        Assert.Equal((2, 1, true), ((int)line["attempts"]!, (int)line["hedges"]!, (bool)line["hedgeWon"]!));
    }

    [Fact]
    public async Task The_first_attempt_may_still_win_and_then_the_hedge_is_called_off()
    {
        var hedged = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.StallAsync(hedged.Task);
                await connection.SendAsync(AttemptDoor.Status(200, "", "first"));
                await connection.WaitForEndAsync();
            },
            async connection =>
            {
                await connection.ReadRequestAsync();
                hedged.SetResult();
                await connection.WaitForEndAsync();
            });
        await using var door = await AttemptDoor.OpenAsync(upstream, Hedged);
        Assert.Equal("first", (await door.GetAsync()).Text);
        await upstream.WaitForEndedAsync(1);
        await door.WaitUntilIdleAsync();
        Assert.Equal((0, 1), (Hedges(door, "won"), Hedges(door, "lost")));
        var line = Assert.Single(await door.AccessAsync());
        Assert.Equal((2, 1, false), ((int)line["attempts"]!, (int)line["hedges"]!, (bool)line["hedgeWon"]!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_tells_of_an_error_does_not_win_while_the_other_may_be_good(bool isFirstBad)
    {
        var bad = AttemptDoor.Status(503, "", "busy");
        var good = AttemptDoor.Status(200, "", "fine");
        var both = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(
            connection => AnswerAsync(connection, isFirstBad, both.Task),
            connection =>
            {
                both.SetResult();
                return AnswerAsync(connection, !isFirstBad, both.Task);
            });
        await using var door = await AttemptDoor.OpenAsync(upstream, Hedged + ", attempts: 1");
        var answer = await door.GetAsync();
        Assert.Equal((200, "fine"), (answer.Status, answer.Text));
        Assert.Equal((isFirstBad ? 1 : 0, isFirstBad ? 0 : 1), (Hedges(door, "won"), Hedges(door, "lost")));

        async Task AnswerAsync(ScriptedConnection connection, bool isBad, Task ready)
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync(ready);
            if (!isBad)
            {
                await connection.StallAsync(told.Task);
            }

            await connection.SendAsync(isBad ? bad : good);
            told.TrySetResult();
            await connection.WaitForEndAsync();
        }
    }

    [Fact]
    public async Task Where_both_fail_the_caller_gets_what_there_is_and_the_usual_rules_hold()
    {
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WaitForBytesAsync();
            },
            AttemptDoor.Answers(AttemptDoor.Status(503, "", "busy"), AttemptDoor.Status(200, "", "fine")));
        await using var door = await AttemptDoor.OpenAsync(
            upstream, Hedged + ", attempts: 1", ", timeouts: { firstByte: 300ms }");
        var answer = await door.GetAsync();
        Assert.Equal((503, "busy"), (answer.Status, answer.Text));
        Assert.Equal((0, 1), (Hedges(door, "won"), Hedges(door, "lost")));
    }

    [Theory]
    [InlineData("hedge: { after: 20ms }", "{}", "", 1)]
    [InlineData("hedge: { after: 20ms, methods: [POST] }", Chat, "", 2)]
    [InlineData("hedge: { after: 20ms, methods: [POST] }", "{\"model\":\"m\",\"messages\":[],\"stream\":true}", "", 1)]
    [InlineData("hedge: { after: 20ms, methods: [POST] }", Chat, "/v1/unknown", 1)]
    [InlineData("hedge: { after: 20ms, methods: [POST] }, budget: 0%, budgetMin: 0", Chat, "", 1)]
    [InlineData("hedge: { percentile: 95, methods: [POST] }", Chat, "", 1)]
    public async Task Only_requests_that_may_be_sent_twice_and_are_no_streams_are_hedged(
        string retries, string body, string path, int requests)
    {
        var asked = 0;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                // Whoever is asked first answers late, long after a hedge would have been there.
                if (Interlocked.Increment(ref asked) == 1)
                {
                    await Task.Delay(150, TestContext.Current.CancellationToken);
                }

                await connection.SendAsync(AttemptDoor.Ok());
            }
        });
        await using var door = await AttemptDoor.OpenAsync(upstream, retries);
        Assert.Equal(200, (await door.PostAsync(body, path.Length > 0 ? path : "/v1/chat/completions")).Status);
        Assert.Equal(requests, upstream.Requests.Count);
        Assert.Equal(retries.Contains("0%", StringComparison.Ordinal) ? 1 : 0, Hedges(door, "denied"));
    }

    [Fact]
    public async Task What_was_hedged_is_settled_once_by_the_answer_that_the_caller_got()
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Silence, AttemptDoor.Answers(AttemptDoor.Ok(7, 3)));
        await using var door = await AttemptDoor.OpenAsync(
            upstream, "hedge: { after: 20ms, methods: [POST] }", route: ", metering: {}");
        Assert.Equal("2", (await door.PostAsync(Chat)).Headers["X-Edge-Attempts"]);
        Assert.Equal([Chat, Chat], upstream.Requests.Select(static r => r.Text));
        var line = Assert.Single(await door.UsageAsync());
        Assert.Equal((7, 3), ((int)line["inputTokens"]!, (int)line["outputTokens"]!));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 4)]
    public async Task There_are_no_more_hedges_than_allowed(int most, int requests)
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Silence);
        await using var door = await AttemptDoor.OpenAsync(
            upstream, $"attempts: 1, hedge: {{ after: 5ms, attempts: {most} }}", ", timeouts: { firstByte: 200ms }");
        var answer = await door.GetAsync();
        Assert.Equal(504, answer.Status);
        Assert.Equal(requests, upstream.Requests.Count);
        Assert.Equal(most, Hedges(door, "failed"));
    }

    [Fact]
    public async Task A_caller_who_leaves_has_all_attempts_called_off()
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Silence);
        await using var door = await AttemptDoor.OpenAsync(upstream, Hedged);
        await using (var caller = await RawHttpClient.ConnectAsync(door.Endpoint))
        {
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await upstream.WaitForRequestsAsync(2);
        }

        await upstream.WaitForEndedAsync(2);
        await door.WaitUntilIdleAsync();
        Assert.Equal("caller_gone", (string?)Assert.Single(await door.AccessAsync())["failure"]);
    }

    [Fact]
    public async Task So_has_one_who_leaves_a_stream_of_HTTP_2()
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Silence);
        await using var door = await AttemptDoor.OpenAsync(upstream, Hedged);
        using var client = new HttpClient { DefaultRequestVersion = new Version(2, 0) };
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var asking = client.GetAsync(new Uri($"http://{door.Http2Endpoint}/"), leaving.Token);
        await upstream.WaitForRequestsAsync(2);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await upstream.WaitForEndedAsync(2);
        await door.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task A_target_whose_handshake_hangs_is_hedged_too()
    {
        await using var mute = ScriptedUpstream.Start(static connection => connection.WaitForEndAsync());
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "fine")));
        await using var door = await AttemptDoor.OpenAsync(
            $"  it: {{ targets: [\"https://{mute.Endpoint}\", \"{upstream.Url}\"], balance: round-robin, " +
            $"retries: {{ {Hedged} }} }}");
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("fine", (await door.GetAsync()).Text);
        }

        // Hedges take their turns among the targets too.
        var won = Hedges(door, "won");
        Assert.InRange(won, 1, 4);
        await mute.WaitForEndedAsync((int)won);
    }

    [Fact]
    public async Task A_loser_is_no_failure_of_its_target_but_is_known_to_be_slow()
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Silence, AttemptDoor.Answers(AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(
            upstream, "hedge: { after: 50ms }", ", breaker: { failures: 1 }");
        Assert.Equal(200, (await door.GetAsync()).Status);
        Assert.Equal(200, (await door.GetAsync()).Status);
        var cluster = Assert.Single(door.Gateway.Upstreams);
        Assert.InRange(cluster.States[0].Latency.At(cluster.NowNs), 40e6, 5e9);
        Assert.Equal(0, cluster.States[0].InFlight);
    }

    [Fact]
    public async Task How_long_is_long_is_learned_from_the_answers()
    {
        var asked = 0;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                if (Interlocked.Increment(ref asked) == 200)
                {
                    await connection.WaitForEndAsync();
                    return;
                }

                await connection.SendAsync(AttemptDoor.Status(200));
            }
        });
        await using var door = await AttemptDoor.OpenAsync(upstream, "hedge: { percentile: 99 }, budget: 100%");
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var i = 0; i < 220; i++)
        {
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, (await caller.ReadResponseAsync()).Status);
        }

        Assert.InRange(Hedges(door, "won"), 1, 60);
        Assert.InRange(Assert.Single(door.Gateway.Upstreams).Latencies!.ValueNs, 1, 5_000_000_000);
    }

    [Fact]
    public async Task Under_load_every_answer_is_that_of_its_request()
    {
        var dice = new Random(7);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                int wait;
                lock (dice)
                {
                    wait = dice.Next(4) == 0 ? dice.Next(1, 12) : 0;
                }

                if (wait > 0)
                {
                    await Task.Delay(wait, TestContext.Current.CancellationToken);
                }

                await connection.SendAsync(AttemptDoor.Status(200, "", request.Target));
            }
        });
        await using var door = await AttemptDoor.OpenAsync(
            upstream, "hedge: { after: 2ms, attempts: 2 }, budget: 100%, budgetMin: 10000");
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async caller =>
        {
            await using var client = await RawHttpClient.ConnectAsync(door.Endpoint);
            for (var i = 0; i < 60; i++)
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"/{caller}/{i}");
                await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
                var answer = await client.ReadResponseAsync();
                Assert.Equal((200, path), (answer.Status, answer.Text));
            }
        }));
        await door.WaitUntilIdleAsync();
        var pool = Assert.Single(Assert.Single(door.Gateway.Upstreams).Pools);
        Assert.Equal(pool.ConnectionCount, pool.IdleCount);
        Assert.NotEqual(0, Hedges(door, "won"));
        Assert.NotEqual(0, Hedges(door, "lost"));
        JsonNode[] lines = await door.AccessAsync();
        Assert.Equal(720, lines.Length);
    }

    private static long Hedges(AttemptDoor door, string outcome) =>
        door.Gateway.Metrics.Repeats.Hedges.Of("it", outcome).Value;
}
