namespace Edge.Core.Http;

/// <summary>
/// Finds the data in a chunked body (RFC 9112, section 7.1) where it lies, however the bytes are cut. A mutable struct: keep
/// it in one field and do not copy it; a new message needs a new one (<c>default</c>). Allocates only for trailers.
/// </summary>
public struct ChunkedDecoder
{
    /// <summary>Most digits of a chunk's size, leading zeros included.</summary>
    public const int ChunkSizeDigitsMax = 16;

    /// <summary>Most bytes of one chunk's extensions, from the size to the line's end.</summary>
    public const int ChunkExtensionBytesMax = 1024;

    /// <summary>Most bytes of all trailer lines together, without their line ends.</summary>
    public const int TrailerBytesMax = 16 * 1024;

    /// <summary>Most trailer fields, those that are dropped included.</summary>
    public const int TrailerCountMax = 64;

    private Step _step;
    private bool _quoted;
    private bool _escaped;
    private int _sizeDigits;
    private int _extensionBytes;
    private long _remaining;
    private TrailerSection? _trailers;

    /// <summary>What the next byte is.</summary>
    private enum Step : byte
    {
        Size,
        WhiteSpaceBeforeExtension,
        Extension,
        SizeLineFeed,
        Data,
        DataReturn,
        DataLineFeed,
        TrailerStart,
        Trailer,
        TrailerLineFeed,
        LastLineFeed,
        Ended,
        Refused,
    }

    /// <summary>
    /// What was wrong, for the log: a constant that holds nothing of what was received. Null where nothing was.
    /// </summary>
    public string? Fault { get; private set; }

    /// <summary>The trailer fields after <see cref="ChunkedStatus.End"/>, or null where there are none to hand on.</summary>
    public readonly TrailerSection? Trailers => _step == Step.Ended && _trailers is { Count: > 0 } ? _trailers : null;

    /// <summary>Reads on, up to the end of the next run of data.</summary>
    /// <param name="input">Bytes of the body that were not consumed before.</param>
    /// <param name="consumed">How many of them are done with: all, unless data, the end or a fault came first.</param>
    /// <param name="dataStart">Where in <paramref name="input"/> the data lies, with <see cref="ChunkedStatus.Data"/>.</param>
    /// <param name="dataLength">How many bytes of data: at least 1 with <see cref="ChunkedStatus.Data"/>, else 0.</param>
    public ChunkedStatus Read(ReadOnlySpan<byte> input, out int consumed, out int dataStart, out int dataLength)
    {
        dataStart = dataLength = consumed = 0;
        while (true)
        {
            switch (_step)
            {
                case Step.Ended:
                    return ChunkedStatus.End;

                case Step.Refused:
                    return ChunkedStatus.Invalid;

                case var _ when consumed == input.Length:
                    return ChunkedStatus.NeedMore;

                case Step.Data:
                    dataStart = consumed;
                    dataLength = (int)Math.Min(_remaining, input.Length - consumed);
                    consumed += dataLength;
                    _remaining -= dataLength;
                    _step = _remaining == 0 ? Step.DataReturn : Step.Data;
                    return ChunkedStatus.Data;

                default:
                    Take(input[consumed++]);
                    break;
            }
        }
    }

    private void Take(byte next)
    {
        switch (_step)
        {
            case Step.Size:
                TakeSize(next);
                break;
            case Step.WhiteSpaceBeforeExtension:
            case Step.Extension:
                TakeExtension(next);
                break;
            case Step.SizeLineFeed:
                EndSize(next);
                break;
            case Step.DataReturn:
                Expect(next, FieldSyntax.CarriageReturn, Step.DataLineFeed, "chunk data longer than its size");
                break;
            case Step.DataLineFeed:
                Expect(next, FieldSyntax.LineFeed, Step.Size, "chunk data without CRLF");
                break;
            case Step.TrailerStart when next == FieldSyntax.CarriageReturn:
                _step = Step.LastLineFeed;
                break;
            case Step.TrailerStart:
            case Step.Trailer:
                TakeTrailer(next);
                break;
            case Step.TrailerLineFeed:
                EndTrailer(next);
                break;
            case Step.LastLineFeed:
                Expect(next, FieldSyntax.LineFeed, Step.Ended, "trailer section without CRLF");
                break;
        }
    }

