namespace Edge.Core.Http;

/// <summary>
/// Follows the line ends of an event stream (WHATWG HTML, section 9.2: CRLF, LF or CR) as it passes, so that its owner knows
/// where it may put a line of its own. A mutable struct: keep it in one field and do not copy it. Allocates nothing.
/// </summary>
public struct SseLineTracker
{
    private const byte CarriageReturn = FieldSyntax.CarriageReturn;
    private const byte LineFeed = FieldSyntax.LineFeed;

    /// <summary>The unfinished line has bytes.</summary>
    private bool _inLine;

    /// <summary>The last byte was a CR, of which it is not yet known whether an LF follows.</summary>
    private bool _afterReturn;

    /// <summary>The last complete line had bytes.</summary>
    private bool _lastLineHadBytes;

    /// <summary>
    /// True at the start and after a blank line, which ends an event: a comment or another event can be put here. After a CR
    /// that is the last byte so far it is false, since an LF may belong to it.
    /// </summary>
    public readonly bool AtEventBoundary => !_inLine && !_afterReturn && !_lastLineHadBytes;

    /// <summary>Takes the next bytes of the stream.</summary>
    /// <returns>
    /// How many of them lie before the end of the last complete line, its line end included; 0 where no line ends among them.
    /// A CR as the last byte ends a line only once the next byte is known.
    /// </returns>
    public int LastLineEnd(ReadOnlySpan<byte> next)
    {
        if (next.IsEmpty)
        {
            return 0;
        }

        // Only the line ends at the very end matter to the state: what is before the last other byte is searched, not walked.
        var tail = next.LastIndexOfAnyExcept(CarriageReturn, LineFeed) + 1;
        var lastEnd = 0;
        if (tail > 0)
        {
            lastEnd = next[..tail].LastIndexOfAny(CarriageReturn, LineFeed) + 1;
            _inLine = true;
            _afterReturn = false;
        }

        for (var i = tail; i < next.Length; i++)
        {
            if (_afterReturn)
            {
                // The CR ended its line, with this LF or just before this CR.
                EndLine();
                lastEnd = next[i] == LineFeed ? i + 1 : i;
                _afterReturn = next[i] == CarriageReturn;
            }
            else if (next[i] == CarriageReturn)
            {
                _afterReturn = true;
            }
            else
            {
                EndLine();
                lastEnd = i + 1;
            }
        }

        return lastEnd;
    }

    private void EndLine()
    {
        _lastLineHadBytes = _inLine;
        _inLine = false;
    }
}
