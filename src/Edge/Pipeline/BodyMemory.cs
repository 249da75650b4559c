namespace Edge.Pipeline;

/// <summary>
/// How much of the process's memory large bodies that are held whole may take, all together. A look at memory now and then does
/// not see a few hundred of them come at once; this is asked before each of them grows. Thread-safe.
/// </summary>
/// <param name="bytesMax">Most bytes.</param>
internal sealed class BodyMemory(long bytesMax)
{
    // A body is held as it came and as it is sent, and its tokens beside it; and not everything is bodies.
    private const int ShareOfHeap = 4;

    private long _held;
    private long _refused;

    /// <summary>
    /// That of this process: a quarter of what the runtime lets the heap have, which a container's limit makes small.
    /// </summary>
    public static BodyMemory OfProcess { get; } = new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfHeap);

    /// <summary>Bytes that are held now.</summary>
    public long HeldBytes => Volatile.Read(ref _held);

    /// <summary>How often there was no room.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes room for so many more bytes; false where there is none.</summary>
    public bool TryHold(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= bytesMax)
        {
            return true;
        }

        Interlocked.Add(ref _held, -bytes);
        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <summary>Gives room back.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);
}
