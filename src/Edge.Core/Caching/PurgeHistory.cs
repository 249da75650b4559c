namespace Edge.Core.Caching;

/// <summary>
/// The purges of a fleet, as far as a replica knows them: the last ones, and the number of the newest. Answers in the common
/// store are not removed by a purge: each tells which purges were known when it was asked for, and one that a later purge
/// meant is not used. Immutable.
/// </summary>
public sealed class PurgeHistory
{
    /// <summary>Most purges that are remembered; what was asked for before the oldest of them is not used.</summary>
    public const int PurgesMax = 4096;

    private readonly CachePurge[] _purges;

    private PurgeHistory(long generation, CachePurge[] purges)
    {
        Generation = generation;
        _purges = purges;
    }

    /// <summary>Nothing is known: no answer of the common store may be used.</summary>
    public static PurgeHistory Unknown { get; } = new(0, []);

    /// <summary>The number of the newest; 0: nothing is known.</summary>
    public long Generation { get; }

    /// <summary>How many are remembered.</summary>
    public int Count => _purges.Length;

    /// <summary>One that begins with a number, of what was before nothing is known.</summary>
    public static PurgeHistory From(long generation) => new(generation, []);

    /// <summary>It, and newer ones.</summary>
    public PurgeHistory With(ReadOnlySpan<CachePurge> newer)
    {
        var count = Math.Min(PurgesMax, _purges.Length + newer.Length);
        var purges = new CachePurge[count];
        var taken = Math.Min(count, newer.Length);
        newer[^taken..].CopyTo(purges.AsSpan(count - taken));
        _purges.AsSpan(_purges.Length - (count - taken)).CopyTo(purges);
        return new PurgeHistory(Generation + newer.Length, purges);
    }

    /// <summary>The purges that an answer has to be held to, which was asked for when one was the newest.</summary>
    /// <param name="generation">The number of that one.</param>
    /// <param name="newer">They.</param>
    /// <returns>False: that cannot be said, and the answer is not to be used.</returns>
    public bool TryGetNewer(long generation, out ReadOnlySpan<CachePurge> newer)
    {
        var count = Generation - generation;
        if (Generation == 0 || count < 0 || count > _purges.Length)
        {
            newer = default;
            return false;
        }

        newer = _purges.AsSpan(_purges.Length - (int)count);
        return true;
    }
}
