namespace Edge.Core.Configuration;

/// <summary>Where the usage log goes.</summary>
/// <param name="To">Standard output, standard error, or a file.</param>
/// <param name="File">The absolute path of the file; null where it is none.</param>
public sealed record UsageLogPlan(LogTarget To, string? File);
