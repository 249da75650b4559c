using System.Runtime.CompilerServices;
using System.Text;
using Edge.Core.Bodies;

namespace Edge.Core.Llm;

/// <summary>
/// Counts the characters (Unicode code points) that a model has written, in an answer that passes in pieces cut anywhere: the
/// strings of those members that hold text, thoughts and arguments of tools. For answers that end before they say what they have
/// used. Works on JSON and on event streams of it. A mutable struct: keep it in one field and do not copy it. Allocates nothing.
/// </summary>
public struct AnswerText
{
    /// <summary>Bytes of the longest name that matters.</summary>
    private const int NameBytesMax = 20;

    private const int HexDigits = 4;

    /// <summary>Bytes of a text by which it is told from others.</summary>
    private const int ComparedBytesMax = 256;

    /// <summary>Shorter texts are not compared: many an answer has ten line ends in a row.</summary>
    private const int ComparedBytesMin = 3;

    private Name _name;
    private int _nameLength;
    private int _skip;
    private LlmApi _api;
    private bool _isEventStream;
    private bool _inString;
    private bool _isCounted;
    private bool _escaped;
    private Expected _expected;
    private uint _hash;
    private uint _lastHash;
    private int _bytes;
    private int _lastBytes;

    private enum Expected : byte
    {
        /// <summary>Nothing in particular.</summary>
        Any,

        /// <summary>A string has ended, which was a name if a colon follows.</summary>
        Colon,

        /// <summary>The value of a member that holds text.</summary>
        Text,
    }

    /// <summary>Characters so far.</summary>
    public long Chars { get; private set; }

    /// <summary>How often in a row the same text of a stream has come again, texts of one or two bytes aside.</summary>
    public int Repeats { get; private set; }

    /// <summary>Begins with an answer.</summary>
    public void Start(LlmApi api, bool isEventStream)
    {
        this = default;
        _api = api;
        _isEventStream = isEventStream;
    }

    /// <summary>Takes the next bytes of the answer.</summary>
    public void Take(ReadOnlySpan<byte> next)
    {
        while (!next.IsEmpty)
        {
            if (_inString)
            {
                next = next[TakeString(next)..];
                continue;
            }

            if (_expected == Expected.Any)
            {
                var quote = next.IndexOf((byte)'"');
                if (quote < 0)
                {
                    return;
                }

                next = next[(quote + 1)..];
                Begin(isCounted: false);
                continue;
            }

            TakeSign(next[0]);
            next = next[1..];
        }
    }

    private void TakeSign(byte sign)
    {
        switch (sign)
        {
            case (byte)' ' or (byte)'\t' or (byte)'\r':
                break;
            case (byte)':' when _expected == Expected.Colon:
                _expected = IsText() ? Expected.Text : Expected.Any;
                break;
            case (byte)'"':
                Begin(isCounted: _expected == Expected.Text);
                break;
            default:
                _expected = Expected.Any;
                break;
        }
    }

    private void Begin(bool isCounted)
    {
        _inString = true;
        _isCounted = isCounted;
        _nameLength = 0;
        _hash = 0;
        _bytes = 0;
        _expected = Expected.Any;
    }

    private int TakeString(ReadOnlySpan<byte> next)
    {
        if (_escaped)
        {
            _escaped = false;
            _skip = next[0] == 'u' ? HexDigits : 0;
            Chars += _isCounted ? 1 : 0;
            Remember(next[..1]);
            return 1;
        }

        if (_skip > 0)
        {
            _skip--;
            Remember(next[..1]);
            return 1;
        }

        // A line end cannot stand in a string: what began it was none, and the next line is read afresh.
        var length = next.IndexOfAny((byte)'"', (byte)'\\', (byte)'\n');
        var part = length < 0 ? next : next[..length];
        if (_isCounted)
        {
            Chars += CountChars(part);
            if (_isEventStream)
            {
                Remember(part);
            }
        }
        else if (_nameLength + part.Length <= NameBytesMax)
        {
            part.CopyTo(((Span<byte>)_name)[_nameLength..]);
            _nameLength += part.Length;
        }
        else
        {
            _nameLength = NameBytesMax + 1;
        }

        if (length < 0)
        {
            return next.Length;
        }

        if (next[length] == '"' && _isCounted && _isEventStream)
        {
            Compare();
        }

        _escaped = next[length] == '\\';
        _inString = _escaped;
        _expected = next[length] == '"' && !_isCounted ? Expected.Colon : Expected.Any;
        return length + 1;
    }

    private void Remember(ReadOnlySpan<byte> part)
    {
        const uint Multiplier = 0x01000193;
        foreach (var b in _bytes < ComparedBytesMax ? part[..Math.Min(part.Length, ComparedBytesMax - _bytes)] : default)
        {
            _hash = (_hash ^ b) * Multiplier;
        }

        _bytes += part.Length;
    }

    private void Compare()
    {
        if (_bytes < ComparedBytesMin)
        {
            return;
        }

        Repeats = _hash == _lastHash && _bytes == _lastBytes ? Repeats + 1 : 0;
        _lastHash = _hash;
        _lastBytes = _bytes;
    }

    private static long CountChars(ReadOnlySpan<byte> part)
    {
        if (Ascii.IsValid(part))
        {
            return part.Length;
        }

        var count = 0;
        foreach (var b in part)
        {
            count += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    private readonly bool IsText()
    {
        if (_nameLength > NameBytesMax)
        {
            return false;
        }

        var name = ((ReadOnlySpan<byte>)_name)[.._nameLength];
        return _api switch
        {
            LlmApi.ChatCompletions => name.SequenceEqual("content"u8) || name.SequenceEqual("arguments"u8)
                || name.SequenceEqual("reasoning_content"u8) || name.SequenceEqual("refusal"u8),
            LlmApi.Messages => name.SequenceEqual("text"u8) || name.SequenceEqual("partial_json"u8)
                || name.SequenceEqual("thinking"u8),

            // A stream says everything again in its closing events.
            LlmApi.Responses when _isEventStream => name.SequenceEqual("delta"u8),
            LlmApi.Responses or LlmApi.Other => name.SequenceEqual("text"u8) || name.SequenceEqual("arguments"u8),
            _ => false,
        };
    }

    [InlineArray(NameBytesMax)]
    private struct Name
    {
        private byte _first;
    }
}
