using System.ComponentModel;
using System.Globalization;

namespace Edge.Measuring;

/// <summary>What a process and all below it have used, as the kernel counts it.</summary>
internal static class ProcessTree
{
    /// <summary>
    /// Processor time, user and system, in nanoseconds, of all threads that live and have lived. It is the sum of utime and stime
    /// in /proc/PID/stat, read through the process's own clock because that file counts in ticks of 10 ms.
    /// </summary>
    public static unsafe long ProcessorNs(int process)
    {
        var sum = 0L;
        foreach (var id in Members(process))
        {
            // The clock of another process, as clock_getcpuclockid makes it: the id's complement and the scheduler's count.
            var clock = (~id << 3) | 2;
            Native.TimeSpec time;
            if (Native.ClockGetTime(clock, &time) != 0)
            {
                throw new Win32Exception();
            }

            sum += (time.Seconds * Monotonic.SecondNs) + time.Nanoseconds;
        }

        return sum;
    }

    /// <summary>Stops all of them where they are, and a while later kills them: what they had in their hands is lost.</summary>
    public static async Task KillAsync(int process, TimeSpan after, CancellationToken cancellation)
    {
        var members = Members(process);
        members.ForEach(static id => _ = Native.Kill(id, Native.Stop));
        await Task.Delay(after, cancellation);
        members.ForEach(static id => _ = Native.Kill(id, Native.KillNow));
    }

    /// <summary>Resident memory in bytes: each page counted once, in parts where several processes share it (Pss).</summary>
    public static long ResidentBytes(int process)
    {
        var sum = 0L;
        foreach (var id in Members(process))
        {
            foreach (var line in File.ReadLines($"/proc/{id}/smaps_rollup"))
            {
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                {
                    const NumberStyles Spaced = NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
                    sum += long.Parse(line.AsSpan(4).TrimEnd("kB"), Spaced, CultureInfo.InvariantCulture) * 1024;
                }
            }
        }

        return sum;
    }

    /// <summary>Lets all of it go before others, or takes that back; false where the user may not do it.</summary>
    public static bool SetPriority(int process, bool goesFirst) =>
        Members(process).TrueForAll(id => Native.SetPriority(id, goesFirst));

    private static List<int> Members(int process)
    {
        List<int> members = [process];
        for (var i = 0; i < members.Count; i++)
        {
            foreach (var task in Directory.EnumerateDirectories($"/proc/{members[i]}/task"))
            {
                var children = File.ReadAllText(Path.Combine(task, "children"));
                foreach (var child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    members.Add(int.Parse(child, CultureInfo.InvariantCulture));
                }
            }
        }

        return members;
    }
}
