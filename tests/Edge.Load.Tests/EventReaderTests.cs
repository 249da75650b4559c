using System.Text;
using Edge.Load.Calling;

namespace Edge.Load.Tests;

public sealed class EventReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_come_whole_at_every_split_of_the_input()
    {
        var input = "data: a\n\n: c\n\nevent: x\ndata: b\n\n"u8.ToArray();
        for (var split = 0; split <= input.Length; split++)
        {
            var reader = new EventReader(new Pieces(input[..split], input[split..]));
            Assert.Equal("data: a", await NextAsync(reader));
            Assert.Equal(": c", await NextAsync(reader));
            Assert.Equal("event: x\ndata: b", await NextAsync(reader));
            Assert.Null(await NextAsync(reader));
            Assert.Equal(input.Length, reader.Bytes);
            Assert.True(reader.FirstByteNs > 0);
        }
    }

    [Fact]
    public async Task An_end_within_an_event_is_told()
    {
        var reader = new EventReader(new Pieces("data: a\n"u8.ToArray()));
        await Assert.ThrowsAsync<InvalidDataException>(() => NextAsync(reader));
    }

    [Fact]
    public async Task The_longest_event_is_read_and_one_byte_more_is_refused()
    {
        byte[] Event(int length) => [.. Enumerable.Repeat((byte)'x', length), .. "\n\n"u8];
        var longest = EventReader.EventBytesMax - 2;
        Assert.Equal(longest, (await NextAsync(new EventReader(new Pieces(Event(longest)))))!.Length);
        await Assert.ThrowsAsync<InvalidDataException>(
            () => NextAsync(new EventReader(new Pieces(Event(EventReader.EventBytesMax)))));
    }

    [Fact]
    public void The_alphabet_is_checked_byte_by_byte()
    {
        var body = Enumerable.Range(0, 200_000).Select(static i => (byte)('a' + (i % 26))).ToArray();
        var whole = new Alphabet();
        Assert.True(whole.Take(body.AsSpan(0, 70_001)));
        Assert.True(whole.Take(body.AsSpan(70_001)));
        Assert.Equal(body.Length, whole.Taken);
        body[150_000]++;
        Assert.False(new Alphabet().Take(body));
        var shifted = new Alphabet();
        Assert.False(shifted.Take(body.AsSpan(1, 10)));
    }

    [Theory]
    [InlineData("data: 3 defg", 3, 14, true)]
    [InlineData("data: 27 bc", 27, 13, true)]
    [InlineData("data: 3 defg", 4, 14, false)]
    [InlineData("data: 3 deff", 3, 14, false)]
    [InlineData("data: 3 def", 3, 14, false)]
    [InlineData("data: 3", 3, 9, false)]
    [InlineData("", 0, 20, false)]
    public void An_event_is_checked_byte_by_byte(string data, int number, int bytes, bool isRight) =>
        Assert.Equal(isRight, Alphabet.IsEvent(Encoding.ASCII.GetBytes(data), number, bytes));

    private static async Task<string?> NextAsync(EventReader reader) =>
        await reader.NextAsync(Cancellation) is { } data ? Encoding.ASCII.GetString(data.Span) : null;

    private sealed class Pieces(params byte[][] pieces) : MemoryStream(pieces.SelectMany(static piece => piece).ToArray())
    {
        private readonly int _split = pieces[0].Length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var most = Position < _split ? Math.Min(buffer.Length, _split - (int)Position) : buffer.Length;
            return base.ReadAsync(buffer[..most], cancellationToken);
        }
    }
}
