namespace Edge.Core.Configuration;

/// <summary>The access log.</summary>
/// <param name="To">Standard output, standard error, or a file.</param>
/// <param name="File">The absolute path of the file; null where it is none.</param>
/// <param name="Format">What a line looks like.</param>
/// <param name="Sample">The share of requests without an error that is written, from 0 to 1.</param>
public sealed record AccessLogPlan(LogTarget To, string? File, AccessLogFormat Format, double Sample);

/// <summary>What a line of the access log looks like.</summary>
public enum AccessLogFormat
{
    /// <summary>An object of JSON.</summary>
    Json,

    /// <summary>The Common Log Format.</summary>
    Common,

    /// <summary>The Combined Log Format: the same with referrer and user agent.</summary>
    Combined,
}
