using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class SseLineTrackerTests
{
    [Theory]
    [InlineData("", 0, true)]
    [InlineData("data: x", 0, false)]
    [InlineData("data: x\n", 8, false)]
    [InlineData("data: x\n\n", 9, true)]
    [InlineData("data: x\n\ndata", 9, false)]
    [InlineData("data: x\r\n\r\n", 11, true)]
    [InlineData("data: x\r\n\r", 9, false)]
    [InlineData("data: x\r", 0, false)]
    [InlineData("data: x\r\r", 8, false)]
    [InlineData("data: x\r\r\n", 10, true)]
    [InlineData("data: x\n\r\n", 10, true)]
    [InlineData("data: x\n\n\n", 10, true)]
    [InlineData("data: x\r\rdata: y", 9, false)]
    [InlineData("\n", 1, true)]
    [InlineData("\r", 0, false)]
    [InlineData("\r\n", 2, true)]
    public void Line_ends_are_found_in_all_three_spellings(string text, int end, bool boundary)
    {
        var tracker = default(SseLineTracker);
        Assert.Equal(end, tracker.LastLineEnd(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(boundary, tracker.AtEventBoundary);
    }

    [Fact]
    public void A_return_at_the_end_is_settled_by_what_follows()
    {
        var tracker = default(SseLineTracker);
        Assert.Equal(8, tracker.LastLineEnd("data: x\n\r"u8));
        Assert.False(tracker.AtEventBoundary);
        Assert.Equal(1, tracker.LastLineEnd("\n"u8));
        Assert.True(tracker.AtEventBoundary);

        Assert.Equal(0, tracker.LastLineEnd("data: x\r"u8));
        Assert.Equal(0, tracker.LastLineEnd([]));
        Assert.Equal(0, tracker.LastLineEnd("data: y"u8));
        Assert.False(tracker.AtEventBoundary);
    }

    [Fact]
    public void However_a_stream_is_cut_the_tracker_knows_what_a_slow_reader_knows()
    {
        var piece = Gen.OneOf("\n", "\r", "\r\n", "a", "data: x", "\n\n", "\r\r");
        Gen.Select(piece.Array[0, 20], Gen.Int[1, 9]).Sample((pieces, step) =>
        {
            var text = string.Concat(pieces);
            var tracker = default(SseLineTracker);
            var seen = 0;
            foreach (var part in Encoding.ASCII.GetBytes(text).Chunk(step))
            {
                var before = seen;
                seen += part.Length;
                var end = tracker.LastLineEnd(part);
                var (lastEnd, boundary) = ReadSlowly(text[..seen]);
                Assert.Equal(Math.Max(lastEnd - before, 0), end);
                Assert.Equal(boundary, tracker.AtEventBoundary);
            }
        });
    }

    /// <summary>Where the last complete line of a text ends, and whether nothing but a blank line can have come last.</summary>
    private static (int LastEnd, bool Boundary) ReadSlowly(string text)
    {
        var lineStart = 0;
        var blank = true;
        for (var i = 0; i < text.Length; i++)
        {
            var isReturn = text[i] == '\r';
            if (text[i] != '\n' && (!isReturn || i + 1 == text.Length || text[i + 1] == '\n'))
            {
                continue;
            }

            blank = text[lineStart..i].TrimEnd('\r').Length == 0;
            lineStart = i + 1;
        }

        return (lineStart, blank && lineStart == text.Length);
    }
}
