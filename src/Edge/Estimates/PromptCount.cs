using System.Text;
using Edge.Core.Llm;
using Microsoft.ML.Tokenizers;

namespace Edge.Estimates;

/// <summary>
/// Counts the tokens of a prompt piece by piece, since a tokenizer takes time with the square of a word's length, until its time
/// is over; what is left then is taken to have as many tokens a byte as what was counted. A mutable struct: keep it in one place.
/// </summary>
internal struct PromptCount(Tokenizer tokenizer, TimeProvider time) : IPromptReader
{
    /// <summary>Longest time that counting may take; a piece that has begun is finished.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromMilliseconds(10);

    /// <summary>Bytes of a piece.</summary>
    public const int PieceBytesMax = 1024;

    /// <summary>Bytes in which a piece looks for a blank to end before.</summary>
    private const int BlankBytesMax = 64;

    private readonly long _start = time.GetTimestamp();
    private long _tokens;
    private long _bytes;
    private long _bytesLeft;

    /// <summary>Messages.</summary>
    public int Turns { get; private set; }

    /// <summary>True where time was over before all had been counted.</summary>
    public readonly bool IsCut => _bytesLeft > 0;

    /// <summary>Tokens.</summary>
    public readonly long Tokens => _tokens + (_bytes == 0 ? 0 : (long)((Int128)_bytesLeft * _tokens / _bytes));

    /// <inheritdoc/>
    public void Turn() => Turns++;

    /// <inheritdoc/>
    public void Token() => _tokens++;

    /// <inheritdoc/>
    public readonly void Other()
    {
    }

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> text)
    {
        Span<char> chars = stackalloc char[PieceBytesMax];
        while (!text.IsEmpty)
        {
            if (time.GetElapsedTime(_start) >= TimeMax)
            {
                _bytesLeft += text.Length;
                return;
            }

            var piece = text[..PieceOf(text)];
            var length = Encoding.UTF8.GetChars(piece, chars);
            _tokens += tokenizer.CountTokens(chars[..length], considerPreTokenization: true, considerNormalization: false);
            _bytes += piece.Length;
            text = text[piece.Length..];
        }
    }

    /// <summary>Bytes of the next piece: up to a blank where there is one near the end, and never half a character.</summary>
    private static int PieceOf(ReadOnlySpan<byte> text)
    {
        if (text.Length <= PieceBytesMax)
        {
            return text.Length;
        }

        var blank = text[(PieceBytesMax - BlankBytesMax)..PieceBytesMax].LastIndexOfAny((byte)' ', (byte)'\n');
        if (blank >= 0)
        {
            return PieceBytesMax - BlankBytesMax + blank;
        }

        var end = PieceBytesMax;
        while ((text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return end;
    }
}
