namespace Edge.Peers.Load;

/// <summary>
/// Takes chunk framing away (RFC 9112, section 7.1), whatever the pieces are that it arrives in. Peers frame anew, so an event
/// may be split over chunks and a read over events.
/// </summary>
internal struct ChunkedBody
{
    private long _left;
    private State _state;

    private enum State
    {
        Size,
        SizeEnd,
        Data,
        DataEnd,
    }

    /// <summary>
    /// Takes from the input what it can of one chunk, and answers the body's bytes in it: none when there was only framing.
    /// </summary>
    public ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty)
        {
            if (_state == State.Data)
            {
                var data = input[..(int)Math.Min(_left, input.Length)];
                input = input[data.Length..];
                _left -= data.Length;
                _state = _left == 0 ? State.DataEnd : State.Data;
                return data;
            }

            Step(input[0]);
            input = input[1..];
        }

        return default;
    }

    private void Step(byte value)
    {
        switch (_state)
        {
            case State.Size when value == '\r':
                _state = State.SizeEnd;
                break;
            case State.Size:
                _left = (_left << 4) + (value <= '9' ? value - '0' : (value | 0x20) - 'a' + 10);
                break;
            case State.SizeEnd:
                _state = State.Data;
                break;
            default:
                // The line end behind the data: its second byte begins the next size.
                _state = value == '\n' ? State.Size : State.DataEnd;
                break;
        }
    }
}
