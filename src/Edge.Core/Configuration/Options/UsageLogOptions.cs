using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>usageLog</c> as written.</summary>
internal sealed class UsageLogOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<UsageLogOptions> Shape = new(
        "usageLog", "usage log settings", "The usage log: one JSON object a line for each request of a route with `metering`.",
        new Key<UsageLogOptions, string>(
            "to", Scalars.File, (o, v) => o.To = v,
            "`stdout`, `stderr`, or a file that is written to at its end and opened again on SIGHUP. A relative path is taken " +
            "from the folder of this file.", isRequired: true));

    /// <summary>Where it goes.</summary>
    public Located<string>? To { get; set; }
}
