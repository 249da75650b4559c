namespace Edge.Core.Resilience;

/// <summary>
/// The time that answers of a target take, as it is felt lately: a slower one counts at once and in full, faster ones bring it
/// down slowly, and rest does too, so that a target that was slow is tried again. Thread-safe in so far as of two that tell at
/// once one may be lost.
/// </summary>
public sealed class PeakLatency
{
    /// <summary>In this time what was seen falls to a third (1/e).</summary>
    public const double DecayNs = 10e9;

    private double _value;
    private long _stampNs;

    /// <summary>Nothing was seen yet.</summary>
    public bool IsUnknown => Volatile.Read(ref _value) == 0;

    /// <summary>Forgets what was seen: what it was is no measure of what it will be.</summary>
    public void Forget() => Volatile.Write(ref _value, 0);

    /// <summary>The time now, in nanoseconds.</summary>
    public double At(long nowNs) =>
        Volatile.Read(ref _value) * Math.Exp(-Math.Max(0, nowNs - Volatile.Read(ref _stampNs)) / DecayNs);

    /// <summary>An answer had not begun after so long: that counts where it is longer than what is felt already.</summary>
    public void ObserveAtLeast(long elapsedNs, long nowNs)
    {
        if (elapsedNs > At(nowNs))
        {
            Observe(elapsedNs, nowNs);
        }
    }

    /// <summary>An answer took so long to begin.</summary>
    public void Observe(long elapsedNs, long nowNs)
    {
        var elapsed = Math.Max(1.0, elapsedNs);
        var value = Volatile.Read(ref _value);
        var share = Math.Exp(-Math.Max(0, nowNs - Volatile.Read(ref _stampNs)) / DecayNs);
        Volatile.Write(ref _value, elapsed >= value * share ? elapsed : (value * share) + (elapsed * (1 - share)));
        Volatile.Write(ref _stampNs, nowNs);
    }
}
