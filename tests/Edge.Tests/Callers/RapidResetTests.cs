using System.Buffers.Binary;
using Edge.Core.Http;
using Edge.Pipeline;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>Streams that are reset soon after they were opened, on both sides of each limit.</summary>
public sealed class RapidResetTests
{
    [Theory]
    [InlineData(RapidResets.LeaveAfter - 1, 0, false)]
    [InlineData(RapidResets.LeaveAfter, 0, true)]
    [InlineData(RapidResets.LeaveAfter, RapidResets.LeaveAfter - 1, true)]
    [InlineData(RapidResets.LeaveAfter, RapidResets.LeaveAfter + 1, false)]
    public async Task A_caller_of_many_is_asked_to_leave_and_is_served_all_the_same(int resets, int served, bool isAsked)
    {
        await using var door = await OpenAsync();
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        var streams = new Streams(caller);
        for (; served > 0; served--)
        {
            Assert.Equal("data", await caller.ReadEndAsync(await streams.OpenAsync("/")));
        }

        // One that runs all the time: without any, the connection would end at once.
        await streams.OpenAsync("/wait");
        await ResetAsync(door, streams, resets);
        var (wasServed, wasAsked) = await ReadToEndAsync(caller, await streams.OpenAsync("/"));
        Assert.True(wasServed);
        Assert.Equal(isAsked, wasAsked);
    }

    [Fact]
    public async Task A_caller_that_goes_on_has_its_connection_ended()
    {
        await using var door = await OpenAsync();
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        var streams = new Streams(caller);
        await streams.OpenAsync("/wait");
        await ResetAsync(door, streams, RapidResets.LeaveAfter + RapidResets.EndAfter - 1);
        Assert.True((await ReadToEndAsync(caller, await streams.OpenAsync("/"))).WasServed);
        await streams.ResetAsync(await streams.OpenAsync("/wait"));
        Assert.False((await ReadToEndAsync(caller, 0)).WasServed);
        Assert.Equal(ConnectionEnd.Reset, caller.Connection.End);
    }

    [Fact]
    public async Task What_is_refused_in_between_makes_no_difference()
    {
        await using var door = await OpenAsync();
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        var streams = new Streams(caller);
        await streams.OpenAsync("/wait");
        for (var i = 0; i < RapidResets.LeaveAfter; i++)
        {
            Assert.Equal("data", await caller.ReadEndAsync(await streams.OpenAsync("/a%2f..%2fb")));
            Assert.Equal("data", await caller.ReadEndAsync(await streams.OpenAsync("/a%2f..%2fb")));
            await streams.ResetAsync(await streams.OpenAsync("/wait"));
        }

        await WaitForResetAsync(door, streams.Resets);
        Assert.True((await ReadToEndAsync(caller, await streams.OpenAsync("/"))).WasAsked);
    }

    // Until the stream ends, or the connection.
    private static async Task<(bool WasServed, bool WasAsked)> ReadToEndAsync(Http2Caller caller, int stream)
    {
        var wasAsked = false;
        while (await caller.ReadAsync() is { } frame)
        {
            if (frame.Type == Http2FrameType.GoAway)
            {
                Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(4)));
                wasAsked = true;
            }
            else if (frame.Stream == stream && (frame.Flags & Http2Caller.EndStream) != 0)
            {
                return (true, wasAsked);
            }
        }

        return (false, wasAsked);
    }

    // Few at a time, as no more than 250 may run at once.
    private static async Task ResetAsync(Door door, Streams streams, int count)
    {
        for (; count > 0; count--)
        {
            await streams.ResetAsync(await streams.OpenAsync("/wait"));
            if (count % 50 == 1)
            {
                await WaitForResetAsync(door, streams.Resets);
            }
        }
    }

    private static async Task WaitForResetAsync(Door door, long count)
    {
        while (door.Gateway.Gateway.Counters.Ended(Failure.CallerGone) < count)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private static Task<Door> OpenAsync() => Door.OpenAsync("h2c: true", scripts: async static connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            if (request.Target == "/wait")
            {
                await connection.ReadToEndAsync();
                return;
            }

            await connection.SendAsync(ScriptedUpstream.Ok("ok"));
        }
    });

    private sealed class Streams(Http2Caller caller)
    {
        private int _next = 1;

        public async Task<int> OpenAsync(string path)
        {
            var stream = _next;
            _next += 2;
            await caller.SendHeadersAsync(stream, Http2Caller.Request("GET", path));
            return stream;
        }

        public int Resets { get; private set; }

        public Task ResetAsync(int stream)
        {
            Resets++;
            return caller.SendAsync(Http2FrameType.Reset, 0, stream, new byte[4]);
        }
    }
}
