namespace Edge.Hosting;

/// <summary>
/// What tells whether a file has changed: its time and its length. Links are followed to their end, since mounted configuration
/// and secrets (Kubernetes) are changed by turning a link while the path's own entry stays as it is.
/// </summary>
/// <param name="Written">When the content was written; the earliest time there is where the file cannot be opened.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct FileStamp(DateTime Written, long Length)
{
    /// <summary>The file as it is now. Never throws for a file that is missing or may not be read.</summary>
    public static FileStamp Of(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new FileStamp(File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return default;
        }
    }
}
