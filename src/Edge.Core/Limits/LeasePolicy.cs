namespace Edge.Core.Limits;

/// <summary>
/// How replicas share one limit: each draws slices of it from a common store and spends them in process. Immutable. The
/// numbers are the store's: microseconds.
/// </summary>
/// <remarks>
/// A slice is spent later than it was drawn, at most <see cref="LifeNs"/> later by any clock. What is admitted in a stretch of
/// time x was thus drawn in a stretch of x + life, so a store that lets draws have <c>capacity - life</c> lets admissions have
/// no more than one bucket would: <c>(capacity - life) + (x + life)</c>. The page docs/limits.md has the whole argument.
/// </remarks>
public sealed class LeasePolicy
{
    /// <summary>The part of a bucket's capacity that slices may lie about for.</summary>
    public const int LifeShare = 20;

    /// <summary>Shortest life that is worth a slice; below it each request asks the store.</summary>
    public const long LifeNsMin = 20_000_000;

    /// <summary>The longest time that one draw is meant to last for.</summary>
    public const long HorizonNsMax = 5_000_000_000;

    /// <summary>After this long without a new draw, what is left of a slice is given back.</summary>
    public const long IdleNs = 2_000_000_000;

    private const long RoundingMicros = 2;
    private const long NsPerMicro = 1000;

    /// <summary>The policy for a rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="fleet">What is known of the store and of the other replicas.</param>
    /// <param name="timeoutNs">The longest that a request waits for the store.</param>
    public LeasePolicy(LimitRule rule, LeaseFleet fleet, long timeoutNs)
    {
        Fleet = fleet;
        TimeoutNs = timeoutNs;
        if (rule.Kind != LimitKind.Bucket)
        {
            HorizonNs = HorizonNsMax;
            return;
        }

        var windowMicros = rule.WindowNs / NsPerMicro;
        var life = rule.CapacityNs / LifeShare;
        if (rule.Burst >= LifeShare && life >= LifeNsMin)
        {
            // Local clocks may run a little slower than the store's, and the deadline is rounded down to a tick.
            LifeNs = life - (life / 100) - (1L << LeasedBucket.TickBits);
            CapacityMicros = (long)((Int128)windowMicros * rule.Burst / rule.Limit) - (life / NsPerMicro) - RoundingMicros;
            ChargeMicros = windowMicros;
            ChargeUnits = rule.Limit;
        }
        else
        {
            ChargeMicros = (windowMicros + rule.Limit - 1) / rule.Limit;
            ChargeUnits = 1;
            CapacityMicros = ChargeMicros * rule.Burst;
        }

        HorizonNs = Math.Min(LifeNs / 2, HorizonNsMax);
    }

    /// <summary>What is known of the store and of the other replicas.</summary>
    public LeaseFleet Fleet { get; }

    /// <summary>How long after its draw was sent a slice may be spent; 0: only by the requests that wait for it.</summary>
    public long LifeNs { get; }

    /// <summary>How long a slice is meant to last.</summary>
    public long HorizonNs { get; }

    /// <summary>The longest that a request waits for the store.</summary>
    public long TimeoutNs { get; }

    /// <summary>The capacity of the store's bucket.</summary>
    public long CapacityMicros { get; }

    /// <summary>Together with <see cref="ChargeUnits"/>: the time that so many units cost.</summary>
    public long ChargeMicros { get; }

    /// <summary>The units that <see cref="ChargeMicros"/> is for.</summary>
    public long ChargeUnits { get; }

    /// <summary>True where every request asks the store.</summary>
    public bool IsPerRequest => LifeNs == 0 && HorizonNs == 0;
}
