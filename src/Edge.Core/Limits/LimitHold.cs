namespace Edge.Core.Limits;

/// <summary>
/// The units that one request takes of all its limits: all or none. Kept by the request's owner and used again; one thread at
/// a time.
/// </summary>
/// <remarks>
/// <para>
/// Why all or none needs no lock over several buckets. All limits but the last are looked at first, then that one is taken, and a
/// request that one of them refuses has changed nothing: whoever runs into one limit cannot use up another. Then the others are
/// taken one after another. Only where another request came in between can one of them refuse, and then what was taken before it
/// is given back.
/// </para>
/// <para>
/// No limit is ever exceeded, since each taking is checked by itself, and giving back never makes more than there was (see
/// <see cref="Buckets.Refund"/>). What can happen is that between the taking and the giving back, a few hundred nanoseconds
/// apart, a third request is refused that would have been let in. It is told to come back when the units are there, as is
/// always true of requests that meet the end of a limit at once.
/// </para>
/// </remarks>
public sealed class LimitHold
{
    /// <summary>Most limits of a request.</summary>
    public const int LimitsMax = 16;

    private readonly LimitTake[] _takes = new LimitTake[LimitsMax];
    private Extension[]? _extensions;
    private bool _isExtended;

    /// <summary>How many limits the request has.</summary>
    public int Count { get; private set; }

    /// <summary>Its limits, in the order in which they were added.</summary>
    public ReadOnlySpan<LimitTake> Takes => _takes.AsSpan(0, Count);

    /// <summary>Which limit refused; -1: none.</summary>
    public int RefusedBy { get; private set; } = -1;

    /// <summary>The text of the key that is being made; memory shared by all limits of the request.</summary>
    public LimitKeyText KeyText { get; } = new();

    /// <summary>Begins a request. What an earlier one held must have been released.</summary>
    public void Clear()
    {
        _takes.AsSpan(0, Count).Clear();
        Count = 0;
        RefusedBy = -1;
        if (_isExtended)
        {
            _extensions.AsSpan().Clear();
            _isExtended = false;
        }
    }

    /// <summary>Adds a limit.</summary>
    public void Add(Bucket bucket, LimitRule rule, long cost)
    {
        // It is empty: see Clear. Made elsewhere, all of it would be copied here.
        ref var take = ref _takes[Count++];
        take.Bucket = bucket;
        take.Rule = rule;
        take.Cost = cost;
    }

    /// <summary>Has a limit refuse, though it would not by itself.</summary>
    public void Refuse(int index, long waitNs)
    {
        RefusedBy = index;
        _takes[index].WaitNs = waitNs;
    }

    /// <summary>Gives a limit whose bucket has left the table its new bucket.</summary>
    public void Replace(int index, Bucket bucket) => _takes[index].Bucket = bucket;

    /// <summary>Takes the units of all limits, or none.</summary>
    /// <param name="clock">The time is read from it where units are given back.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="index">Which limit the status is about.</param>
    /// <returns>
    /// Taken, or what one of the limits said: Refused, Gone (call <see cref="Replace"/> and try again) or Empty (ask for a new
    /// slice, wait, and try again).
    /// </returns>
    public TakeStatus TryTakeAll(LimitClock clock, long nowNs, out int index)
    {
        var takes = _takes.AsSpan(0, Count);
        var last = takes.Length - 1;
        for (index = 0; index < last; index++)
        {
            ref var take = ref takes[index];
            var status = take.Bucket is LeasedBucket leased ? leased.Peek(ref take, nowNs) : Buckets.Peek(ref take, nowNs);
            if (status != TakeStatus.Taken)
            {
                RefusedBy = status == TakeStatus.Refused ? index : -1;
                return status;
            }
        }

        // The last one is looked at as it is taken, first of all.
        for (var i = 0; i < takes.Length; i++)
        {
            index = i == 0 ? last : i - 1;
            ref var take = ref takes[index];
            var status = take.Bucket is LeasedBucket leased ? leased.TryTake(ref take, nowNs) : Buckets.TryTake(ref take, nowNs);
            if (status != TakeStatus.Taken)
            {
                if (i > 0)
                {
                    GiveBack(clock);
                }

                RefusedBy = status == TakeStatus.Refused ? index : -1;
                return status;
            }
        }

        foreach (ref var take in takes)
        {
            Note(take.Bucket);
        }

        index = -1;
        return TakeStatus.Taken;
    }

