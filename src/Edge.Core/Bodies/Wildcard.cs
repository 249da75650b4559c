namespace Edge.Core.Bodies;

/// <summary>Names with <c>*</c> for any text, as in <c>gpt-4*</c>. Stateless.</summary>
public static class Wildcard
{
    /// <summary>Whether a name fits. Time grows with the product of the lengths at worst; only the name is a caller's.</summary>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> name)
    {
        int p = 0, n = 0, star = -1, mark = 0;
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
