using System.Numerics;

namespace Edge.Core.Limits;

/// <summary>
/// All buckets of a gateway by the hash of their key. Bounded: where it is full, idle buckets make room, and only those: a
/// bucket that is not full again is never forgotten. Where none is idle, new keys of a limit share one bucket, so that a flood
/// of keys can neither fill the memory nor get around a limit. Looking up takes no lock. Safe from any thread.
/// </summary>
public sealed class LimitTable
{
    /// <summary>Most keys of a gateway, unless it is made with another number.</summary>
    public const int KeysMaxDefault = 1_000_000;

    /// <summary>Chains that one insertion into a full table looks through for an idle bucket.</summary>
    public const int EvictionChainsMax = 64;

    private const int LockCount = 64;

    // Odd, so that a sweep comes to every chain of a table, and far from one it has been at: chains next to each other are
    // under different locks, and where keys under each of these have looked for room, they have emptied the same ones.
    private const uint SweepStep = 0x9e3779b1;

    // The chains under each lock, made with the first bucket of one: a gateway that has just been started has none of them, and
    // one array for all, of 4 MiB, would have the collector look through the whole heap before the first request.
    private readonly Bucket?[]?[] _stripes = new Bucket?[LockCount][];
    private readonly int _chainsOfStripe;
    private readonly Lock[] _locks = new Lock[LockCount];
    private readonly int[] _hands = new int[LockCount];
    private readonly int _keysMax;
    private int _count;
    private int _sweepHand;

    /// <summary>A table.</summary>
    /// <param name="keysMax">Most keys.</param>
    public LimitTable(int keysMax = KeysMaxDefault)
    {
        _keysMax = keysMax;
        _chainsOfStripe = Math.Max(LockCount, (int)BitOperations.RoundUpToPowerOf2((uint)keysMax) / 2) / LockCount;
        for (var i = 0; i < LockCount; i++)
        {
            _locks[i] = new Lock();
        }
    }

    /// <summary>Keys that have a bucket.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The bucket of a key, or null where it has none, which is the same as a full one.</summary>
    public Bucket? Find(KeyHash key)
    {
        for (var bucket = HeadOf(ChainOf(key)); bucket is not null; bucket = Volatile.Read(ref bucket.Next))
        {
            if (bucket.Key == key)
            {
                return bucket;
            }
        }

        return null;
    }

    /// <summary>The bucket of a key; a full one where it had none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="rule">The limit in force for it.</param>
    /// <param name="nowNs">The time, for finding idle buckets.</param>
    public Bucket GetOrAdd(KeyHash key, LimitRule rule, long nowNs)
    {
        var bucket = Find(key);
        if (bucket is null || bucket.IsGone)
        {
            return Add(key, rule, nowNs);
        }

        if (bucket.Rule != rule)
        {
            bucket.Rule = rule;
        }

        return bucket;
    }

    /// <summary>Lets go of idle buckets in some of the chains, others at the next call, until all have had their turn.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="chains">How many chains to look through.</param>
    public void Sweep(long nowNs, int chains)
    {
        for (var i = 0; i < chains; i++)
        {
            var chain = (int)(((uint)Interlocked.Increment(ref _sweepHand) * SweepStep) & (uint)(ChainCount - 1));
            if (HeadOf(chain) is not null)
            {
                lock (_locks[chain % LockCount])
                {
                    Evict(chain, nowNs);
                }
            }
        }
    }

    /// <summary>Calls something for each bucket of some chains, in turn.</summary>
    /// <param name="from">The first chain; any number, and the next call's is this one's result.</param>
    /// <param name="chains">How many.</param>
    /// <param name="visit">What to do.</param>
    /// <param name="state">Given to it.</param>
    public int Visit<T>(int from, int chains, Action<Bucket, T> visit, T state)
    {
        chains = Math.Min(chains, ChainCount);
        for (var i = 0; i < chains; i++)
        {
            from = (from + 1) & (ChainCount - 1);
            for (var bucket = HeadOf(from); bucket is not null; bucket = Volatile.Read(ref bucket.Next))
            {
                visit(bucket, state);
            }
        }

        return from;
    }

