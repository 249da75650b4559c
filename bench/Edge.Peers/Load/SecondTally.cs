using Edge.Measuring;
using HdrHistogram;

namespace Edge.Peers.Load;

/// <summary>Counts what became of the requests that were due in one second. For one thread.</summary>
internal sealed class SecondTally
{
    private const long NsMax = 60 * Monotonic.SecondNs;
    private const double NsPerUs = 1_000;

    private readonly LongHistogram _latency = new(1, NsMax, 3);
    private readonly LongHistogram _late = new(1, NsMax, 3);
    private long _failed;

    /// <summary>A request was sent, so late.</summary>
    public void Late(long byNs) => _late.RecordValue(Math.Clamp(byNs, 1, NsMax));

    /// <summary>A request has come to its end, so long after it was due.</summary>
    public void Answered(long afterNs, bool isGood)
    {
        _latency.RecordValue(Math.Clamp(afterNs, 1, NsMax));
        _failed += isGood ? 0 : 1;
    }

    /// <summary>What there is.</summary>
    public OpenLoadSecond Sum() => new(
        _latency.TotalCount, _failed, Us(_latency, 50), Us(_latency, 99), Us(_latency, 100), Us(_late, 99));

    private static double Us(LongHistogram histogram, double percentile) =>
        histogram.TotalCount == 0 ? 0 : histogram.GetValueAtPercentile(percentile) / NsPerUs;
}
