using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class ChunkedDecoderTests
{
    /// <summary>A body and what it holds.</summary>
    public static TheoryData<string, string> WellFormedBodies => new()
    {
        { "0\r\n\r\n", "" },
        { "5\r\nhello\r\n0\r\n\r\n", "hello" },
        { "5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world" },
        { "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc" },
        { "A\r\n0123456789\r\n0\r\n\r\n", "0123456789" },
        { "a\r\n0\r\n\r\n56789\r\n0\r\n\r\n", "0\r\n\r\n56789" },
        { "0000000000000001\r\nx\r\n0\r\n\r\n", "x" },
        { "1;a=b\r\nx\r\n0;last\r\n\r\n", "x" },
        { "1 \t;a = \"q;\\\"\t\\\\\" ; c\r\nx\r\n0\r\n\r\n", "x" },
        { "1\r\nx\r\n0\r\nX-Sum: 1\r\nX-Empty:\r\n\r\n", "x" },
    };

    /// <summary>A body and words that its fault must have.</summary>
    public static TheoryData<string, string> HostileBodies => new()
    {
        { "\r\n", "not a number" },
        { ";a\r\n", "not a number" },
        { " 5\r\nhello", "not a number" },
        { "+5\r\nhello", "not a number" },
        { "-5\r\nhello", "not a number" },
        { "0x5\r\nhello", "not a number" },
        { "5 \r\nhello", "control character" },
        { "5 5\r\nhello", "not a number" },
        { "5,\r\nhello", "not a number" },
        { "g\r\n", "not a number" },
        { "00000000000000001\r\nx", "too large" },
        { "8000000000000000\r\n", "too large" },
        { "FFFFFFFFFFFFFFFF\r\n", "too large" },
        { "10000000000000000\r\n", "too large" },
        { "5\nhello", "not a number" },
        { "5\rhello", "size without CRLF" },
        { "5;a\nhello", "control character" },
        { "5;a\rhello", "size without CRLF" },
        { "5;a=\"\r\nhello", "control character" },
        { "5;a=\"\\\"\r\nhello", "control character" },
        { "5;a\0\r\nhello", "control character" },
        { "5;a\u007f\r\nhello", "control character" },
        { "5\r\nhello0\r\n\r\n", "longer than its size" },
        { "5\r\nhello\n0\r\n\r\n", "longer than its size" },
        { "5\r\nhello\r0\r\n\r\n", "data without CRLF" },
        { "5\r\nhello\r\n\r\n0\r\n\r\n", "not a number" },
        { "0\r\n\rx", "section without CRLF" },
        { "0\r\n\n", "bare line feed" },
        { "0\r\nA: b\n\r\n", "bare line feed" },
        { "0\r\nA: b\r\r\n", "bare carriage return" },
        { "0\r\nA: \0\r\n\r\n", "control character" },
        { "0\r\nA : b\r\n\r\n", "white space between" },
        { "0\r\n A: b\r\n\r\n", "folded line" },
        { "0\r\nA: b\r\n c\r\n\r\n", "folded line" },
        { "0\r\n: b\r\n\r\n", "empty field name" },
        { "0\r\nGET / HTTP/1.1\r\n\r\n", "white space between" },
    };

    [Theory]
    [MemberData(nameof(WellFormedBodies))]
    public void A_body_reads_the_same_however_it_is_cut(string text, string content)
    {
        var body = Encoding.Latin1.GetBytes(text);
        byte[] stream = [.. body, .. "surplus"u8];
        for (var cut = 0; cut <= body.Length; cut++)
        {
            var result = Decode([stream[..cut], stream[cut..]]);
            Assert.Equal(ChunkedStatus.End, result.Status);
            Assert.Equal(body.Length, result.Consumed);
            Assert.Equal(content, result.Content);
        }

        var bytewise = Decode([.. stream.Select(one => new[] { one })]);
        Assert.Equal((ChunkedStatus.End, body.Length, content), (bytewise.Status, bytewise.Consumed, bytewise.Content));
        var cutShort = Decode([body[..^1]]);
        Assert.Equal((ChunkedStatus.NeedMore, body.Length - 1), (cutShort.Status, cutShort.Consumed));
    }

    [Theory]
    [MemberData(nameof(HostileBodies))]
    public void A_body_that_could_be_read_in_two_ways_is_refused(string text, string fault)
    {
        var body = Encoding.Latin1.GetBytes(text);
        var whole = Decode([body]);
        Assert.Equal(ChunkedStatus.Invalid, whole.Status);
        Assert.Contains(fault, whole.Fault, StringComparison.Ordinal);
        Assert.Equal(whole, Decode([.. body.Select(one => new[] { one })]));
    }

    [Fact]
    public void After_the_end_and_after_a_fault_nothing_more_is_read()
    {
        var ended = default(ChunkedDecoder);
        Assert.Equal(ChunkedStatus.End, ended.Read("0\r\n\r\n"u8, out _, out _, out _));
        Assert.Equal(ChunkedStatus.End, ended.Read("5\r\nhello"u8, out var consumed, out _, out _));
        Assert.Equal(0, consumed);

        var broken = default(ChunkedDecoder);
        Assert.Equal(ChunkedStatus.Invalid, broken.Read("x"u8, out _, out _, out _));
        Assert.Equal(ChunkedStatus.Invalid, broken.Read("0\r\n\r\n"u8, out consumed, out _, out _));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void The_largest_size_is_taken()
    {
        var decoder = default(ChunkedDecoder);
        var status = decoder.Read("7fffffffffffffff\r\nabc"u8, out var consumed, out var start, out var length);
        Assert.Equal(ChunkedStatus.Data, status);
        Assert.Equal((21, 18, 3), (consumed, start, length));
    }

    [Theory]
    [InlineData(ChunkedDecoder.ChunkExtensionBytesMax, true)]
    [InlineData(ChunkedDecoder.ChunkExtensionBytesMax + 1, false)]
    public void Extensions_are_measured_for_each_chunk(int bytes, bool fits)
    {
        var extension = ";" + new string('a', bytes - 1);
        var result = Decode([Encoding.Latin1.GetBytes($"1{extension}\r\nx\r\n0{extension}\r\n\r\n")]);
        Assert.Equal(fits ? ChunkedStatus.End : ChunkedStatus.Invalid, result.Status);
    }

    [Theory]
    [InlineData(ChunkedDecoder.TrailerBytesMax, true)]
    [InlineData(ChunkedDecoder.TrailerBytesMax + 1, false)]
    public void Trailers_are_measured_together(int bytes, bool fits)
    {
        var first = "A: " + new string('a', 1000);
        var second = "B: " + new string('b', bytes - first.Length - 3);
        var result = Decode([Encoding.Latin1.GetBytes($"0\r\n{first}\r\n{second}\r\n\r\n")]);
        Assert.Equal(fits ? ChunkedStatus.End : ChunkedStatus.Invalid, result.Status);
    }

    [Theory]
    [InlineData(ChunkedDecoder.TrailerCountMax, true)]
    [InlineData(ChunkedDecoder.TrailerCountMax + 1, false)]
    public void Trailers_are_counted_those_dropped_too(int count, bool fits)
    {
        var trailers = string.Concat(Enumerable.Repeat("Host: x\r\n", count));
        var result = Decode([Encoding.Latin1.GetBytes($"0\r\n{trailers}\r\n")]);
        Assert.Equal(fits ? ChunkedStatus.End : ChunkedStatus.Invalid, result.Status);
    }

    [Fact]
    public void Trailers_are_handed_on_without_those_that_deceive()
    {
        var decoder = default(ChunkedDecoder);
        var body = ("0\r\nX-Sum:  abc \r\nTransfer-Encoding: chunked\r\nCONTENT-LENGTH: 3\r\nhost: evil\r\nConnection: close\r\n"
            + "Set-Cookie: a=b\r\nAuthorization: x\r\nServer-Timing: total;dur=1\r\n\r\n");
        Assert.Equal(ChunkedStatus.End, decoder.Read(Encoding.Latin1.GetBytes(body), out _, out _, out _));
        var trailers = decoder.Trailers;
        Assert.NotNull(trailers);
        Assert.Equal(2, trailers.Count);
        Assert.Equal("X-Sum"u8, trailers.Name(0));
        Assert.Equal("abc"u8, trailers.Value(0));
        Assert.Equal("Server-Timing"u8, trailers.Name(1));
        Assert.Equal("total;dur=1"u8, trailers.Value(1));
    }

    [Fact]
    public void There_is_no_trailer_section_where_there_is_nothing_to_hand_on()
    {
        var decoder = default(ChunkedDecoder);
        Assert.Equal(ChunkedStatus.End, decoder.Read("0\r\nTrailer: x\r\n\r\n"u8, out _, out _, out _));
        Assert.Null(decoder.Trailers);
    }

    [Fact]
    public void What_is_encoded_in_random_chunks_and_cut_at_random_decodes_to_itself() =>
        Gen.Select(Gen.Byte.Array[1, 40].Array[0, 6], Gen.Int[1, 20]).Sample((chunks, step) =>
        {
            var body = chunks.SelectMany(chunk => (byte[])
                [.. Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"), .. chunk, .. "\r\n"u8]).Concat("0\r\n\r\n"u8.ToArray());
            var result = Decode([.. body.Chunk(step)]);
            Assert.Equal(ChunkedStatus.End, result.Status);
            Assert.Equal(Encoding.Latin1.GetString([.. chunks.SelectMany(chunk => chunk)]), result.Content);
        });

    [Fact]
    public void Random_bytes_never_throw_and_read_the_same_in_any_parts()
    {
        var piece = Gen.OneOf<string>(
            Gen.OneOf("0", "5", "f", "\r\n", "\r", "\n", ";", "\"", "\\", " ", "5\r\nhello\r\n", "0\r\n", "A: b\r\n"),
            Gen.String[Gen.Char['\0', '\u00ff'], 0, 4]);
        Gen.Select(piece.Array[0, 12], Gen.Int[1, 30]).Sample((pieces, step) =>
        {
            var bytes = Encoding.Latin1.GetBytes(string.Concat(pieces));
            Assert.Equal(Decode([bytes]), Decode([.. bytes.Chunk(step)]));
        });
    }

    private static Decoded Decode(byte[][] parts)
    {
        var decoder = default(ChunkedDecoder);
        var content = new StringBuilder();
        var total = 0;
        foreach (var part in parts)
        {
            var rest = part.AsSpan();
            while (true)
            {
                var status = decoder.Read(rest, out var consumed, out var start, out var length);
                Assert.InRange(consumed, 0, rest.Length);
                Assert.Equal(status == ChunkedStatus.Data, length > 0);
                content.Append(Encoding.Latin1.GetString(rest.Slice(start, length)));
                rest = rest[consumed..];
                total += consumed;
                if (status is ChunkedStatus.End or ChunkedStatus.Invalid)
                {
                    return new Decoded(status, total, content.ToString(), decoder.Fault);
                }

                if (status == ChunkedStatus.NeedMore)
                {
                    Assert.True(rest.IsEmpty);
                    break;
                }
            }
        }

        return new Decoded(ChunkedStatus.NeedMore, total, content.ToString(), decoder.Fault);
    }

    private sealed record Decoded(ChunkedStatus Status, int Consumed, string Content, string? Fault);
}
