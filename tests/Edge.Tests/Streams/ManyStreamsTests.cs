using System.Globalization;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Streams;

/// <summary>
/// Two thousand streams at once through the gateway in a process of its own, every byte checked.
/// </summary>
public sealed class ManyStreamsTests
{
    private const int Streams = 2000;
    private const int Events = 20;
    private const int EventBytes = 200;
    private const int MemoryKibMaxPerStream = 150;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Two_thousand_streams_at_once_lose_no_byte()
    {
        var allHere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var halfSent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (begun, half) = (0, 0);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            var number = int.Parse(request!.Target.AsSpan(3), CultureInfo.InvariantCulture);
            await connection.SendAsync(Wire.ChunkedHead);
            Signal(ref begun, allHere);
            await allHere.Task.WaitAsync(Patience);
            for (var i = 0; i < Events; i++)
            {
                if (i == Events / 2)
                {
                    Signal(ref half, halfSent);
                    await goOn.Task.WaitAsync(Patience);
                }

                await connection.SendAsync(Wire.Chunk(EventOf(number, i)));
            }

            await connection.SendAsync(Wire.LastChunk);
        });
        await using var edge = await EdgeProcess.RunAsync($$"""
            listeners: [{ address: 127.0.0.1:0 }]
            upstreams: { provider: { targets: ["{{upstream.Url}}"] } }
            routes: [{ name: all, match: { path: "/s/*" }, upstream: provider }]
            """);
        var idleKib = ResidentKib(edge.Id);
        var callers = Enumerable.Range(0, Streams).Select(number => ReadAsync(edge, number)).ToArray();
        await Task.WhenAny(halfSent.Task, Task.WhenAll(callers)).WaitAsync(Patience, TestContext.Current.CancellationToken);
        var kibPerStream = (ResidentKib(edge.Id) - idleKib) / (double)Streams;
        goOn.SetResult();
        var texts = await Task.WhenAll(callers);
        for (var number = 0; number < Streams; number++)
        {
            Assert.Equal(string.Concat(Enumerable.Range(0, Events).Select(i => EventOf(number, i))), texts[number]);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{kibPerStream:0.0} KiB a stream, {idleKib} KiB without one"));
        Assert.InRange(kibPerStream, 0, MemoryKibMaxPerStream);
    }

    private static void Signal(ref int count, TaskCompletionSource all)
    {
        if (Interlocked.Increment(ref count) == Streams)
        {
            all.SetResult();
        }
    }

    private static async Task<string> ReadAsync(EdgeProcess edge, int number)
    {
        await using var caller = await RawHttpClient.ConnectAsync(edge.Endpoint, Patience);
        await caller.SendAsync(string.Create(CultureInfo.InvariantCulture, $"GET /s/{number} HTTP/1.1\r\nHost: a\r\n\r\n"));
        var response = await caller.ReadResponseAsync();
        Assert.Equal(200, response.Status);
        Assert.True(response.Body.IsComplete);
        return response.Text;
    }

    // Content that is wrong in any other stream or at any other place.
    private static string EventOf(int stream, int number)
    {
        var text = new StringBuilder(EventBytes);
        text.Append(CultureInfo.InvariantCulture, $"id: {stream}.{number}\ndata: ");
        var state = (uint)((stream * Events) + number) | 1;
        while (text.Length < EventBytes)
        {
            state = (state * 1664525) + 1013904223;
            text.Append((char)('a' + (state >> 16) % 26));
        }

        return text.Append("\n\n").ToString();
    }

    private static long ResidentKib(int process)
    {
        foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
            {
                return long.Parse(
                    line.AsSpan(6, line.Length - 8), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }
}
