using System.Buffers.Text;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Edge.Hosting;

/// <summary>What a process uses of its memory.</summary>
internal interface IProcessMemory
{
    /// <summary>Bytes that the process may use, by the system.</summary>
    public long LimitBytes { get; }

    /// <summary>Bytes that it uses now.</summary>
    public long UsedBytes { get; }

    /// <summary>The share that the managed heap has used of what it may, as of the last collection.</summary>
    public double HeapShare { get; }

    /// <summary>Gives back what nobody needs, as far as that is possible at once. Holds the program meanwhile.</summary>
    public void Collect();
}

/// <summary>
/// The memory of this process, which the kernel ends when its control group has used up what it may. Thread-safe.
/// </summary>
internal sealed class ProcessMemory : IProcessMemory
{
    private const string Groups = "/proc/self/cgroup";
    private const string Root = "/sys/fs/cgroup";
    private const int NumbersBytesMax = 128;

    // It is asked for several times a second. What the runtime reads and makes text of takes ten times as long.
    private static readonly SafeFileHandle? Numbers = OpenNumbers();

    /// <inheritdoc/>
    public long LimitBytes { get; } = Math.Min(GroupLimit(), MachineBytes());

    /// <inheritdoc/>
    public long UsedBytes => ReadResident() is > 0 and var bytes ? bytes : Environment.WorkingSet;

    /// <inheritdoc/>
    public double HeapShare
    {
        get
        {
            var heap = GC.GetGCMemoryInfo(GCKind.Any);
            return heap.TotalAvailableMemoryBytes > 0 ? (double)heap.TotalCommittedBytes / heap.TotalAvailableMemoryBytes : 0;
        }
    }

    /// <inheritdoc/>
    public void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private static SafeFileHandle? OpenNumbers()
    {
        try
        {
            return File.OpenHandle("/proc/self/statm");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The second number: pages that are in memory; 0 where nobody tells.</summary>
    private static long ReadResident()
    {
        if (Numbers is null)
        {
            return 0;
        }

        Span<byte> text = stackalloc byte[NumbersBytesMax];
        var numbers = text[..RandomAccess.Read(Numbers, text, 0)];
        numbers = numbers[(numbers.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(numbers, out long pages, out _) ? pages * Environment.SystemPageSize : 0;
    }

    /// <summary>
    /// The limit of the process's control group, or of one that it is in, whichever is least (cgroup v2: memory.max; v1:
    /// memory.limit_in_bytes).
    /// </summary>
    private static long GroupLimit()
    {
        var least = long.MaxValue;
        try
        {
            foreach (var line in File.ReadLines(Groups))
            {
                // Such as "0::/user.slice" of v2, and "5:memory:/docker/1f" of v1.
                if (line.Split(':', 3) is not [_, var controllers, var path])
                {
                    continue;
                }

                var isSecond = controllers.Length == 0;
                if (isSecond || Array.IndexOf(controllers.Split(','), "memory") >= 0)
                {
                    var (root, file) = isSecond ? (Root, "memory.max") : (Root + "/memory", "memory.limit_in_bytes");
                    least = Math.Min(least, Least(root, path, file));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No control groups here.
        }

        return least;
    }

    // In a container the path may be that of the host, while the root shows the container's own group.
    private static long Least(string root, string path, string file)
    {
        var least = Read(Path.Combine(root, file));
        for (var at = path.TrimEnd('/'); at.Length > 0; at = at[..at.LastIndexOf('/')])
        {
            least = Math.Min(least, Read(Path.Combine(root + at, file)));
        }

        return least;
    }

    private static long Read(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path).AsSpan().Trim(), CultureInfo.InvariantCulture, out var bytes)
        && bytes > 0
            ? bytes
            : long.MaxValue;

    private static long MachineBytes()
    {
        const string Field = "MemTotal:";
        try
        {
            foreach (var line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith(Field, StringComparison.Ordinal)
                    && long.TryParse(
                        line.AsSpan(Field.Length).Trim().TrimEnd("kB "), CultureInfo.InvariantCulture, out var kibibytes))
                {
                    return kibibytes * 1024;
                }
            }
        }
        catch (IOException)
        {
            // Then it is only the heap's own limit that is looked at.
        }

        return long.MaxValue;
    }
}
