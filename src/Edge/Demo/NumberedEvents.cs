using System.Buffers.Text;

namespace Edge.Demo;

/// <summary>The events of <c>/sse</c>: all of one size, each with its number and letters that follow from it.</summary>
internal sealed class NumberedEvents : IEventScript
{
    /// <summary>Least bytes of an event: <c>data: </c>, ten digits, a space, a letter and the blank line.</summary>
    public const int BytesMin = 20;

    private readonly MockExchange _exchange;
    private readonly int _events;
    private readonly int _bytes;
    private int _number;

    /// <summary>A stream of so many events of so many bytes each, the blank line included.</summary>
    public NumberedEvents(MockExchange exchange, int events, int bytes)
    {
        _exchange = exchange;
        _events = events;
        _bytes = bytes;
    }

    /// <inheritdoc/>
    public StreamStep Next => _number < _events ? StreamStep.Token : StreamStep.End;

    /// <inheritdoc/>
    public int Write()
    {
        var span = _exchange.Buffer.GetSpan(_bytes)[.._bytes];
        "data: "u8.CopyTo(span);
        Utf8Formatter.TryFormat(_number, span[6..], out var digits);
        var at = 6 + digits;
        span[at++] = (byte)' ';
        for (var i = 0; at < _bytes - 2; i++)
        {
            span[at++] = (byte)('a' + ((_number + i) % 26));
        }

        "\n\n"u8.CopyTo(span[at..]);
        _exchange.Buffer.Advance(_bytes);
        _number++;
        return 1;
    }
}
