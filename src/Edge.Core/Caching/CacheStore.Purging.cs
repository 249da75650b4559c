using Edge.Core.Http;

namespace Edge.Core.Caching;

/// <content>Purging: a few entries at a time are looked at under the lock, so that nobody waits for long.</content>
public sealed unsafe partial class CacheStore
{
    /// <summary>Entries that are looked at under one lock, and fewer of those whose bytes are read.</summary>
    private const int EntriesAtOnce = 256;

    private const int InsideAtOnce = 16;

    private long _purges;

    /// <summary>Removes everything.</summary>
    /// <returns>How many answers were removed.</returns>
    public int PurgeAll() => Purge(CachePurge.Everything, default);

    /// <summary>Removes what fits; what is being stored meanwhile will not be.</summary>
    /// <param name="purge">What is meant.</param>
    /// <param name="names">The numbers that stand for what it names here.</param>
    /// <returns>How many were removed.</returns>
    public int Purge(CachePurge purge, in PurgeNames names)
    {
        lock (_gate)
        {
            Volatile.Write(ref _purges, _purges + 1);
        }

        var count = 0;
        var scratch = new HeadBuffer();
        var step = purge.LooksInside ? InsideAtOnce : EntriesAtOnce;

        // What is put where it was looked already was asked for after the purge began.
        for (var from = 0; from < Volatile.Read(ref _usedEntries); from += step)
        {
            lock (_gate)
            {
                for (var at = from; at < Math.Min(from + step, _usedEntries); at++)
                {
                    if (Covers(purge, names, at, scratch))
                    {
                        Remove(at);
                        count++;
                    }
                }
            }
        }

        scratch.ReturnMemory();
        return count;
    }

    private bool Covers(CachePurge purge, in PurgeNames names, int at, HeadBuffer scratch)
    {
        ref readonly var entry = ref _entries[at];
        if ((Volatile.Read(ref _entries[at].State) & CacheEntry.Live) == 0 || (names.Route is { } route && route != entry.Route))
        {
            return false;
        }

        var isRouteTagged = names.TaggedRoutes is { } tagged && Array.IndexOf(tagged, entry.Route) >= 0;
        if (!purge.MayCover(entry.High, entry.Owner, entry.TagBits, names.Owner, isRouteTagged))
        {
            return false;
        }

        if (!purge.LooksInside)
        {
            return true;
        }

        scratch.Clear();
        var cursor = CursorAt(entry.FirstBlock, 0, entry.KeyLength + entry.HeadLength);
        while (TryRead(ref cursor, out var run))
        {
            scratch.Write(run);
        }

        var bytes = scratch.Written.Span;
        return purge.Covers(bytes[..entry.KeyLength], bytes[entry.KeyLength..], isRouteTagged);
    }
}

/// <summary>What stands for the names of a purge in one store.</summary>
/// <param name="Route">The number of its route; null: any.</param>
/// <param name="Owner">The number of its consumer; null: anybody's.</param>
/// <param name="TaggedRoutes">Numbers of routes that have its tag.</param>
public readonly record struct PurgeNames(int? Route, ulong? Owner, int[]? TaggedRoutes);
