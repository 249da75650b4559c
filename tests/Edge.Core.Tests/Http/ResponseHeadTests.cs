using System.Text;
using CsCheck;
using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class ResponseHeadTests
{
    private const int HeadBytesMax = 64 * 1024;

    public static TheoryData<string> WellFormedHeads =>
    [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n",
        "HTTP/1.1 204\r\n\r\n",
        "HTTP/1.1 204 \r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n",
        "HTTP/1.0 404 Not\tFound \u00e9\r\nServer:\t x \t\r\nX-Empty:\r\nX-Blank:   \r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close, X-One\r\nX-One: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n",
    ];

    /// <summary>A head, and words that its fault must have.</summary>
    public static TheoryData<string, string> HostileHeads => new()
    {
        { "\r\nHTTP/1.1 200 OK\r\n\r\n", "not HTTP/1.x" },
        { "HTTP/2 200\r\n\r\n", "not HTTP/1.x" },
        { "http/1.1 200 OK\r\n\r\n", "not HTTP/1.x" },
        { "ICY 200 OK\r\n\r\n", "not HTTP/1.x" },
        { "\u0016\u0003\u0001", "not HTTP/1.x" },
        { "HTTP/1.2 200 OK\r\n\r\n", "malformed status line" },
        { "HTTP/1.10 200 OK\r\n\r\n", "malformed status line" },
        { "HTTP/1.1  200 OK\r\n\r\n", "not three digits" },
        { "HTTP/1.1\t200 OK\r\n\r\n", "malformed status line" },
        { "HTTP/1.1 20\r\n\r\n", "malformed status line" },
        { "HTTP/1.1 2000 OK\r\n\r\n", "not three digits" },
        { "HTTP/1.1 2x0 OK\r\n\r\n", "not three digits" },
        { "HTTP/1.1 +20 OK\r\n\r\n", "not three digits" },
        { "HTTP/1.1 200OK\r\n\r\n", "not three digits" },
        { "HTTP/1.1 099 Low\r\n\r\n", "out of range" },
        { "HTTP/1.1 600 High\r\n\r\n", "out of range" },
        { "HTTP/1.1 200 O\0K\r\n\r\n", "control character" },
        { "HTTP/1.1 200 OK\nA: b\r\n\r\n", "bare line feed" },
        { "HTTP/1.1 200 OK\r\nA: b\n\r\n", "bare line feed" },
        { "HTTP/1.1 200 OK\r\nA: b\r\n\n", "bare line feed" },
        { "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n", "bare carriage return" },
        { "HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n", "bare carriage return" },
        { "HTTP/1.1 200 OK\r\n\rA: b\r\n\r\n", "bare carriage return" },
        { "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n", "control character" },
        { "HTTP/1.1 200 OK\r\nA: \u007f\r\n\r\n", "control character" },
        { "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded line" },
        { "HTTP/1.1 200 OK\r\n\tA: b\r\n\r\n", "folded line" },
        { "HTTP/1.1 200 OK\r\n A: b\r\n\r\n", "folded line" },
        { "HTTP/1.1 200 OK\r\n \r\n\r\n", "folded line" },
        { "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "white space between" },
        { "HTTP/1.1 200 OK\r\n: b\r\n\r\n", "empty field name" },
        { "HTTP/1.1 200 OK\r\nA(b: c\r\n\r\n", "not a token" },
        { "HTTP/1.1 200 OK\r\n\u00e9: c\r\n\r\n", "not a token" },
        { "HTTP/1.1 200 OK\r\nNoColon\r\n\r\n", "without a colon" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", "duplicate Content-Length" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\n", "duplicate Content-Length" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5 5\r\n\r\n", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", "too large" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "too large" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "and Content-Length" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "and Content-Length" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "duplicate Transfer" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "other than chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "other than chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked;a=b\r\n\r\n", "other than chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", "other than chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "other than chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n", "other than chunked" },
        { "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "on HTTP/1.0" },
        { "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "without a body" },
        { "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", "without a body" },
    };

    [Theory]
    [MemberData(nameof(WellFormedHeads))]
    public void A_head_reads_the_same_however_it_is_cut(string text)
    {
        var head = Encoding.Latin1.GetBytes(text);
        var whole = Describe(Whole([.. head, .. "surplus"u8]), head);
        for (var cut = 0; cut <= head.Length; cut++)
        {
            var reader = new ResponseHead(HeadBytesMax);
            if (cut < head.Length)
            {
                Assert.Equal(ParseStatus.NeedMore, reader.Parse(head.AsSpan(0, cut), out var none));
                Assert.Equal(0, none);
            }

            Assert.Equal(ParseStatus.Complete, reader.Parse(head, out var consumed));
            Assert.Equal(head.Length, consumed);
            Assert.Equal(whole, Describe(reader, head));
        }

        var bytewise = new ResponseHead(HeadBytesMax);
        for (var length = 0; length < head.Length; length++)
        {
            Assert.Equal(ParseStatus.NeedMore, bytewise.Parse(head.AsSpan(0, length), out _));
        }

        Assert.Equal(ParseStatus.Complete, bytewise.Parse(head, out _));
        Assert.Equal(whole, Describe(bytewise, head));
    }

    [Theory]
    [MemberData(nameof(HostileHeads))]
    public void A_head_that_could_be_read_in_two_ways_is_refused(string text, string fault)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var whole = new ResponseHead(HeadBytesMax);
        Assert.Equal(ParseStatus.Invalid, whole.Parse(bytes, out var consumed));
        Assert.Equal(0, consumed);
        Assert.Equal(Failure.UpstreamHeadInvalid, whole.Failure);
        Assert.Contains(fault, whole.Fault, StringComparison.Ordinal);
        Assert.Equal(ParseStatus.Invalid, whole.Parse(bytes, out _));

        var bytewise = new ResponseHead(HeadBytesMax);
        var length = 0;
        while (bytewise.Parse(bytes.AsSpan(0, length), out _) == ParseStatus.NeedMore)
        {
            length++;
        }

        Assert.Equal(whole.Fault, bytewise.Fault);
    }

    [Theory]
    [InlineData("X")]
    [InlineData("HTTP/2")]
    [InlineData("HTTP/1.1 200 OK\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: \0")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\rx")]
    public void A_fault_is_seen_before_the_head_ends(string text)
    {
        var reader = new ResponseHead(HeadBytesMax);
        Assert.Equal(ParseStatus.Invalid, reader.Parse(Encoding.Latin1.GetBytes(text), out _));
    }

    [Fact]
    public void Names_and_values_come_without_the_white_space_around_them()
    {
        var bytes = "HTTP/1.1 200 OK\r\nA:b\r\nCc: \t d e\t \r\nF:\r\n\r\n"u8.ToArray();
        var head = Whole(bytes);
        Assert.Equal(3, head.HeaderCount);
        Assert.Equal(("A", "b"), Field(head, bytes, 0));
        Assert.Equal(("Cc", "d e"), Field(head, bytes, 1));
        Assert.Equal(("F", ""), Field(head, bytes, 2));
    }

    [Fact]
    public void A_head_as_long_as_the_limit_is_read_and_one_byte_more_is_refused()
    {
        var bytes = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody that follows"u8.ToArray();
        var length = bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.Equal(ParseStatus.Complete, new ResponseHead(length).Parse(bytes, out var consumed));
        Assert.Equal(length, consumed);

        var small = new ResponseHead(length - 1);
        Assert.Equal(ParseStatus.Invalid, small.Parse(bytes, out _));
        Assert.Equal(Failure.UpstreamHeadTooLarge, small.Failure);
    }

    [Fact]
    public void A_head_that_fills_the_limit_without_an_end_is_refused_at_once()
    {
        var bytes = "HTTP/1.1 200 OK\r\nServer: xxxxxxxxxxxxxxxxxxxxx"u8.ToArray();
        var head = new ResponseHead(bytes.Length);
        Assert.Equal(ParseStatus.NeedMore, head.Parse(bytes.AsSpan(0, bytes.Length - 1), out _));
        Assert.Equal(ParseStatus.Invalid, head.Parse(bytes, out _));
        Assert.Equal(Failure.UpstreamHeadTooLarge, head.Failure);
    }

    [Theory]
    [InlineData(ResponseHead.HeaderCountMax, true)]
    [InlineData(ResponseHead.HeaderCountMax + 1, false)]
    public void Fields_are_counted(int count, bool fits)
    {
        var text = "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("A: b\r\n", count)) + "\r\n";
        var head = new ResponseHead(HeadBytesMax);
        Assert.Equal(fits ? ParseStatus.Complete : ParseStatus.Invalid, head.Parse(Encoding.Latin1.GetBytes(text), out _));
        Assert.Equal(fits ? Failure.None : Failure.UpstreamHeadTooLarge, head.Failure);
        Assert.Equal(ResponseHead.HeaderCountMax, head.HeaderCount);
    }

    [Theory]
    [InlineData(ResponseHead.HeaderNameBytesMax, true)]
    [InlineData(ResponseHead.HeaderNameBytesMax + 1, false)]
    public void A_field_name_is_measured(int length, bool fits)
    {
        var head = new ResponseHead(HeadBytesMax);
        var text = $"HTTP/1.1 200 OK\r\n{new string('a', length)}: b\r\n\r\n";
        Assert.Equal(fits ? ParseStatus.Complete : ParseStatus.Invalid, head.Parse(Encoding.Latin1.GetBytes(text), out _));
        Assert.Equal(fits ? Failure.None : Failure.UpstreamHeadTooLarge, head.Failure);
    }

    [Theory]
    [InlineData(ResponseHead.ConnectionOptionCountMax, true)]
    [InlineData(ResponseHead.ConnectionOptionCountMax + 1, false)]
    public void Connection_options_are_counted(int count, bool fits)
    {
        var head = new ResponseHead(HeadBytesMax);
        var text = "HTTP/1.1 200 OK\r\n" + $"Connection: {string.Join(',', Enumerable.Repeat("a", count))}\r\n\r\n";
        Assert.Equal(fits ? ParseStatus.Complete : ParseStatus.Invalid, head.Parse(Encoding.Latin1.GetBytes(text), out _));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", BodyFraming.UntilClose)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", BodyFraming.ContentLength)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", BodyFraming.ContentLength)]
    [InlineData("HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n", BodyFraming.Chunked)]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", BodyFraming.None)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", BodyFraming.None)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", BodyFraming.None)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n", BodyFraming.None)]
    public void Framing_follows_the_order_of_the_specification(string text, BodyFraming framing)
    {
        var head = Whole(Encoding.Latin1.GetBytes(text));
        Assert.Equal(framing, head.FramingFor(requestWasHead: false));
        Assert.Equal(BodyFraming.None, head.FramingFor(requestWasHead: true));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: keep-alive , close\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: x;close\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: x-close\r\n\r\n", true)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false)]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", false)]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n", true)]
    public void A_connection_is_kept_only_where_the_head_says_so(string text, bool persists) =>
        Assert.Equal(persists, Whole(Encoding.Latin1.GetBytes(text)).MayPersist);

    [Fact]
    public void Fields_named_by_Connection_are_hop_by_hop()
    {
        var bytes =
            "HTTP/1.1 200 OK\r\nX-One: 1\r\nconnection: close, x-ONE ,,\r\nX-Two: 2\r\nConnection:\tx-two\r\nX-On: 3\r\n\r\n"u8;
        var head = Whole(bytes.ToArray());
        Assert.True(head.IsNamedByConnection(bytes, 0));
        Assert.True(head.IsNamedByConnection(bytes, 2));
        Assert.False(head.IsNamedByConnection(bytes, 4));
        Assert.Equal(ResponseHeaderKind.HopByHop, head[1].Kind);
    }

    [Theory]
    [InlineData("Content-Type: text/event-stream", true, false)]
    [InlineData("content-type: Text/Event-Stream ; charset=utf-8", true, false)]
    [InlineData("Content-Type: text/event-streams", false, false)]
    [InlineData("Content-Type: application/json", false, false)]
    [InlineData("Content-Encoding: gzip", false, true)]
    [InlineData("Content-Encoding: identity", false, false)]
    [InlineData("Content-Encoding: identity, br", false, true)]
    [InlineData("Content-Encoding:", false, false)]
    [InlineData("X-Other: text/event-stream", false, false)]
    public void Content_is_known_by_its_type_and_coding(string field, bool isEventStream, bool hasCoding)
    {
        var bytes = Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{field}\r\n\r\n");
        var head = Whole(bytes);
        Assert.Equal(isEventStream, head.IsEventStream(bytes));
        Assert.Equal(hasCoding, head.HasContentCoding(bytes));
    }

    [Fact]
    public void Nothing_of_a_head_is_left_after_a_reset()
    {
        var first = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Type: text/event-stream\r\nConnection: close, x\r\n"u8;
        var second = "HTTP/1.1 201 Created\r\nX: 1\r\n\r\n"u8.ToArray();
        var head = Whole([.. first, .. "Trailer: t\r\nContent-Encoding: gzip\r\n\r\n"u8]);
        Assert.True(head.HasTrailerField);
        head.Reset();
        Assert.Equal(ParseStatus.Complete, head.Parse(second, out _));
        Assert.Equal(Describe(Whole(second), second), Describe(head, second));

        head.Reset();
        Assert.Equal(ParseStatus.Invalid, head.Parse("junk"u8, out _));
        head.Reset();
        Assert.Equal(ParseStatus.Complete, head.Parse(second, out _));
        Assert.Equal(Describe(Whole(second), second), Describe(head, second));
    }

    [Fact]
    public void Random_bytes_never_throw_and_read_the_same_in_two_parts()
    {
        var piece = Gen.OneOf<string>(
            Gen.OneOf("HTTP/1.1 200 OK\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "\r\n", "\r", "\n", " ",
                "Connection: close, a\r\n", "a:b\r\n", "a: \t b \r\n", "A", ":", "HTTP/1."),
            Gen.String[Gen.Char['\0', '\u00ff'], 0, 4]);
        Gen.Select(piece.Array[0, 12], Gen.Int[0, 100]).Sample((pieces, at) =>
        {
            var bytes = Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\n" + string.Concat(pieces));
            var once = new ResponseHead(120);
            var status = once.Parse(bytes, out var consumed);
            var twice = new ResponseHead(120);
            twice.Parse(bytes.AsSpan(0, Math.Min(at, bytes.Length)), out _);
            Assert.Equal(status, twice.Parse(bytes, out var again));
            Assert.Equal(consumed, again);
            Assert.Equal(Describe(once, bytes), Describe(twice, bytes));
        });
    }

    private static ResponseHead Whole(byte[] bytes)
    {
        var head = new ResponseHead(HeadBytesMax);
        Assert.Equal(ParseStatus.Complete, head.Parse(bytes, out _));
        return head;
    }

    private static (string Name, string Value) Field(ResponseHead head, byte[] bytes, int i) =>
        (Encoding.Latin1.GetString(head[i].Name(bytes)), Encoding.Latin1.GetString(head[i].Value(bytes)));

    private static string Describe(ResponseHead head, byte[] bytes)
    {
        var text = new StringBuilder();
        text.Append(head.Failure).Append(head.Fault).Append(head.MinorVersion).Append(' ').Append(head.StatusCode).Append(' ')
            .Append(head.ContentLength).Append(head.MayPersist).Append(head.FramingFor(false)).Append(head.HasTrailerField)
            .Append(head.IsEventStream(bytes)).Append(head.HasContentCoding(bytes));
        for (var i = 0; i < head.HeaderCount; i++)
        {
            text.Append('|').Append(Field(head, bytes, i)).Append(head[i].Kind).Append(head.IsNamedByConnection(bytes, i));
        }

        return text.ToString();
    }

    [Fact]
    public void Fields_are_forgotten_and_the_rest_of_the_head_stays()
    {
        var bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\nConnection: close\r\n\r\n"u8;
        var head = new ResponseHead(HeadBytesMax);
        for (var turn = 0; turn < 20; turn++)
        {
            Assert.Equal(ParseStatus.Complete, head.Parse(bytes, out _));
            Assert.Equal(3, head.HeaderCount);
            head.ForgetFields();
            Assert.Equal((0, 200, 5L, false), (head.HeaderCount, head.StatusCode, head.ContentLength, head.MayPersist));
            head.Reset();
        }

        // Another head of the same thread may get the list that was given back, and must not share it.
        var other = new ResponseHead(HeadBytesMax);
        Assert.Equal(ParseStatus.Complete, other.Parse("HTTP/1.1 204 No Content\r\nX-C: d\r\n\r\n"u8, out _));
        Assert.Equal(ParseStatus.Complete, head.Parse(bytes, out _));
        Assert.Equal((1, 3), (other.HeaderCount, head.HeaderCount));
        Assert.Equal(3, other[0].NameLength);
    }
}
