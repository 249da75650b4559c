using System.Numerics;

namespace Edge.Core.Resilience;

/// <summary>
/// How long all but the slowest answers of an upstream take to begin, learned from the last few thousand of them. Counted in
/// classes of a ninth of their length, so it is that much too long at most. Thread-safe without a lock, in so far as of the
/// counts of many threads a few may be lost; allocates nothing.
/// </summary>
/// <param name="percentile">Of a hundred answers, so many are faster; 1 to 99.</param>
public sealed class LatencyQuantile(int percentile)
{
    /// <summary>Before so many answers were seen, nothing is known.</summary>
    public const int SamplesMin = 64;

    /// <summary>When so many have been counted, all counts are halved: what is old fades.</summary>
    public const int SamplesMax = 4096;

    // It is worked out again after so many.
    private const int RenewEvery = 32;

    // Eight classes for each doubling, of which the first ends at 2^16 ns, 66 us, and the last at 2^40, 18 min.
    private const int ClassShift = 3;
    private const int FirstBits = 16;
    private const int LastBits = 40;
    private const int Classes = (LastBits - FirstBits) << ClassShift;

    private readonly int[] _counts = new int[Classes];
    private int _total;
    private int _sinceRenewal;
    private long _value;

    /// <summary>The time in nanoseconds; 0: nothing is known yet.</summary>
    public long ValueNs => Volatile.Read(ref _value);

    /// <summary>An answer took so long to begin, or at least so long, where that is more than what is known.</summary>
    public void Observe(long elapsedNs)
    {
        Interlocked.Increment(ref _counts[ClassOf(elapsedNs)]);
        var total = Interlocked.Increment(ref _total);
        if (Interlocked.Increment(ref _sinceRenewal) >= RenewEvery && total >= SamplesMin
            && Interlocked.Exchange(ref _sinceRenewal, 0) >= RenewEvery)
        {
            Renew(total >= SamplesMax);
        }
    }

    private static int ClassOf(long elapsedNs)
    {
        var bits = BitOperations.Log2((ulong)Math.Max(1, elapsedNs));
        if (bits < FirstBits)
        {
            return 0;
        }

        // The bits behind the first say which eighth of the doubling it is in.
        var eighth = (int)(elapsedNs >> (bits - ClassShift)) & ((1 << ClassShift) - 1);
        return Math.Min(((bits - FirstBits) << ClassShift) + eighth, Classes - 1);
    }

    private static long EndOf(int number)
    {
        var bits = FirstBits + (number >> ClassShift);
        var eighth = number & ((1 << ClassShift) - 1);
        return (1L << bits) + ((eighth + 1L) << (bits - ClassShift));
    }

    private void Renew(bool fades)
    {
        var total = 0L;
        foreach (ref var count in _counts.AsSpan())
        {
            total += Volatile.Read(ref count);
        }

        var wanted = ((total * percentile) + 99) / 100;
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += Volatile.Read(ref _counts[i]);
            if (seen >= wanted)
            {
                Volatile.Write(ref _value, EndOf(i));
                break;
            }
        }

        if (fades)
        {
            Fade();
        }
    }

    private void Fade()
    {
        var left = 0;
        foreach (ref var count in _counts.AsSpan())
        {
            var half = Volatile.Read(ref count) / 2;
            Volatile.Write(ref count, half);
            left += half;
        }

        Volatile.Write(ref _total, left);
    }
}
