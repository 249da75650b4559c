using Edge.Tests.Support;

namespace Edge.Tests.Attempts;

/// <summary>A share of the requests goes elsewhere, or a copy of them does; and who has no room is helped by another.</summary>
public sealed class CanaryTests
{
    private const string Chat = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    [Theory]
    [InlineData("0%", 0)]
    [InlineData("100%", 12)]
    public async Task None_or_all_go_to_the_canary_with_its_own_credential(string weight, int taken)
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "own")));
        await using var canary = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "canary")));
        await using var door = await OpenAsync(own, canary, $", canary: {{ upstream: other, weight: {weight} }}");
        for (var i = 0; i < 12; i++)
        {
            var answer = await door.PostAsync(Chat, headers: "Authorization: Bearer callers-own\r\n");
            Assert.Equal((200, taken > 0 ? "canary" : "own"), (answer.Status, answer.Text));
            Assert.Equal(taken > 0 ? "other" : null, answer.Headers["X-Edge-Upstream"]);
        }

        Assert.All(canary.Requests, static request => Assert.Equal("Bearer others", request.Headers["Authorization"]));
        Assert.Equal((12 - taken, taken), (own.Requests.Count, canary.Requests.Count));
        Assert.Equal(taken, door.Gateway.Metrics.Repeats.Canaries.Of("all", "other").Value);
        Assert.All(await door.AccessAsync(), line => Assert.Equal(taken > 0 ? "other" : "it", (string?)line["upstream"]));
    }

    [Fact]
    public async Task By_chance_about_its_share_goes_there_and_by_caller_all_or_nothing_of_one()
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "own")));
        await using var canary = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "canary")));
        await using (var door = await OpenAsync(own, canary, ", canary: { upstream: other, weight: 50%, by: request }"))
        {
            await AskManyAsync(door, 200);
        }

        // Of 200 draws less than 50 or more than 150 are to be expected once in 10^12 runs.
        Assert.InRange(canary.Requests.Count, 50, 150);
        var before = canary.Requests.Count;
        await using (var door = await OpenAsync(own, canary, ", canary: { upstream: other, weight: 50% }"))
        {
            await AskManyAsync(door, 50);
        }

        Assert.Contains(canary.Requests.Count - before, new[] { 0, 50 });
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(0)]
    public async Task A_canary_that_fails_costs_its_callers_nothing(int status)
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "own")));
        await using var canary = ScriptedUpstream.Start(
            status == 0 ? AttemptDoor.Hangup : AttemptDoor.Answers(AttemptDoor.Status(status)));
        await using var door = await OpenAsync(own, canary, ", canary: { upstream: other, weight: 100% }");
        var answer = await door.PostAsync(Chat);
        Assert.Equal((200, "own", "2"), (answer.Status, answer.Text, answer.Headers["X-Edge-Attempts"]));
        var line = Assert.Single(await door.AccessAsync());
        Assert.Equal(("it", "it"), ((string?)line["upstream"], (string?)line["fallback"]));
    }

    [Fact]
    public async Task What_a_canary_answers_is_not_kept_for_others()
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var canary = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok()));
        await using var door = await OpenAsync(
            own, canary, ", canary: { upstream: other, weight: 100% }, cache: { ttl: 1m, scope: public }");
        for (var i = 0; i < 3; i++) Assert.Equal(200, (await door.PostAsync(Chat)).Status);
        Assert.Equal(3, canary.Requests.Count);
    }

    [Fact]
    public async Task A_shadow_gets_the_same_request_under_its_own_credential_and_nobody_its_answer()
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok(7, 3)));
        await using var shadow = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Ok(70, 30)));
        await using var door = await OpenAsync(own, shadow, ", shadow: { upstream: other }, metering: {}");
        for (var i = 1; i <= 3; i++)
        {
            var answer = await door.PostAsync(Chat, headers: "Authorization: Bearer callers-own\r\nX-Own: 1\r\n");
            Assert.Equal((200, null), (answer.Status, answer.Headers["X-Edge-Attempts"]));
            await WaitAsync(door, "answered", i);
        }

        Assert.All(shadow.Requests, request => Assert.Equal(
            (Chat, "Bearer others", "1", "/v1/chat/completions"),
            (request.Text, request.Headers["Authorization"], request.Headers["X-Own"], request.Target)));

        // Its connection is used again, and the caller is billed for the answer that it got.
        Assert.Equal((3, 1), (shadow.Requests.Count, shadow.Connections));
        var lines = await door.UsageAsync();
        Assert.Equal([7, 7, 7], lines.Select(static line => (int)line["inputTokens"]!));
        Assert.Equal(["it", "it", "it"], lines.Select(static line => (string?)line["upstream"]));
    }

    [Theory]
    [InlineData("refuses")]
    [InlineData("hangs up")]
    [InlineData("talks nonsense")]
    [InlineData("cuts its answer")]
    [InlineData("answers 500")]
    public async Task A_shadow_that_fails_is_nobodys_business(string how)
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "own")));
        await using var shadow = ScriptedUpstream.Start(how switch
        {
            "talks nonsense" => ScriptedUpstream.Answer("SSH-2.0\r\n\r\n"),
            "cuts its answer" => CutAsync,
            "answers 500" => AttemptDoor.Answers(AttemptDoor.Status(500)),
            _ => AttemptDoor.Hangup,
        });
        if (how == "refuses")
        {
            shadow.StopListening();
        }

        await using var door = await OpenAsync(own, shadow, ", shadow: { upstream: other }");
        for (var i = 1; i <= 3; i++)
        {
            var answer = await door.PostAsync(Chat);
            Assert.Equal((200, "own"), (answer.Status, answer.Text));
            await WaitAsync(door, "failed", i);
        }

        Assert.Equal(0, door.Gateway.Upstreams.Single(static u => u.Plan.Name == "other").Pools[0].IdleCount
            - (how == "answers 500" ? 1 : 0));
    }

    [Fact]
    public async Task While_as_many_copies_hang_as_there_may_be_no_other_is_made_and_callers_do_not_wait()
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "own")));
        await using var shadow = ScriptedUpstream.Start(AttemptDoor.Silence);
        await using var door = await OpenAsync(own, shadow, ", shadow: { upstream: other, atOnce: 2 }");
        for (var i = 0; i < 6; i++) Assert.Equal("own", (await door.PostAsync(Chat)).Text);
        await shadow.WaitForRequestsAsync(2);
        Assert.Equal(4, Shadows(door, "dropped"));
        Assert.Equal(2, door.Gateway.Snapshot.Routes[0].Shadow!.Running);
        Assert.Equal(2, shadow.Requests.Count);
    }

    [Fact]
    public async Task A_body_that_is_not_here_whole_is_not_copied()
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "own")));
        await using var shadow = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200)));
        await using var door = await OpenAsync(own, shadow, ", shadow: { upstream: other }, translate: none");
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
        await own.WaitForConnectionsAsync(1);
        await caller.SendAsync("0\r\n\r\n");
        Assert.Equal("own", (await caller.ReadResponseAsync("POST")).Text);
        Assert.Equal((1, 0), (Shadows(door, "skipped"), shadow.Requests.Count));
    }

    [Theory]
    [InlineData(", fallback: [{ upstream: other }]", 200, "other", "other")]
    [InlineData(", fallback: [{ status: 503, body: later }]", 503, "later", "(fixed)")]
    [InlineData(", fallback: [{ upstream: other, on: [connect] }]", 503, "edge_overloaded", null)]
    [InlineData("", 503, "edge_overloaded", null)]
    public async Task Who_finds_the_line_of_the_upstream_full_is_helped_by_a_fallback(
        string route, int status, string said, string? fallback)
    {
        await using var own = ScriptedUpstream.Start(AttemptDoor.Silence);
        await using var other = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200, "", "other")));
        await using var door = await OpenAsync(
            own, other, route, "overload: { concurrentMin: 1, concurrentMax: 1, queueMax: 1, queueTimeout: 50ms }");
        await using var first = await RawHttpClient.ConnectAsync(door.Endpoint);
        await first.SendAsync(AttemptDoor.Post(Chat));
        await own.WaitForRequestsAsync(1);
        var answer = await door.PostAsync(Chat);
        Assert.Equal(status, answer.Status);
        Assert.Contains(said, answer.Text);
        Assert.Single(own.Requests);
        if (fallback is not null)
        {
            Assert.Equal(1, door.Fallbacks(fallback, "edge_overloaded"));
        }
    }

    private static Task<AttemptDoor> OpenAsync(ScriptedUpstream own, ScriptedUpstream other, string route, string top = "") =>
        AttemptDoor.OpenAsync(
            $"  it: {{ dialect: openai, targets: [\"{own.Url}\"] }}\n" +
            $"  other: {{ dialect: openai, targets: [\"{other.Url}\"], credential: others }}", route, top);

    private static async Task CutAsync(ScriptedConnection connection)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    }

    private static async Task AskManyAsync(AttemptDoor door, int count)
    {
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        for (var i = 0; i < count; i++)
        {
            await caller.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, (await caller.ReadResponseAsync()).Status);
        }
    }

    private static async Task WaitAsync(AttemptDoor door, string outcome, long count)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(RawConnection.DeadlineDefault);
        while (Shadows(door, outcome) < count)
        {
            await Task.Delay(1, deadline.Token);
        }
    }

    private static long Shadows(AttemptDoor door, string outcome) =>
        door.Gateway.Metrics.Repeats.Shadows.Of("all", "other", outcome).Value;
}
