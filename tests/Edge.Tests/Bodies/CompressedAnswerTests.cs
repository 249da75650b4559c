using System.IO.Compression;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Bodies;

/// <summary>Answers of providers that compress though they were asked not to, over real sockets.</summary>
public sealed class CompressedAnswerTests
{
    private const string Metering = ", metering: { usageHeader: true }";
    private const string Plain = "{\"model\":\"m\",\"max_tokens\":70,"
        + "\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]}";
    private const string Stream = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]}";
    private const string Answer = "{\"choices\":[{\"message\":{\"content\":\"hello\"}}],"
        + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,\"total_tokens\":21}}";

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-GZIP")]
    [InlineData("br")]
    public async Task Its_usage_is_read_from_a_copy_and_the_caller_gets_it_as_it_came(string coding)
    {
        var coded = Encode(coding, Answer);
        await using var door = await OpenAsync(Metering, Whole(coding, coded));
        var answer = await door.PostAsync(Plain, "Accept-Encoding: gzip, br\r\n");
        Assert.Equal(coded, answer.Body.Bytes);
        Assert.Equal(coding, answer.Headers["Content-Encoding"]);
        Assert.Equal("input=9, output=12, exact", answer.Headers["X-Edge-Usage"]);
        Assert.Equal("identity", door.Upstream.Requests[0].Headers["Accept-Encoding"]);
        var line = await door.UsageAsync();
        Assert.Equal((9, 12, true), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_stream_is_read_too_and_counted_as_far_as_it_came_where_it_breaks(string coding)
    {
        const string chunk = "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n";
        const string usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}\n\n";
        foreach (var isWhole in new[] { true, false })
        {
            var coded = Encode(coding, isWhole ? chunk + chunk + usage + "data: [DONE]\n\n" : chunk + chunk);
            await using var door = await OpenAsync(Metering, connection => SendStreamAsync(connection, coding, coded, isWhole));
            var answer = await door.PostAsync(Stream);
            Assert.Equal(coded, answer.Body.Bytes);
            Assert.Equal(isWhole, answer.Body.IsComplete);
            var line = await door.UsageAsync();
            Assert.Equal(
                isWhole ? (9, 12, true) : (2, 4, false),
                ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
        }
    }

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("br", false)]
    [InlineData("zstd", false)]
    [InlineData("gzip, br", false)]
    [InlineData("gzip", true)]
    public async Task What_cannot_be_read_counts_as_what_was_allowed_for(string coding, bool isBomb)
    {
        var coded = isBomb ? Encode(coding, new string(' ', 8 * 1024 * 1024) + Answer) : "no such thing, but text"u8.ToArray();
        await using var door = await OpenAsync(", metering: {}", Whole(coding, coded));
        Assert.Equal(coded, (await door.PostAsync(Plain)).Body.Bytes);
        var line = await door.UsageAsync();
        Assert.Equal((2, 70, false), ((int)line["inputTokens"]!, (int)line["outputTokens"]!, (bool)line["exact"]!));
    }

    [Theory]
    [InlineData("gzip, br", "identity")]
    [InlineData("gzip, identity;q=0", "gzip, identity;q=0")]
    [InlineData("*;q=0, br;q=1", "*;q=0, br;q=1")]
    [InlineData(null, "identity")]
    public async Task The_provider_is_asked_not_to_compress_unless_the_caller_takes_nothing_else(string? asked, string sent)
    {
        await using var door = await OpenAsync(", metering: {}", Whole("gzip", Encode("gzip", Answer)));
        await door.PostAsync(Plain, asked is null ? "" : $"Accept-Encoding: {asked}\r\n");
        Assert.Equal(sent, door.Upstream.Requests[0].Headers["Accept-Encoding"]);
        Assert.True((bool)(await door.UsageAsync())["exact"]!);
    }

    [Fact]
    public async Task A_compressed_stream_that_is_too_long_is_broken_off()
    {
        var chunks = string.Concat(Enumerable.Range(0, 30).Select(static i =>
            $"data: {{\"delta\":{{\"content\":\"{i:0000}\"}}}}\n\n"));
        await using var door = await OpenAsync(
            ", metering: { answerTokensMax: 10 }",
            connection => SendStreamAsync(connection, "gzip", Encode("gzip", chunks), isWhole: true));
        Assert.False((await door.PostAsync(Stream)).Body.IsComplete);
        Assert.Equal("upstream_answer_too_long", (string)(await door.UsageAsync())["failure"]!);
    }

    private static async Task SendStreamAsync(ScriptedConnection connection, string coding, byte[] coded, bool isWhole)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(
            $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: {coding}\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n");
        foreach (var piece in coded.Chunk(20))
        {
            await connection.SendAsync($"{piece.Length:x}\r\n");
            await connection.SendAsync(piece);
            await connection.SendAsync("\r\n");
        }

        await connection.SendAsync(isWhole ? "0\r\n\r\n" : "xyz");
    }

    private static Func<ScriptedConnection, Task> Whole(string coding, byte[] coded) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {coding}\r\n"
            + $"Content-Length: {coded.Length}\r\n\r\n");
        await connection.SendAsync(coded);
    };

    private static Task<BodyDoor> OpenAsync(string route, Func<ScriptedConnection, Task> script) =>
        BodyDoor.OpenAsync(route, usageLog: true, scripts: script);

    private static byte[] Encode(string coding, string text)
    {
        using var target = new MemoryStream();
        using (Stream stream = coding == "br"
            ? new BrotliStream(target, CompressionLevel.Optimal) : new GZipStream(target, CompressionLevel.Optimal))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return target.ToArray();
    }
}
