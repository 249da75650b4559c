using System.Globalization;
using System.Text;

namespace Edge.Core.Bodies.Patterns;

/// <summary>
/// Reads a regular expression as ECMA-262 has it with the flag <c>u</c>: the part of it that a machine without memory can
/// match. What needs memory (back references) or looks around is refused with its place. One for each pattern.
/// </summary>
internal sealed class PatternParser
{
    /// <summary>Most groups around a part.</summary>
    public const int DepthMax = 64;

    /// <summary>Most characters of a pattern.</summary>
    public const int CharsMax = 4096;

    private readonly string _text;
    private int _at;
    private int _depth;

    private PatternParser(string text) => _text = text;

    private bool IsAtEnd => _at == _text.Length;

    /// <summary>Parses a pattern.</summary>
    /// <exception cref="PatternException">It can't be used.</exception>
    public static PatternNode Parse(string text)
    {
        if (text.Length > CharsMax)
        {
            throw new PatternException($"the pattern is longer than {CharsMax} characters");
        }

        var parser = new PatternParser(text);
        var node = parser.ReadChoice();
        return parser.IsAtEnd ? node : throw parser.Error("unmatched ')'");
    }

    private PatternNode ReadChoice()
    {
        var parts = new List<PatternNode> { ReadSequence() };
        while (TryTake('|'))
        {
            parts.Add(ReadSequence());
        }

        return parts.Count == 1 ? parts[0] : new PatternNode(PatternNodeKind.Choice) { Parts = parts };
    }

    private PatternNode ReadSequence()
    {
        var parts = new List<PatternNode>();
        while (!IsAtEnd && _text[_at] is not ('|' or ')'))
        {
            var part = ReadAtom();
            parts.Add(ReadQuantifier(part));
        }

        return parts.Count switch
        {
            0 => new PatternNode(PatternNodeKind.Empty),
            1 => parts[0],
            _ => new PatternNode(PatternNodeKind.Sequence) { Parts = parts },
        };
    }

    private PatternNode ReadAtom()
    {
        var rune = TakeRune();
        switch (rune.Value)
        {
            case '^':
                return new PatternNode(PatternNodeKind.Start);
            case '$':
                return new PatternNode(PatternNodeKind.End);
            case '.':
                return PatternNode.Of(CharacterSet.Any);
            case '(':
                return ReadGroup();
            case '[':
                return PatternNode.Of(ReadClass());
            case '\\':
                return ReadEscape();
            case '*' or '+' or '?':
                _at--;
                throw Error($"nothing to repeat before '{rune}'");
            default:
                return PatternNode.Of(CharacterSet.Of((rune.Value, rune.Value)));
        }
    }

    private PatternNode ReadGroup()
    {
        if (TryTake('?') && !TryTake(':'))
        {
            if (!TryTake('<') || IsAtEnd || _text[_at] is '=' or '!')
            {
                throw Error("look-ahead and look-behind are not supported, they can't be matched in linear time");
            }

            var end = _text.IndexOf('>', _at);
            _at = end > _at ? end + 1 : throw Error("a group's name without an end");
        }

        if (++_depth > DepthMax)
        {
            throw Error($"more than {DepthMax} groups in each other");
        }

        var inner = ReadChoice();
        _depth--;
        return TryTake(')') ? inner : throw Error("a group without an end");
    }

    private PatternNode ReadQuantifier(PatternNode part)
    {
        if (!TryReadBounds(out var least, out var most))
        {
            return part;
        }

        if (part.Kind is PatternNodeKind.Start or PatternNodeKind.End or PatternNodeKind.WordBoundary
            or PatternNodeKind.NoWordBoundary)
        {
            throw Error("an assertion can't be repeated");
        }

        // Whether it takes much or little makes no difference to whether it matches.
        TryTake('?');
        return new PatternNode(PatternNodeKind.Repeat) { Parts = [part], Least = least, Most = most };
    }

    private bool TryReadBounds(out int least, out int most)
    {
        (least, most) = (0, -1);
        if (TryTake('*'))
        {
            return true;
        }

        if (TryTake('+'))
        {
            least = 1;
            return true;
        }

        if (TryTake('?'))
        {
            most = 1;
            return true;
        }

        var start = _at;
        if (!TryTake('{') || !TryReadCount(out least))
        {
            // A brace that begins no bounds is a brace.
            _at = start;
            return false;
        }

        most = least;
        if (TryTake(',') && !TryReadCount(out most))
        {
            most = -1;
        }

        if (!TryTake('}'))
        {
            _at = start;
            return false;
        }

        return most < 0 || most >= least ? true : throw Error("bounds out of order");
    }

    private bool TryReadCount(out int count)
    {
        var start = _at;
        while (!IsAtEnd && char.IsAsciiDigit(_text[_at]))
        {
            _at++;
        }

        count = 0;
        if (_at == start)
        {
            return false;
        }

        return int.TryParse(_text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out count)
            && count <= PatternProgram.StatesMax ? true : throw Error("a count that is too large");
    }

    private PatternNode ReadEscape()
    {
        if (IsAtEnd)
        {
            throw Error("a backslash at the end");
        }

        switch (_text[_at])
        {
            case 'b':
                _at++;
                return new PatternNode(PatternNodeKind.WordBoundary);
            case 'B':
                _at++;
                return new PatternNode(PatternNodeKind.NoWordBoundary);
            case >= '1' and <= '9' or 'k':
                throw Error("back references are not supported, they can't be matched in linear time");
            default:
                return PatternNode.Of(ReadSetEscape());
        }
    }

