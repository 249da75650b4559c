namespace Edge.Core.Caching;

/// <summary>
/// Remembers when what is known of a resource last became untrue, because something was done to it (RFC 9111, section 4.4): for
/// all of its variants and all callers at once. A fixed number of places, which resources share by their hash: so it may also
/// forget a little of what was still true, and never keeps what is not. Safe from any thread.
/// </summary>
public sealed class InvalidationStamps
{
    private const int Count = 16 * 1024;

    // Made when something is first changed.
    private long[]? _stamps;

    /// <summary>False as long as nothing has been changed: all that was asked for may be used.</summary>
    public bool HasAny => Volatile.Read(ref _stamps) is not null;

    /// <summary>What was asked for up to now is not to be used any more.</summary>
    /// <param name="resource">The resource's hash.</param>
    /// <param name="nowMs">The time.</param>
    public void Invalidate(ulong resource, long nowMs)
    {
        // What was asked for in the same millisecond may have been before.
        var next = nowMs + 1;
        var stamps = Volatile.Read(ref _stamps);
        if (stamps is null)
        {
            stamps = new long[Count];
            stamps = Interlocked.CompareExchange(ref _stamps, stamps, null) ?? stamps;
        }

        ref var stamp = ref stamps[resource % Count];
        var seen = Volatile.Read(ref stamp);
        while (seen < next)
        {
            var before = Interlocked.CompareExchange(ref stamp, next, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>True where what was asked for at that time may be used.</summary>
    public bool IsValid(ulong resource, long askedMs)
    {
        if (Volatile.Read(ref _stamps) is not { } stamps)
        {
            return true;
        }

        // What another replica asked for may be from before this process's clock began.
        var stamp = Volatile.Read(ref stamps[resource % Count]);
        return stamp == 0 || askedMs >= stamp;
    }
}
