using System.Globalization;
using Edge.Tests.Support;

namespace Edge.Tests.Streams;

public sealed class LockStepTests
{
    private const int Events = 50;

    public static MatrixTheoryData<CallerKind, bool> Callers => new(Enum.GetValues<CallerKind>(), [true, false]);

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Each_event_is_seen_before_the_next_is_sent(CallerKind kind, bool chunked)
    {
        string[] lineEnds = ["\n", "\r\n", "\r"];
        using var taken = new SemaphoreSlim(0);
        await using var upstream = ScriptedUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(chunked ? Wire.ChunkedHead : Wire.CloseHead);
            for (var i = 0; i < Events; i++)
            {
                await taken.WaitAsync(connection.Deadline);
                var text = EventOf(i, lineEnds[i % 3]);
                await connection.SendAsync(chunked ? Wire.Chunk(text) : text);
            }

            await taken.WaitAsync(connection.Deadline);
            await connection.SendAsync(chunked ? Wire.LastChunk : "");
        });
        await using var gateway = await StreamGateway.StartAsync(upstream.Url);
        using var caller = new StreamCaller(gateway, kind);

        // The head comes before there is any event.
        var response = await caller.AskAsync();
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var expected = "";
        for (var i = 0; i < Events; i++)
        {
            taken.Release();
            expected += EventOf(i, lineEnds[i % 3]);
            await caller.ReadUntilAsync(expected.Length);
            Assert.Equal(expected, caller.Text);
        }

        taken.Release();
        await caller.ReadToEndAsync();
        Assert.Null(caller.Break);
        Assert.Equal(expected, caller.Text);
    }

    private static string EventOf(int i, string lineEnd) =>
        string.Create(CultureInfo.InvariantCulture, $"event: e{i}{lineEnd}data: {i}{lineEnd}{lineEnd}");
}
