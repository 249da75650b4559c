using System.Buffers;
using System.Text.Unicode;

namespace Edge.Core.Identity;

/// <summary>
/// Reads the JSON of tokens and of issuers' documents. Strict (RFC 8259): valid UTF-8 with no lone surrogates, no byte order
/// mark, no member twice in any object at any depth, bounded nesting and bounded numbers of members. It never throws: most of
/// what it is given under attack is rubbish, and an exception costs more than the reading. It does not allocate.
/// </summary>
/// <remarks>
/// Owned by one thread at a time; the text is only read during <see cref="Scan"/>. Duplicates are found by a keyed hash of the
/// names of all open objects, then by comparing, so that a token of one name after another costs no more than another token.
/// </remarks>
internal sealed class JwtJson
{
    private static readonly SearchValues<byte> StringStops = SearchValues.Create(
    [
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F,
        0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F,
        (byte)'"', (byte)'\\',
    ]);

    private readonly JwtHash _hash;
    private readonly ulong[] _hashes;
    private readonly JwtMember[] _open;
    private readonly JwtMember[] _members;
    private int _openCount;
    private int _at;
    private JwtRejection _fault;

    /// <summary>A reader whose objects may have this many members.</summary>
    internal JwtJson(JwtHash hash, int membersMax)
    {
        _hash = hash;
        _hashes = new ulong[membersMax];
        _open = new JwtMember[membersMax];
        _members = new JwtMember[membersMax];
    }

    /// <summary>The members of the object that was scanned last, in their order.</summary>
    internal ReadOnlySpan<JwtMember> Members => _members.AsSpan(0, Count);

    /// <summary>Their number.</summary>
    internal int Count { get; private set; }

    /// <summary>Forgets what was scanned last.</summary>
    internal void Clear() => Count = 0;

    /// <summary>Checks that the text is one object and nothing else, and finds its members.</summary>
    /// <returns>
    /// <see cref="JwtRejection.None"/>, <see cref="JwtRejection.JsonInvalid"/>, <see cref="JwtRejection.MemberDuplicate"/> or
    /// <see cref="JwtRejection.JsonTooComplex"/>.
    /// </returns>
    internal JwtRejection Scan(ReadOnlySpan<byte> json)
    {
        _at = _openCount = Count = 0;
        _fault = JwtRejection.JsonInvalid;
        if (!Utf8.IsValid(json) || !SkipTo((byte)'{', json) || !Object(json, 1))
        {
            Count = 0;
            return _fault;
        }

        SkipSpace(json);
        return _at == json.Length ? JwtRejection.None : JwtRejection.JsonInvalid;
    }

    /// <summary>The value of a member of the object that was scanned last; of kind None if there is no such member.</summary>
    internal JwtValue Find(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        foreach (ref readonly var member in Members)
        {
            if (member.Name.TextEquals(json, name))
            {
                return member.Value;
            }
        }

        return default;
    }

    // Each of the following reads one construct whose first byte is at _at, and says whether it is well-formed.
    private bool Value(ReadOnlySpan<byte> json, int depth, out JwtValue value)
    {
        value = default;
        if (_at >= json.Length)
        {
            return false;
        }

        var start = _at;
        var first = json[_at];
        if (first == (byte)'"')
        {
            return String(json, out value);
        }

        if (first is (byte)'{' or (byte)'[' && depth >= JwtLimits.NestingMax)
        {
            _fault = JwtRejection.JsonTooComplex;
            return false;
        }

        JwtValueKind kind;
        var isRight = first switch
        {
            (byte)'{' => Is(JwtValueKind.Object, out kind) && Object(json, depth + 1),
            (byte)'[' => Is(JwtValueKind.Array, out kind) && Array(json, depth + 1),
            (byte)'t' => Is(JwtValueKind.True, out kind) && Literal(json, "true"u8),
            (byte)'f' => Is(JwtValueKind.False, out kind) && Literal(json, "false"u8),
            (byte)'n' => Is(JwtValueKind.Null, out kind) && Literal(json, "null"u8),
            _ => Is(JwtValueKind.Number, out kind) && Number(json),
        };
        value = new JwtValue(kind, false, start, _at - start);
        return isRight;
    }

    private static bool Is(JwtValueKind given, out JwtValueKind kind)
    {
        kind = given;
        return true;
    }

