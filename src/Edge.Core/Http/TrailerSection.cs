using System.Text;

namespace Edge.Core.Http;

/// <summary>
/// The trailer fields of one message (RFC 9110, section 6.5), without those that may not be handed on. Owns its bytes. Filled
/// by <see cref="ChunkedDecoder"/>, then only read.
/// </summary>
public sealed class TrailerSection
{
    private const int BytesAtFirst = 256;

    /// <summary>
    /// Fields that frame, route, authenticate or say how to treat the content: a recipient acts on them before it sees the
    /// trailers, so that one here is of no use but to deceive (RFC 9110, section 6.5.1).
    /// </summary>
    private static readonly string[] Forbidden =
    [
        "Age", "Authorization", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Location",
        "Content-Range", "Content-Type", "Cookie", "Date", "Expect", "Expires", "Forwarded", "Host", "If-Match",
        "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Keep-Alive", "Location", "Max-Forwards",
        "Pragma", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Connection", "Range",
        "Retry-After", "Set-Cookie", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Vary", "Via", "Warning",
        "WWW-Authenticate",
    ];

    private readonly List<Field> _fields = [];
    private byte[] _bytes = new byte[BytesAtFirst];
    private int _length;
    private int _lineStart;
    private int _lineCount;

    /// <summary>Made by the decoder alone.</summary>
    internal TrailerSection()
    {
    }

    /// <summary>How many fields there are to hand on.</summary>
    public int Count => _fields.Count;

    /// <summary>The name of a field, as sent.</summary>
    public ReadOnlySpan<byte> Name(int i) => _bytes.AsSpan(_fields[i].NameStart, _fields[i].NameLength);

    /// <summary>The value of a field, without white space around it.</summary>
    public ReadOnlySpan<byte> Value(int i) => _bytes.AsSpan(_fields[i].ValueStart, _fields[i].ValueLength);

    /// <summary>Adds a byte to the line.</summary>
    /// <returns>False where there are too many.</returns>
    internal bool TryAppend(byte next)
    {
        if (_length == ChunkedDecoder.TrailerBytesMax)
        {
            return false;
        }

        if (_length == _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        _bytes[_length++] = next;
        return true;
    }

    /// <summary>Reads the line that has been appended.</summary>
    /// <returns>null, or what is wrong with it.</returns>
    internal string? EndLine()
    {
        if (++_lineCount > ChunkedDecoder.TrailerCountMax)
        {
            return "too many trailers";
        }

        var line = _bytes.AsSpan(_lineStart, _length - _lineStart);
        var fault = FieldSyntax.Split(line, out var nameLength, out var valueStart, out var valueLength);
        if (fault is null && !IsForbidden(line[..nameLength]))
        {
            _fields.Add(new Field(_lineStart, nameLength, _lineStart + valueStart, valueLength));
        }

        _lineStart = _length;
        return fault;
    }

    private static bool IsForbidden(ReadOnlySpan<byte> name)
    {
        foreach (var forbidden in Forbidden)
        {
            if (Ascii.EqualsIgnoreCase(name, forbidden))
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Field(int NameStart, int NameLength, int ValueStart, int ValueLength);
}
