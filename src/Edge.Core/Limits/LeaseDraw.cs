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
/// <param name="Refunded">For buckets: all that was given back so far since <paramref name="Epoch"/>, in microseconds.</param>
/// <param name="Epoch">For buckets: when the store began to count this one. What was drawn before cannot be given back.</param>
public readonly record struct LeaseGrant(
    long Granted, long State, long WaitMicros, long NowMicros, long Refunded = 0, long Epoch = 0);

/// <summary>Which draw units came from: what the store has to know to take them back. Immutable.</summary>
/// <param name="Place">
/// For buckets: where the draw stands among all that was ever drawn, which is the arrival time after it and all that had been
/// given back by then.
/// </param>
/// <param name="Epoch">When the store began to count the bucket; for windows, the beginning of the window.</param>
/// <param name="EndTick">When the slice ends, as slices say it.</param>
public sealed record LeaseStamp(long Place, long Epoch, ulong EndTick);

/// <summary>Units that a replica gives back, of one draw.</summary>
/// <param name="Units">How many.</param>
/// <param name="Place">For buckets: as in <see cref="LeaseStamp.Place"/>.</param>
public readonly record struct LeaseReturnPart(long Units, long Place);

/// <summary>Units that a replica gives back.</summary>
/// <param name="Epoch">When the store began to count the bucket; for windows, the beginning of the window.</param>
/// <param name="Parts">By their draws; at least one.</param>
public readonly record struct LeaseReturn(long Epoch, LeaseReturnPart[] Parts)
{
    /// <summary>All of them.</summary>
    public long Units
    {
        get
        {
            var sum = 0L;
            foreach (var part in Parts)
            {
                sum += part.Units;
            }

            return sum;
        }
    }
}
