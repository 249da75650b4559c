namespace Edge.Core.Configuration;

/// <summary>The access log.</summary>
/// <param name="To">Standard output, standard error, or a file.</param>
/// <param name="File">The absolute path of the file; null where it is none.</param>
/// <param name="Format">What a line looks like.</param>
/// <param name="Sample">The share of requests without an error that is written, from 0 to 1.</param>
/// <param name="Stages">What lines of JSON say of the stages of a request.</param>
public sealed record AccessLogPlan(LogTarget To, string? File, AccessLogFormat Format, double Sample, AccessLogStages Stages);

/// <summary>What a line of the access log says of the stages of its request.</summary>
public enum AccessLogStages
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>How long each took.</summary>
    Times,

    /// <summary>Also what each decided, and why.</summary>
    Debug,
}

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
