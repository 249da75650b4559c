using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Edge.Tests.Support;

namespace Edge.Tests.Attempts;

/// <summary>What is sent to the same upstream again: after what, how often, and what never is.</summary>
public sealed class RetryTests
{
    private const string Fast = ", backoff: { base: 1ms, max: 2ms }";

    [Theory]
    [InlineData("on: [\"5xx\"]", 503)]
    [InlineData("on: [\"529\"]", 529)]
    [InlineData("on: [\"429\"]", 429)]
    [InlineData("on: [\"4xx\"]", 408)]
    [InlineData("attempts: 2", 500)]
    public async Task An_answer_of_a_status_that_is_listed_is_followed_by_another(string retries, int status)
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(status, "", "busy"), AttemptDoor.Status(200, "", "fine")));
        await using var door = await AttemptDoor.OpenAsync(upstream, retries + Fast);
        var answer = await door.PostAsync("{\"a\":1}");
        Assert.Equal((200, "fine", "2"), (answer.Status, answer.Text, answer.Headers["X-Edge-Attempts"]));
        Assert.Equal(["{\"a\":1}", "{\"a\":1}"], upstream.Requests.Select(static r => r.Text));

        // The first answer was read to its end, so its connection served the second.
        Assert.Equal(1, upstream.Connections);
        Assert.Equal(1, door.Retries($"{status}"));
        var line = Assert.Single(await door.AccessAsync());
        Assert.Equal((2, 200, null), ((int)line["attempts"]!, (int)line["status"]!, (string?)line["fallback"]));
    }

    [Theory]
    [InlineData("on: [\"503\"]", 502)]
    [InlineData("on: [\"5xx\", connect]", 429)]
    [InlineData("on: [connect, timeout, reset]", 503)]
    [InlineData("attempts: 1", 503)]
    [InlineData("budget: 0%, budgetMin: 0", 503)]
    public async Task Other_answers_go_to_the_caller_as_they_came(string retries, int status)
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(status, "X-Own: 1\r\n", "busy")));
        await using var door = await AttemptDoor.OpenAsync(upstream, retries + Fast);
        var answer = await door.PostAsync();
        Assert.Equal((status, "busy", "1"), (answer.Status, answer.Text, answer.Headers["X-Own"]));
        Assert.Null(answer.Headers["X-Edge-Attempts"]);
        Assert.Single(upstream.Requests);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Attempts_are_bounded_and_the_last_answer_is_the_callers(int attempts)
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Answers(
            AttemptDoor.Status(503, "X-N: 1\r\n"), AttemptDoor.Status(503, "X-N: 2\r\n"), AttemptDoor.Status(503, "X-N: 3\r\n"),
            AttemptDoor.Status(503, "X-N: 4\r\n"), AttemptDoor.Status(503, "X-N: 5\r\n")));
        await using var door = await AttemptDoor.OpenAsync(upstream, $"attempts: {attempts}{Fast}");
        var answer = await door.PostAsync();
        Assert.Equal((503, $"{attempts}"), (answer.Status, answer.Headers["X-N"]));
        Assert.Equal(attempts, upstream.Requests.Count);
        Assert.Equal(attempts > 1 ? $"{attempts}" : null, answer.Headers["X-Edge-Attempts"]);
    }

    [Fact]
    public async Task An_upstream_that_dies_between_attempts_leaves_its_last_answer_to_the_caller()
    {
        ScriptedUpstream? upstream = null;
        upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            upstream!.StopListening();
            await connection.SendAsync(
                "HTTP/1.1 503 X\r\nX-Own: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nbusy\r\n0\r\n\r\n");
        });
        await using var door = await AttemptDoor.OpenAsync(upstream, "on: [connect, \"503\"]" + Fast);
        var answer = await door.PostAsync();
        Assert.Equal((503, "busy", "1", "3"),
            (answer.Status, answer.Text, answer.Headers["X-Own"], answer.Headers["X-Edge-Attempts"]));
        Assert.Equal(1, door.Retries("upstream_connection_refused"));
        await upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_is_refused_is_tried_again()
    {
        // A port that nobody listens on until the gateway has been there.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var door = await AttemptDoor.OpenAsync(
            $"  it: {{ dialect: openai, targets: [\"http://{listener.LocalEndPoint}\"], " +
            "retries: { attempts: 10, on: [connect], backoff: { base: 100ms, max: 5s } } }");
        var asking = door.PostAsync();
        await Deadline.UntilAsync(() => door.Retries("upstream_connection_refused") >= 2);

        // There are seconds until the last attempt: else one that found nobody could be the last before this is reached.
        listener.Listen();
        using var deadline = Deadline.Begin();
        using var accepted = await listener.AcceptAsync(deadline.Token);
        await accepted.ReceiveAsync(new byte[4096], deadline.Token);
        await accepted.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), deadline.Token);
        var answer = await asking;
        Assert.Equal(200, answer.Status);
        Assert.InRange(int.Parse(answer.Headers["X-Edge-Attempts"]!, null), 3, 10);
    }

    [Theory]
    [InlineData("GET", "openai", "on: [timeout]", 200)]
    [InlineData("POST", "openai", "on: [timeout]", 504)]
    [InlineData("POST", "openai", "on: [timeout], nonIdempotent: true", 200)]
    [InlineData("GET", "openai", "on: [reset, \"5xx\"]", 504)]
    [InlineData("GET", "http", "on: [timeout]", 200)]
    public async Task A_request_that_is_not_answered_in_time_is_repeated_where_that_does_no_harm(
        string method, string dialect, string retries, int status)
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Silence, AttemptDoor.Answers(AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(upstream, retries + Fast, ", timeouts: { firstByte: 100ms }", dialect);
        var answer = method == "GET" ? await door.GetAsync() : await door.PostAsync();
        Assert.Equal((status, status == 200 ? 2 : 1), (answer.Status, upstream.Requests.Count));
        Assert.Equal(status == 200 ? 1 : 0, door.Retries("upstream_first_byte_timeout"));
    }

    [Theory]
    [InlineData("GET", "openai", "on: [reset]", 200)]
    [InlineData("POST", "openai", "on: [reset]", 502)]
    [InlineData("POST", "openai", "on: [reset], nonIdempotent: true", 200)]
    [InlineData("GET", "openai", "on: [timeout, \"5xx\"]", 502)]
    [InlineData("POST", "http", "on: [reset]", 502)]
    public async Task A_connection_that_ends_before_an_answer_is_followed_by_another_where_that_does_no_harm(
        string method, string dialect, string retries, int status)
    {
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Hangup, AttemptDoor.Answers(AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(upstream, retries + Fast, "", dialect);
        var answer = method == "GET" ? await door.GetAsync() : await door.PostAsync();
        Assert.Equal((status, status == 200 ? 2 : 1), (answer.Status, upstream.Requests.Count));
    }

    [Theory]
    [InlineData("on: [\"5xx\"]", 503)]
    [InlineData("on: [\"5xx\"], nonIdempotent: true", 200)]
    public async Task What_a_service_that_is_no_LLM_was_asked_to_do_is_not_asked_twice(string retries, int status)
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(503), AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(upstream, retries + Fast, "", "http");
        Assert.Equal(status, (await door.PostAsync()).Status);
        Assert.Equal(status == 200 ? 2 : 1, upstream.Requests.Count);
    }

    [Theory]
    [InlineData("retry-after-ms: 100\r\n", 200, 100)]
    [InlineData("retry-after-ms: 101\r\n", 429, 0)]
    [InlineData("Retry-After: 0\r\n", 200, 0)]
    [InlineData("Retry-After: 1\r\n", 429, 0)]
    [InlineData("Retry-After: 3600\r\nretry-after-ms: 80\r\n", 200, 80)]
    public async Task What_a_provider_asks_for_is_waited_for_up_to_a_bound(string header, int status, int leastMs)
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(429, header, "wait"), AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(upstream, "retryAfterMax: 100ms" + Fast);
        var began = Stopwatch.GetTimestamp();
        var answer = await door.PostAsync();
        Assert.Equal((status, status == 200 ? 2 : 1), (answer.Status, upstream.Requests.Count));
        Assert.Equal(status == 200 ? 0 : 1, door.Denied("retry_after"));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, leastMs, 20_000);
    }

    [Fact]
    public async Task A_wait_that_does_not_fit_into_the_deadline_is_not_begun()
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(429, "retry-after-ms: 9000\r\n", "wait")));
        await using var door = await AttemptDoor.OpenAsync(upstream, "attempts: 10" + Fast, ", timeouts: { total: 8s }");
        var began = Stopwatch.GetTimestamp();
        var answer = await door.PostAsync();
        Assert.Equal((429, "wait", "9000"), (answer.Status, answer.Text, answer.Headers["retry-after-ms"]));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 7);
        Assert.Equal((1, 1L), (upstream.Requests.Count, door.Denied("deadline")));
    }

    [Fact]
    public async Task All_attempts_together_have_one_deadline()
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(503, "retry-after-ms: 200\r\n", "busy")));
        await using var door = await AttemptDoor.OpenAsync(upstream, "attempts: 10" + Fast, ", timeouts: { total: 500ms }");
        var answer = await door.PostAsync();
        Assert.Equal((503, "busy"), (answer.Status, answer.Text));
        Assert.InRange(upstream.Requests.Count, 2, 3);
        Assert.Equal(1, door.Denied("deadline"));
    }

    [Fact]
    public async Task Another_target_is_asked_before_the_same_one_and_without_the_wait()
    {
        await using var busy = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(429, "Retry-After: 9\r\n")));
        await using var free = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(
            $"  it: {{ dialect: openai, targets: [{busy.Url}, {free.Url}], retries: {{ attempts: 2{Fast} }} }}");
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(200, (await door.PostAsync()).Status);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 8);
        Assert.Equal(6, free.Requests.Count);
    }

    [Fact]
    public async Task A_storm_of_failures_is_not_doubled()
    {
        const int Requests = 60;
        await using var upstream = ScriptedUpstream.Start(AttemptDoor.Answers(AttemptDoor.Status(503, "", "busy")));
        await using var door = await AttemptDoor.OpenAsync(upstream, "attempts: 10, budget: 50%, budgetMin: 0" + Fast);
        var asked = Enumerable.Range(0, Requests).Select(_ => door.PostAsync());
        Assert.All(await Task.WhenAll(asked), static answer => Assert.Equal((503, "busy"), (answer.Status, answer.Text)));
        Assert.InRange(upstream.Requests.Count, Requests, Requests + (Requests / 2));
        Assert.Equal(upstream.Requests.Count - Requests, door.Retries("503"));
        Assert.NotEqual(0, door.Denied("budget"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_who_leaves_while_it_waits_has_nothing_more_sent(bool http2)
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(429, "retry-after-ms: 2500\r\n"), AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(upstream, "attempts: 3");
        var began = Stopwatch.GetTimestamp();
        using (var leaves = new CancellationTokenSource())
        {
            var asking = AskUntilAsync(door, http2, leaves.Token);
            await upstream.WaitForRequestsAsync(1);
            await leaves.CancelAsync();
            await asking;
        }

        await door.WaitUntilIdleAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 0, 2400);
        Assert.Single(upstream.Requests);
        var line = Assert.Single(await door.AccessAsync());
        Assert.Equal((499, "caller_gone"), ((int)line["status"]!, (string?)line["failure"]));
    }

    [Fact]
    public async Task A_request_that_waits_is_served_while_the_gateway_drains()
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(429, "retry-after-ms: 400\r\n"), AttemptDoor.Status(200, "", "fine")));
        await using var door = await AttemptDoor.OpenAsync(upstream, "attempts: 3");
        var asking = door.PostAsync();
        await upstream.WaitForRequestsAsync(1);
        var drained = await door.Gateway.DrainAsync();
        Assert.Equal((true, 200, "fine"), (drained, (await asking).Status, (await asking).Text));
    }

    [Theory]
    [InlineData(1000, false)]
    [InlineData(200_000, false)]
    [InlineData(1024 * 1024, false)]
    [InlineData(1024 * 1024 + 1, true)]
    public async Task A_body_that_comes_late_is_taken_whole_so_that_it_can_be_sent_again(int bytes, bool isTooLong)
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(503, "", "busy"), AttemptDoor.Status(200, "", "fine")));
        await using var door = await AttemptDoor.OpenAsync(upstream, "on: [\"503\"]" + Fast);
        var body = new string('x', bytes);
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        var request = AttemptDoor.Post(body);
        await caller.SendAsync(request[..^bytes]);
        await caller.WaitUntilReceivedAsync();
        await caller.SendAsync(body);
        var answer = await caller.ReadResponseAsync("POST");
        Assert.Equal(isTooLong ? (503, "busy", 1) : (200, "fine", 2), (answer.Status, answer.Text, upstream.Requests.Count));
        Assert.All(upstream.Requests, request => Assert.Equal(body, request.Text));
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_sent_as_it_comes_and_once()
    {
        await using var upstream = ScriptedUpstream.Start(
            AttemptDoor.Answers(AttemptDoor.Status(503, "", "busy"), AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(upstream, "on: [\"503\"]" + Fast);
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        await caller.WaitUntilReceivedAsync();
        await caller.SendAsync("2\r\n{}\r\n0\r\n\r\n");
        var answer = await caller.ReadResponseAsync("POST");
        Assert.Equal((503, "busy", "{}"), (answer.Status, answer.Text, Assert.Single(upstream.Requests).Text));
    }

    [Theory]
    [InlineData("Content-Length: 65536\r\n", 65536, 1)]
    [InlineData("Content-Length: 200000\r\n", 200_000, 2)]
    [InlineData("Content-Length: 10\r\n", 5, 2)]
    public async Task An_answer_that_is_too_long_or_never_ends_costs_its_connection_and_nothing_else(
        string framing, int bytes, int connections)
    {
        await using var upstream = ScriptedUpstream.Start(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync($"HTTP/1.1 503 X\r\n{framing}\r\n{new string('x', bytes)}");
                if (await connection.ReadRequestAsync() is not null)
                {
                    await connection.SendAsync(AttemptDoor.Status(200));
                }
            },
            AttemptDoor.Answers(AttemptDoor.Status(200)));
        await using var door = await AttemptDoor.OpenAsync(upstream, "on: [\"503\"]" + Fast);
        Assert.Equal(200, (await door.PostAsync()).Status);
        Assert.Equal(connections, upstream.Connections);
    }

    [Fact]
    public async Task A_HEAD_that_fails_keeps_its_length()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync("HTTP/1.1 503 X\r\nContent-Length: 7\r\n\r\n");
            }
        });
        await using var door = await AttemptDoor.OpenAsync(upstream, "attempts: 2" + Fast);
        await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
        await caller.SendAsync("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        var answer = await caller.ReadResponseAsync("HEAD");
        Assert.Equal((503, 2), (answer.Status, upstream.Requests.Count));
        Assert.Equal("7", answer.Headers["Content-Length"]);
    }

    [Fact]
    public async Task What_breaks_after_the_answer_has_begun_stays_broken()
    {
        await using var upstream = ScriptedUpstream.Start(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        });
        await using var door = await AttemptDoor.OpenAsync(
            upstream, "on: [connect, timeout, reset, \"4xx\", \"5xx\"], nonIdempotent: true" + Fast);
        var answer = await door.PostAsync();
        Assert.True(answer.Status == 200 && answer.Body.IsBroken);
        Assert.Single(upstream.Requests);
    }

    private static async Task AskUntilAsync(AttemptDoor door, bool http2, CancellationToken leaves)
    {
        if (!http2)
        {
            await using var caller = await RawHttpClient.ConnectAsync(door.Endpoint);
            await caller.SendAsync(AttemptDoor.Post());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, leaves));
            return;
        }

        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var body = new StringContent("{}");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.PostAsync(new Uri($"http://{door.Http2Endpoint}/v1/chat/completions"), body, leaves));
    }
}
