using System.Text;
using Edge.Peers.Load;

namespace Edge.Peers.Tests;

public sealed class StreamEventTests
{
    private const long Number = 4711;
    private const long MomentNs = 123_456_789_012_345;
    private const long LateNs = 6_789;

    [Fact]
    public void What_is_stamped_is_read()
    {
        Assert.True(StreamEvent.TryRead(Stamped(), out var number, out var momentNs, out var lateNs));
        Assert.Equal((Number, MomentNs, LateNs), (number, momentNs, lateNs));
    }

    [Fact]
    public void An_event_with_any_byte_changed_is_none_or_another()
    {
        for (var i = 0; i < StreamEvent.SizeBytes; i++)
        {
            var data = Stamped();
            data[i] ^= 1;
            var same = StreamEvent.TryRead(data, out var number, out var momentNs, out var lateNs)
                && (number, momentNs, lateNs) == (Number, MomentNs, LateNs);

            Assert.False(same && !IsSpace(i), $"byte {i} may be anything");
        }
    }

    [Fact]
    public void Framing_is_taken_away_at_every_split()
    {
        var wire = Encoding.ASCII.GetBytes("5\r\nhello\r\nB\r\n, long line\r\n1\r\n!\r\n");
        for (var first = 0; first <= wire.Length; first++)
        {
            var body = default(ChunkedBody);
            var text = new StringBuilder();
            Take(ref body, wire.AsSpan(0, first), text);
            Take(ref body, wire.AsSpan(first), text);

            Assert.Equal("hello, long line!", text.ToString());
        }
    }

    private static byte[] Stamped()
    {
        var chunk = StreamEvent.MakeChunk();
        StreamEvent.Stamp(chunk, Number, MomentNs, LateNs);
        return chunk["fa\r\n"u8.Length..^2];
    }

    // The blanks between the numbers are not looked at.
    private static bool IsSpace(int index) => Stamped()[index] == ' ';

    private static void Take(ref ChunkedBody body, ReadOnlySpan<byte> input, StringBuilder text)
    {
        while (!input.IsEmpty)
        {
            text.Append(Encoding.ASCII.GetString(body.Take(ref input)));
        }
    }
}
