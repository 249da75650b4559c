using System.Text;
using Edge.Tests.Bodies;
using Edge.Tests.Support;

namespace Edge.Tests.Caching;

/// <summary>Kept answers in the form that they did not come in, and at a pace.</summary>
public sealed class ConversionTests
{
    private const string Ann = "X-Api-Key: key-of-ann\r\n";
    private const string Plain = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private const string Stream = "{\"stream\":true,\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private const string StreamWithUsage =
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
        + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private const string Answer =
        "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,"
        + "\"message\":{\"role\":"
        + "\"assistant\",\"content\":\"hello\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
        + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}";
    private const string Chunk =
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[";
    private const string Chunks =
        Chunk + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hel\"},\"finish_reason\":null}]}\n\n"
        + Chunk + "{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\n";
    private const string Usage =
        Chunk + "],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n";

    [Theory]
    [InlineData("", Stream, false)]
    [InlineData("", StreamWithUsage, true)]
    [InlineData(", metering: {}", Stream, false)]
    [InlineData(", metering: {}", StreamWithUsage, true)]
    public async Task A_whole_answer_answers_a_request_for_a_stream(string keys, string ask, bool hasUsage)
    {
        await using var door = await OpenAsync(Json(Answer), keys);
        Assert.Equal("MISS", (await door.PostAsync(Plain, Ann)).Headers["X-Cache"]);
        for (var i = 0; i < 2; i++)
        {
            var stream = await door.PostAsync(ask, Ann);
            Assert.Equal("HIT", stream.Headers["X-Cache"]);
            Assert.Equal("text/event-stream; charset=utf-8", stream.Headers["Content-Type"]);
            Assert.Contains("\"content\":\"hello\"", stream.Text, StringComparison.Ordinal);
            Assert.Equal(hasUsage, stream.Text.Contains("\"completion_tokens\":2", StringComparison.Ordinal));
            Assert.EndsWith("data: [DONE]\n\n", stream.Text, StringComparison.Ordinal);
        }

        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("", StreamWithUsage)]
    [InlineData(", metering: {}", Stream)]
    public async Task A_stream_that_tells_its_usage_answers_a_request_for_a_whole_answer(string keys, string ask)
    {
        await using var door = await OpenAsync(Sse(Chunks + Usage + "data: [DONE]\n\n"), keys);
        Assert.Equal("MISS", (await door.PostAsync(ask, Ann)).Headers["X-Cache"]);
        var whole = await door.PostAsync(Plain, Ann);
        Assert.Equal(("HIT", "application/json"), (whole.Headers["X-Cache"], whole.Headers["Content-Type"]));
        Assert.Equal(Answer, whole.Text);
        Assert.Equal("HIT", (await door.PostAsync(Plain.Insert(1, "\"stream\":false,"), Ann)).Headers["X-Cache"]);
        Assert.Single(door.Upstream.Requests);
    }

    [Theory]
    [InlineData("convert: true", Chunks, Stream, Plain)]
    [InlineData("convert: true", Chunks + Usage, Stream, Plain)]
    [InlineData("convert: true", Chunks, StreamWithUsage, Plain)]
    [InlineData("convert: false", Chunks + Usage, StreamWithUsage, Plain)]
    public async Task What_cannot_be_converted_or_is_not_to_be_is_a_miss(string keys, string events, string first, string second)
    {
        await using var door = await OpenAsync(Sse(events + "data: [DONE]\n\n"), "", keys);
        await door.PostAsync(first, Ann);
        Assert.Equal("MISS", (await door.PostAsync(second, Ann)).Headers["X-Cache"]);
        Assert.Equal(2, door.Upstream.Requests.Count);
    }

    [Fact]
    public async Task Nobody_else_gets_what_is_made_of_an_answer()
    {
        await using var door = await OpenAsync(Json(Answer), "");
        await door.PostAsync(Plain, Ann);
        Assert.Equal("MISS", (await door.PostAsync(Stream, "X-Api-Key: key-of-bob\r\n")).Headers["X-Cache"]);
        var other = Stream.Replace("hi", "ho", StringComparison.Ordinal);
        Assert.Equal("MISS", (await door.PostAsync(other, Ann)).Headers["X-Cache"]);
    }

    [Fact]
    public async Task A_paced_stream_comes_event_by_event_and_is_the_same()
    {
        await using var door = await OpenAsync(Sse(Chunks + "data: [DONE]\n\n"), "", "replayEvery: 40ms");
        var first = await door.PostAsync(Stream, Ann);
        var began = System.Diagnostics.Stopwatch.StartNew();
        var second = await door.PostAsync(Stream, Ann);
        Assert.Equal(("HIT", first.Text), (second.Headers["X-Cache"], second.Text));

        // Three events have two pauses between them.
        Assert.True(began.Elapsed >= TimeSpan.FromMilliseconds(75));
    }

    private static Task<BodyDoor> OpenAsync(Func<ScriptedConnection, Task> script, string keys, string cache = "convert: true") =>
        BodyDoor.OpenAsync(", cache: { ttl: 1m, " + cache + " }" + keys, scripts: [script]);

    private static Func<ScriptedConnection, Task> Json(string body) =>
        connection => AnswerAsync(connection, "application/json", body);

    private static Func<ScriptedConnection, Task> Sse(string events) =>
        connection => AnswerAsync(connection, "text/event-stream", events);

    private static async Task AnswerAsync(ScriptedConnection connection, string type, string body)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        }
    }
}