    /// <summary>The request is not to count: gives everything back that it holds.</summary>
    public void GiveBack(LimitClock clock)
    {
        foreach (ref var take in _takes.AsSpan(0, Count))
        {
            GiveBack(ref take, clock);
        }
    }

    /// <summary>The request has ended: gives back what counts only while it runs. Called again, it does nothing.</summary>
    public void Release(LimitClock clock)
    {
        foreach (ref var take in _takes.AsSpan(0, Count))
        {
            if (take.Rule.Kind == LimitKind.Concurrent)
            {
                GiveBack(ref take, clock);
            }

            take.IsHeld = false;
        }
    }

    /// <summary>Units that the request holds of a limit: what was reserved, and all that came on top.</summary>
    public long HeldOf(int index) => !_isExtended ? _takes[index].Cost
        : _takes[index].Cost + _extensions![index].Before + _extensions[index].Last.Cost;

    /// <summary>
    /// Takes units on top of what was reserved, for a request that runs and turns out to need more. What an earlier call took
    /// counts as used from then on.
    /// </summary>
    /// <returns>What became of it, as for <see cref="TryTakeAll"/>; nothing has changed unless they were taken.</returns>
    public TakeStatus TryExtend(int index, long units, LimitClock clock)
    {
        ref var take = ref _takes[index];
        var more = new LimitTake(take.Bucket, take.Rule, units);
        var nowNs = clock.NowNs;
        var status = more.Bucket is LeasedBucket leased ? leased.TryTake(ref more, nowNs) : Buckets.TryTake(ref more, nowNs);
        if (status == TakeStatus.Taken)
        {
            ref var extension = ref (_extensions ??= new Extension[LimitsMax])[index];
            extension = new Extension(extension.Before + extension.Last.Cost, more);
            _isExtended = true;
            Note(take.Bucket);
        }

        return status;
    }

    /// <summary>
    /// The request has ended: replaces what was reserved of a limit by what was used. Called again, it does nothing.
    /// </summary>
    /// <returns>True where the store has to be told of it.</returns>
    public bool Settle(int index, long used, LimitClock clock)
    {
        ref var take = ref _takes[index];
        if (!_isExtended || !_extensions![index].Last.IsHeld)
        {
            return Settle(ref take, used, clock);
        }

        // Each receipt gives back no more than its own units, the last one first.
        ref var extension = ref _extensions[index];
        var before = take.Cost + extension.Before;
        var isOwed = Settle(ref extension.Last, Math.Max(used - before, 0), clock);
        return Settle(ref take, Math.Clamp(used - extension.Before, 0, take.Cost), clock) || isOwed;
    }

    private static bool Settle(ref LimitTake take, long used, LimitClock clock)
    {
        if (take.Bucket is LeasedBucket leased)
        {
            return leased.Settle(ref take, used, clock);
        }

        Buckets.Settle(ref take, used, clock);
        Note(take.Bucket);
        return false;
    }

    private static void GiveBack(ref LimitTake take, LimitClock clock)
    {
        if (take.Bucket is LeasedBucket leased)
        {
            leased.Refund(ref take, clock);
        }
        else
        {
            Buckets.Refund(ref take, clock);
            Note(take.Bucket);
        }
    }

    /// <summary>What is kept over a restart has changed.</summary>
    private static void Note(Bucket bucket)
    {
        if (bucket is DurableBucket durable)
        {
            bucket.Rule.Journal?.Note(durable);
        }
    }

    /// <summary>What came on top of a reservation.</summary>
    private struct Extension(long before, LimitTake last)
    {
        /// <summary>Units of all but the last taking.</summary>
        public readonly long Before = before;

        /// <summary>The last taking.</summary>
        public LimitTake Last = last;
    }
}
