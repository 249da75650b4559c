namespace Edge.Core.Configuration;

/// <summary>The process's own environment and file system.</summary>
public sealed class SystemConfigurationSource : IConfigurationSource
{
    private const int ReadBytesMin = 16 * 1024;

    private SystemConfigurationSource()
    {
    }

    /// <summary>The only one; it has no state.</summary>
    public static SystemConfigurationSource Instance { get; } = new();

    /// <inheritdoc/>
    public string? GetVariable(string name) => Environment.GetEnvironmentVariable(name);

    /// <inheritdoc/>
    public FileContent ReadFile(string path, int bytesMax)
    {
        try
        {
            if (Directory.Exists(path)) return new FileContent(FileOutcome.IsDirectory, default);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return ReadUpTo(file, bytesMax);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            return new FileContent(FileOutcome.NotFound, default);
        }
        catch (UnauthorizedAccessException)
        {
            return new FileContent(FileOutcome.Denied, default);
        }
        catch (Exception e) when (e is IOException or NotSupportedException)
        {
            return new FileContent(FileOutcome.Failed, default);
        }
    }

    /// <summary>
    /// Takes the length for a hint only, since pipes and /proc do not tell it and a file may be written to: what counts is what
    /// arrives.
    /// </summary>
    private static FileContent ReadUpTo(FileStream file, int bytesMax)
    {
        var hint = file.CanSeek ? file.Length : 0;
        if (hint > bytesMax) return new FileContent(FileOutcome.TooLarge, default);
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Max(hint + 1, ReadBytesMin));
        var length = 0;
        while (true)
        {
            var count = file.Read(buffer, length, buffer.Length - length);
            length += count;
            if (length > bytesMax) return new FileContent(FileOutcome.TooLarge, default);
            if (count == 0) return new FileContent(FileOutcome.Read, buffer.AsMemory(0, length));
            if (length == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(2L * length, Array.MaxLength));
        }
    }
}
