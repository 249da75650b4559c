using System.Numerics;

namespace Edge.Core.Http;

/// <summary>Ranges of numbers, both ends included, that neither overlap nor touch, in order. Immutable.</summary>
/// <typeparam name="T">An unsigned number.</typeparam>
internal readonly struct AddressRanges<T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    // Apart, so that a search touches only what it compares.
    private readonly T[] _firsts;
    private readonly T[] _lasts;

    /// <summary>Sorts and joins ranges; the list is used up.</summary>
    public AddressRanges(List<(T First, T Last)> ranges)
    {
        ranges.Sort();
        List<T> firsts = [];
        List<T> lasts = [];
        foreach (var (first, last) in ranges)
        {
            if (lasts.Count > 0 && (lasts[^1] == T.MaxValue || first <= lasts[^1] + T.One))
            {
                lasts[^1] = T.Max(lasts[^1], last);
                continue;
            }

            firsts.Add(first);
            lasts.Add(last);
        }

        _firsts = [.. firsts];
        _lasts = [.. lasts];
    }

    /// <summary>How many ranges there are after joining.</summary>
    public int Count => _firsts.Length;

    /// <summary>True where a range has the value.</summary>
    public bool Contains(T value)
    {
        // The ranges before "low" begin at or before the value, those from "high" on behind it.
        var low = 0;
        var high = _firsts.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_firsts[middle] <= value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && value <= _lasts[low - 1];
    }
}
