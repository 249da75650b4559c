namespace Edge.Core.Limits;

/// <summary>What a replica asks of the store.</summary>
/// <param name="Need">Least units that are of use.</param>
/// <param name="Demand">What those need who wait for it now.</param>
/// <param name="Want">
/// Units that are wished for, those included: what goes beyond is drawn ahead, and at most an eighth of what is left.
/// </param>
/// <param name="Debt">Units that were spent without the store, while it was away.</param>
/// <param name="Seen">
/// What the store last said the bucket stood at: its arrival time in microseconds, or the window's count. Used only where the
/// store has forgotten the bucket.
/// </param>
/// <param name="WindowStart">For windows: the beginning of the one that is meant, on the store's clock.</param>
/// <param name="WindowEnd">For windows: its end.</param>
/// <param name="SentNs">When it was asked, on the local clock: the life of what is granted counts from here.</param>
public readonly record struct LeaseDraw(
    long Need, long Demand, long Want, long Debt, long Seen, long WindowStart, long WindowEnd, long SentNs);

/// <summary>What the store answers.</summary>
/// <param name="Granted">Units drawn; 0: refused; -1: the window that was meant is not the one in force.</param>
/// <param name="State">What the bucket stands at now, as in <see cref="LeaseDraw.Seen"/>.</param>
/// <param name="WaitMicros">Where refused: time until the needed units are there.</param>
/// <param name="NowMicros">The store's clock.</param>
public readonly record struct LeaseGrant(long Granted, long State, long WaitMicros, long NowMicros);

/// <summary>Units that a replica gives back.</summary>
/// <param name="Units">How many.</param>
/// <param name="State">What the bucket stood at after the draw that they came from.</param>
/// <param name="WindowStart">For windows: the beginning of the one that they are of.</param>
public readonly record struct LeaseReturn(long Units, long State, long WindowStart);
