namespace Edge.Core.Http;

/// <summary>
/// Follows the events of an event stream (WHATWG HTML, section 9.2: lines end in CRLF, LF or CR, events in a blank line) as it
/// passes, so that its owner knows where it may put an event of its own. A mutable struct: keep it in one field and do not copy
/// it. Allocates nothing.
/// </summary>
public struct SseEventTracker
{
    private const byte CarriageReturn = FieldSyntax.CarriageReturn;
    private const byte LineFeed = FieldSyntax.LineFeed;

    /// <summary>The unfinished line has bytes.</summary>
    private bool _inLine;

    /// <summary>The unfinished line is a comment.</summary>
    private bool _inComment;

    /// <summary>A line that is no comment has begun since the last blank one.</summary>
    private bool _inEvent;

    /// <summary>The last byte was a CR, to which an LF may belong that is the next.</summary>
    private bool _afterReturn;

    /// <summary>
    /// True where no event has begun that is not ended, and no line either: a comment or an event can be put here. An LF that
    /// completes the CR before would then become a blank line of its own, which means nothing to any reader.
    /// </summary>
    public readonly bool AtEventBoundary => !_inLine && !_inEvent;

    /// <summary>Takes the next bytes of the stream.</summary>
    /// <returns>
    /// How many of them lie before the last boundary: the end of a blank line, or of a comment that stands between two events;
    /// 0 where there is none among them.
    /// </returns>
    public int LastEventEnd(ReadOnlySpan<byte> next)
    {
        // Nearly every receive from a provider ends so: whatever stood before, the last LF ends a blank line.
        if (next.EndsWith("\n\n"u8))
        {
            this = default;
            return next.Length;
        }

        var at = 0;
        var end = 0;
        if (_afterReturn && !next.IsEmpty)
        {
            _afterReturn = false;
            at = next[0] == LineFeed ? 1 : 0;
            end = AtEventBoundary ? at : 0;
        }

        while (at < next.Length)
        {
            var rest = next[at..];
            var length = rest.IndexOfAny(CarriageReturn, LineFeed);
            if (length != 0 && !_inLine)
            {
                _inLine = true;
                _inComment = rest[0] == (byte)':';
                _inEvent |= !_inComment;
            }

            if (length < 0)
            {
                break;
            }

            at += length + 1;
            if (rest[length] == CarriageReturn)
            {
                _afterReturn = at == next.Length;
                at += !_afterReturn && next[at] == LineFeed ? 1 : 0;
            }

            _inEvent &= _inLine;
            _inLine = false;
            end = _inEvent ? end : at;
        }

        return end;
    }
}
