using Edge.Measuring;

namespace Edge.Load.Calling;

/// <summary>
/// Splits an event stream into its events: what stands between two blank lines, line ends as the providers write them. Owns its
/// buffer; an event is readable until the next one is asked for.
/// </summary>
internal sealed class EventReader
{
    /// <summary>Most bytes of an event.</summary>
    public const int EventBytesMax = 1024 * 1024;

    private const int BufferBytesAtStart = 2048;

    private readonly Stream _stream;
    private byte[] _buffer = new byte[BufferBytesAtStart];
    private int _begin;
    private int _end;

    /// <summary>Reads a body.</summary>
    public EventReader(Stream stream) => _stream = stream;

    /// <summary>How many bytes have come.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the first of them came, by the monotonic clock; 0 before.</summary>
    public long FirstByteNs { get; private set; }

    /// <summary>The next event without its blank line; null at the body's end.</summary>
    /// <exception cref="InvalidDataException">The body ended within an event, or an event has no end.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        var searched = 0;
        while (true)
        {
            var rest = _buffer.AsMemory(_begin, _end - _begin);
            var at = rest.Span[searched..].IndexOf("\n\n"u8);
            if (at >= 0)
            {
                _begin += searched + at + 2;
                return rest[..(searched + at)];
            }

            // The first half of a blank line may be here already.
            searched = Math.Max(0, rest.Length - 1);
            if (!await FillAsync(cancellation))
            {
                return rest.IsEmpty ? null : throw new InvalidDataException("The body ended within an event.");
            }
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            (_begin, _end) = (0, _end - _begin);
        }

        if (_end == _buffer.Length)
        {
            if (_end >= EventBytesMax)
            {
                throw new InvalidDataException("An event has no end.");
            }

            Array.Resize(ref _buffer, _end * 2);
        }

        var count = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        FirstByteNs = FirstByteNs == 0 && count > 0 ? Monotonic.NowNs : FirstByteNs;
        Bytes += count;
        _end += count;
        return count > 0;
    }
}