    private void TakeSize(byte next)
    {
        if (char.IsAsciiHexDigit((char)next))
        {
            if (_sizeDigits == ChunkSizeDigitsMax || _remaining > long.MaxValue >> 4)
            {
                Refuse("chunk size too large");
                return;
            }

            _sizeDigits++;
            _remaining = (_remaining << 4) | (long)Digit(next);
            return;
        }

        if (_sizeDigits == 0)
        {
            Refuse("chunk size is not a number");
            return;
        }

        switch (next)
        {
            case FieldSyntax.CarriageReturn:
                _step = Step.SizeLineFeed;
                break;
            case FieldSyntax.Space or FieldSyntax.Tab:
                // White space is allowed before an extension only, and has to be read there ("BWS").
                _step = Step.WhiteSpaceBeforeExtension;
                _extensionBytes++;
                break;
            case (byte)';':
                _step = Step.Extension;
                _extensionBytes++;
                break;
            default:
                Refuse("chunk size is not a number");
                break;
        }
    }

    private static int Digit(byte hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;

    /// <summary>Extensions mean nothing to us; only their end matters, and that it cannot be mistaken.</summary>
    private void TakeExtension(byte next)
    {
        if (next == FieldSyntax.CarriageReturn && !_quoted && _step == Step.Extension)
        {
            _step = Step.SizeLineFeed;
        }
        else if (++_extensionBytes > ChunkExtensionBytesMax)
        {
            Refuse("chunk extensions too long");
        }
        else if (next != FieldSyntax.Tab && (next < FieldSyntax.Space || next == 0x7F))
        {
            Refuse("control character in a chunk extension");
        }
        else if (_step == Step.WhiteSpaceBeforeExtension)
        {
            if (next == (byte)';')
            {
                _step = Step.Extension;
            }
            else if (next is not (FieldSyntax.Space or FieldSyntax.Tab))
            {
                Refuse("chunk size is not a number");
            }
        }
        else if (_escaped)
        {
            _escaped = false;
        }
        else if (next == (byte)'"')
        {
            _quoted = !_quoted;
        }
        else
        {
            _escaped = _quoted && next == (byte)'\\';
        }
    }

    private void EndSize(byte next)
    {
        Expect(next, FieldSyntax.LineFeed, _remaining == 0 ? Step.TrailerStart : Step.Data, "chunk size without CRLF");
        _sizeDigits = _extensionBytes = 0;
    }

    private void TakeTrailer(byte next)
    {
        _trailers ??= new TrailerSection();
        _step = Step.Trailer;
        if (next == FieldSyntax.CarriageReturn)
        {
            _step = Step.TrailerLineFeed;
        }
        else if (FieldSyntax.Controls.Contains(next))
        {
            Refuse(FieldSyntax.FaultOf(next));
        }
        else if (!_trailers.TryAppend(next))
        {
            Refuse("trailers too long");
        }
    }

    private void EndTrailer(byte next)
    {
        Expect(next, FieldSyntax.LineFeed, Step.TrailerStart, FieldSyntax.FaultOf(FieldSyntax.CarriageReturn));
        if (_step != Step.Refused && _trailers!.EndLine() is { } fault)
        {
            Refuse(fault);
        }
    }

    private void Expect(byte next, byte wanted, Step then, string fault)
    {
        if (next == wanted)
        {
            _step = then;
        }
        else
        {
            Refuse(fault);
        }
    }

    private void Refuse(string fault)
    {
        Fault = fault;
        _step = Step.Refused;
    }
}
