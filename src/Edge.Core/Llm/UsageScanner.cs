using System.Buffers;
using System.Runtime.CompilerServices;

namespace Edge.Core.Llm;

/// <summary>
/// Finds the usage in a JSON text that passes in pieces, cut anywhere: <c>usage</c> of the text itself, of its <c>response</c>
/// (the events of OpenAI's Responses API) or of its <c>message</c> (Anthropic's <c>message_start</c>). Strings and what else
/// does not matter are leapt over, so long answers cost little. Names are known as the providers spell them, without escapes. A
/// mutable struct: keep it in one field and do not copy it. Allocates nothing.
/// </summary>
public struct UsageScanner
{
    /// <summary>Bytes of the longest name that matters.</summary>
    private const int NameBytesMax = 32;

    /// <summary>Digits of the largest count.</summary>
    private const int DigitsMax = 18;

    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);

    private Name _name;
    private int _nameLength;
    private int _depth;
    private bool _inString;
    private bool _escaped;
    private Key _key;
    private long _number;
    private int _digits;
    private bool _isNumberBad;
    private Levels _levels;

    private enum Place : byte
    {
        Elsewhere,
        Root,
        Envelope,
        Usage,
        Details,
    }

    private enum Key : byte
    {
        None,
        Usage,
        Envelope,
        Details,
        Input,
        Output,
        Cached,
        CacheRead,
        CacheCreation,
        Reasoning,
    }

    /// <summary>Between two texts: the next byte begins one.</summary>
    public readonly bool IsAtStart => _depth == 0 && !_inString;

    /// <summary>Takes the next bytes, and what they say about usage.</summary>
    public void Take(ReadOnlySpan<byte> next, ref UsageCounts usage)
    {
        var at = 0;
        while (at < next.Length)
        {
            if (_inString)
            {
                at += TakeString(next[at..]);
                continue;
            }

            var here = PlaceAt(_depth);
            if (here == Place.Elsewhere)
            {
                var skipped = next[at..].IndexOfAny(Structure);
                if (skipped < 0)
                {
                    return;
                }

                at += skipped;
            }

            TakeSign(next[at++], here, ref usage);
        }
    }

    /// <summary>Forgets the text that has begun.</summary>
    public void Restart() => this = default;

    private void TakeSign(byte sign, Place here, ref UsageCounts usage)
    {
        switch (sign)
        {
            case (byte)'"':
                _inString = true;
                _nameLength = here == Place.Elsewhere ? NameBytesMax + 1 : 0;
                break;
            case (byte)':':
                _key = KeyOf(here);
                _digits = 0;
                _number = 0;
                _isNumberBad = false;
                break;
            case (byte)'{':
            case (byte)'[':
                Enter(sign == '{' ? Below(here) : Place.Elsewhere);
                _key = Key.None;
                break;
            case (byte)'}':
            case (byte)']':
                Commit(ref usage);
                _depth = Math.Max(_depth - 1, 0);
                break;
            case (byte)',':
                Commit(ref usage);
                break;
            case >= (byte)'0' and <= (byte)'9':
                _number = (_number * 10) + (sign - '0');
                _isNumberBad |= ++_digits > DigitsMax;
                break;
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                break;
            default:
                // A sign, a fraction, an exponent, a word: no count, and no object may follow it that would be one.
                _isNumberBad = true;
                _key = Key.None;
                break;
        }
    }

    private int TakeString(ReadOnlySpan<byte> next)
    {
        if (_escaped)
        {
            _escaped = false;
            return 1;
        }

        var length = next.IndexOfAny((byte)'"', (byte)'\\');
        var part = length < 0 ? next : next[..length];
        if (_nameLength + part.Length <= NameBytesMax)
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

        if (next[length] == '"')
        {
            _inString = false;
            _isNumberBad = true;
        }
        else
        {
            _escaped = true;
            _nameLength = NameBytesMax + 1;
        }

        return length + 1;
    }

    private readonly Place Below(Place here) => (here, _key) switch
    {
        (Place.Elsewhere, _) => _depth == 0 ? Place.Root : Place.Elsewhere,
        (Place.Root, Key.Envelope) => Place.Envelope,
        (Place.Root or Place.Envelope, Key.Usage) => Place.Usage,
        (Place.Usage, Key.Details) => Place.Details,
        _ => Place.Elsewhere,
    };

    private void Enter(Place place)
    {
        _depth++;
        if (_depth <= Levels.Count)
        {
            _levels[_depth - 1] = place;
        }
    }

    private readonly Place PlaceAt(int depth) => depth is > 0 and <= Levels.Count ? _levels[depth - 1] : Place.Elsewhere;

    private readonly Key KeyOf(Place here)
    {
        if (_nameLength > NameBytesMax)
        {
            return Key.None;
        }

        var name = ((ReadOnlySpan<byte>)_name)[.._nameLength];
        return here switch
        {
            Place.Root when name.SequenceEqual("response"u8) || name.SequenceEqual("message"u8) => Key.Envelope,
            Place.Root or Place.Envelope when name.SequenceEqual("usage"u8) => Key.Usage,
            Place.Usage => UsageKey(name),
            Place.Details when name.SequenceEqual("cached_tokens"u8) => Key.Cached,
            Place.Details when name.SequenceEqual("reasoning_tokens"u8) => Key.Reasoning,
            _ => Key.None,
        };
    }

    private static Key UsageKey(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("prompt_tokens"u8) || name.SequenceEqual("input_tokens"u8))
        {
            return Key.Input;
        }

        if (name.SequenceEqual("completion_tokens"u8) || name.SequenceEqual("output_tokens"u8))
        {
            return Key.Output;
        }

        if (name.SequenceEqual("cache_read_input_tokens"u8))
        {
            return Key.CacheRead;
        }

        return name.SequenceEqual("cache_creation_input_tokens"u8) ? Key.CacheCreation
            : name.EndsWith("_tokens_details"u8) ? Key.Details : Key.None;
    }

    private void Commit(ref UsageCounts usage)
    {
        if (_key >= Key.Input && _digits > 0 && !_isNumberBad)
        {
            switch (_key)
            {
                case Key.Input:
                    usage.InputTokens = _number;
                    break;
                case Key.Output:
                    usage.OutputTokens = _number;
                    break;
                case Key.Cached:
                    usage.CachedTokens = _number;
                    break;
                case Key.CacheRead:
                    usage.CacheReadTokens = _number;
                    break;
                case Key.CacheCreation:
                    usage.CacheCreationTokens = _number;
                    break;
                default:
                    usage.ReasoningTokens = _number;
                    break;
            }
        }

        _key = Key.None;
    }

    [InlineArray(NameBytesMax)]
    private struct Name
    {
        private byte _first;
    }

    [InlineArray(Count)]
    private struct Levels
    {
        public const int Count = 4;
        private Place _first;
    }
}
