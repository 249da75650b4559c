namespace Edge.Core.Limits;

/// <summary>
/// Which buckets have changed since they were last written down. Whoever takes from a bucket notes it, which never waits and
/// allocates nothing; one writer at a time empties the list. A bucket stands in it once, so it is no longer than the table.
/// </summary>
public sealed class LimitJournal
{
    private DurableBucket? _last;

    /// <summary>The bucket has changed. Any thread.</summary>
    public void Note(DurableBucket bucket)
    {
        // The change before this must be seen by the writer who resets the mark, and reads the bucket's state after that.
        if (Volatile.Read(ref bucket.IsNoted) != 0 || Interlocked.Exchange(ref bucket.IsNoted, 1) != 0)
        {
            return;
        }

        var last = Volatile.Read(ref _last);
        while (true)
        {
            bucket.NotedBefore = last;
            var seen = Interlocked.CompareExchange(ref _last, bucket, last);
            if (seen == last)
            {
                return;
            }

            last = seen;
        }
    }

    /// <summary>Moves all that is noted to a list; from then on a change notes a bucket again. One writer at a time.</summary>
    public void TakeAll(List<DurableBucket> to)
    {
        var bucket = Interlocked.Exchange(ref _last, null);
        while (bucket is not null)
        {
            var before = bucket.NotedBefore;
            bucket.NotedBefore = null;
            to.Add(bucket);
            Interlocked.Exchange(ref bucket.IsNoted, 0);
            bucket = before;
        }
    }
}
