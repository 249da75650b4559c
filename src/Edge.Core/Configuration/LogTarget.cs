namespace Edge.Core.Configuration;

/// <summary>What a log is written to.</summary>
public enum LogTarget
{
    /// <summary>A file, at whose end is written.</summary>
    File,

    /// <summary>Standard output.</summary>
    StandardOutput,

    /// <summary>Standard error.</summary>
    StandardError,
}