    /// <summary>How many chains there are.</summary>
    public int ChainCount => LockCount * _chainsOfStripe;

    private int ChainOf(KeyHash key) => (int)key.Low & (ChainCount - 1);

    private Bucket? HeadOf(int chain) => Volatile.Read(ref _stripes[(uint)chain % LockCount]) is { } stripe
        ? Volatile.Read(ref stripe[(uint)chain / LockCount])
        : null;

    /// <summary>The first link of a chain; under its lock.</summary>
    private ref Bucket? LinkOf(int chain)
    {
        ref var stripe = ref _stripes[(uint)chain % LockCount];
        if (stripe is null)
        {
            Volatile.Write(ref stripe, new Bucket?[_chainsOfStripe]);
        }

        return ref stripe![(uint)chain / LockCount];
    }

    private Bucket Add(KeyHash key, LimitRule rule, long nowNs)
    {
        var bucket = TryAdd(key, rule, nowNs, mayExceed: false);
        if (bucket is null)
        {
            // None of the buckets under its own lock is idle; others may be.
            Sweep(nowNs, EvictionChainsMax);
            bucket = TryAdd(key, rule, nowNs, mayExceed: false);
        }

        // All keys of the rule that find no place have one bucket; this one may exceed the bound, by one for each rule.
        return bucket ?? TryAdd(OverflowKey(rule), rule, nowNs, mayExceed: true)!;
    }

    private Bucket? TryAdd(KeyHash key, LimitRule rule, long nowNs, bool mayExceed)
    {
        var chain = ChainOf(key);
        lock (_locks[chain % LockCount])
        {
            Unlink(chain, key);
            return Find(key) is { } found ? found
                : mayExceed || Volatile.Read(ref _count) < _keysMax || TryMakeRoom(chain, nowNs) ? Link(chain, key, rule)
                : null;
        }
    }

    private Bucket Link(int chain, KeyHash key, LimitRule rule)
    {
        var bucket = rule.Lease is not null ? new LeasedBucket(key, rule)
            : rule.Journal is not null ? new DurableBucket(key, rule)
            : new Bucket(key, rule);
        ref var first = ref LinkOf(chain);
        bucket.Next = first;
        Volatile.Write(ref first, bucket);
        Interlocked.Increment(ref _count);
        return bucket;
    }

    /// <summary>Takes a retired bucket of the key out of its chain, so that a new one can stand there.</summary>
    private void Unlink(int chain, KeyHash key)
    {
        ref var link = ref LinkOf(chain);
        while (link is { } bucket)
        {
            if (bucket.Key == key && bucket.IsGone)
            {
                Volatile.Write(ref link, bucket.Next);
                Interlocked.Decrement(ref _count);
                return;
            }

            link = ref bucket.Next;
        }
    }

    private bool TryMakeRoom(int chain, long nowNs)
    {
        // Only chains under the same lock: chain number and lock number agree in the lowest bits.
        var stripe = chain % LockCount;
        for (var i = 0; i < EvictionChainsMax; i++)
        {
            var next = _hands[stripe] + LockCount;
            _hands[stripe] = next < ChainCount ? next : 0;
            if (Evict(_hands[stripe] + stripe, nowNs) > 0)
            {
                return true;
            }
        }

        return false;
    }

    private int Evict(int chain, long nowNs)
    {
        var evicted = 0;
        ref var link = ref LinkOf(chain);
        while (link is { } bucket)
        {
            if (bucket.TryRetire(nowNs))
            {
                Volatile.Write(ref link, bucket.Next);
                Interlocked.Decrement(ref _count);
                evicted++;
            }
            else
            {
                link = ref bucket.Next;
            }
        }

        return evicted;
    }

    // Different for each rule, and found by nobody's key but by chance.
    private static KeyHash OverflowKey(LimitRule rule)
    {
        var hash = new KeyHasher(0x6f766572666c6f77, 0x6275636b65740000);
        var text = new LimitKeyText();
        text.Append(rule.Identity);
        return hash.Hash(text.Written);
    }
}
