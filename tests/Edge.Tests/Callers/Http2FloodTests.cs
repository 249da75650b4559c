using System.Buffers.Binary;
using System.Diagnostics;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>
/// Floods of frames (CVE-2023-44487, CVE-2024-27983 and their like), bounded in number and time: the connection that floods is
/// ended, others are served meanwhile, and nothing is left behind.
/// </summary>
public sealed class Http2FloodTests
{
    private const int FramesMax = 200_000;
    private const int FramesAtOnce = 500;
    private const int StreamsMax = 250;
    private const byte Whole = Http2Caller.EndHeaders | Http2Caller.EndStream;

    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Streams_reset_as_soon_as_they_are_opened_end_their_connection()
    {
        await using var door = await OpenAsync("h2c: true");
        var stream = -1;
        var end = await FloodAsync(door, flood =>
        {
            stream += 2;
            flood.Write(Http2Caller.Frame(Http2FrameType.Headers, Whole, stream, Http2Caller.Request("GET", "/flood")));
            flood.Write(Http2Caller.Frame(Http2FrameType.Reset, 0, stream, [0, 0, 0, 8]));
        });
        Assert.True(end.IsEnded, $"{end}");
        await WaitForRestAsync(door);
    }

    [Fact]
    public async Task More_streams_than_may_run_are_refused_while_others_are_served()
    {
        await using var door = await OpenAsync("h2c: true");
        var stream = -1;
        var flood = await FloodAsync(
            door,
            flood =>
            {
                stream += 2;
                flood.Write(Http2Caller.Frame(Http2FrameType.Headers, Whole, stream, Http2Caller.Request("GET", "/flood")));
            },
            framesMax: 20_000);
        // Whether the connection is ended, too, depends on how fast the refused ones are forgotten.
        Assert.True(flood.Served > 0, $"{flood}");
        Assert.InRange(door.Upstream.Requests.Count(static request => request.Target == "/flood"), 1, StreamsMax);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task A_header_list_that_goes_on_and_on_ends_its_connection(int fieldBytes)
    {
        await using var door = await OpenAsync("h2c: true, headersTimeout: 1s");
        var isFirst = true;
        var end = await FloodAsync(door, flood =>
        {
            if (isFirst)
            {
                var request = Http2Caller.Request("GET", "/flood");
                flood.Write(Http2Caller.Frame(Http2FrameType.Headers, Http2Caller.EndStream, 1, request));
                isFirst = false;
            }

            var block = fieldBytes == 0 ? [] : Http2Caller.Block(("x", new string('v', fieldBytes)));
            flood.Write(Http2Caller.Frame(Http2FrameType.Continuation, 0, 1, block));
        });
        Assert.True(end.IsEnded, $"{end}");
        Assert.DoesNotContain(door.Upstream.Requests, static request => request.Target == "/flood");
    }

    [Fact]
    public async Task Answers_to_pings_that_nobody_reads_are_not_kept()
    {
        await using var door = await OpenAsync("h2c: true");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var ping = Http2Caller.Frame(Http2FrameType.Ping, 0, 0, new byte[8]);
        await FloodAsync(door, flood => flood.Write(ping), reads: false);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 32 * 1024 * 1024);
    }

    /// <summary>A door whose upstream takes its time, but for those who do not flood.</summary>
    private static Task<Door> OpenAsync(string listener) => Door.OpenAsync(listener, scripts: async static connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            if (request.Target == "/flood")
            {
                await connection.ReadToEndAsync();
                return;
            }

            await connection.SendAsync(ScriptedUpstream.Ok("ok"));
        }
    });

    private static async Task<Flood> FloodAsync(
        Door door, Action<MemoryStream> add, bool reads = true, int framesMax = FramesMax)
    {
        await using var caller = await Http2Caller.ConnectAsync(door.Endpoint);
        var watch = Stopwatch.StartNew();
        var reading = reads ? ReadToGoAwayAsync(caller) : Task.Delay(TimeMax, TestContext.Current.CancellationToken);
        var served = 0;
        var frames = 0;
        var isCut = false;
        while (!isCut && !reading.IsCompleted && frames < framesMax && watch.Elapsed < TimeMax)
        {
            using var flood = new MemoryStream();
            for (var i = 0; i < FramesAtOnce; i++)
            {
                add(flood);
            }

            frames += FramesAtOnce;
            var sending = TrySendAsync(caller, flood.ToArray());
            if (frames % (20 * FramesAtOnce) == FramesAtOnce)
            {
                await AssertServedAsync(door);
                served++;
            }

            var waiting = Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            if (await Task.WhenAny(sending, waiting) != sending)
            {
                // It takes no more, which ends a flood as well.
                break;
            }

            isCut = !await sending;
        }

        if (reads && !isCut)
        {
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        }

        await AssertServedAsync(door);
        return new Flood(isCut || reading.IsCompletedSuccessfully, frames, served, watch.Elapsed);
    }

    private static async Task AssertServedAsync(Door door)
    {
        await using var other = await Http2Caller.ConnectAsync(door.Endpoint);
        await other.SendHeadersAsync(1, Http2Caller.Request("GET", "/other"));
        Assert.Equal("data", await other.ReadEndAsync(1));
    }

    private static async Task ReadToGoAwayAsync(Http2Caller caller)
    {
        try
        {
            while (await caller.ReadAsync() is { } frame)
            {
                // Without an error it only asks to leave.
                if (frame.Type == Http2FrameType.GoAway && BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(4)) != 0)
                {
                    return;
                }
            }
        }
        catch (IOException)
        {
            // The end, too.
        }
    }

    private static async Task<bool> TrySendAsync(Http2Caller caller, byte[] bytes)
    {
        try
        {
            await caller.Connection.SendAsync(bytes);
            return true;
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static async Task WaitForRestAsync(Door door)
    {
        while (door.Gateway.Gateway.Counters.Running > 0)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private sealed record Flood(bool IsEnded, int Frames, int Served, TimeSpan Took);
}
