namespace Edge.Core.Bodies;

/// <summary>Names with <c>*</c> for any text, as in <c>gpt-4*</c>. Stateless.</summary>
public static class Wildcard
{
    /// <summary>Whether a name fits. Time grows with the product of the lengths at worst; only the name is a caller's.</summary>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> name)
    {
        // Most names do not even have the first byte of a pattern, or of one without a star not all of them.
        if (pattern.IsEmpty || (pattern[0] != '*' && (name.IsEmpty || name[0] != pattern[0])))
        {
            return pattern.IsEmpty && name.IsEmpty;
        }

        var same = pattern.IndexOf((byte)'*');
        if (same < 0 || !name.StartsWith(pattern[..same]))
        {
            return same < 0 && name.SequenceEqual(pattern);
        }

        int p = same, n = same, star = -1, mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = n;
            }
            else if (p < pattern.Length && pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart((byte)'*').IsEmpty;
    }
}
