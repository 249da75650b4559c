using System.Text;

namespace Edge.Core.Bodies;

/// <summary>A name with <c>*</c> for any text, as in <c>gpt-4*</c>. Immutable.</summary>
public sealed class Wildcard
{
    private readonly byte[] _pattern;

    // Where the first star is; what is before it, names begin with.
    private readonly int _star;

    /// <summary>Takes a pattern.</summary>
    public Wildcard(string pattern)
    {
        _pattern = Encoding.UTF8.GetBytes(pattern);
        _star = _pattern.AsSpan().IndexOf((byte)'*');
    }

    /// <summary>Whether a name fits. Time grows with the product of the lengths at worst; only the name is a caller's.</summary>
    public bool IsMatch(ReadOnlySpan<byte> name) =>
        _star < 0 ? name.SequenceEqual(_pattern)
        : name.StartsWith(_pattern.AsSpan(0, _star)) && (_star == _pattern.Length - 1 || IsMatchBehindStar(name));

    private bool IsMatchBehindStar(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> pattern = _pattern;
        int p = _star, n = _star, star = -1, mark = 0;
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
