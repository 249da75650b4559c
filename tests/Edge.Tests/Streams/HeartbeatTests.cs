using Edge.Tests.Support;
using Edge.Tests.Upstream;

namespace Edge.Tests.Streams;

public sealed class HeartbeatTests
{
    private const string Beat = ": heartbeat\n\n";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(CallerKind.Http1)]
    [InlineData(CallerKind.H2c)]
    public async Task A_quiet_stream_gets_a_comment_each_time_the_interval_has_passed(CallerKind kind)
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.ChunkedHead);
            await connection.StallAsync(goOn.Task);
            await connection.SendAsync(Wire.Chunk("data: 1\n\n") + Wire.LastChunk);
        });
        var time = new ManualTime();
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, route: ", heartbeat: 15s", time: time);
        using var caller = new StreamCaller(gateway, kind);
        await caller.AskAsync();
        for (var beats = 1; beats <= 3; beats++)
        {
            await time.TimerAsync(Every);
            time.Advance(Every);
            await caller.ReadUntilAsync(beats * Beat.Length);
        }

        goOn.SetResult();
        await caller.ReadToEndAsync();
        Assert.Equal(Beat + Beat + Beat + "data: 1\n\n", caller.Text);
    }

    [Fact]
    public async Task A_heartbeat_never_comes_within_an_event()
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.ChunkedHead + Wire.Chunk("data: 1\n"));
            await connection.StallAsync(goOn.Task);
            await connection.SendAsync(Wire.Chunk("data: 2\n\n") + Wire.LastChunk);
        });
        var time = new ManualTime();
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, route: ", heartbeat: 15s", time: time);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        await time.TimerAsync(Every);
        time.Advance(Every);
        await caller.ReadUntilAsync(Beat.Length);
        goOn.SetResult();
        await caller.ReadToEndAsync();
        Assert.Equal(Beat + "data: 1\ndata: 2\n\n", caller.Text);
    }

    [Fact]
    public async Task While_a_long_event_passes_in_parts_there_is_no_heartbeat()
    {
        var part = "data: " + new string('x', 100_000);
        var goOn = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.ChunkedHead + Wire.Chunk(part));
            await connection.StallAsync(goOn.Task);
            await connection.SendAsync(Wire.Chunk("y\n\n") + Wire.LastChunk);
        });
        var time = new ManualTime();
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, route: ", heartbeat: 15s", time: time);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        await caller.ReadUntilAsync(60_000);
        await time.TimerAsync(Every);
        time.Advance(Every);
        await time.TimerAsync(Every);
        goOn.SetResult();
        await caller.ReadToEndAsync();
        Assert.Equal(part + "y\n\n", caller.Text);
    }

    [Theory]
    [InlineData(", heartbeat: none", "Transfer-Encoding: chunked")]
    [InlineData("", "Transfer-Encoding: chunked")]
    [InlineData(", heartbeat: 15s", "Content-Length: 9")]
    public async Task Without_the_wish_or_the_room_there_is_none(string route, string framing)
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{framing}\r\n\r\n");
            await connection.StallAsync(goOn.Task);
            var chunked = framing.StartsWith('T');
            await connection.SendAsync(chunked ? Wire.Chunk("data: 1\n\n") + Wire.LastChunk : "data: 1\n\n");
        });
        var time = new ManualTime();
        await using var gateway = await StreamGateway.StartAsync(upstream.Url, route: route, time: time);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        time.Advance(Every + Every);
        goOn.SetResult();
        await caller.ReadToEndAsync();
        Assert.Null(caller.Break);
        Assert.Equal("data: 1\n\n", caller.Text);
    }

    [Fact]
    public async Task The_upstreams_silence_has_its_end_though_the_caller_gets_heartbeats()
    {
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Wire.ChunkedHead);
            await connection.WaitForEndAsync();
        });
        var time = new ManualTime();
        await using var gateway = await StreamGateway.StartAsync(
            upstream.Url, "openai", "{ idle: 40s }", ", heartbeat: 15s", time);
        using var caller = new StreamCaller(gateway, CallerKind.Http1);
        await caller.AskAsync();
        for (var beats = 1; beats <= 2; beats++)
        {
            await time.TimerAsync(Every);
            time.Advance(Every);
            await caller.ReadUntilAsync(beats * Beat.Length);
        }

        await time.TimerAsync(Every);
        time.Advance(TimeSpan.FromSeconds(11));
        await caller.ReadToEndAsync();
        Assert.StartsWith(Beat + Beat + "data: {\"error\":", caller.Text, StringComparison.Ordinal);
        Assert.NotNull(caller.Break);
    }
}
