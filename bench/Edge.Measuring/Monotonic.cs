using System.Diagnostics;

namespace Edge.Measuring;

/// <summary>
/// The system's monotonic clock in nanoseconds. It is the same for all processes of a machine, so a moment that one process wrote
/// into a stream can be taken from a moment that another one saw.
/// </summary>
internal static class Monotonic
{
    /// <summary>Nanoseconds in a millisecond.</summary>
    public const long MillisecondNs = 1_000_000;

    /// <summary>Nanoseconds in a second.</summary>
    public const long SecondNs = 1_000_000_000;

    /// <summary>Now. On Linux, Stopwatch reads CLOCK_MONOTONIC and its unit is the nanosecond.</summary>
    public static long NowNs => Stopwatch.GetTimestamp();
}
