using System.Diagnostics;
using System.Globalization;

namespace Edge.Benchmarks;

/// <summary>
/// What telling costs, as the least of many short rounds: on a machine that has something else to do, that is what the work
/// itself takes, while a mean is mostly what the others did.
/// </summary>
internal static class TelemetryTable
{
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
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < times; i++)
            {
                once();
            }

            all[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / times;
        }

        Array.Sort(all);
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-34} {all[0],10:0.000} us, median {all[Rounds / 2],10:0.000} us"));
    }
}
