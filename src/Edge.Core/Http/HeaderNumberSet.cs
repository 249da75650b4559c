using System.Text;

namespace Edge.Core.Http;

/// <summary>A set of numbers of <see cref="KnownResponseHeaders"/>. A value: a change makes another.</summary>
public readonly record struct HeaderNumberSet
{
    private const int BitsOfWord = 64;

    private readonly ulong _low;
    private readonly ulong _high;

    private HeaderNumberSet(ulong low, ulong high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>All numbers of names, 0 not among them.</summary>
    public static HeaderNumberSet All { get; } = Of(KnownResponseHeaders.All);

    /// <summary>The numbers of those of the names that have one.</summary>
    public static HeaderNumberSet Of(IEnumerable<string> names)
    {
        var set = default(HeaderNumberSet);
        foreach (var name in names)
        {
            set = set.With(NumberOf(name));
        }

        return set;
    }

    /// <summary>The number of a name in whatever case; 0 where it is not a known one.</summary>
    public static int NumberOf(string name) => KnownResponseHeaders.NumberOf(Encoding.Latin1.GetBytes(name));

    /// <summary>True where the number is in the set. 0, "unknown", never is.</summary>
    public bool Has(int number) => (((number < BitsOfWord ? _low : _high) >> number) & 1) != 0;

    /// <summary>True where both sets have a number.</summary>
    public bool HasAny(HeaderNumberSet other) => ((_low & other._low) | (_high & other._high)) != 0;

    /// <summary>The set with one more; the same for 0.</summary>
    public HeaderNumberSet With(int number) => number switch
    {
        0 => this,
        < BitsOfWord => new HeaderNumberSet(_low | (1UL << number), _high),
        _ => new HeaderNumberSet(_low, _high | (1UL << number)),
    };

    /// <summary>What is in this set and not in the other.</summary>
    public HeaderNumberSet Without(HeaderNumberSet other) => new(_low & ~other._low, _high & ~other._high);

    /// <summary>What is in one of the sets.</summary>
    public HeaderNumberSet Or(HeaderNumberSet other) => new(_low | other._low, _high | other._high);
}
