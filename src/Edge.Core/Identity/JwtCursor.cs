using System.Buffers;

namespace Edge.Core.Identity;

/// <summary>
/// Walks the members of an object or the elements of an array in a text that <see cref="JwtJson"/> has checked. It trusts that
/// check, so it only looks for where values end.
/// </summary>
internal ref struct JwtCursor
{
    private static readonly SearchValues<byte> Ends = SearchValues.Create(" \t\r\n,]}"u8);
    private static readonly SearchValues<byte> Brackets = SearchValues.Create("\"{}[]"u8);

    private readonly ReadOnlySpan<byte> _json;
    private readonly bool _isObject;
    private int _at;

    /// <summary>Begins before the first member or element.</summary>
    internal JwtCursor(ReadOnlySpan<byte> json, JwtValue container)
    {
        _json = json[..(container.Start + container.Length)];
        _isObject = container.Kind == JwtValueKind.Object;
        _at = container.Start + 1;
    }

    /// <summary>The member's name; of kind None in an array.</summary>
    internal JwtValue Name { get; private set; }

    /// <summary>The member's or element's value.</summary>
    internal JwtValue Value { get; private set; }

    /// <summary>Goes to the next one; false when there is none.</summary>
    internal bool Next()
    {
        Skip();
        if (_json[_at] is (byte)'}' or (byte)']')
        {
            return false;
        }

        if (_isObject)
        {
            Name = Read();
            Skip();
        }

        Value = Read();
        return true;
    }

    private void Skip()
    {
        while (_json[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)',' or (byte)':')
        {
            _at++;
        }
    }

    private JwtValue Read()
    {
        var start = _at;
        switch (_json[_at])
        {
            case (byte)'"':
                var isEscaped = SkipString();
                return new JwtValue(JwtValueKind.String, isEscaped, start + 1, _at - start - 2);
            case (byte)'{':
                SkipContainer();
                return new JwtValue(JwtValueKind.Object, false, start, _at - start);
            case (byte)'[':
                SkipContainer();
                return new JwtValue(JwtValueKind.Array, false, start, _at - start);
        }

        var length = _json[_at..].IndexOfAny(Ends);
        _at += length;
        return new JwtValue(_json[start] switch
        {
            (byte)'t' => JwtValueKind.True,
            (byte)'f' => JwtValueKind.False,
            (byte)'n' => JwtValueKind.Null,
            _ => JwtValueKind.Number,
        }, false, start, length);
    }

    private bool SkipString()
    {
        var isEscaped = false;
        _at++;
        while (true)
        {
            _at += _json[_at..].IndexOfAny((byte)'"', (byte)'\\');
            if (_json[_at] == (byte)'"')
            {
                _at++;
                return isEscaped;
            }

            isEscaped = true;
            _at += 2;
        }
    }

    private void SkipContainer()
    {
        var depth = 0;
        do
        {
            _at += _json[_at..].IndexOfAny(Brackets);
            if (_json[_at] == (byte)'"')
            {
                SkipString();
                continue;
            }

            depth += _json[_at++] is (byte)'{' or (byte)'[' ? 1 : -1;
        }
        while (depth > 0);
    }
}
