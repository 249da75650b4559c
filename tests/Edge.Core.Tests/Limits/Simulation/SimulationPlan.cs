using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits.Simulation;

/// <summary>How badly a simulated fleet is treated.</summary>
internal sealed record SimulationPlan
{
    public required int Seed { get; init; }

    public int Replicas { get; init; } = 3;

    public int Keys { get; init; } = 2;

    public bool IsWindow { get; init; }

    public long Limit { get; init; } = 200;

    public long Burst { get; init; } = 200;

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Requests a second of each replica, on average.</summary>
    public required double[] Rates { get; init; }

    /// <summary>The chance that a message is lost, comes twice, or that a replica ends and begins anew at a request.</summary>
    public double Lost { get; init; }

    public double Twice { get; init; }

    public double Crash { get; init; }

    public double Flush { get; init; }

    /// <summary>The chance that a replica gives back what it has left, after a request.</summary>
    public double GiveBack { get; init; }

    /// <summary>The chance that a request does not count in the end.</summary>
    public double Refund { get; init; }

    /// <summary>Most units of a request; 1: a request each. More are reserved and settled later by what was used.</summary>
    public int CostMax { get; init; } = 1;

    /// <summary>The longest that a request takes.</summary>
    public TimeSpan TakesMax { get; init; } = TimeSpan.Zero;

    /// <summary>The most that is used of what was reserved.</summary>
    public double UsedMax { get; init; } = 1;

    /// <summary>True: now and then all replicas get more requests at once than a full bucket has.</summary>
    public bool Storms { get; init; }

    /// <summary>True: requests come one by one, as those of many callers do; false: many at once, then a pause.</summary>
    public bool IsSteady { get; init; }

    public TimeSpan DelayMax { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The most by which a replica's clock runs faster or slower than the store's.</summary>
    public double Drift { get; init; }

    public WhenDown WhenDown { get; init; } = WhenDown.Closed;
}
