using System.Text;

namespace Edge.Core.Http;

/// <summary>
/// Reads the head of an HTTP/1.x response (RFC 9112, sections 4 to 6) as its bytes arrive, strictly: whatever another reader
/// could understand differently is refused. One per connection, reused by <see cref="Reset"/>; not thread-safe. It keeps
/// offsets only, so that the owner of the buffer may grow or move it between calls. Allocates nothing while reading, but for
/// a longer table of fields when a head first has more than <see cref="HeaderSliceLists.FieldsAtFirst"/>.
/// </summary>
public sealed class ResponseHead
{
    /// <summary>Most fields of a head.</summary>
    public const int HeaderCountMax = 128;

    /// <summary>Most bytes of a field's name.</summary>
    public const int HeaderNameBytesMax = 256;

    /// <summary>
    /// Most names in all Connection headers together, which bounds the work of <see cref="IsNamedByConnection"/>.
    /// </summary>
    public const int ConnectionOptionCountMax = 32;

    private const int StatusCodeStart = 9;
    private const int StatusCodeEnd = 12;
    private const int StatusMin = 100;
    private const int StatusMax = 599;

    private readonly int _headBytesMax;
    private HeaderSlice[] _fields = [];
    private int _fieldCount;

    /// <summary>Offset of the line that is being read.</summary>
    private int _lineStart;

    /// <summary>Everything before this offset is known to hold no end of the line that is being read.</summary>
    private int _scanned;

    /// <summary>Length of the head once it is whole, else 0.</summary>
    private int _headLength;

    private int _contentTypeIndex;
    private int _connectionOptionCount;
    private bool _chunked;
    private bool _close;
    private bool _keepAlive;
    private bool _connectionNamesFields;
    private bool _hasContentEncoding;

