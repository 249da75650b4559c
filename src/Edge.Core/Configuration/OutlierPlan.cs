using Edge.Core.Resilience;

namespace Edge.Core.Configuration;

/// <summary>When a target that does worse than the others is ejected, by what its requests show.</summary>
public sealed record OutlierPlan
{
    /// <summary>After so many failures in a row.</summary>
    public int Failures { get; init; } = 5;

    /// <summary>
    /// Where the share of its failures is so much above that of all others together, from 0 to 1; null: it does not matter.
    /// </summary>
    public double? Margin { get; init; }

    /// <summary>With fewer outcomes in the window than this, a target's share says nothing.</summary>
    public int Volume { get; init; } = 20;

    /// <summary>The window of the shares.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>So long at first; twice as long each time that it happens again soon.</summary>
    public TimeSpan EjectFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Never longer than this.</summary>
    public TimeSpan EjectForMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most of the targets that may be out at once, from 0 to 1; one always may, and one always stays.</summary>
    public double EjectedMax { get; init; } = 0.5;

    /// <summary>What counts as a failure.</summary>
    public FailureCauses On { get; init; } =
        FailureCauses.Connect | FailureCauses.Timeout | FailureCauses.ServerError | FailureCauses.Broken;
}
