namespace Edge.Core.Llm;

/// <summary>
/// Watches an answer pass and tells whether it is one that may be given again: an event stream that came to its dialect's own
/// end and named no error, or a JSON body that is not an error. One for one answer after another; not thread-safe.
/// </summary>
public sealed class AnswerVerdict
{
    /// <summary>Bytes of each line, or of the body, that are looked at: more than any of the beginnings below.</summary>
    public const int LineBytesMax = 48;

    private readonly byte[] _line = new byte[LineBytesMax];
    private int _length;
    private bool _isEventStream;
    private bool _hasEnded;
    private bool _isError;

    /// <summary>True where what has passed is a whole answer, provided that its framing says so too.</summary>
    public bool IsGood
    {
        get
        {
            if (_isEventStream)
            {
                Look(_line.AsSpan(0, _length));
                return _hasEnded && !_isError;
            }

            return !IsErrorObject(_line.AsSpan(0, _length));
        }
    }

    /// <summary>Begins with an answer.</summary>
    public void Start(bool isEventStream)
    {
        _isEventStream = isEventStream;
        _length = 0;
        _hasEnded = false;
        _isError = false;
    }

    /// <summary>Takes the next bytes.</summary>
    public void Take(ReadOnlySpan<byte> next)
    {
        if (!_isEventStream)
        {
            Keep(next);
            return;
        }

        while (!next.IsEmpty)
        {
            var length = next.IndexOfAny((byte)'\r', (byte)'\n');
            Keep(length < 0 ? next : next[..length]);
            if (length < 0)
            {
                return;
            }

            Look(_line.AsSpan(0, _length));
            _length = 0;
            next = next[(length + 1)..];
        }
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        part = part[..Math.Min(part.Length, LineBytesMax - _length)];
        part.CopyTo(_line.AsSpan(_length));
        _length += part.Length;
    }

    private void Look(ReadOnlySpan<byte> line)
    {
        if (TryValue(line, "event:"u8, out var name))
        {
            _hasEnded |= name.SequenceEqual("message_stop"u8);
            _isError |= name.SequenceEqual("error"u8);
        }
        else if (TryValue(line, "data:"u8, out var data))
        {
            _hasEnded |= data.StartsWith("[DONE]"u8) || data.StartsWith("{\"type\":\"message_stop\""u8);
            _isError |= IsErrorObject(data) || data.StartsWith("{\"type\":\"error\""u8);
        }
    }

    private static bool IsErrorObject(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \t\r\n"u8);
        return text.StartsWith("{"u8) && text[1..].TrimStart(" \t\r\n"u8).StartsWith("\"error\""u8);
    }

    private static bool TryValue(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(field))
        {
            return false;
        }

        value = line[field.Length..].TrimStart((byte)' ');
        return true;
    }
}