    private bool Object(ReadOnlySpan<byte> json, int depth)
    {
        var outer = _openCount;
        _at++;
        if (SkipTo((byte)'}', json))
        {
            _at++;
            return true;
        }

        while (true)
        {
            if (!SkipTo((byte)'"', json) || !String(json, out var name) || !Remember(json, name, outer)
                || !SkipTo((byte)':', json))
            {
                return false;
            }

            _at++;
            SkipSpace(json);
            if (!Value(json, depth, out var value))
            {
                return false;
            }

            if (depth == 1)
            {
                _members[Count++] = new JwtMember(name, value);
            }

            if (SkipTo((byte)'}', json))
            {
                _at++;
                _openCount = outer;
                return true;
            }

            if (!SkipTo((byte)',', json))
            {
                return false;
            }

            _at++;
        }
    }

    private bool Array(ReadOnlySpan<byte> json, int depth)
    {
        _at++;
        if (SkipTo((byte)']', json))
        {
            _at++;
            return true;
        }

        while (true)
        {
            SkipSpace(json);
            if (!Value(json, depth, out _))
            {
                return false;
            }

            if (SkipTo((byte)']', json))
            {
                _at++;
                return true;
            }

            if (!SkipTo((byte)',', json))
            {
                return false;
            }

            _at++;
        }
    }

    private bool String(ReadOnlySpan<byte> json, out JwtValue value)
    {
        var start = ++_at;
        var isEscaped = false;
        value = default;
        while (true)
        {
            var run = json[_at..].IndexOfAny(StringStops);
            if (run < 0)
            {
                return false;
            }

            _at += run;
            if (json[_at] == (byte)'"')
            {
                value = new JwtValue(JwtValueKind.String, isEscaped, start, _at - start);
                _at++;
                return true;
            }

            var escape = json[_at] == (byte)'\\' ? JwtText.EscapeLength(json[_at..]) : 0;
            if (escape == 0)
            {
                return false;
            }

            isEscaped = true;
            _at += escape;
        }
    }

    private bool Number(ReadOnlySpan<byte> json)
    {
        if (json[_at] == (byte)'-')
        {
            _at++;
        }

        // No leading zero before another digit.
        var start = _at;
        if (Digits(json) == 0 || (json[start] == (byte)'0' && _at > start + 1))
        {
            return false;
        }

        if (_at < json.Length && json[_at] == (byte)'.')
        {
            _at++;
            if (Digits(json) == 0)
            {
                return false;
            }
        }

        if (_at >= json.Length || json[_at] is not ((byte)'e' or (byte)'E'))
        {
            return true;
        }

        _at++;
        if (_at < json.Length && json[_at] is (byte)'+' or (byte)'-')
        {
            _at++;
        }

        return Digits(json) > 0;
    }

    private int Digits(ReadOnlySpan<byte> json)
    {
        var start = _at;
        while (_at < json.Length && char.IsAsciiDigit((char)json[_at]))
        {
            _at++;
        }

        return _at - start;
    }

    private bool Literal(ReadOnlySpan<byte> json, ReadOnlySpan<byte> literal)
    {
        var isRight = json[_at..].StartsWith(literal);
        _at += isRight ? literal.Length : 0;
        return isRight;
    }

    private bool Remember(ReadOnlySpan<byte> json, JwtValue name, int outer)
    {
        if (_openCount == _open.Length)
        {
            _fault = JwtRejection.JsonTooComplex;
            return false;
        }

        var text = name.Text(json);
        var hash = _hash.Of(text);
        var others = _hashes.AsSpan(outer, _openCount - outer);
        var from = 0;
        int found;
        while ((found = others[from..].IndexOf(hash)) >= 0)
        {
            from += found;
            if (_open[outer + from].Name.TextEquals(json, text))
            {
                _fault = JwtRejection.MemberDuplicate;
                return false;
            }

            from++;
        }

        _hashes[_openCount] = hash;
        _open[_openCount++] = new JwtMember(name, default);
        return true;
    }

    private bool SkipTo(byte wanted, ReadOnlySpan<byte> json)
    {
        SkipSpace(json);
        return _at < json.Length && json[_at] == wanted;
    }

    private void SkipSpace(ReadOnlySpan<byte> json)
    {
        while (_at < json.Length && json[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _at++;
        }
    }
}
