using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>
/// Writes an event stream of one dialect in the words of the other while it passes, in pieces that are cut anywhere: what comes
/// out depends on the events alone. An event goes out in the turn in which its end came in. One for each stream; not
/// thread-safe. Allocates nothing for an event.
/// </summary>
/// <remarks>
/// A stream that is cut comes to no end here either: only the provider's own last event is translated into one, and
/// <see cref="End"/> tells whether it has come.
/// </remarks>
public abstract class StreamTranslator
{
    /// <summary>Most data of an event. Real ones have some hundred bytes; what a provider's own tools find may be long.</summary>
    public const int EventBytesMax = 1024 * 1024;

    /// <summary>Most bytes of an unfinished event, all of its lines together.</summary>
    public const int HeldBytesMax = 2 * EventBytesMax;

    [ThreadStatic]
    private static JsonTape? TapeOfThread;

    private readonly HeadBuffer _held = new();
    private readonly HeadBuffer _joined = new();
    private SseEventTracker _events;
    private bool _hasBegun;

    private protected StreamTranslator()
    {
    }

    /// <summary>The stream has come to its dialect's own end, and so has its translation.</summary>
    public bool HasEnded { get; private protected set; }

    /// <summary>The provider has told of an error, and so has the translation; nothing follows.</summary>
    public bool HasToldError { get; private set; }

    /// <summary>The stream is none of the dialect that was expected; nothing follows.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The data of the event that is being taken: lent by the thread, while it works on that.</summary>
    private protected JsonTape Tape { get; private set; } = null!;

    /// <summary>Takes the next bytes, and writes what they say.</summary>
    /// <param name="next">The bytes; they are not needed after the call.</param>
    /// <param name="to">Where whole events of the other dialect are appended.</param>
    /// <returns>False once <see cref="IsBroken"/>.</returns>
    public bool Take(ReadOnlyMemory<byte> next, HeadBuffer to)
    {
        if (IsBroken || HasEnded || HasToldError)
        {
            return !IsBroken;
        }

        var whole = _events.LastEventEnd(next.Span);
        if (whole > 0)
        {
            if (_held.Length > 0)
            {
                _held.Write(next.Span[..whole]);
                TakeEvents(_held.Written, to);
                _held.ReturnMemory();
            }
            else
            {
                TakeEvents(next[..whole], to);
            }
        }

        if (whole < next.Length && !IsBroken)
        {
            if (_held.Length + (next.Length - whole) > HeldBytesMax)
            {
                IsBroken = true;
            }
            else
            {
                _held.Write(next.Span[whole..]);
            }
        }

        return !IsBroken;
    }

    /// <summary>The stream's body has come to the end of its framing.</summary>
    /// <param name="to">Where the end of the translation is appended, if it has not been already.</param>
    /// <returns>True where the stream was whole; false: it was cut.</returns>
    public bool End(HeadBuffer to)
    {
        if (!IsBroken && !HasEnded && !HasToldError)
        {
            // Some end with their last line, and without the blank one.
            _held.Write("\n\n"u8);
            TakeEvents(_held.Written, to);
            if (!IsBroken && !HasEnded && !HasToldError)
            {
                TakeEnd(to);
            }
        }

        _held.ReturnMemory();
        return !IsBroken && (HasEnded || HasToldError);
    }

    /// <summary>Gives memory back.</summary>
    public virtual void ReturnMemory()
    {
        _held.ReturnMemory();
        _joined.ReturnMemory();
    }

    /// <summary>Takes the data of an event, which <see cref="Tape"/> has read.</summary>
    /// <returns>False: it cannot stand there.</returns>
    private protected abstract bool TakeData(HeadBuffer to);

    /// <summary>Takes an event that says only that the stream is alive.</summary>
    private protected abstract void TakeSign(HeadBuffer to);

    /// <summary>Takes the event <c>[DONE]</c>.</summary>
    private protected abstract bool TakeDone(HeadBuffer to);

    /// <summary>
    /// The body has ended without the last event: ends the translation too, where the answer is known to be whole.
    /// </summary>
    private protected abstract void TakeEnd(HeadBuffer to);

    private protected bool TellError(HeadBuffer to, Configuration.Dialect dialect)
    {
        ErrorTranslator.WriteEvent(to, Tape, dialect);
        HasToldError = true;
        return true;
    }

    private protected int Find(int parent, ReadOnlySpan<byte> name) => parent < 0 ? -1 : Tape.Find(parent, name);

    private protected bool IsString(int token) => token >= 0 && Tape.Tokens[token].Kind == JsonKind.String;

    /// <summary>A string with something in it.</summary>
    private protected bool IsText(int token) => IsString(token) && Tape.Tokens[token].Count > 0;

    private protected bool IsObject(int token) => token >= 0 && Tape.Tokens[token].Kind == JsonKind.Object;

    private protected bool IsArray(int token) => token >= 0 && Tape.Tokens[token].Kind == JsonKind.Array;

    private protected ReadOnlySpan<byte> Raw(int token) => Tape.Tokens[token].Raw(Tape.Text);

    /// <summary>A number of something in the answer; -1 where it is none.</summary>
    private protected int IndexOf(int token, int max) =>
        token >= 0 && Tape.Tokens[token].Kind == JsonKind.Number && JsonNumber.Parse(Raw(token)).TryGetInt64(out var number)
        && number >= 0 && number <= max
            ? (int)number
            : -1;

    /// <summary>Takes whole lines, of which the last ends an event or is a comment between two.</summary>
    private void TakeEvents(ReadOnlyMemory<byte> lines, HeadBuffer to)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            lines = lines.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? lines[3..] : lines;
        }

        ReadOnlyMemory<byte> data = default;
        var count = 0;
        while (!lines.IsEmpty && !IsBroken && !HasEnded && !HasToldError)
        {
            var text = lines.Span;
            var length = text.IndexOfAny((byte)'\r', (byte)'\n');
            var line = lines[..length];
            length += text[length] == '\r' && length + 1 < text.Length && text[length + 1] == '\n' ? 2 : 1;
            lines = lines[length..];
            if (line.IsEmpty)
            {
                TakeEvent(data, count, to);
                count = 0;
            }
            else if (line.Span[0] == ':')
            {
                TakeSign(to);
            }
            else if (line.Span.StartsWith("data"u8) && (line.Length == 4 || line.Span[4] == ':'))
            {
                line = line.Length == 4 ? default : line[5..];
                line = line.Span.StartsWith(" "u8) ? line[1..] : line;
                data = count++ == 0 ? line : Join(data, line, count);
            }
        }
    }

    // Several lines of data are one text (WHATWG HTML, section 9.2.6). No provider sends them so.
    private ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> line, int count)
    {
        if (count == 2)
        {
            _joined.Clear();
            _joined.Write(data.Span);
        }

        _joined.Write("\n"u8);
        _joined.Write(line.Span);
        return _joined.Written;
    }

    private void TakeEvent(ReadOnlyMemory<byte> data, int count, HeadBuffer to)
    {
        if (count == 0)
        {
            return;
        }

        if (data.Span.SequenceEqual("[DONE]"u8))
        {
            IsBroken = !TakeDone(to);
            return;
        }

        var tape = Tape = TapeOfThread ??= new JsonTape();
        try
        {
            IsBroken = data.Length > EventBytesMax || !tape.Read(data) || tape.Tokens[0].Kind != JsonKind.Object || !TakeData(to);
        }
        finally
        {
            tape.Reset();
            Tape = null!;
        }
    }
}
