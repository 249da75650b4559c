namespace Edge.Core.Telemetry;

/// <summary>
/// Counts of values between fixed bounds, and their sum, in memory that is there from the start: recording costs about 15 ns and
/// no memory. Thread-safe in the way of <see cref="StripedCells"/>.
/// </summary>
/// <remarks>
/// Values are whole numbers of the smallest unit that matters (nanoseconds, tokens): sums of them are exact, and one add is
/// enough.
/// </remarks>
public sealed class StripedHistogram
{
    private readonly long[] _bounds;
    private readonly StripedCells _cells;

    /// <summary>A histogram with these upper bounds, each of them inclusive and larger than the one before.</summary>
    public StripedHistogram(long[] bounds)
    {
        _bounds = bounds;
        _cells = StripedCells.Make(bounds.Length + 2);
    }

    /// <summary>How many counts there are: one for each bound, and one for what is above them all.</summary>
    public int BucketCount => _bounds.Length + 1;

    // Behind the counts.
    private int SumCell => _bounds.Length + 1;

    /// <summary>Records a value.</summary>
    public void Record(long value) => _cells.Add(IndexOf(value), 1, SumCell, value);

    /// <summary>Reads what has been recorded.</summary>
    /// <param name="counts">Gets the count of each bucket, <see cref="BucketCount"/> of them, not added up.</param>
    /// <param name="sum">The sum of all values.</param>
    public void Read(Span<long> counts, out long sum)
    {
        for (var i = 0; i < BucketCount; i++)
        {
            counts[i] = _cells.Sum(i);
        }

        sum = _cells.Sum(SumCell);
    }

    /// <summary>The bucket of a value.</summary>
    public int IndexOf(long value)
    {
        var bounds = _bounds;
        var low = 0;
        var high = bounds.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (value <= bounds[middle])
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
