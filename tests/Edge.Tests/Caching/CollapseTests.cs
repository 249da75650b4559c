using System.Text;
using Edge.Tests.Bodies;
using Edge.Tests.Streams;
using Edge.Tests.Support;

namespace Edge.Tests.Caching;

/// <summary>Requests that ask the same at the same time, over real sockets.</summary>
public sealed class CollapseTests
{
    private const string Ann = "X-Api-Key: key-of-ann\r\n";
    private const string Stream = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private const string Plain = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private const string SseHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string JsonHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private const string Done = "data: [DONE]\n\n";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_identical_streams_at_once_are_one_call()
    {
        const int Callers = 1000;
        var goOn = new TaskCompletionSource();
        await using var door = await OpenAsync(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(SseHead + Wire.Chunk(EventOf(0)));
            await goOn.Task.WaitAsync(connection.Deadline);
            for (var i = 1; i < 50; i++)
            {
                await connection.SendAsync(Wire.Chunk(EventOf(i)));
            }

            await connection.SendAsync(Wire.Chunk(Done) + Wire.LastChunk);
        });
        var callers = Enumerable.Range(0, Callers).Select(_ => door.PostAsync(Stream, Ann)).ToArray();
        await JoinedAsync(door, Callers - 1);
        goOn.SetResult();
        var answers = await Task.WhenAll(callers);
        var expected = string.Concat(Enumerable.Range(0, 50).Select(EventOf)) + Done;
        Assert.All(answers, answer => Assert.Equal((200, expected), (answer.Status, answer.Text)));
        Assert.Equal(Callers - 1, answers.Count(answer => answer.Headers["Cache-Status"] == "edge; fwd=miss; collapsed"));
        var first = answers.Single(static answer => answer.Headers["X-Cache"] == "MISS");
        Assert.Equal("edge; fwd=miss; stored", first.Headers["Cache-Status"]);
        Assert.Single(door.Upstream.Requests);
        Assert.Equal("HIT", (await door.PostAsync(Stream, Ann)).Headers["X-Cache"]);
        Assert.Equal((0, 0), (door.Running.Gateway.Cache.Flights!.Count, door.Running.Gateway.Cache.Flights.Joined));
    }

    [Fact]
    public async Task Who_comes_late_gets_what_has_passed_and_then_each_event_as_it_comes()
    {
        var next = new SemaphoreSlim(0);
        await using var door = await OpenAsync(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(SseHead + Wire.Chunk(EventOf(0)) + Wire.Chunk(EventOf(1)));
            await next.WaitAsync(connection.Deadline);
            await connection.SendAsync(Wire.Chunk(EventOf(2)));
            await next.WaitAsync(connection.Deadline);
            await connection.SendAsync(Wire.Chunk(Done) + Wire.LastChunk);
        });
        await using var first = await AskAsync(door, Stream);
        var leads = await first.ReadHeadAsync("POST");
        await leads.Body.ReadUntilAsync(EventOf(1));
        await using var second = await AskAsync(door, Stream);
        var joins = await second.ReadHeadAsync("POST");
        Assert.Equal("edge; fwd=miss; collapsed", joins.Headers["Cache-Status"]);
        await joins.Body.ReadUntilAsync(EventOf(0) + EventOf(1));
        next.Release();
        await joins.Body.ReadUntilAsync(EventOf(2));
        await leads.Body.ReadUntilAsync(EventOf(2));
        next.Release();
        await joins.Body.ReadToEndAsync();
        await leads.Body.ReadToEndAsync();
        Assert.Equal((leads.Text, true), (joins.Text, joins.Body.IsComplete));
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_first_caller_may_leave_while_others_want_the_answer(bool hasBegun)
    {
        var goOn = new TaskCompletionSource();
        await using var door = await OpenAsync(async connection =>
        {
            await connection.ReadRequestAsync();
            if (hasBegun)
            {
                await connection.SendAsync(SseHead + Wire.Chunk(EventOf(0)));
            }

            await goOn.Task.WaitAsync(connection.Deadline);
            await connection.SendAsync(
                (hasBegun ? "" : SseHead + Wire.Chunk(EventOf(0))) + Wire.Chunk(EventOf(1)) + Wire.Chunk(Done) + Wire.LastChunk);
        });
        var first = await AskAsync(door, Stream);
        await door.Upstream.WaitForRequestsAsync(1);
        var second = door.PostAsync(Stream, Ann);
        await JoinedAsync(door, 1);
        await first.DisposeAsync();
        var third = door.PostAsync(Stream, Ann);
        await JoinedAsync(door, 2);
        goOn.SetResult();
        Assert.Equal(EventOf(0) + EventOf(1) + Done, (await second).Text);
        Assert.Equal(EventOf(0) + EventOf(1) + Done, (await third).Text);
        Assert.Equal("HIT", (await door.PostAsync(Stream, Ann)).Headers["X-Cache"]);
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_call_ends_when_the_last_of_its_callers_has_left(bool hasBegun)
    {
        var left = new TaskCompletionSource<ConnectionEnd>();
        await using var door = await OpenAsync(async connection =>
        {
            await connection.ReadRequestAsync();
            if (hasBegun)
            {
                await connection.SendAsync(SseHead + Wire.Chunk(EventOf(0)));
            }

            left.SetResult(await connection.WaitForEndAsync());
        });
        var first = await AskAsync(door, Stream);
        await door.Upstream.WaitForRequestsAsync(1);
        var second = await AskAsync(door, Stream);
        await JoinedAsync(door, 1);
        await first.DisposeAsync();
        Assert.False(left.Task.IsCompleted);
        await second.DisposeAsync();
        await left.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
        await EmptyAsync(door);
    }

    [Fact]
    public async Task Where_the_call_fails_another_of_those_who_wait_makes_one()
    {
        var fail = new TaskCompletionSource();
        await using var door = await OpenAsync(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await fail.Task.WaitAsync(connection.Deadline);
            },
            connection => AnswerAsync(connection, JsonHead + "Content-Length: 2\r\n\r\n{}"));
        var callers = Enumerable.Range(0, 10).Select(_ => door.PostAsync(Plain, Ann)).ToArray();
        await JoinedAsync(door, 9);
        fail.SetResult();
        var answers = await Task.WhenAll(callers);
        Assert.Equal((1, 9), (answers.Count(static a => a.Status == 502), answers.Count(static a => a.Status == 200)));
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("", 502, 3)]
    [InlineData("HTTP/1.1 503 No\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnone", 503, 3)]
    [InlineData("HTTP/1.1 429 No\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 429, 3)]
    [InlineData("HTTP/1.1 400 No\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnone", 400, 10)]
    [InlineData(JsonHead + "Cache-Control: no-store\r\nContent-Length: 4\r\n\r\nnone", 200, 10)]
    [InlineData(JsonHead + "Set-Nothing: 1\r\nVary: *\r\nContent-Length: 4\r\n\r\nnone", 200, 10)]
    public async Task Errors_reach_those_who_waited_after_few_calls_and_what_is_no_others_answer_reaches_nobody(
        string answer, int status, int calls)
    {
        var goOn = new TaskCompletionSource();
        await using var door = await OpenAsync(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await goOn.Task.WaitAsync(connection.Deadline);
                if (answer.Length == 0)
                {
                    return;
                }

                await connection.SendAsync(answer);
            }
        });
        var callers = Enumerable.Range(0, 10).Select(_ => door.PostAsync(Plain, Ann)).ToArray();
        await JoinedAsync(door, 9);
        goOn.SetResult();
        Assert.All(await Task.WhenAll(callers), one => Assert.Equal(status, one.Status));
        Assert.Equal(calls, door.Upstream.Requests.Count);
        Assert.Equal(status, (await door.PostAsync(Plain, Ann)).Status);
        Assert.Equal(calls + 1, door.Upstream.Requests.Count);
        await EmptyAsync(door);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_does_not_read_holds_back_nobody_else(bool isFirst)
    {
        const int Events = 400;
        var filler = "data: " + new string('x', 20_000) + "\n\n";
        var goOn = new TaskCompletionSource();
        await using var door = await OpenAsync("maxObject: 16MiB", async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(SseHead + Wire.Chunk(EventOf(0)));
            await goOn.Task.WaitAsync(connection.Deadline);
            for (var i = 0; i < Events; i++)
            {
                await connection.SendAsync(Wire.Chunk(filler));
            }

            await connection.SendAsync(Wire.Chunk(Done) + Wire.LastChunk);
        });
        await using var first = await AskAsync(door, Stream);
        await door.Upstream.WaitForRequestsAsync(1);
        await using var second = await AskAsync(door, Stream);
        await JoinedAsync(door, 1);
        goOn.SetResult();
        var expected = EventOf(0).Length + (Events * filler.Length) + Done.Length;
        foreach (var caller in isFirst ? new[] { second, first } : [first, second])
        {
            var answer = await caller.ReadResponseAsync("POST");
            Assert.Equal((true, expected), (answer.Body.IsComplete, answer.Body.Bytes.Length));
        }

        Assert.Single(door.Upstream.Requests);
    }

    [Fact]
    public async Task A_stream_that_becomes_too_long_to_be_kept_is_given_whole_to_those_who_have_joined()
    {
        var goOn = new TaskCompletionSource();
        await using var door = await OpenAsync("maxObject: 4KiB", async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(SseHead + Wire.Chunk(EventOf(0)));
            await goOn.Task.WaitAsync(connection.Deadline);
            for (var i = 1; i < 500; i++)
            {
                await connection.SendAsync(Wire.Chunk(EventOf(i)));
            }

            await connection.SendAsync(Wire.Chunk(Done) + Wire.LastChunk);
        });
        var callers = Enumerable.Range(0, 3).Select(_ => door.PostAsync(Stream, Ann)).ToArray();
        await JoinedAsync(door, 2);
        goOn.SetResult();
        var expected = string.Concat(Enumerable.Range(0, 500).Select(EventOf)) + Done;
        Assert.All(await Task.WhenAll(callers), answer => Assert.Equal(expected, answer.Text));
        Assert.Single(door.Upstream.Requests);
        await EmptyAsync(door);
    }

    [Fact]
    public async Task A_stream_that_is_cut_ends_with_an_error_for_all_and_is_not_kept()
    {
        var goOn = new TaskCompletionSource();
        await using var door = await OpenAsync(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(SseHead + Wire.Chunk(EventOf(0)));
            await goOn.Task.WaitAsync(connection.Deadline);
        });
        await using var first = await AskAsync(door, Stream);
        await door.Upstream.WaitForRequestsAsync(1);
        await using var second = await AskAsync(door, Stream);
        var answers = new[] { await first.ReadHeadAsync("POST"), await second.ReadHeadAsync("POST") };
        await answers[0].Body.ReadUntilAsync(EventOf(0));
        await answers[1].Body.ReadUntilAsync(EventOf(0));
        goOn.SetResult();
        foreach (var answer in answers)
        {
            await answer.Body.ReadToEndAsync();
            Assert.Contains("\"error\"", answer.Text, StringComparison.Ordinal);
            Assert.False(answer.Body.IsComplete);
        }

        Assert.Single(door.Upstream.Requests);
        await EmptyAsync(door);
    }

    [Theory]
    [InlineData("Content-Length: 4\r\n\r\n{", "}  ")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "3\r\n}  \r\n0\r\n\r\n")]
    public async Task An_answer_that_is_no_stream_is_shared_and_nobody_pays_for_it_but_who_asked_first(string begin, string end)
    {
        var goOn = new TaskCompletionSource();
        await using var door = await BodyDoor.OpenAsync(
            ", cache: { ttl: 1m }, metering: {}, limits: [{ name: t, per: consumer, tokens: 30000, window: 1h }]", usageLog: true,
            scripts: async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(JsonHead + begin);
                await goOn.Task.WaitAsync(connection.Deadline);
                await connection.SendAsync(end);
            });
        var callers = Enumerable.Range(0, 20).Select(_ => door.PostAsync(Plain, Ann)).ToArray();
        await JoinedAsync(door, 19);
        goOn.SetResult();
        Assert.All(await Task.WhenAll(callers), static answer => Assert.Equal((200, "{}  "), (answer.Status, answer.Text)));
        var lines = await door.UsageLinesAsync(20);
        Assert.Equal(19, lines.Count(static line => line["cache"]?.GetValue<string>() == "collapsed"));
        Assert.Equal(19, door.Running.Gateway.Cache.Counters["chat"].Collapsed.Value);
    }

    [Fact]
    public async Task Who_asks_after_a_purge_gets_no_answer_from_before_it()
    {
        var goOn = new TaskCompletionSource();
        await using var door = await OpenAsync(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await goOn.Task.WaitAsync(connection.Deadline);
                await connection.SendAsync(JsonHead + "Content-Length: 3\r\n\r\nold");
            },
            connection => AnswerAsync(connection, JsonHead + "Content-Length: 3\r\n\r\nnew"));
        var first = door.PostAsync(Plain, Ann);
        await door.Upstream.WaitForRequestsAsync(1);
        var second = door.PostAsync(Plain, Ann);
        await JoinedAsync(door, 1);
        door.Running.Gateway.Cache.Store!.PurgeAll();
        Assert.Equal("new", (await door.PostAsync(Plain, Ann)).Text);
        goOn.SetResult();
        Assert.Equal(("old", "old"), ((await first).Text, (await second).Text));
        Assert.Equal("new", (await door.PostAsync(Plain, Ann)).Text);
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    private static string EventOf(int number) => $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{number:d6}\"}}}}]}}\n\n";

    private static Task<BodyDoor> OpenAsync(params Func<ScriptedConnection, Task>[] scripts) => OpenAsync("ttl: 1m", scripts);

    private static Task<BodyDoor> OpenAsync(string keys, params Func<ScriptedConnection, Task>[] scripts) => BodyDoor.OpenAsync(
        $", cache: {{ {(keys.StartsWith("ttl", StringComparison.Ordinal) ? keys : "ttl: 1m, " + keys)} }}", scripts: scripts);

    private static async Task<RawHttpClient> AskAsync(BodyDoor door, string body)
    {
        var client = await RawHttpClient.ConnectAsync(door.Running.Endpoint);
        await client.SendAsync(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{Ann}"
            + $"Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}");
        return client;
    }

    private static async Task AnswerAsync(ScriptedConnection connection, string answer)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(answer);
        }
    }

    private static Task JoinedAsync(BodyDoor door, int count) =>
        UntilAsync(() => door.Running.Gateway.Cache.Flights!.Joined == count);

    /// <summary>Nothing is kept, and nothing recorded any more.</summary>
    private static Task EmptyAsync(BodyDoor door) => UntilAsync(() => door.Running.Gateway.Cache.Store!.UsedBytes == 0);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!isSo())
        {
            await Task.Delay(1, deadline.Token);
        }
    }
}
