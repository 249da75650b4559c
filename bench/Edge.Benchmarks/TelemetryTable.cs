using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Edge.Benchmarks;

/// <summary>
/// What telling costs, in processor time of the thread that does it, as the least of many short rounds and their median: what
/// others do on the machine is not in it, but for what they take of its caches.
/// </summary>
internal static partial class TelemetryTable
{
    private const int ThreadTime = 3;
    private const int Rounds = 300;

    /// <summary>Prints it.</summary>
    public static void Print(TextWriter to)
    {
        var record = new RecordBenchmarks();
        var export = new ExportBenchmarks();
        Print(to, "metrics", 2000, record.RecordMetrics);
        Print(to, "metrics and access log", 2000, record.RecordMetricsAndAccessLog);
        Print(to, "metrics, 1 % of traces kept", 2000, record.RecordMetricsAndOnePercentTraces);
        Print(to, "ten stages that nobody asks for", 2000, () => record.MarkStagesThatNobodyAsksFor());
        Print(to, "ten stages whose times are told", 2000, () => record.MarkStages());
        Print(to, "export of 10,000 series by OTLP", 1, () => export.ExportTenThousandSeriesByOtlp());
        Print(to, "the same to Prometheus", 1, () => export.ExportTenThousandSeriesToPrometheus());
    }

    private static void Print(TextWriter to, string what, int times, Action once)
    {
        // Until the runtime has compiled it for good.
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(1);)
        {
            once();
        }

        var all = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var start = ThreadMicroseconds();
            for (var i = 0; i < times; i++)
            {
                once();
            }

            all[round] = (ThreadMicroseconds() - start) / times;
        }

        Array.Sort(all);
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-34} {all[0],10:0.000} us, median {all[Rounds / 2],10:0.000} us"));
    }

    private static double ThreadMicroseconds()
    {
        if (ReadClock(ThreadTime, out var time) != 0)
        {
            throw new NotSupportedException("There is no clock of the thread's own.");
        }

        return (time.Seconds * 1e6) + (time.Nanoseconds / 1e3);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out Timespec time);

    private struct Timespec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
