using Edge.Core.Resilience;

namespace Edge.Core.Configuration;

/// <summary>When a request is sent to the same upstream again. Two that say the same are equal.</summary>
public sealed record RetryPlan
{
    /// <summary>Most attempts, the first included.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Retries for each request of the last seconds.</summary>
    public double Budget { get; init; } = 0.2;

    /// <summary>Retries a second that are there whatever the traffic.</summary>
    public int BudgetMin { get; init; } = 10;

    /// <summary>After what.</summary>
    public AttemptCauses On { get; init; } = new("connect", "429", "5xx");

    /// <summary>
    /// Requests that are not idempotent are repeated as if they were: also where the upstream has left them unanswered.
    /// </summary>
    public bool NonIdempotent { get; init; }

    /// <summary>Bound of the time before the first retry; it doubles with each.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Bound that is never exceeded.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>When a request is sent a second time beside the first, that takes long; null: never.</summary>
    public HedgePlan? Hedge { get; init; }

    /// <summary>What is asked for by Retry-After and is longer than this is not waited for.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromSeconds(10);
}
