namespace Edge.Core.Configuration;

/// <summary>The process's own environment and file system.</summary>
public sealed class SystemConfigurationSource : IConfigurationSource
{
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

    /// <summary>Counts what arrives rather than trusting the length, which pipes and /proc do not tell.</summary>
    private static FileContent ReadUpTo(FileStream file, int bytesMax)
    {
        using var content = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var count = file.Read(buffer);
            if (count == 0) return new FileContent(FileOutcome.Read, content.ToArray());
            if (content.Length + count > bytesMax) return new FileContent(FileOutcome.TooLarge, default);
            content.Write(buffer, 0, count);
        }
    }
}
