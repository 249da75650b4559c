namespace Edge.Core.Identity;

/// <summary>What a JSON value is.</summary>
public enum JwtValueKind : byte
{
    /// <summary>There is none.</summary>
    None,
    /// <summary>An object.</summary>
    Object,
    /// <summary>An array.</summary>
    Array,
    /// <summary>A string.</summary>
    String,
    /// <summary>A number.</summary>
    Number,
    /// <summary><c>true</c>.</summary>
    True,
    /// <summary><c>false</c>.</summary>
    False,
    /// <summary><c>null</c>.</summary>
    Null,
}

/// <summary>Where a value stands in a JSON text that has been checked. A string's bounds are those between its quotes.</summary>
internal readonly record struct JwtValue(JwtValueKind Kind, bool IsEscaped, int Start, int Length)
{
    /// <summary>The bytes, as they are written.</summary>
    internal ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> json) => json.Slice(Start, Length);

    /// <summary>A string's text in UTF-8. Only one with escapes, which an issuer seldom writes, is copied.</summary>
    internal ReadOnlySpan<byte> Text(ReadOnlySpan<byte> json)
    {
        var raw = Raw(json);
        if (!IsEscaped)
        {
            return raw;
        }

        var text = new byte[raw.Length];
        return text.AsSpan(0, JwtText.Unescape(raw, text));
    }

    /// <summary>Whether a string's text is this.</summary>
    internal bool TextEquals(ReadOnlySpan<byte> json, ReadOnlySpan<byte> text)
    {
        var raw = Raw(json);
        return IsEscaped ? JwtText.EqualsUnescaped(raw, text) : raw.SequenceEqual(text);
    }
}

/// <summary>A member of an object: its name is a string.</summary>
internal readonly record struct JwtMember(JwtValue Name, JwtValue Value);
