using System.Numerics;

namespace Edge.Core.Telemetry;

/// <summary>
/// The stripes over which threads spread their counting: one each for threads that live as long as the program and ask for one
/// (<see cref="Own"/>), and as many as processors, 16 at most, that all others share.
/// </summary>
/// <remarks>Who has a stripe alone adds to it without a lock on the bus, which is most of what counting costs.</remarks>
public static class Stripes
{
    /// <summary>Most stripes of each kind: beyond, memory costs more than collisions.</summary>
    public const int CountMax = 16;

    private static int Threads;
    private static int Owners;

    // One more than the stripe; 0: not assigned yet.
    [ThreadStatic]
    private static int OfThread;

    private static int SharedCount { get; } = (int)BitOperations.RoundUpToPowerOf2((uint)Processors);

    /// <summary>The stripe of the current thread; threads take the shared ones in turn.</summary>
    public static int Current
    {
        get
        {
            var stripe = OfThread;
            return stripe != 0 ? stripe - 1 : Assign();
        }
    }

    /// <summary>How many there are.</summary>
    public static int Count { get; } = SharedCount + Processors;

    private static int Processors => Math.Clamp(Environment.ProcessorCount, 1, CountMax);

    /// <summary>
    /// Gives the current thread a stripe that no other thread ever has, where one is left. For threads that live as long as the
    /// program.
    /// </summary>
    public static void Own()
    {
        if (Interlocked.Increment(ref Owners) is var owner && owner <= Count - SharedCount)
        {
            OfThread = SharedCount + owner;
        }
    }

    /// <summary>Adds to a cell of the stripe of the current thread.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="stripe">What <see cref="Current"/> was on this thread.</param>
    /// <param name="amount">How much.</param>
    internal static void Add(ref long cell, int stripe, long amount)
    {
        if (stripe >= SharedCount)
        {
            Volatile.Write(ref cell, cell + amount);
        }
        else
        {
            Interlocked.Add(ref cell, amount);
        }
    }

    private static int Assign()
    {
        var stripe = (Interlocked.Increment(ref Threads) - 1) & (SharedCount - 1);
        OfThread = stripe + 1;
        return stripe;
    }
}
