using System.Buffers;
using System.Buffers.Text;

namespace Edge.Core.Http;

/// <summary>What kind of value a member of a structured field has (RFC 8941, section 3.3).</summary>
public enum StructuredKind
{
    /// <summary>True or false; true where no value stands there.</summary>
    Boolean,

    /// <summary>A whole number of up to 15 digits.</summary>
    Integer,

    /// <summary>Text in quotes.</summary>
    String,

    /// <summary>A decimal, a token, bytes or a list. They are read over.</summary>
    Other,
}

/// <summary>A value in a structured field.</summary>
public readonly ref struct StructuredValue
{
    /// <summary>What it is.</summary>
    public StructuredKind Kind { get; init; }

    /// <summary>The number of an integer; 1 for true, and 0 for all else.</summary>
    public long Number { get; init; }

    /// <summary>The text of a string as it stands between the quotes, escapes and all; else nothing.</summary>
    public ReadOnlySpan<byte> Text { get; init; }
}

/// <summary>
/// Reads a field line that is a dictionary of structured values (RFC 8941, section 4.2.2), member by member. Unlike the lists
/// that are read leniently, one with a mistake anywhere says nothing at all: who reads it has to come to its end, and ask for
/// <see cref="IsBad"/>, before what it said counts. Of members of one name the last counts.
/// </summary>
/// <param name="line">The field's value.</param>
public ref struct StructuredMembers(ReadOnlySpan<byte> line)
{
    private const int IntegerDigitsMax = 15;
    private const int WholeDigitsMax = 12;
    private const int FractionDigitsMax = 3;

    private static readonly SearchValues<byte> KeyBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*"u8);

    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~:/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> Base64Bytes = SearchValues.Create(
        "+/=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private ReadOnlySpan<byte> _rest = line.Trim((byte)' ');

    /// <summary>True where it was found not to be a dictionary.</summary>
    public bool IsBad { get; private set; }

    /// <summary>Reads the next member.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False at the end, and where it is no dictionary.</returns>
    public bool TryNext(out ReadOnlySpan<byte> key, out StructuredValue value)
    {
        key = default;
        value = new StructuredValue { Kind = StructuredKind.Boolean, Number = 1 };
        if (IsBad || _rest.IsEmpty)
        {
            return false;
        }

        IsBad = !(TryKey(out key) && (!Takes('=') || TryValue(out value)) && TryParameters() && TryEnd());
        return !IsBad;
    }

    private readonly bool Is(char sign) => !_rest.IsEmpty && _rest[0] == sign;

    private bool Takes(char sign)
    {
        var isIt = Is(sign);
        _rest = isIt ? _rest[1..] : _rest;
        return isIt;
    }

    private ReadOnlySpan<byte> Take(SearchValues<byte> bytes)
    {
        var length = _rest.IndexOfAnyExcept(bytes);
        var taken = length < 0 ? _rest : _rest[..length];
        _rest = _rest[taken.Length..];
        return taken;
    }

    private bool TryKey(out ReadOnlySpan<byte> key)
    {
        key = Take(KeyBytes);
        return !key.IsEmpty && key[0] is (byte)'*' or (>= (byte)'a' and <= (byte)'z');
    }

    /// <summary>What is behind a member: the end, or a comma and another.</summary>
    private bool TryEnd()
    {
        _rest = _rest.TrimStart(" \t"u8);
        if (!Takes(','))
        {
            return _rest.IsEmpty;
        }

        _rest = _rest.TrimStart(" \t"u8);
        return !_rest.IsEmpty;
    }

    private bool TryValue(out StructuredValue value)
    {
        if (!Takes('('))
        {
            return TryItem(out value);
        }

        value = new StructuredValue { Kind = StructuredKind.Other };
        while (true)
        {
            _rest = _rest.TrimStart((byte)' ');
            if (Takes(')'))
            {
                return true;
            }

            if (!TryItem(out _) || !TryParameters() || !(Is(' ') || Is(')')))
            {
                return false;
            }
        }
    }

    private bool TryParameters()
    {
        while (Takes(';'))
        {
            _rest = _rest.TrimStart((byte)' ');
            if (!TryKey(out _) || (Takes('=') && !TryItem(out _)))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryItem(out StructuredValue value)
    {
        value = new StructuredValue { Kind = StructuredKind.Other };
        if (_rest.IsEmpty)
        {
            return false;
        }

        switch (_rest[0])
        {
            case (byte)'"':
                return TryString(out value);
            case (byte)'?':
                return TryBoolean(out value);
            case (byte)':':
                _rest = _rest[1..];
                Take(Base64Bytes);
                return Takes(':');
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return TryNumber(out value);
            case (byte)'*' or (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z'):
                Take(TokenBytes);
                return true;
            default:
                return false;
        }
    }

    private bool TryString(out StructuredValue value)
    {
        value = default;
        for (var i = 1; i < _rest.Length; i++)
        {
            switch (_rest[i])
            {
                case (byte)'"':
                    value = new StructuredValue { Kind = StructuredKind.String, Text = _rest[1..i] };
                    _rest = _rest[(i + 1)..];
                    return true;
                case (byte)'\\':
                    if (++i >= _rest.Length || _rest[i] is not ((byte)'"' or (byte)'\\'))
                    {
                        return false;
                    }

                    break;
                case < (byte)' ' or > (byte)'~':
                    return false;
            }
        }

        return false;
    }

    private bool TryBoolean(out StructuredValue value)
    {
        value = default;
        if (_rest.Length < 2 || _rest[1] is not ((byte)'0' or (byte)'1'))
        {
            return false;
        }

        value = new StructuredValue { Kind = StructuredKind.Boolean, Number = _rest[1] - '0' };
        _rest = _rest[2..];
        return true;
    }

    private bool TryNumber(out StructuredValue value)
    {
        value = default;
        var text = _rest;
        Takes('-');
        var whole = Digits();
        if (Takes('.'))
        {
            value = new StructuredValue { Kind = StructuredKind.Other };
            return whole is > 0 and <= WholeDigitsMax && Digits() is > 0 and <= FractionDigitsMax;
        }

        if (whole is 0 or > IntegerDigitsMax
            || !Utf8Parser.TryParse(text[..(text.Length - _rest.Length)], out long number, out _))
        {
            return false;
        }

        value = new StructuredValue { Kind = StructuredKind.Integer, Number = number };
        return true;
    }

    private int Digits()
    {
        var length = _rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        length = length < 0 ? _rest.Length : length;
        _rest = _rest[length..];
        return length;
    }
}
