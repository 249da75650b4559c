namespace Edge.Core.Configuration;

/// <summary>
/// What a configuration is read from: environment variables and files. The seam at which a test or a demo puts its own.
/// Called from the thread that loads, one call at a time.
/// </summary>
public interface IConfigurationSource
{
    /// <summary>The value of an environment variable, or null where it is not set.</summary>
    public string? GetVariable(string name);

    /// <summary>Reads a whole file. Must not throw for any path.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="bytesMax">A file with more bytes than this is <see cref="FileOutcome.TooLarge"/>.</param>
    public FileContent ReadFile(string path, int bytesMax);
}

/// <summary>A file's bytes, or why there are none.</summary>
/// <param name="Outcome">How the reading went.</param>
/// <param name="Bytes">The content; empty unless <paramref name="Outcome"/> is <see cref="FileOutcome.Read"/>.</param>
public readonly record struct FileContent(FileOutcome Outcome, ReadOnlyMemory<byte> Bytes);

/// <summary>How the reading of a file went.</summary>
public enum FileOutcome
{
    /// <summary>Read whole.</summary>
    Read,

    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>There is a directory of that name.</summary>
    IsDirectory,

    /// <summary>The process may not read it.</summary>
    Denied,

    /// <summary>It has more bytes than were asked for.</summary>
    TooLarge,

    /// <summary>The system failed to read it.</summary>
    Failed,
}
