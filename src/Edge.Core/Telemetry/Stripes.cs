using System.Numerics;

namespace Edge.Core.Telemetry;

/// <summary>The stripes over which threads spread their counting: as many as processors, a power of two, 16 at most.</summary>
public static class Stripes
{
    /// <summary>Most stripes: beyond, memory costs more than collisions.</summary>
    public const int CountMax = 16;

    private static int Threads;

    [ThreadStatic]
    private static int OfThread;

    /// <summary>How many there are.</summary>
    public static int Count { get; } =
        (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, CountMax));

    /// <summary>The stripe of the current thread; threads take them in turn, so a few busy ones have one each.</summary>
    public static int Current
    {
        get
        {
            var stripe = OfThread;
            return stripe != 0 ? stripe - 1 : Assign();
        }
    }

    private static int Assign()
    {
        var stripe = (Interlocked.Increment(ref Threads) - 1) & (Count - 1);
        OfThread = stripe + 1;
        return stripe;
    }
}
