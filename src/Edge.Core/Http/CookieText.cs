namespace Edge.Core.Http;

/// <summary>
/// Finds cookies in a Cookie field (RFC 6265, section 4.2.1) and takes them out, leaving the others as they are. White space
/// around a name does not count, and since some readers decode a name that is percent-encoded, such a one is the same name here.
/// Stateless; allocates nothing.
/// </summary>
public static class CookieText
{
    /// <summary>Takes the next cookie off a field.</summary>
    /// <param name="rest">The field's value; then what is left of it.</param>
    /// <param name="cookie">Name, and perhaps <c>=</c> and a value, without white space around.</param>
    /// <returns>False where there is none.</returns>
    public static bool TryNext(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> cookie)
    {
        cookie = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        var end = rest.IndexOf(';');
        cookie = (end < 0 ? rest : rest[..end]).Trim(" \t");
        rest = end < 0 ? default : rest[(end + 1)..];
        return true;
    }

    /// <summary>True for a cookie of this name.</summary>
    public static bool IsNamed(ReadOnlySpan<char> cookie, ReadOnlySpan<char> name)
    {
        var end = cookie.IndexOf('=');
        return EncodedName.Is((end < 0 ? cookie : cookie[..end]).Trim(" \t"), name);
    }

    /// <summary>A cookie's value without the quotes that it may stand in; empty where there is none.</summary>
    public static ReadOnlySpan<char> ValueOf(ReadOnlySpan<char> cookie)
    {
        var end = cookie.IndexOf('=');
        var value = end < 0 ? default : cookie[(end + 1)..].Trim(" \t");
        return value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;
    }

    /// <summary>Writes those cookies of a field that have none of these names, <c>; </c> between them.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="field">The value of a Cookie field.</param>
    /// <param name="names">Names to leave out.</param>
    /// <param name="isFirst">True as long as no cookie has been written.</param>
    public static void WriteWithout(HeadBuffer to, ReadOnlySpan<char> field, ReadOnlySpan<string> names, ref bool isFirst)
    {
        while (TryNext(ref field, out var cookie))
        {
            if (cookie.IsEmpty || IsNamedAny(cookie, names))
            {
                continue;
            }

            if (!isFirst)
            {
                to.Write("; "u8);
            }

            to.WriteLatin1(cookie);
            isFirst = false;
        }
    }

    private static bool IsNamedAny(ReadOnlySpan<char> cookie, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (IsNamed(cookie, name))
            {
                return true;
            }
        }

        return false;
    }
}
