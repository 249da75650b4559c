using Edge.Core.Resilience;

namespace Edge.Core.Configuration;

/// <summary>When requests are kept away from a target that fails, and for how long.</summary>
public sealed record BreakerPlan
{
    /// <summary>So many failures within the window open the circuit; 0: their number alone does not.</summary>
    public int Failures { get; init; } = 5;

    /// <summary>The window.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>So large a share of failures opens it too, from 0 to 1; null: their share does not.</summary>
    public double? Ratio { get; init; }

    /// <summary>With fewer outcomes in the window than this, their share says nothing.</summary>
    public int Volume { get; init; } = 20;

    /// <summary>So long nothing is let through.</summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Then so many trials have to succeed.</summary>
    public int Successes { get; init; } = 2;

    /// <summary>Most trials at once.</summary>
    public int Trials { get; init; } = 1;

    /// <summary>What counts as a failure.</summary>
    public FailureCauses On { get; init; } =
        FailureCauses.Connect | FailureCauses.Timeout | FailureCauses.ServerError | FailureCauses.Broken;
}
