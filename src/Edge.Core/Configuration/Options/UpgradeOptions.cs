using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>upgrade</c> of a route as written.</summary>
internal sealed class UpgradeOptions
{
    /// <summary>Most protocols of a route.</summary>
    public const int ProtocolsMax = 16;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<UpgradeOptions> Shape = new(
        "upgrade", "upgrade settings",
        "Which other protocols callers may switch to on a route, and how long such a connection lasts.",
        new Key<UpgradeOptions, List<Located<string>>>(
            "protocols", new ListShape<string>(UpgradeRules.Protocol, "protocols", 1, ProtocolsMax), (o, v) => o.Protocols = v,
            "Names of protocols, as they stand in the `Upgrade` header. Others that a caller asks for are passed over.",
            defaultText: "[websocket]"),
        new Key<UpgradeOptions, TimeSpan>(
            "idle", Scalars.Duration(), (o, v) => o.Idle = v,
            "The connection is ended when no byte has passed, either way, for so long.", defaultText: "60s"),
        new Key<UpgradeOptions, TimeSpan>(
            "total", Scalars.Duration(), (o, v) => o.Total = v,
            "It is ended after so long in any case.", defaultText: "1h"));

    /// <summary>Protocols.</summary>
    public Located<List<Located<string>>>? Protocols { get; set; }

    /// <summary>Time without a byte.</summary>
    public Located<TimeSpan>? Idle { get; set; }

    /// <summary>Time altogether.</summary>
    public Located<TimeSpan>? Total { get; set; }
}