    private CharacterSet ReadSetEscape()
    {
        switch (_text[_at])
        {
            case 'd':
                _at++;
                return CharacterSet.Digit;
            case 'D':
                _at++;
                return CharacterSet.Digit.Inverted();
            case 'w':
                _at++;
                return CharacterSet.Word;
            case 'W':
                _at++;
                return CharacterSet.Word.Inverted();
            case 's':
                _at++;
                return CharacterSet.Space;
            case 'S':
                _at++;
                return CharacterSet.Space.Inverted();
            case 'p':
            case 'P':
                return ReadProperty();
            default:
                var character = ReadCharacterEscape();
                return CharacterSet.Of((character, character));
        }
    }

    private CharacterSet ReadProperty()
    {
        var isInverted = _text[_at++] == 'P';
        var end = _text.IndexOf('}', _at);
        if (!TryTake('{') || end < 0)
        {
            throw Error("\\p without a name in braces");
        }

        var name = _text[_at..end];
        var set = CharacterSet.Category(name)
            ?? throw Error($"the Unicode property '{name}' is not supported; general categories are (\\p{{L}}, \\p{{Nd}}, ...)");
        _at = end + 1;
        return isInverted ? set.Inverted() : set;
    }

    private int ReadCharacterEscape()
    {
        var rune = TakeRune();
        switch (rune.Value)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'v':
                return '\v';
            case 'f':
                return '\f';
            case 'r':
                return '\r';
            case '0' when IsAtEnd || !char.IsAsciiDigit(_text[_at]):
                return 0;
            case 'c' when !IsAtEnd && char.IsAsciiLetter(_text[_at]):
                return _text[_at++] & 0x1F;
            case 'x':
                return ReadHex(2);
            case 'u':
                return ReadUnicodeEscape();
            default:
                // The grammar has only its own signs here; others that mean nothing are taken as they were surely meant.
                return rune.IsAscii && !char.IsAsciiLetterOrDigit((char)rune.Value)
                    ? rune.Value : throw Error($"unknown escape '\\{rune}'");
        }
    }

    private int ReadUnicodeEscape()
    {
        if (TryTake('{'))
        {
            var end = _text.IndexOf('}', _at);
            if (end < 0 || !int.TryParse(_text.AsSpan(_at, end - _at), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var value) || value is < 0 or > 0x10FFFF)
            {
                throw Error("a bad \\u{...}");
            }

            _at = end + 1;
            return value;
        }

        var unit = ReadHex(4);
        if (char.IsHighSurrogate((char)unit) && _text.AsSpan(_at).StartsWith("\\u"))
        {
            var start = _at;
            _at += 2;
            var low = ReadHex(4);
            if (char.IsLowSurrogate((char)low))
            {
                return char.ConvertToUtf32((char)unit, (char)low);
            }

            _at = start;
        }

        return unit;
    }

    private int ReadHex(int digits)
    {
        if (_at + digits > _text.Length || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var value))
        {
            throw Error($"an escape without its {digits} hexadecimal digits");
        }

        _at += digits;
        return value;
    }

    private CharacterSet ReadClass()
    {
        var isInverted = TryTake('^');
        var ranges = new List<(int, int)>();
        while (!TryTake(']'))
        {
            var first = ReadClassAtom();
            if (!_text.AsSpan(_at).StartsWith("-") || _text.AsSpan(_at).StartsWith("-]"))
            {
                ranges.AddRange(first.Ranges);
                continue;
            }

            _at++;
            var last = ReadClassAtom();
            if (!IsOne(first) || !IsOne(last) || last.Ranges[0].First < first.Ranges[0].First)
            {
                throw Error("a range out of order, or with a class at its end");
            }

            ranges.Add((first.Ranges[0].First, last.Ranges[0].First));
        }

        var set = CharacterSet.Of([.. ranges]);
        return isInverted ? set.Inverted() : set;
    }

    private CharacterSet ReadClassAtom()
    {
        if (IsAtEnd)
        {
            throw Error("a class without an end");
        }

        if (!TryTake('\\'))
        {
            var rune = TakeRune();
            return CharacterSet.Of((rune.Value, rune.Value));
        }

        if (IsAtEnd)
        {
            throw Error("a backslash at the end");
        }

        return TryTake('b') ? CharacterSet.Of(('\b', '\b')) : ReadSetEscape();
    }

    private static bool IsOne(CharacterSet set) => set.Ranges.Count == 1 && set.Ranges[0].First == set.Ranges[0].Last;

    private bool TryTake(char wanted)
    {
        if (IsAtEnd || _text[_at] != wanted)
        {
            return false;
        }

        _at++;
        return true;
    }

    private Rune TakeRune()
    {
        if (Rune.DecodeFromUtf16(_text.AsSpan(_at), out var rune, out var length) != System.Buffers.OperationStatus.Done)
        {
            throw Error("half of a surrogate pair");
        }

        _at += length;
        return rune;
    }

    private PatternException Error(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{what}, at character {_at + 1} of the pattern"));
}
