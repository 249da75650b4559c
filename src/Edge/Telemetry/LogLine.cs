using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Unicode;

namespace Edge.Telemetry;

/// <summary>
/// A line of a log that is being made in memory of the caller's, by hand since one is made for each request. Text is cut at
/// <see cref="TextCharsMax"/> chars and escaped, so that nobody's text can end the line or begin a field.
/// </summary>
internal ref struct LogLine
{
    /// <summary>Most chars of a text.</summary>
    public const int TextCharsMax = 1024;

    /// <summary>Bytes that hold any line: some texts of six bytes a char, and the rest.</summary>
    public const int BytesMax = 64 * 1024;

    // Of what JSON wants escaped, and of what is not ASCII, which may be half a character.
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private readonly Span<byte> _bytes;
    private int _length;

    /// <summary>An empty line.</summary>
    /// <param name="bytes">The memory: <see cref="BytesMax"/> bytes.</param>
    public LogLine(Span<byte> bytes) => _bytes = bytes;

    /// <summary>What has been written.</summary>
    public readonly ReadOnlySpan<byte> Written => _bytes[.._length];

    /// <summary>Puts bytes as they are.</summary>
    public void Put(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes[_length..]);
        _length += text.Length;
    }

    /// <summary>Puts a number.</summary>
    public void Put(long value)
    {
        Utf8Formatter.TryFormat(value, _bytes[_length..], out var written);
        _length += written;
    }

    /// <summary>Puts an address.</summary>
    public void Put(IPAddress address)
    {
        address.TryFormat(_bytes[_length..], out var written);
        _length += written;
    }

    /// <summary>Puts nanoseconds as milliseconds with three digits behind the point.</summary>
    public void PutMilliseconds(long nanoseconds) => PutThousandths(nanoseconds / 1000);

    /// <summary>Puts thousandths with a point.</summary>
    public void PutThousandths(long thousandths)
    {
        Put(thousandths / 1000);
        PutFraction(thousandths % 1000, 3);
    }

    /// <summary>Puts millionths with a point.</summary>
    public void PutMillionths(long millionths)
    {
        Put(millionths / 1_000_000);
        PutFraction(millionths % 1_000_000, 6);
    }

    /// <summary>Puts a field of JSON whose value is text; nothing where that is null.</summary>
    /// <param name="before">What stands before the value: <c>,"name":</c>.</param>
    /// <param name="text">The value.</param>
    public void PutText(scoped ReadOnlySpan<byte> before, string? text)
    {
        if (text is not null)
        {
            Put(before);
            Put("\""u8);
            PutEscaped(text);
            Put("\""u8);
        }
    }

    /// <summary>Puts text as it stands between the quotes of JSON.</summary>
    public void PutEscaped(ReadOnlySpan<char> text)
    {
        var rest = text[..Math.Min(text.Length, TextCharsMax)];
        while (!rest.IsEmpty)
        {
            var plain = rest.IndexOfAnyExcept(Plain);
            plain = plain < 0 ? rest.Length : plain;
            _length += Encoding.ASCII.GetBytes(rest[..plain], _bytes[_length..]);
            rest = rest[plain..];
            if (!rest.IsEmpty)
            {
                rest = rest[PutSpecial(rest)..];
            }
        }
    }

    /// <summary>Puts text as Apache's logs quote it, in quotes; a hyphen where there is none.</summary>
    public void PutQuoted(string? text)
    {
        Put("\""u8);
        PutHexed(string.IsNullOrEmpty(text) ? "-" : text, 0x1F);
        Put("\""u8);
    }

    /// <summary>Puts a request line as Apache's logs quote it.</summary>
    public void PutQuoted(string method, ReadOnlySpan<char> path, string protocol)
    {
        Put("\""u8);
        PutHexed(method, 0x1F);
        Put(" "u8);
        PutHexed(path, 0x1F);
        Put(" "u8);
        PutHexed(protocol, 0x1F);
        Put("\""u8);
    }

    /// <summary>Puts text as Apache's logs quote it, without quotes, and spaces as <c>\x20</c>.</summary>
    public void PutToken(string text) => PutHexed(text, 0x20);

    // What is no printable ASCII, a quote or a backslash as \xhh.
    private void PutHexed(ReadOnlySpan<char> text, byte hexedMax)
    {
        Span<byte> utf8 = stackalloc byte[TextCharsMax * 3];
        Utf8.FromUtf16(text[..Math.Min(text.Length, TextCharsMax)], utf8, out _, out var length);
        foreach (var b in utf8[..length])
        {
            if (b <= hexedMax || b is > 0x7E or (byte)'"' or (byte)'\\')
            {
                Put("\\x"u8);
                PutHex(b);
            }
            else
            {
                _bytes[_length++] = b;
            }
        }
    }

    private int PutSpecial(ReadOnlySpan<char> text)
    {
        switch (text[0])
        {
            case '"':
                Put("\\\""u8);
                return 1;
            case '\\':
                Put("\\\\"u8);
                return 1;
            case '\n':
                Put("\\n"u8);
                return 1;
            case < ' ' or '\x7F':
                Put("\\u00"u8);
                PutHex((byte)text[0]);
                return 1;
            default:
                // Half a character comes out as U+FFFD, and so does what some take for the end of a line.
                _ = Rune.DecodeFromUtf16(text, out var rune, out var consumed);
                var ends = rune.Value is (>= 0x80 and <= 0x9F) or 0x2028 or 0x2029;
                _length += (ends ? Rune.ReplacementChar : rune).EncodeToUtf8(_bytes[_length..]);
                return consumed;
        }
    }

    private void PutHex(byte value)
    {
        _bytes[_length++] = "0123456789abcdef"u8[value >> 4];
        _bytes[_length++] = "0123456789abcdef"u8[value & 15];
    }

    private void PutFraction(long value, int digits)
    {
        _bytes[_length] = (byte)'.';
        for (var i = digits; i > 0; i--)
        {
            _bytes[_length + i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        _length += digits + 1;
    }
}