    /// <summary>Makes a reader.</summary>
    /// <param name="headBytesMax">Most bytes of a head, its empty line included.</param>
    public ResponseHead(int headBytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headBytesMax);
        _headBytesMax = headBytesMax;
        Reset();
    }

    /// <summary>Why the head was refused, or <see cref="Failure.None"/>.</summary>
    public Failure Failure { get; private set; }

    /// <summary>
    /// What was wrong, for the log: a constant that holds nothing of what was received. Null where nothing was.
    /// </summary>
    public string? Fault { get; private set; }

    /// <summary>The status, 100 to 599; 0 before the status line is read.</summary>
    public int StatusCode { get; private set; }

    /// <summary>0 for HTTP/1.0, 1 for HTTP/1.1.</summary>
    public int MinorVersion { get; private set; }

    /// <summary>How many fields there are.</summary>
    public int HeaderCount => _fieldCount;

    /// <summary>True for 1xx: another head follows. The owner must treat 101 as a fault where it sent no Upgrade.</summary>
    public bool IsInformational => StatusCode is >= 100 and < 200;

    /// <summary>What Content-Length says, or -1 where there is none. On a 1xx or 204 it means nothing.</summary>
    public long ContentLength { get; private set; }

    /// <summary>True where the head has a Trailer field.</summary>
    public bool HasTrailerField { get; private set; }

    /// <summary>
    /// True where the head lets the connection be used again: HTTP/1.1 without close, or HTTP/1.0 with keep-alive and an
    /// explicit length. Says nothing of <see cref="BodyFraming.UntilClose"/>, after which there is no connection left.
    /// </summary>
    public bool MayPersist => !_close && (MinorVersion == 1 || (_keepAlive && ContentLength >= 0));

    /// <summary>The field with a number, in the order of arrival.</summary>
    public ref readonly HeaderSlice this[int i] => ref _fields.AsSpan(0, _fieldCount)[i];

    /// <summary>Reads on. Linear over all calls together, however the bytes are cut.</summary>
    /// <param name="received">All bytes from the head's first byte on: those of the last call, and more.</param>
    /// <param name="consumed">Length of the head when it is whole, else 0.</param>
    /// <returns>
    /// <see cref="ParseStatus.Invalid"/>, with <see cref="Failure"/> and <see cref="Fault"/>, as soon as a fault can be seen,
    /// and once <c>headBytesMax</c> bytes are there without the head's end among them.
    /// </returns>
    public ParseStatus Parse(ReadOnlySpan<byte> received, out int consumed)
    {
        consumed = _headLength;
        if (_headLength != 0 || Failure != Failure.None)
        {
            return Failure == Failure.None ? ParseStatus.Complete : ParseStatus.Invalid;
        }

        var window = received.Length > _headBytesMax ? received[.._headBytesMax] : received;
        if (_lineStart == 0 && !StartsAsStatusLine(window))
        {
            return Refuse("not HTTP/1.x");
        }

        while (true)
        {
            var found = window[_scanned..].IndexOfAny(FieldSyntax.Controls);
            if (found < 0)
            {
                return Wait(window.Length, window.Length);
            }

            var end = _scanned + found;
            if (window[end] != FieldSyntax.CarriageReturn)
            {
                return Refuse(FieldSyntax.FaultOf(window[end]));
            }

            if (end + 1 == window.Length)
            {
                return Wait(end, window.Length);
            }

            if (window[end + 1] != FieldSyntax.LineFeed)
            {
                return Refuse(FieldSyntax.FaultOf(FieldSyntax.CarriageReturn));
            }

            if (end == _lineStart && end != 0)
            {
                consumed = _headLength = end + 2;
                return ParseStatus.Complete;
            }

            var line = window[_lineStart..end];
            var fault = _lineStart == 0 ? ReadStatusLine(line) : ReadField(line);
            if (fault is not null)
            {
                return Refuse(fault);
            }

            _lineStart = _scanned = end + 2;
        }
    }

    /// <summary>How the body of a whole head ends (RFC 9112, section 6.3).</summary>
    /// <param name="requestWasHead">True where the request's method was HEAD.</param>
    public BodyFraming FramingFor(bool requestWasHead)
    {
        if (requestWasHead || IsInformational || StatusCode is 204 or 304)
        {
            return BodyFraming.None;
        }

        return _chunked ? BodyFraming.Chunked
            : ContentLength >= 0 ? BodyFraming.ContentLength
            : BodyFraming.UntilClose;
    }

    /// <summary>True where there is a field of this name.</summary>
    /// <param name="received">The bytes that were parsed.</param>
    /// <param name="name">The name, in whatever case.</param>
    public bool Has(ReadOnlySpan<byte> received, ReadOnlySpan<byte> name)
    {
        foreach (ref readonly var field in _fields.AsSpan(0, _fieldCount))
        {
            if (Ascii.EqualsIgnoreCase(field.Name(received), name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True where a Connection header names the field, which makes it hop-by-hop (RFC 9110, section 7.6.1).</summary>
    /// <param name="received">The bytes that were parsed.</param>
    /// <param name="i">Number of the field.</param>
    public bool IsNamedByConnection(ReadOnlySpan<byte> received, int i)
    {
        if (!_connectionNamesFields)
        {
            return false;
        }

        var name = this[i].Name(received);
        foreach (ref readonly var field in _fields.AsSpan(0, _fieldCount))
        {
            if (!IsConnection(field.Name(received)))
            {
                continue;
            }

            var list = field.Value(received);
            while (FieldSyntax.TryTakeElement(ref list, out var option))
            {
                if (Ascii.EqualsIgnoreCase(option, name))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>True where Content-Type is <c>text/event-stream</c>, whatever its parameters.</summary>
    /// <param name="received">The bytes that were parsed.</param>
    public bool IsEventStream(ReadOnlySpan<byte> received)
    {
        if (_contentTypeIndex < 0)
        {
            return false;
        }

        var value = this[_contentTypeIndex].Value(received);
        var parameters = value.IndexOf((byte)';');
        var mediaType = FieldSyntax.Trim(parameters < 0 ? value : value[..parameters]);
        return Ascii.EqualsIgnoreCase(mediaType, "text/event-stream"u8);
    }

    /// <summary>How the body is coded, by Content-Encoding (RFC 9110, section 8.4).</summary>
    /// <param name="received">The bytes that were parsed.</param>
    public ContentCoding CodingOf(ReadOnlySpan<byte> received)
    {
        var all = ContentCoding.Identity;
        if (!_hasContentEncoding)
        {
            return all;
        }

        foreach (ref readonly var field in _fields.AsSpan(0, _fieldCount))
        {
            if (field.Kind != ResponseHeaderKind.ContentEncoding)
            {
                continue;
            }

            var list = field.Value(received);
            while (FieldSyntax.TryTakeElement(ref list, out var name))
            {
                var coding = ContentCodings.Of(name);
                if (coding != ContentCoding.Identity)
                {
                    all = all == ContentCoding.Identity ? coding : ContentCoding.Other;
                }
            }
        }

        return all;
    }

    /// <summary>True where Content-Encoding names anything but <c>identity</c>, so that the body's bytes are not text.</summary>
    /// <param name="received">The bytes that were parsed.</param>
    public bool HasContentCoding(ReadOnlySpan<byte> received) => CodingOf(received) != ContentCoding.Identity;

    /// <summary>Forgets the head, to read the next one on the same connection.</summary>
    public void Reset()
    {
        _fieldCount = _lineStart = _scanned = _headLength = _connectionOptionCount = 0;
        _contentTypeIndex = -1;
        _chunked = _close = _keepAlive = _connectionNamesFields = _hasContentEncoding = false;
        Failure = Failure.None;
        Fault = null;
        StatusCode = MinorVersion = 0;
        ContentLength = -1;
        HasTrailerField = false;
    }

    /// <summary>
    /// Forgets the fields, whose bytes are about to go; what else was read stays. Their list goes back to where the next head
    /// finds it: a long stream needs none.
    /// </summary>
    public void ForgetFields()
    {
        HeaderSliceLists.Return(_fields);
        _fields = [];
        _fieldCount = 0;
    }

    /// <summary>Refuses what is no HTTP/1.x from its first byte on, instead of waiting for the end of a line.</summary>
    private static bool StartsAsStatusLine(ReadOnlySpan<byte> window)
    {
        var prefix = "HTTP/1."u8;
        return window.Length >= prefix.Length ? window.StartsWith(prefix) : prefix.StartsWith(window);
    }

    private static bool IsConnection(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(name, "Connection"u8);

    private ParseStatus Wait(int scanned, int windowLength)
    {
        _scanned = scanned;
        return windowLength < _headBytesMax ? ParseStatus.NeedMore : Refuse("head too long", Failure.UpstreamHeadTooLarge);
    }

    private ParseStatus Refuse(string fault, Failure failure = Failure.UpstreamHeadInvalid)
    {
        // A field that is too many or too long has said so itself.
        Failure = Failure == Failure.None ? failure : Failure;
        Fault = fault;
        return ParseStatus.Invalid;
    }

    private string? ReadStatusLine(ReadOnlySpan<byte> line)
    {
        // "HTTP/1.1 200 OK"; the space before an absent reason is often forgotten and does no harm.
        if (line.Length < StatusCodeEnd || line[7] is not ((byte)'0' or (byte)'1') || line[8] != FieldSyntax.Space)
        {
            return "malformed status line";
        }

        var code = 0;
        foreach (var digit in line[StatusCodeStart..StatusCodeEnd])
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return "status is not three digits";
            }

            code = (code * 10) + (digit - '0');
        }

        if (line.Length > StatusCodeEnd && line[StatusCodeEnd] != FieldSyntax.Space)
        {
            return "status is not three digits";
        }

        if (code is < StatusMin or > StatusMax)
        {
            return "status out of range";
        }

        StatusCode = code;
        MinorVersion = line[7] - '0';
        return null;
    }

    private string? ReadField(ReadOnlySpan<byte> line)
    {
        var fault = FieldSyntax.Split(line, out var nameLength, out var valueStart, out var valueLength);
        if (fault is not null)
        {
            return fault;
        }

        if (nameLength > HeaderNameBytesMax || _fieldCount == HeaderCountMax)
        {
            Failure = Failure.UpstreamHeadTooLarge;
            return nameLength > HeaderNameBytesMax ? "field name too long" : "too many fields";
        }

        var name = line[..nameLength];
        var field = new HeaderSlice(
            _lineStart, nameLength, _lineStart + valueStart, valueLength, KnownResponseHeaders.NumberOf(name));
        if (_fieldCount == _fields.Length)
        {
            _fields = HeaderSliceLists.Grow(_fields);
        }

        _fields[_fieldCount++] = field;
        return field.Kind == ResponseHeaderKind.Other ? null : ReadMeaning(field.Kind, name, line.Slice(valueStart, valueLength));
    }

    private string? ReadMeaning(ResponseHeaderKind kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        switch (kind)
        {
            case ResponseHeaderKind.ContentLength:
                return ReadContentLength(value);

            case ResponseHeaderKind.ContentType when _contentTypeIndex < 0:
                _contentTypeIndex = _fieldCount - 1;
                return null;

            case ResponseHeaderKind.ContentEncoding:
                _hasContentEncoding = true;
                return null;

            case ResponseHeaderKind.HopByHop when IsConnection(name):
                return ReadConnection(value);

            case ResponseHeaderKind.HopByHop when Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8):
                return ReadTransferEncoding(value);

            case ResponseHeaderKind.HopByHop when Ascii.EqualsIgnoreCase(name, "Trailer"u8):
                HasTrailerField = true;
                return null;

            default:
                return null;
        }
    }

    private string? ReadContentLength(ReadOnlySpan<byte> value)
    {
        if (ContentLength >= 0)
        {
            return "duplicate Content-Length";
        }

        if (_chunked)
        {
            return "Transfer-Encoding and Content-Length";
        }

        if (value.IsEmpty)
        {
            return "Content-Length is not a number";
        }

        long length = 0;
        foreach (var digit in value)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return "Content-Length is not a number";
            }

            if (length > (long.MaxValue - (digit - '0')) / 10)
            {
                return "Content-Length too large";
            }

            length = (length * 10) + (digit - '0');
        }

        ContentLength = length;
        return null;
    }

    private string? ReadTransferEncoding(ReadOnlySpan<byte> value)
    {
        if (_chunked)
        {
            return "duplicate Transfer-Encoding";
        }

        if (ContentLength >= 0)
        {
            return "Transfer-Encoding and Content-Length";
        }

        if (MinorVersion == 0)
        {
            return "Transfer-Encoding on HTTP/1.0";
        }

        if (IsInformational || StatusCode == 204)
        {
            return "Transfer-Encoding on a status without a body";
        }

        _chunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
        return _chunked ? null : "Transfer-Encoding other than chunked";
    }

    private string? ReadConnection(ReadOnlySpan<byte> list)
    {
        while (FieldSyntax.TryTakeElement(ref list, out var option))
        {
            if (++_connectionOptionCount > ConnectionOptionCountMax)
            {
                return "too many Connection options";
            }

            if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
            {
                _keepAlive = true;
            }
            else if (Ascii.EqualsIgnoreCase(option, "close"u8) || option.ContainsAnyExcept(FieldSyntax.TokenBytes))
            {
                // What is no token may have been meant as "close": when unsure, the connection is not used again.
                _close = true;
            }
            else
            {
                _connectionNamesFields = true;
            }
        }

        return null;
    }
}
