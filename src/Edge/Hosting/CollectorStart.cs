using System.Runtime.InteropServices;

namespace Edge.Hosting;

/// <summary>
/// Has the garbage collector do at the start what would else hold requests later. What the start has made and what stays is moved
/// to the oldest generation, and full collections run beside the program from then on.
/// </summary>
/// <remarks>
/// A full collection held the program for 4 to 9 ms, and the first of the younger ones for 4. Beside the program it stops it
/// twice, for 0.5 to 1 ms together (<c>bench/cache-pauses</c>).
/// </remarks>
internal static class CollectorStart
{
    // Below 4 MB of old and large objects the collector runs no full collection beside the program ("gen2 too small" in the
    // runtime's sources), and all of ours are less. Never written: no memory stands behind it.
    private const int FillerBytes = 4 * 1024 * 1024;

    /// <summary>Called once, when the program is ready. Holds it for some 4 ms.</summary>
    public static void Settle()
    {
        _ = GCHandle.Alloc(GC.AllocateUninitializedArray<byte>(FillerBytes));

        // Each moves what stays by one generation.
        for (var generation = 0; generation < GC.MaxGeneration; generation++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        }

        // The first one beside the program makes its thread and its tables while the program stands.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }
}
