using System.Text;

namespace Edge.Pipeline;

/// <summary>
/// What the server writes the values of an answer's fields with: Latin-1, which maps every byte to one char and back; and behind
/// the first of them the lines of other fields that are ready (<see cref="ResponseFields.LinesWritten"/>), where there are some.
/// So these go to the wire without the server's looking at each. They are whole and checked by who made them.
/// Stateless but for the thread that writes a head; safe from any.
/// </summary>
internal sealed class FieldLineEncoding : Encoding
{
    /// <summary>The only one.</summary>
    public static readonly FieldLineEncoding Instance = new();

    private FieldLineEncoding()
    {
    }

    /// <inheritdoc/>
    public override int GetByteCount(string s) => s.Length + ResponseFields.LinesWritten.Length;

    /// <inheritdoc/>
    public override int GetByteCount(ReadOnlySpan<char> chars) => chars.Length + ResponseFields.LinesWritten.Length;

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => GetByteCount(chars.AsSpan(index, count));

    /// <inheritdoc/>
    public override int GetBytes(ReadOnlySpan<char> chars, Span<byte> bytes)
    {
        var count = Narrow(chars, bytes);
        var lines = ResponseFields.TakeLinesWritten();
        lines.CopyTo(bytes[count..]);
        return count + lines.Length;
    }

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        GetBytes(chars.AsSpan(charIndex, charCount), bytes.AsSpan(byteIndex));

    /// <inheritdoc/>
    public override Encoder GetEncoder() => new LineEncoder();

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount + ResponseFields.LinesWritten.Length;

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        Latin1.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;

    /// <summary>One byte for each char, as was said before: Latin-1 by itself writes one for two that are a pair.</summary>
    private static int Narrow(ReadOnlySpan<char> chars, Span<byte> bytes)
    {
        if (Latin1.GetBytes(chars, bytes) < chars.Length)
        {
            for (var i = 0; i < chars.Length; i++)
            {
                bytes[i] = chars[i] <= byte.MaxValue ? (byte)chars[i] : (byte)'?';
            }
        }

        return chars.Length;
    }

    /// <summary>Writes the same where the server's room is too small for it: what fits, and the rest into more room.</summary>
    private sealed class LineEncoder : Encoder
    {
        private int _linesWritten;

        public override void Convert(
            ReadOnlySpan<char> chars, Span<byte> bytes, bool flush, out int charsUsed, out int bytesUsed,
            out bool completed)
        {
            charsUsed = Math.Min(chars.Length, bytes.Length);
            bytesUsed = Narrow(chars[..charsUsed], bytes);
            completed = false;
            if (charsUsed < chars.Length)
            {
                return;
            }

            var lines = ResponseFields.LinesWritten[_linesWritten..];
            var count = Math.Min(lines.Length, bytes.Length - bytesUsed);
            lines[..count].CopyTo(bytes[bytesUsed..]);
            bytesUsed += count;
            _linesWritten += count;
            completed = count == lines.Length;
            if (completed)
            {
                ResponseFields.TakeLinesWritten();
                _linesWritten = 0;
            }
        }

        public override int GetByteCount(char[] chars, int index, int count, bool flush) =>
            Instance.GetByteCount(chars.AsSpan(index, count));

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex, bool flush) =>
            Instance.GetBytes(chars.AsSpan(charIndex, charCount), bytes.AsSpan(byteIndex));
    }
}
