namespace Edge.Core.Bodies;

/// <summary>Names with <c>*</c> for any text, as in <c>gpt-4*</c>. Stateless.</summary>
public static class Wildcard
{
    /// <summary>Whether a name fits. Time grows with the product of the lengths at worst; only the name is a caller's.</summary>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> name)
    {
        // Up to its first star a pattern is what it says; most have none.
        var same = 0;
        while (same < pattern.Length && same < name.Length && pattern[same] == name[same] && pattern[same] != '*')
        {
            same++;
        }

        if (same == pattern.Length || pattern[same] != '*')
        {
            return same == pattern.Length && same == name.Length;
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
