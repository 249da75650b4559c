namespace Edge.Core.Limits;

/// <summary>
/// What is left of a limit for one key, in one 64-bit word: a bucket's theoretical arrival time in nanoseconds, a window's
/// number and count, or how much runs. Owned by a <see cref="LimitTable"/>; changed by <see cref="Buckets"/> only, by
/// compare-and-swap, from any thread.
/// </summary>
public class Bucket
{
    /// <summary>The word of a bucket that has left the table: whoever meets it looks its key up again.</summary>
    internal const long Gone = long.MinValue;

    /// <summary>The word.</summary>
    internal long Word;

    /// <summary>All that was ever given back, in nanoseconds: see <see cref="Buckets.Refund"/>.</summary>
    internal long Refunded;

    /// <summary>The next one in the same chain of the table.</summary>
    internal Bucket? Next;

    /// <summary>A bucket that is full.</summary>
    public Bucket(KeyHash key, LimitRule rule)
    {
        Key = key;
        Rule = rule;
    }

    /// <summary>Stands for its key.</summary>
    public KeyHash Key { get; }

    /// <summary>The rule that it was last used by, which tells when it is idle.</summary>
    public LimitRule Rule { get; internal set; }

    /// <summary>True once it has left the table.</summary>
    public bool IsGone => Volatile.Read(ref Word) == Gone;

    /// <summary>Makes an idle bucket unusable.</summary>
    /// <returns>False where it is in use: then nothing has changed.</returns>
    internal virtual bool TryRetire(long nowNs)
    {
        var word = Volatile.Read(ref Word);
        return word == Gone
            || (Buckets.IsIdle(word, Rule, nowNs) && Interlocked.CompareExchange(ref Word, Gone, word) == word);
    }
}
