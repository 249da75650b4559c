using System.Numerics;

namespace Edge.Core.Resilience;

/// <summary>
/// How many requests may wait for an upstream at once, worked out from how long it takes to begin an answer. Thread-safe; a
/// measurement is two additions, and one in some dozens adjusts the limit.
/// </summary>
/// <remarks>
/// <para>
/// A gradient: the mean time of a run of requests is compared with the time without pressure. Up to twice that the limit grows,
/// by its square root; beyond it shrinks by the ratio. The mean is of logarithms, since a few long answers must not look like
/// pressure. What is a doubling of the time keeps an upstream just busy, whatever its size.
/// </para>
/// <para>
/// What the time without pressure is would be forgotten under lasting pressure, or stay wrong once the upstream has become
/// slower. So while the limit is being held down it is cut to a quarter once a minute, for as long as it takes to measure anew.
/// docs/overload.md has the simulation that decided this.
/// </para>
/// </remarks>
public sealed class AdaptiveLimit
{
    /// <summary>What a limit begins with, within its bounds; it doubles until the first sign of pressure.</summary>
    public const int Start = 20;

    /// <summary>Requests of a run, at least; and as many as the limit.</summary>
    public const int RunMin = 32;

    /// <summary>Time between two measurements of the time without pressure, while there is some.</summary>
    public const long ProbeEveryNs = 60_000_000_000;

    private const int FractionBits = 16;
    private const double Tolerance = 1 << FractionBits;
    private const double GradientMin = 0.5;
    private const double Smoothing = 0.2;
    private const double UsedShare = 0.8;

    // One in ten that the upstream turns away, or leaves without an answer, is pressure whatever the others say.
    private const int RefusedShare = 10;

    private readonly Lock _lock = new();
    private readonly int _min;
    private readonly int _max;
    private volatile int _current;
    private volatile int _runLength = RunMin;
    private double _limit;
    private double _base = double.NaN;
    private double _kept;
    private long _probeAtNs;
    private long _sum;
    private int _count;
    private int _refused;
    private int _peak;
    private bool _isGrowingFast = true;
    private Phase _phase;

    /// <summary>A limit within bounds.</summary>
    public AdaptiveLimit(int min, int max)
    {
        _min = min;
        _max = max;
        _limit = Math.Clamp(Start, min, max);
        _current = (int)_limit;
    }

    private enum Phase : byte
    {
        /// <summary>Adjusts.</summary>
        Adjust,

        /// <summary>Waits until those have ended that began under pressure.</summary>
        Settle,

        /// <summary>Measures the time without pressure.</summary>
        Measure,
    }

    /// <summary>The limit now.</summary>
    public int Current => _current;

    /// <summary>The time without pressure, as far as it is known; 0: not yet.</summary>
    public long BaseNs => double.IsNaN(_base) ? 0 : (long)Math.Pow(2, _base / Tolerance);

    /// <summary>So many wait now: only a limit that is used is adjusted.</summary>
    public void Note(int waiting)
    {
        if (waiting > _peak)
        {
            // Of two at once one may be missed; others follow.
            _peak = waiting;
        }
    }

    /// <summary>An answer has begun.</summary>
    /// <param name="elapsedNs">After this time.</param>
    /// <param name="nowNs">The time.</param>
    public void Answered(long elapsedNs, long nowNs)
    {
        Interlocked.Add(ref _sum, Logarithm(elapsedNs));
        Count(nowNs);
    }

    /// <summary>The upstream has turned a request away as too much for it, or let it wait until it was given up.</summary>
    public void Refused(long nowNs)
    {
        Interlocked.Increment(ref _refused);
        Count(nowNs);
    }

    // To base 2 and in fixed point; between two powers of two a straight line does.
    private static long Logarithm(long value)
    {
        var whole = BitOperations.Log2((ulong)Math.Max(value, 1));
        var rest = whole >= FractionBits ? value >> (whole - FractionBits) : Math.Max(value, 1) << (FractionBits - whole);
        return ((long)whole << FractionBits) + rest - (1 << FractionBits);
    }

    private void Count(long nowNs)
    {
        if (Interlocked.Increment(ref _count) >= _runLength && _lock.TryEnter())
        {
            try
            {
                if (_count >= _runLength)
                {
                    Adjust(nowNs);
                }
            }
            finally
            {
                _lock.Exit();
            }
        }
    }

    private void Adjust(long nowNs)
    {
        var refused = Interlocked.Exchange(ref _refused, 0);
        var count = Interlocked.Exchange(ref _count, 0);
        var sum = Interlocked.Exchange(ref _sum, 0);
        var isUsed = _peak >= _limit * UsedShare;
        _peak = 0;
        var answered = count - refused;
        var mean = answered > 0 ? (double)sum / answered : double.NaN;
        switch (_phase)
        {
            case Phase.Settle:
                _phase = Phase.Measure;
                _runLength = RunMin;
                return;
            case Phase.Measure:
                _phase = Phase.Adjust;
                _base = double.IsNaN(mean) ? _base : mean;
                _probeAtNs = nowNs + ProbeEveryNs;
                Set(_kept);
                return;
        }

        LearnBase(mean, isUsed);
        if (isUsed)
        {
            Adjust(GradientOf(mean, refused, count), nowNs);
        }
    }

    private void LearnBase(double mean, bool isUsed)
    {
        if (double.IsNaN(mean))
        {
            return;
        }

        // Without pressure it follows slowly in both directions; under pressure it can only fall.
        var part = double.IsNaN(_base) ? 1 : mean < _base ? 0.25 : isUsed ? 0 : 0.01;
        _base = part == 1 ? mean : _base + ((mean - _base) * part);
    }

    private double GradientOf(double mean, int refused, int count) =>
        refused * RefusedShare >= count ? GradientMin
        : double.IsNaN(mean) ? 1
        : Math.Clamp(Math.Pow(2, (_base + Tolerance - mean) / Tolerance), GradientMin, 1);

    private void Adjust(double gradient, long nowNs)
    {
        if (gradient >= 1)
        {
            Set(_isGrowingFast ? _limit * 2 : _limit + (Smoothing * Math.Sqrt(_limit)));
            return;
        }

        if (_isGrowingFast)
        {
            // The last doubling was one too many, and the run before it was still short of the mark.
            _isGrowingFast = false;
            Set(_limit * gradient);
            return;
        }

        _probeAtNs = _probeAtNs == 0 ? nowNs + ProbeEveryNs : _probeAtNs;
        if (nowNs >= _probeAtNs)
        {
            _kept = _limit;
            _phase = Phase.Settle;
            Set(_limit / 4);

            // First those have to end that are under way, then those that waited for them.
            _runLength = (int)Math.Max(_kept * 1.5, RunMin);
            return;
        }

        Set((_limit * (1 - Smoothing)) + (Smoothing * ((_limit * gradient) + Math.Sqrt(_limit))));
    }

    private void Set(double limit)
    {
        _limit = Math.Clamp(limit, _min, _max);
        _current = (int)_limit;
        _runLength = Math.Max(_current, RunMin);
    }
}
