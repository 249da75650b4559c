using Edge.Core.Http;

namespace Edge.Core.Tests.Http;

public sealed class ParserAllocationTests
{
    [Fact]
    public void Reading_a_response_costs_no_allocation()
    {
        var bytes = ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: keep-alive, X-One\r\nX-One: 1\r\n"
            + "Content-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            .Select(c => (byte)c).ToArray();
        var head = new ResponseHead(4096);
        Read(head, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var data = Read(head, bytes);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(5, data);
    }

    [Fact]
    public void Following_an_event_stream_costs_no_allocation()
    {
        var tracker = default(SseEventTracker);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var end = tracker.LastEventEnd("data: {}\n\ndata: {"u8);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(10, end);
    }

    private static int Read(ResponseHead head, byte[] bytes)
    {
        head.Reset();
        if (head.Parse(bytes, out var consumed) != ParseStatus.Complete || !head.IsEventStream(bytes)
            || head.HasContentCoding(bytes) || head.FramingFor(requestWasHead: false) != BodyFraming.Chunked)
        {
            return 0;
        }

        var named = 0;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            named += head.IsNamedByConnection(bytes, i) ? 1 : 0;
        }

        var decoder = default(ChunkedDecoder);
        var rest = bytes.AsSpan(consumed);
        var data = 0;
        ChunkedStatus status;
        do
        {
            status = decoder.Read(rest, out consumed, out _, out var length);
            data += length;
            rest = rest[consumed..];
        }
        while (status == ChunkedStatus.Data);
        return status == ChunkedStatus.End && named == 1 ? data : 0;
    }
}
