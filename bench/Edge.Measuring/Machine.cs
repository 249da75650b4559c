using System.Globalization;

namespace Edge.Measuring;

/// <summary>Where and when it was measured, and what else the machine had to do.</summary>
internal static class Machine
{
    /// <summary>Processor, cores, kernel.</summary>
    public static string Describe()
    {
        const string Key = "model name";
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith(Key, StringComparison.Ordinal));
        var name = model is null ? "unknown processor" : model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores of {name}, Linux {kernel}");
    }

    /// <summary>Load average over one minute.</summary>
    public static double Load() =>
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
}
