using Microsoft.Extensions.Logging;

namespace Edge.Telemetry;

/// <summary>What the log says of files: the configuration, certificates, and what estimates go by.</summary>
internal static partial class ConfigurationMessages
{
    /// <summary>A new configuration is in force.</summary>
    [LoggerMessage(
        200, LogLevel.Information, "edge: reloaded, {routes} routes, {upstreams} upstreams",
        EventName = "edge.configuration.reloaded")]
    public static partial void Reloaded(this ILogger log, long routes, long upstreams);

    /// <summary>One of the things that are wrong with it.</summary>
    [LoggerMessage(201, LogLevel.Error, "{diagnostic}", EventName = "edge.configuration.diagnostic")]
    public static partial void Diagnosed(this ILogger log, string diagnostic);

    /// <summary>So it is not taken.</summary>
    [LoggerMessage(
        202, LogLevel.Error, "edge: not reloaded, the configuration in force stays", EventName = "edge.configuration.refused")]
    public static partial void NotReloaded(this ILogger log);

    /// <summary>A file that it names cannot be used.</summary>
    [LoggerMessage(
        203, LogLevel.Error, "edge: not reloaded, the configuration in force stays: {error}",
        EventName = "edge.configuration.failed")]
    public static partial void ReloadFailed(this ILogger log, string error);

    /// <summary>It has other listeners.</summary>
    [LoggerMessage(
        204, LogLevel.Warning, "edge: listeners have changed in the file: restart to change them here",
        EventName = "edge.configuration.listeners_changed")]
    public static partial void ListenersChanged(this ILogger log);

    /// <summary>It keeps counts elsewhere.</summary>
    [LoggerMessage(
        205, LogLevel.Warning, "edge: limitState has changed in the file: restart to change it here",
        EventName = "edge.configuration.limit_state_changed")]
    public static partial void LimitStateChanged(this ILogger log);

    /// <summary>A new certificate is in use.</summary>
    [LoggerMessage(210, LogLevel.Information, "edge: certificate {certificate} read again", EventName = "edge.certificate.read")]
    public static partial void CertificateRead(this ILogger log, string certificate);

    /// <summary>It cannot be used.</summary>
    [LoggerMessage(
        211, LogLevel.Error, "edge: certificate {certificate} not taken, the old one stays: {error}",
        EventName = "edge.certificate.refused")]
    public static partial void CertificateRefused(this ILogger log, string certificate, string error);

    /// <summary>A vocabulary is missing.</summary>
    [LoggerMessage(
        220, LogLevel.Warning, "edge: the vocabulary {vocabulary} cannot be loaded, estimating without it: {error}",
        EventName = "edge.estimates.vocabulary_failed")]
    public static partial void VocabularyFailed(this ILogger log, string vocabulary, string error);

    /// <summary>A file is something else.</summary>
    [LoggerMessage(
        221, LogLevel.Warning, "edge: {path} is not what was learned of estimates; beginning anew",
        EventName = "edge.estimates.foreign")]
    public static partial void EstimatesForeign(this ILogger log, string path);

    /// <summary>It cannot be read.</summary>
    [LoggerMessage(
        222, LogLevel.Warning, "edge: cannot read {path}, beginning anew: {error}", EventName = "edge.estimates.not_read")]
    public static partial void EstimatesNotRead(this ILogger log, string path, string error);

    /// <summary>It cannot be written.</summary>
    [LoggerMessage(223, LogLevel.Warning, "edge: cannot write {path}: {error}", EventName = "edge.estimates.not_written")]
    public static partial void EstimatesNotWritten(this ILogger log, string path, string error);
}
