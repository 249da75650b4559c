using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class SseEventTrackerTests
{
    [Theory]
    [InlineData("", 0, true)]
    [InlineData("data: x", 0, false)]
    [InlineData("data: x\n", 0, false)]
    [InlineData("data: x\n\n", 9, true)]
    [InlineData("data: x\n\ndata", 9, false)]
    [InlineData("data: x\r\n\r\n", 11, true)]
    [InlineData("data: x\r\n\r", 10, true)]
    [InlineData("data: x\r", 0, false)]
    [InlineData("data: x\r\r", 9, true)]
    [InlineData("data: x\r\r\n", 10, true)]
    [InlineData("data: x\n\r\n", 10, true)]
    [InlineData("data: x\n\n\n", 10, true)]
    [InlineData("data: x\r\rdata: y", 9, false)]
    [InlineData("data: x\ndata: y\n", 0, false)]
    [InlineData("\n", 1, true)]
    [InlineData("\r", 1, true)]
    [InlineData("\r\n", 2, true)]
    public void Blank_lines_end_events_in_all_three_spellings(string text, int end, bool boundary)
    {
        var tracker = default(SseEventTracker);
        Assert.Equal(end, tracker.LastEventEnd(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(boundary, tracker.AtEventBoundary);
    }

    [Theory]
    [InlineData(": ping\n", 7, true)]
    [InlineData(":\r", 2, true)]
    [InlineData(": pi", 0, false)]
    [InlineData("data: x\n\n: ping\n", 16, true)]
    [InlineData("data: x\n: ping\n", 0, false)]
    public void A_comment_between_events_is_whole_at_the_end_of_its_line(string text, int end, bool boundary)
    {
        var tracker = default(SseEventTracker);
        Assert.Equal(end, tracker.LastEventEnd(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(boundary, tracker.AtEventBoundary);
    }

    [Fact]
    public void A_line_feed_after_a_return_belongs_to_the_same_line_end()
    {
        var tracker = default(SseEventTracker);
        Assert.Equal(0, tracker.LastEventEnd("data: x\r"u8));
        Assert.Equal(0, tracker.LastEventEnd([]));
        Assert.Equal(0, tracker.LastEventEnd("\n"u8));
        Assert.False(tracker.AtEventBoundary);
        Assert.Equal(1, tracker.LastEventEnd("\r"u8));
        Assert.True(tracker.AtEventBoundary);
        Assert.Equal(1, tracker.LastEventEnd("\n"u8));
        Assert.True(tracker.AtEventBoundary);
    }

    [Fact]
    public void However_a_stream_is_cut_the_tracker_knows_what_a_slow_reader_knows()
    {
        string[] pieceTexts = ["\n", "\r", "\r\n", "a", ":", "data: x", "\n\n", "\r\r"];
        var piece = Gen.Int[0, pieceTexts.Length - 1].Select(i => pieceTexts[i]);
        Gen.Select(piece.Array[0, 20], Gen.Int[1, 9]).Sample((pieces, step) =>
        {
            var text = string.Concat(pieces);
            var tracker = default(SseEventTracker);
            var seen = 0;
            foreach (var part in Encoding.ASCII.GetBytes(text).Chunk(step))
            {
                var before = seen;
                seen += part.Length;
                var end = tracker.LastEventEnd(part);
                var lastEnd = ReadSlowly(text[..seen]);
                Assert.Equal(Math.Max(lastEnd - before, 0), end);
                Assert.Equal(lastEnd == seen, tracker.AtEventBoundary);
            }
        });
    }

    /// <summary>Where the last boundary of a text is, found line by line.</summary>
    private static int ReadSlowly(string text)
    {
        var boundary = 0;
        var inEvent = false;
        var at = 0;
        while (text.AsSpan(at).IndexOfAny('\r', '\n') is var length and >= 0)
        {
            var line = text.AsSpan(at, length);
            at += length + (text.AsSpan(at + length).StartsWith("\r\n") ? 2 : 1);
            inEvent = line.Length > 0 && (inEvent || line[0] != ':');
            boundary = inEvent ? boundary : at;
        }

        return boundary;
    }
}
