using System.Security.Cryptography;
using System.Text;
using Edge.Pipeline;
using Edge.Tests.Support;
using Edge.Transport;

namespace Edge.Tests.Streams;

public sealed class StreamBytesTests
{
    // Each char is a byte; the third begins with a byte order mark.
    public static TheoryData<string> Streams => new()
    {
        "data: one\n\ndata: two\n\n",
        "data: one\r\n\r\ndata: two\r\n\r\n",
        "\u00EF\u00BB\u00BFdata: one\rdata: more\r\rdata: two\r\r",
        ": ping\n\nevent: message\nid: 7\nretry: 10\ndata: one\ndata: two\n\n: pong\n",
        "data: one\r\r\n\n\r\ndata\n: inside\r\n\r\n\n\n",
        "data: without an end",
        "data: gr\u00C3\u00BC\u00C3\u009Fe\n\ndata: \u0000\u00FF\n\n",
        "\n\n\n",
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stream_of_single_bytes_comes_through_as_it_is(string stream)
    {
        var bytes = Encoding.Latin1.GetBytes(stream);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.CloseHead);
            await connection.SendCutAsync(bytes, [.. Enumerable.Range(1, bytes.Length - 1)]);
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.Null(caller.Break);
        Assert.Equal(bytes, caller.Received);
    }

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.H2c)]
    public async Task A_chunked_stream_may_be_cut_anywhere(CallerKind kind)
    {
        const string one = "event: a\r\ndata: 1\r\n\r\n";
        const string two = ": c\ndata: 2\ndata: 3\n\n";
        var wire = Encoding.Latin1.GetBytes(Wire.ChunkedHead + Wire.Chunk(one) + Wire.Chunk(two) + Wire.LastChunk);
        var cut = Wire.ChunkedHead.Length;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendCutAsync(wire, cut);
            }
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        for (; cut < wire.Length; cut++)
        {
            using var caller = new StreamCaller(gateway, kind);
            await caller.AskAsync();
            await caller.ReadToEndAsync();
            Assert.Equal(one + two, caller.Text);
        }

        // One for each loop that callers come to.
        Assert.InRange(upstream.Connections, 1, EventLoops.All.Length);
    }

    [Theory]
    [InlineData(EventStream.HeldBytesMax)]
    [InlineData(EventStream.HeldBytesMax + 1)]
    [InlineData(5 * EventStream.HeldBytesMax)]
    public async Task An_event_longer_than_what_is_held_back_comes_through_as_it_is(int length)
    {
        var stream = "data: " + new string('x', length - 6) + "\n\ndata: [DONE]\n\n";
        await using var upstream = ScriptedUpstream.Start(ScriptedUpstream.Answer(
            Wire.ChunkedHead + Wire.Chunk(stream) + Wire.LastChunk));
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        await caller.ReadToEndAsync();
        Assert.Equal(stream, caller.Text);
    }

    [Fact]
    public async Task A_compressed_event_stream_is_bytes_like_any_other()
    {
        var bytes = RandomNumberGenerator.GetBytes(5000);
        var first = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                Wire.CloseHead.Replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n", StringComparison.Ordinal));
            await connection.SendAsync(bytes.AsMemory(0, 100));
            await connection.StallAsync(first.Task);
            await connection.SendAsync(bytes.AsMemory(100));
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        var response = await caller.AskAsync();
        await caller.ReadUntilAsync(100);
        first.SetResult();
        await caller.ReadToEndAsync();
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        Assert.Equal(bytes, caller.Received);
    }

    [Fact]
    public async Task A_source_that_never_pauses_is_slowed_to_what_the_caller_takes()
    {
        const int total = 64 * 1024 * 1024;
        var piece = new byte[256 * 1024];
        var sent = 0L;
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n");
            while (Interlocked.Add(ref sent, piece.Length) <= total)
            {
                await connection.SendAsync(piece);
            }
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        await caller.ReadUntilAsync(1);
        Assert.InRange(Interlocked.Read(ref sent), 1, total / 2);
        await caller.ReadUntilAsync(total);
    }
}
