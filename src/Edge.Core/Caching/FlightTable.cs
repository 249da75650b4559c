using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <summary>The calls that are under way, by the key of what they ask. Safe from any thread.</summary>
/// <param name="store">Where answers are kept.</param>
public sealed class FlightTable(CacheStore store)
{
    /// <summary>Most calls that can be joined at a time. Beyond that each asks for itself.</summary>
    public const int FlightsMax = 16 * 1024;

    private const int BucketCount = 4096;
    private const int KeptMax = 256;

    private readonly Lock _gate = new();
    private readonly CacheFlight?[] _buckets = new CacheFlight?[BucketCount];
    private CacheFlight? _free;
    private int _freeCount;
    private int _count;
    private int _joined;

    /// <summary>Calls that can be joined.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Requests that are being answered by another's call, or wait for it.</summary>
    public int Joined => Volatile.Read(ref _joined);

    internal CacheStore Store => store;

    /// <summary>So many more have joined.</summary>
    internal void CountJoined(int more) => Interlocked.Add(ref _joined, more);

    /// <summary>Joins the call that asks the same, or leads one that others may join.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key, all of which is compared.</param>
    /// <param name="joiner">Reads the answer where it joins.</param>
    /// <param name="leads">True where it leads.</param>
    public CacheFlight Enter(KeyHash hash, ReadOnlySpan<byte> key, FlightJoiner joiner, out bool leads)
    {
        CacheFlight made;
        leads = false;
        lock (_gate)
        {
            if (TryJoin(hash, key, joiner) is { } joined)
            {
                return joined;
            }

            made = Take();
        }

        made.Begin(hash, key);
        lock (_gate)
        {
            if (TryJoin(hash, key, joiner) is not { } joined)
            {
                leads = true;
                List(made);
                return made;
            }

            Keep(made);
            return joined;
        }
    }

    /// <summary>Leads a call that nobody may join.</summary>
    public CacheFlight LeadAlone(KeyHash hash)
    {
        CacheFlight flight;
        lock (_gate)
        {
            flight = Take();
        }

        flight.Begin(hash, default);
        return flight;
    }

    internal void Remove(CacheFlight flight)
    {
        lock (_gate)
        {
            Unlist(flight);
        }
    }

    internal void TakeBack(CacheFlight flight)
    {
        lock (_gate)
        {
            Keep(flight);
        }
    }

    private CacheFlight? TryJoin(KeyHash hash, ReadOnlySpan<byte> key, FlightJoiner joiner) =>
        Find(hash) is { } found && found.Purges == store.Purges && found.HasKey(key) && found.TryJoin(joiner)
            ? found
            : null;

    private CacheFlight? Find(KeyHash hash)
    {
        var at = _buckets[hash.Low % BucketCount];
        while (at is not null && at.Hash != hash)
        {
            at = at.NextInTable;
        }

        return at;
    }

    /// <summary>In the place of one that cannot be joined any more.</summary>
    private void List(CacheFlight flight)
    {
        if (Find(flight.Hash) is { } old)
        {
            Unlist(old);
        }

        if (_count < FlightsMax)
        {
            ref var bucket = ref _buckets[flight.Hash.Low % BucketCount];
            flight.NextInTable = bucket;
            bucket = flight;
            flight.IsListed = true;
            _count++;
        }
    }

    private void Unlist(CacheFlight flight)
    {
        if (!flight.IsListed)
        {
            return;
        }

        flight.IsListed = false;
        _count--;
        ref var bucket = ref _buckets[flight.Hash.Low % BucketCount];
        if (bucket == flight)
        {
            bucket = flight.NextInTable;
        }
        else
        {
            var before = bucket!;
            while (before.NextInTable != flight)
            {
                before = before.NextInTable!;
            }

            before.NextInTable = flight.NextInTable;
        }

        flight.NextInTable = null;
    }

    private CacheFlight Take()
    {
        if (_free is not { } flight)
        {
            return new CacheFlight(this);
        }

        _free = flight.NextInTable;
        flight.NextInTable = null;
        _freeCount--;
        return flight;
    }

    private void Keep(CacheFlight flight)
    {
        if (_freeCount < KeptMax)
        {
            flight.NextInTable = _free;
            _free = flight;
            _freeCount++;
        }
    }
}
