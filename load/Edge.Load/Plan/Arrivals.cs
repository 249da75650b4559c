namespace Edge.Load.Plan;

/// <summary>One question that somebody is to ask.</summary>
/// <param name="Number">Counted from 0, warm-up included.</param>
/// <param name="Kind">Which of the scenario's kinds of callers asks.</param>
/// <param name="Seed">For all chance in it.</param>
internal readonly record struct Arrival(long Number, int Kind, ulong Seed);

/// <summary>
/// The order of arrivals and the spaces between them, in units of the mean space: a <see cref="RatePlan"/> says what a unit is at
/// each moment.
/// </summary>
internal abstract class Arrivals
{
    /// <summary>The place of the next arrival, never before the one before, and its kind.</summary>
    public abstract (double At, int Kind) Next(ref Dice dice);
}

/// <summary>All spaces alike.</summary>
internal sealed class EvenArrivals : Arrivals
{
    private long _next;

    /// <inheritdoc/>
    public override (double At, int Kind) Next(ref Dice dice) => (_next++, 0);
}
