namespace Edge.Core.Http;

/// <summary>
/// Finds parameters of a query and takes them out, leaving every other character as it is. Parameters are separated by
/// <c>&amp;</c>; a name may be percent-encoded. Stateless; allocates nothing.
/// </summary>
public static class QueryText
{
    /// <summary>Takes the next parameter off a query.</summary>
    /// <param name="rest">The query, at first without its question mark; then what is left of it.</param>
    /// <param name="parameter">The parameter: name, and perhaps <c>=</c> and a value.</param>
    /// <returns>False where there is none.</returns>
    public static bool TryNext(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> parameter)
    {
        parameter = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        var end = rest.IndexOf('&');
        parameter = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return true;
    }

    /// <summary>True for a parameter of this name.</summary>
    public static bool IsNamed(ReadOnlySpan<char> parameter, ReadOnlySpan<char> name)
    {
        var end = parameter.IndexOf('=');
        return EncodedName.Is(end < 0 ? parameter : parameter[..end], name);
    }

    /// <summary>A parameter's value as it stands there, percent-encoded perhaps; empty where there is none.</summary>
    public static ReadOnlySpan<char> ValueOf(ReadOnlySpan<char> parameter)
    {
        var end = parameter.IndexOf('=');
        return end < 0 ? default : parameter[(end + 1)..];
    }

    /// <summary>Writes a query without the parameters of these names.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="query">With its question mark, or empty.</param>
    /// <param name="names">Names to leave out.</param>
    public static void WriteWithout(HeadBuffer to, ReadOnlySpan<char> query, ReadOnlySpan<string> names)
    {
        if (query.IsEmpty)
        {
            return;
        }

        var rest = query[1..];
        if (names.IsEmpty || !HasAny(rest, names))
        {
            to.WriteLatin1(query);
            return;
        }

        var separator = "?"u8;
        while (true)
        {
            var end = rest.IndexOf('&');
            var parameter = end < 0 ? rest : rest[..end];
            if (!IsNamedAny(parameter, names))
            {
                to.Write(separator);
                to.WriteLatin1(parameter);
                separator = "&"u8;
            }

            if (end < 0)
            {
                return;
            }

            rest = rest[(end + 1)..];
        }
    }

    private static bool HasAny(ReadOnlySpan<char> rest, ReadOnlySpan<string> names)
    {
        while (TryNext(ref rest, out var parameter))
        {
            if (IsNamedAny(parameter, names))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNamedAny(ReadOnlySpan<char> parameter, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (IsNamed(parameter, name))
            {
                return true;
            }
        }

        return false;
    }
}
