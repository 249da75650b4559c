using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>accessLog</c> as written.</summary>
internal sealed class AccessLogOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<AccessLogOptions> Shape = new(
        "accessLog", "access log settings", "The access log: a line for each request.",
        new Key<AccessLogOptions, string>(
            "to", Scalars.File, (o, v) => o.To = v,
            "`stdout`, `stderr`, or a file that is written to at its end and opened again on SIGHUP. A relative path is taken " +
            "from the folder of this file.", isRequired: true),
        new Key<AccessLogOptions, AccessLogFormat>(
            "format", Scalars.AccessLogFormat, (o, v) => o.Format = v,
            "What a line looks like: an object of JSON, or what other servers write.", defaultText: "json"),
        new Key<AccessLogOptions, double>(
            "sample", Scalars.Share, (o, v) => o.Sample = v,
            "The share of requests that is written, from 0 to 1; those that fail or are refused are written always.",
            defaultText: "1"),
        new Key<AccessLogOptions, AccessLogStages>(
            "stages", Scalars.AccessLogStages, (o, v) => o.Stages = v,
            "What lines of JSON say of the stages of a request: nothing, how long each took (`times`), or also what it decided " +
            "and why (`debug`).", defaultText: "none"));

    /// <summary>Where it goes.</summary>
    public Located<string>? To { get; set; }

    /// <summary>What a line looks like.</summary>
    public Located<AccessLogFormat>? Format { get; set; }

    /// <summary>How many are written.</summary>
    public Located<double>? Sample { get; set; }

    /// <summary>What is told of stages.</summary>
    public Located<AccessLogStages>? Stages { get; set; }
}
